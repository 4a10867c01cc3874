from axe_playwright_python.sync_playwright import Axe

# Django's own defects: its autocomplete widget has no name, its list headers and facets.
NOT_OURS = {"select2", "aria-hidden"}


def violations(page, **options):
    """What axe finds: the rule, and the elements that break it."""
    page.wait_for_load_state()  # half a page has no main landmark
    found = Axe().run(page, options=options or None).response["violations"]
    return [(v["id"], [node["html"][:200] for node in v["nodes"]]) for v in found]


def of_our_making(page):
    return [
        (rule, nodes)
        for rule, nodes in violations(page)
        if not all(any(word in html for word in NOT_OURS) for html in nodes)
    ]

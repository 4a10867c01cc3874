from axe_playwright_python.sync_playwright import Axe

# Markup of Django with known defects: its autocomplete widget, list headers and facets.
NOT_OURS = {"select2", "aria-hidden"}


def violations(page, **options):
    """Return the violations that axe finds: pairs of rule and HTML of the elements."""
    page.wait_for_load_state()  # an incomplete page has no main landmark
    found = Axe().run(page, options=options or None).response["violations"]
    return [(v["id"], [node["html"][:200] for node in v["nodes"]]) for v in found]


def own_violations(page):
    return [
        (rule, nodes)
        for rule, nodes in violations(page)
        if not all(any(word in html for word in NOT_OURS) for html in nodes)
    ]

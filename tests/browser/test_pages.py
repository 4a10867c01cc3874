import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.management import call_command

from terms.models import Term
from terms.publishing import publish
from tests.factory import default_glossary, make_term, save_text, text_of

pytestmark = pytest.mark.django_db(transaction=True)

LONG = (
    "Security Orchestration, Automation, and Response of a Very Long Name Indeed (SOARVLNI) & more"
)
BODY = """## Table

| a | b | c | d | e | f | g | h |
| - | - | - | - | - | - | - | -: |
| wide | wide | wide | wide | wide | wide | wide | wide |

```
a long line of code that is wider than a telephone is, by far, so that it has to scroll sideways
```

> A quote with a [link](#s-table).

- [x] done
"""


def publish_all():
    assert publish(default_glossary(), Term.objects.all()) == []


def violations(page, **options):
    found = Axe().run(page, options=options or None).response["violations"]
    return [(v["id"], [node["html"][:200] for node in v["nodes"]]) for v in found]


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [360, 768, 1440])
def test_public_pages_have_no_axe_violation_and_do_not_overflow(visit, width, dark):
    call_command("import_terms", "fixtures/glossary", publish=True)
    make_term(LONG, path="long.md", body=BODY, related="Flask, Wanted one")
    publish_all()
    page = visit(width, dark)
    long = Term.objects.get(name=LONG)
    for address in (
        "/glossary/", "/glossary/web-platform/", "/glossary/web-platform/protocols/",
        "/glossary/web-platform/protocols/http/", f"/glossary/software/full-stack/{long.slug}/",
    ):  # fmt: skip
        page.goto(address)
        assert violations(page) == [], address
        overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert overflow <= 0, address


def test_an_empty_glossary_and_an_unknown_page_look_meant(visit):
    default_glossary()
    page = visit()
    page.goto("/glossary/")
    assert page.locator("text=Nothing has been published yet").count() == 1
    assert violations(page) == []


def test_pages_read_without_scripts_and_by_keyboard(visit):
    make_term("Flask")
    publish_all()
    page = visit()
    page.goto("/glossary/")
    assert page.locator("script").count() == 0
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.url.endswith("#content")


# Django's own defects: its autocomplete widget has no name, its list headers and facets.
NOT_OURS = {"select2", "aria-hidden"}


@pytest.mark.parametrize("dark", [False, True])
def test_what_is_added_to_the_admin_has_no_axe_violation(visit, admin_client, dark):
    term = make_term("Flask", related="Django, C#")
    save_text(term, text_of("Flask", related="Django", body="Other"))
    bad = make_term("bad", path="bad.md", text="---\n[\n---\n")
    page = visit(1440, dark, admin_client, bypass_csp=True)  # axe measures with inline styles
    for address in (
        "", "add/", f"{term.pk}/change/", f"{bad.pk}/change/", f"{term.pk}/history/", f"{term.pk}/file/",
    ):  # fmt: skip
        page.goto(f"/admin/terms/term/{address}")
        found = [
            (rule, nodes)
            for rule, nodes in violations(page)
            if not all(any(word in html for word in NOT_OURS) for html in nodes)
        ]
        assert found == [], address

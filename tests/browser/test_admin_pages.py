"""Every page that is added to the admin: axe clean, and not wider than the window."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from terms.changes.change_sets import collect
from terms.changes.preview import make_link
from terms.changes.schedule import schedule
from terms.changes.trash import trash
from terms.editing import autosave
from terms.models import Term
from terms.review.comments import comment
from terms.review.requests import submit
from terms.review.suggestions import decline_name, keep_suggestion
from tests.browser.axe import of_our_making
from tests.factory import default_glossary, make_live, make_term, save_text, text_of

pytestmark = pytest.mark.django_db(transaction=True)
PREFIX = "/admin/terms/term/"


@pytest.fixture
def newsroom(admin_client):
    """A glossary in which there is something on each page; its pages' addresses."""
    person = User.objects.get()
    flask = make_live("Flask", related="Django, C#", body="## Use\n\nOther than Quart.")
    make_live("Quart", body="x")
    save_text(flask, text_of("Flask", related="Django", body="## Use\n\nOther"))
    bad = make_term("bad", path="bad.md", text="---\n[\n---\n")
    submit(term := Term.objects.get(pk=flask.pk), person, "Look")
    comment(term, person, "Why?", "Other")
    schedule(term, "publish", timezone.now() + timedelta(days=1), person)
    trash(make_term("Gone"), person)
    keep_suggestion(default_glossary(), "Bottle", "It is missing, and should not be. " * 9)
    keep_suggestion(default_glossary(), "Flask", "It is smaller.")
    decline_name(default_glossary(), "Pyramid", person, "Too old.")
    autosave.keep_draft(person, None, "name=Begun", autosave.new_slot())
    change_set = collect(default_glossary(), [term], "Some", person)
    of_term = [
        "review/", "refactor/", "delete/", "links/", "change/", "history/", "file/",
    ]  # fmt: skip
    of_all = [
        "", "add/", "trash/", "schedule/", "preferences/", "work/one-way/", "work/wanted/",
        "work/suggestions/", "work/suggested/", "work/drafts/", "../../", "../event/",
        "../changeset/", f"../changeset/{change_set.pk}/change/", f"{bad.pk}/change/",
    ]  # fmt: skip
    guest = f"/preview/{make_link(change_set, person, 1)[1]}/"
    return [guest, *(f"{PREFIX}{a}" for a in of_all), *(f"{PREFIX}{term.pk}/{a}" for a in of_term)]


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [360, 1440])
def test_no_page_has_an_axe_violation(visit, admin_client, newsroom, width, dark):
    page = visit(width, dark, admin_client, bypass_csp=True)  # axe measures with inline styles
    for address in newsroom:
        page.goto(address)
        assert of_our_making(page) == [], address
        # Django's own lists are wider than a telephone and scroll in a box of their own.
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, (address, wide)


@pytest.mark.parametrize("width", [360, 1440])
def test_pages_within_an_action_have_no_axe_violation(visit, admin_client, newsroom, width):
    page = visit(width, False, admin_client, bypass_csp=True)
    term = Term.objects.get(name="Flask")
    page.goto(f"{PREFIX}{term.pk}/refactor/")
    page.fill("#rename-name", "Flask 3")
    with page.expect_navigation():
        page.get_by_role("button", name="Show effects").first.click()
    assert of_our_making(page) == []
    page.goto(PREFIX)
    page.locator("input.action-select").first.check()
    page.select_option("select[name=action]", "edit_selected")
    page.locator("button[name=index]").first.click()
    page.wait_for_selector("text=Remove relation to")
    assert of_our_making(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    page.goto(f"{PREFIX}{term.pk}/change/")
    page.locator(".term-keys summary").click()
    page.focus("#id_body")
    page.keyboard.type("[[qu")
    page.wait_for_selector(".term-names")
    assert of_our_making(page) == []

"""All additional pages of the admin: no violations found by axe, no horizontal overflow."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.contrib.auth.models import Group, User
from django.utils import timezone
from PIL import Image

from terms.changes.change_sets import collect
from terms.changes.glossaries import delete_glossary
from terms.changes.preview import make_link
from terms.changes.schedule import schedule
from terms.changes.trash import trash
from terms.editing import autosave
from terms.interchange.plans import make_plan
from terms.interchange.uploads import plan_upload
from terms.jobs.starting import start_job
from terms.media.pictures import store_picture
from terms.media.uploads import add_picture
from terms.models import Glossary, Term
from terms.people.notifications import tell
from terms.review.comments import comment
from terms.review.requests import submit
from terms.review.suggestions import decline_name, keep_suggestion
from tests.browser.axe import own_violations
from tests.factory import default_glossary, make_live, make_term, save_text, text_of

pytestmark = pytest.mark.django_db(transaction=True)
PREFIX = "/admin/terms/term/"
MODELS = (
    "glossary", "category", "pattern", "repository", "webhook", "../auth/user", "../auth/group"
)  # fmt: skip
# Pages of the same address in every glossary, and those of a term, below PREFIX.
PAGES = [
    "", "add/", "trash/", "schedule/", "preferences/", "work/one-way/", "work/wanted/",
    "work/suggestions/", "work/suggested/", "work/drafts/", "work/declined/", "work/review/",
    "reports/", "notices/", "keys/", "help/", "help/settings/", "../event/", "../picture/",
    "../changeset/", "../../", "../../settings/", "../../password_change/",
    *(f"../{name}/{page}" for name in MODELS for page in ("", "add/")),
]  # fmt: skip
OF_TERM = [
    "review/", "refactor/", "delete/", "links/", "change/", "history/", "file/", "watch/",
]  # fmt: skip
SCREENS = [(360, True), (768, False), (1440, False), (1440, True)]  # width, is dark


def add_pictures():
    """Upload a wide picture that a term shows, and one that nothing shows. Return the first."""
    made = []
    for name, size in (("Chart of the releases.png", (1600, 400)), ("unused.png", (40, 90))):
        out = BytesIO()
        Image.new("RGB", size, "teal").save(out, "PNG")
        made.append(add_picture(default_glossary(), out.getvalue(), name))
    return made[0]


def import_pages(term, person):
    """Return the pages of an import with a conflict, and those around it."""
    glossary = term.glossary
    text = text_of("Flask", body="## Use\n\nAnother text.") + "Longer. " * 99
    files = [("flask.md", BytesIO(text.encode())), ("new.md", BytesIO(text_of("New").encode()))]
    plan = plan_upload(glossary, person, files)
    make_plan(plan)
    pages = ["import/", f"{glossary.pk}/import/", f"import/{plan.pk}/", "export/"]
    pages += [f"import/{plan.pk}/file/{row.pk}/" for row in plan.files.all()]
    return [f"../glossary/{page}" for page in [*pages, f"{glossary.pk}/export/"]]


@pytest.fixture
def newsroom(admin_client, settings, tmp_path):
    """Create content for each page. Return the addresses of the pages."""
    settings.MEDIA_ROOT, settings.ORIGINALS_ROOT = tmp_path / "media", tmp_path / "originals"
    person = User.objects.get()
    picture = add_pictures()
    old = store_picture((tmp_path / "media" / picture.file).read_bytes())
    make_live("Chart", body=f"![Releases by year]({picture.path})")
    make_term("Old chart", body=f"![Releases by year, as before](/media/{old})")
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
    tell([person.pk], term, "Ben asks for a review of “Flask”.")
    group = Group.objects.create(name="Language")
    start_job("rebuild", default_glossary(), person, {}, "Glossary: rebuild readers’ pages")
    delete_glossary(Glossary.objects.create(slug="old", name="The words of former years"))
    beyond = [
        f"../picture/{picture.pk}/change/", f"../picture/{picture.pk}/delete/",
        f"../picture/beside/?glossary={picture.glossary_id}", f"{bad.pk}/change/",
        f"../changeset/{change_set.pk}/change/", f"../../auth/user/{person.pk}/change/",
        f"../../auth/group/{group.pk}/change/", f"../category/{flask.category_id}/change/",
        f"../glossary/{flask.glossary_id}/change/", f"../glossary/{flask.glossary_id}/delete/",
        *import_pages(flask, person),
    ]  # fmt: skip
    guest = f"/preview/{make_link(change_set, person, 1)[1]}/"
    addresses = [*PAGES, *beyond, *(f"{term.pk}/{page}" for page in OF_TERM)]
    return [guest, *(f"{PREFIX}{address}" for address in addresses)]


@pytest.mark.parametrize(("width", "dark"), SCREENS)
def test_pages_have_no_axe_violations_and_do_not_overflow(
    visit, admin_client, newsroom, width, dark
):
    page = visit(width, dark, admin_client, bypass_csp=True)  # axe measures with inline styles
    found = {}
    for address in newsroom:
        assert page.goto(address).status == 200, address
        violations = own_violations(page)
        # Django's lists are wider than a phone and scroll in a box.
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if violations or wide > 0:
            found[address] = (violations, wide)
    assert not found, found


@pytest.mark.parametrize("width", [360, 1440])
def test_pages_during_an_action_have_no_axe_violations(visit, admin_client, newsroom, width):
    page = visit(width, False, admin_client, bypass_csp=True)
    term = Term.objects.get(name="Flask")
    page.goto(f"{PREFIX}{term.pk}/refactor/")
    page.fill("#rename-name", "Flask 3")
    with page.expect_navigation():
        page.get_by_role("button", name="Show effects").first.click()
    assert own_violations(page) == []
    page.goto(PREFIX)
    page.locator("input.action-select").first.check()
    page.get_by_role("button", name="Edit", exact=True).click()
    page.wait_for_selector("text=Remove relation to")
    assert own_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    page.goto(f"{PREFIX}{term.pk}/change/")
    page.locator(".edit-more summary").click()
    assert own_violations(page) == []
    page.keyboard.press("Escape")
    page.focus("#id_body")
    page.keyboard.type("[[qu")
    page.wait_for_selector(".choices:not([hidden])")
    assert own_violations(page) == []

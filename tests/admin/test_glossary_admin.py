import pytest
from django.contrib.auth.models import Group, User

from terms.changes.glossaries import delete_glossary
from terms.jobs.running import work
from terms.models import Event, Glossary, Job, Page, PublishedTerm, Term
from terms.pages.rebuilding import stale_pages
from terms.publishing.publish import publish, withdraw
from tests.accounts import logged_in
from tests.admin.forms import NO_STEPS
from tests.factory import default_glossary, make_live, make_term, save_text, text_of

pytestmark = pytest.mark.django_db


def test_new_name_of_glossary_is_on_every_page_immediately(admin):
    make_term("Flask")
    make_term("Django")
    glossary = default_glossary()
    publish(glossary, Term.objects.all())
    address = f"/admin/terms/glossary/{glossary.pk}/change/"
    html = admin.get(address).content.decode()
    assert 'name="slug"' not in html
    sent = {"name": "Words of the house", "language": "en", "approvals_needed": "0", **NO_STEPS}
    admin.post(address, sent)
    glossary = Glossary.objects.get()
    assert (glossary.name, glossary.slug) == ("Words of the house", "glossary")
    pages = Page.objects.filter(path__endswith="/", status=200).exclude(path="/")
    assert all(b"Words of the house" in page.content for page in pages)
    assert list(stale_pages(glossary)) == []


@pytest.mark.parametrize("slug", ["search", "letters", "names", "changes"])
def test_category_cannot_take_a_reserved_address(admin, slug):
    glossary = default_glossary()
    fields = {"glossary": glossary.pk, "name": "X", "slug": slug, "order": 0, "icon": ""}
    html = admin.post("/admin/terms/category/add/", fields).content.decode()
    assert "a page at this address" in html
    assert glossary.category_set.count() == 0


def test_quality_rules_are_set_for_a_glossary(admin):
    glossary = default_glossary()
    address = f"/admin/terms/glossary/{glossary.pk}/change/"
    assert "A heading skips a level" in admin.get(address).content.decode()
    sent = {
        "name": "Glossary",
        "slug": "glossary",
        "language": "en",
        "approvals_needed": "0",
        **NO_STEPS,
    }
    response = admin.post(address, {**sent, "rule_heading": "block", "rule_jargon": "off"})
    assert response.status_code == 302
    rules = Glossary.objects.get().rules
    assert (rules["heading"], rules["jargon"]) == ("block", "off")
    assert admin.post(address, {**sent, "rule_heading": "x"}).status_code == 200


def test_published_category_keeps_its_address(admin):
    term = make_live("Flask")
    address = f"/admin/terms/category/{term.category_id}/change/"
    assert 'name="slug"' not in admin.get(address).content.decode()
    fresh = make_term("X", text=text_of("X", category="New", vertical="Newer"))
    address = f"/admin/terms/category/{fresh.category_id}/change/"
    assert 'name="slug"' in admin.get(address).content.decode()


def test_formerly_public_glossary_keeps_its_address(admin):
    make_live("Flask")
    withdraw(default_glossary(), Term.objects.all())
    address = f"/admin/terms/glossary/{default_glossary().pk}/change/"
    assert 'name="slug"' not in admin.get(address).content.decode()


def test_new_language_changes_order_and_texts_immediately(admin):
    for name in ("Ödland", "Zebra", "Flask"):
        make_live(name)
    flask = Term.objects.get(name="Flask")
    save_text(flask, text_of("Flask", body="A draft."))
    glossary = default_glossary()
    address = f"/admin/terms/glossary/{glossary.pk}/change/"
    assert "German" in admin.get(address).content.decode()
    sent = {"name": "Glossary", "approvals_needed": "0", **NO_STEPS}
    wrong = admin.post(address, {**sent, "language": "auf deutsch"})
    assert "“auf deutsch” is not a valid language tag" in wrong.content.decode()
    assert admin.post(address, {**sent, "language": "sv"}).status_code == 302
    assert PublishedTerm.objects.get(name="Ödland").letter == "Ö"
    admin.post(address, {**sent, "language": "de"})
    assert PublishedTerm.objects.get(name="Ödland").letter == "O"
    home = Page.objects.get(path="/glossary/").content.decode()
    assert "3 Begriffe" in home
    assert home.index("Flask") < home.index("Ödland") < home.index("Zebra")
    assert list(stale_pages(Glossary.objects.get())) == []
    assert (
        Term.objects.get(name="Flask").fingerprint
        != Term.objects.get(name="Flask").live_fingerprint
    )
    assert Event.objects.filter(kind=Event.Kind.PUBLISHED, name="Flask").count() == 1


def test_pages_link_to_where_they_are_edited(admin):
    make_live("C & C++", path="web/[name] c/c-c.md")
    glossary = default_glossary()
    address = f"/admin/terms/glossary/{glossary.pk}/change/"
    sent = {"name": "Glossary", "language": "en", "approvals_needed": "0", **NO_STEPS}
    page = lambda: Page.objects.get(path__endswith="/c-c/").content.decode()  # noqa: E731
    assert "Edit this page" not in page()
    admin.post(address, {**sent, "edit_link": "https://x.org/edit/[path]?of=[name]&at=[slug]"})
    link = "https://x.org/edit/web/%5Bname%5D%20c/c-c.md?of=C%20%26%20C%2B%2B&amp;at=c-c"
    assert f'<a href="{link}" rel="nofollow">Edit this page</a>' in page()
    admin.post(address, {**sent, "edit_link": "", "language": "de"})
    assert "Diese Seite bearbeiten" not in page()


@pytest.mark.parametrize(
    "link", ["javascript:[slug]", "//x.org/[slug]", "https://x.org/", "x [slug]", "/a b/[slug]"]
)
def test_edit_link_is_an_address_with_the_term(admin, link):
    glossary = default_glossary()
    sent = {"name": "Glossary", "slug": "glossary", "language": "en", "approvals_needed": "0"}
    address = f"/admin/terms/glossary/{glossary.pk}/change/"
    response = admin.post(address, {**sent, **NO_STEPS, "edit_link": link})
    assert "Start with https:// or /" in response.content.decode()


def test_glossary_is_deleted_by_its_name_and_restored(admin):
    make_live("Flask")
    make_term("Draft")
    glossary = default_glossary()
    address = f"/admin/terms/glossary/{glossary.pk}/delete/"
    page = admin.get(address).content.decode()
    assert "Readers see 1 term of this glossary." in page
    assert "2 terms with their histories" in page
    for wrong in ("", "glossary", "Another"):
        page = admin.post(address, {"name": wrong}).content.decode()
        assert "Enter “Glossary”, the name of the glossary." in page
        assert f'value="{wrong}"' in page
        assert Glossary.objects.exists()
    page = admin.post(address, {"name": " Glossary "}, follow=True).content.decode()
    assert "“Glossary” was deleted. It can be restored from the trash for 30 days." in page
    assert f'name="glossary" value="{glossary.pk}"' in page  # the button “Undo”
    assert admin.get(address).status_code == 404
    page = admin.get("/admin/terms/term/trash/").content.decode()
    assert 'aria-label="Restore Glossary"' in page
    assert "Restore Flask" not in page
    undo = {"glossary": glossary.pk}
    page = admin.post("/admin/terms/term/trash/", undo, follow=True).content.decode()
    assert "was restored, with its terms and pages." in page
    assert Term.objects.live().get().name == "Flask"
    for number in (glossary.pk, "", "x", "9" * 40):
        page = admin.post("/admin/terms/term/trash/", {"glossary": number}, follow=True)
        assert "no longer in the trash" in page.content.decode()


def test_large_glossary_is_deleted_by_a_job(admin, monkeypatch):
    monkeypatch.setattr("terms.admin.views.glossaries.MANY", 0)
    make_live("Flask")
    address = f"/admin/terms/glossary/{default_glossary().pk}/delete/"
    page = admin.post(address, {"name": "Glossary"}, follow=True).content.decode()
    assert "Readers’ pages are being removed" in page
    job = Job.objects.get()
    assert job.title == "Glossary: remove readers’ pages"
    work.call(job.pk)
    assert Page.objects.filter(path__contains="flask").exclude(status=404).count() == 0


def test_publisher_cannot_restore_a_glossary(roles):
    glossary = default_glossary()
    delete_glossary(glossary)
    person = User.objects.create_user("pia", is_staff=True)
    person.groups.add(Group.objects.get(name="Publisher"))
    answer = logged_in(person).post("/admin/terms/term/trash/", {"glossary": glossary.pk})
    assert answer.status_code == 403
    assert not Glossary.objects.exists()

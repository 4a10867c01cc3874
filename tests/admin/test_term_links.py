import pytest

from terms.models import MentionDecision, Page, SearchMiss, Term
from terms.publishing.mention_decisions import NEVER
from terms.publishing.publish import publish
from tests.factory import default_glossary, make_live, make_term, save_text, text_of

pytestmark = pytest.mark.django_db
TERM = "/glossary/software/full-stack/flask/"


@pytest.fixture
def flask():
    make_term("Django")
    make_term("Bank", path="bank.md")
    make_term("Bank", path="river-bank.md")
    flask = make_term("Flask", body="Django by the bank, Django and Werkzeug.")
    publish(default_glossary(), Term.objects.all())
    return flask


def address(term):
    return f"/admin/terms/term/{term.pk}/links/"


def page_of(term):
    return Page.objects.get(path=TERM).content.decode()


def test_names_in_text_are_listed(admin, flask):
    html = admin.get(address(flask)).content.decode()
    assert "Django" in html
    assert "no link: it may mean 2 terms" in html
    assert "Werkzeug</label>" not in html
    assert "Mentioned, but not related" in html


def test_decisions_are_published_immediately_and_kept(admin, flask):
    river = Term.objects.get(path="river-bank.md")
    fields = {"name-0": NEVER, "name-1": str(river.uid), "is_linked": "on"}
    response = admin.post(address(flask), fields, follow=True)
    assert "is live with these links" in response.content.decode()
    body = page_of(flask).partition('<div class="body" dir="auto">')[2].partition("</div>")[0]
    assert "django" not in body
    assert 'river-bank/">bank</a>' in body
    save_text(flask, text_of("Flask", body="Another bank. Django."))
    publish(default_glossary(), Term.objects.all())
    assert 'river-bank/">bank</a>' in page_of(flask)
    response = admin.post(
        address(flask), {"name-0": "", "name-1": "", "is_linked": "on"}, follow=True
    )
    assert MentionDecision.objects.count() == 0
    assert (
        "Nothing was changed"
        in admin.post(address(flask), {"is_linked": "on"}, follow=True).content.decode()
    )


def test_term_with_links_disabled_is_not_linked(admin, flask):
    django = Term.objects.get(name="Django")
    assert 'django/">Django</a>' in page_of(flask)
    admin.post(address(django), {})
    assert 'django/">Django</a>' not in page_of(flask)


def test_mentioned_terms_can_be_related(admin, flask):
    django = Term.objects.get(name="Django")
    admin.post(address(flask), {"relate": ["", str(django.uid)]})
    flask.refresh_from_db()
    assert flask.related == "Django"
    assert flask.newest_revision().reason == "Related"
    assert "Mentioned, but not related" not in admin.get(address(flask)).content.decode()
    response = admin.post(address(flask), {"relate": "nonsense"}, follow=True)
    assert "Choose the terms to relate." in response.content.decode()


@pytest.mark.parametrize("value", ["x", "\0", "0" * 5000, "never ", "None"])
def test_invalid_choice_changes_nothing(admin, flask, value):
    admin.post(address(flask), {"name-0": value, "is_linked": "on"})
    assert MentionDecision.objects.count() == 0


def test_decisions_need_permission(account, flask, client):
    assert client.get(address(flask)).status_code == 302
    viewer = account("viewer", "view_term")
    assert viewer.get(address(flask)).status_code == 200
    assert viewer.post(address(flask), {"name-0": NEVER}).status_code == 403
    writer = account("writer", "view_term", "change_term")
    response = writer.post(address(flask), {"name-0": NEVER, "is_linked": "on"}, follow=True)
    assert "after a publisher publishes" in response.content.decode()
    assert 'django/">Django</a>' in page_of(flask)
    assert account("nobody").get(address(flask)).status_code == 403
    assert viewer.get("/admin/terms/term/999999/links/").status_code == 404


def test_failed_searches_link_to_new_terms(admin, client):
    make_term("Flask")
    publish(default_glossary(), Term.objects.all())
    client.get("/glossary/search", {"q": "rust & co"})
    html = admin.get("/admin/terms/searchmiss/").content.decode()
    assert "rust &amp; co" in html
    assert "/admin/terms/term/add/?name=rust+%26+co" in html
    assert (
        'value="rust &amp; co"'
        in admin.get("/admin/terms/term/add/?name=rust+%26+co").content.decode()
    )
    assert (
        admin.get(f"/admin/terms/searchmiss/{SearchMiss.objects.get().pk}/change/").status_code
        == 200
    )


def test_form_and_links_page_show_what_links_here_drafts_included(admin):
    flask = make_live("Flask")
    make_live("Django", body="Like Flask.")
    make_term("Quart", related="Flask")
    make_term("Jinja", body="Made for flask.")
    make_term("Flasks", body="Glass.")
    form = admin.get(f"/admin/terms/term/{flask.pk}/change/").content.decode()
    here = form.partition("What links here")[2].partition("</section>")[0]
    assert [name for name in ("Django", "Quart", "Jinja", "Flasks") if name in here] == [
        "Django", "Quart",
    ]  # fmt: skip
    assert "<small>draft</small>" in here
    page = admin.get(f"/admin/terms/term/{flask.pk}/links/").content.decode()
    drafts = page.partition("Mentioned in changes that are not published")[2].partition("</ul>")[0]
    assert "Jinja" in drafts
    assert "Flasks" not in drafts

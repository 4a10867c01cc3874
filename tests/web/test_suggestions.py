"""Suggestions of readers without an account, their handling by editors, and limits for bots."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.core import signing
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from terms.models import (
    DeclinedRelation,
    Event,
    Glossary,
    Grant,
    Mention,
    Page,
    PublishedTerm,
    Suggestion,
    Term,
)
from terms.publishing.rebuild import rebuild
from terms.review import suggestions
from terms.review.worklists import LISTS
from terms.web import suggestions as form
from tests.accounts import logged_in
from tests.admin.forms import NO_STEPS
from tests.factory import default_glossary, make_live, make_term, publish_all

pytestmark = pytest.mark.django_db
FORM = "/glossary/suggestion"
WORK = "/admin/terms/term/work/"


@pytest.fixture(autouse=True)
def accept_suggestions(db):
    cache.clear()
    Glossary.objects.filter(pk=default_glossary().pk).update(takes_suggestions=True)


def signed_time(seconds=60):
    class Signer(signing.TimestampSigner):
        def timestamp(self):
            return signing.b62_encode(int(timezone.now().timestamp()) - seconds)

    return Signer(salt=form._SALT).sign_object("")


def send(client=None, about="", **data):
    data = {"name": "Quart", "text": "Like Flask.", "website": "", "opened": 60} | data
    if isinstance(data["opened"], int):
        data["opened"] = signed_time(data["opened"])
    return (client or Client()).post(FORM + about, data)


def words(response):
    return re.sub(r"\s+", " ", response.content.decode())


def test_reader_suggests_a_missing_term():
    make_live("Flask")
    html = words(Client().get(FORM, {"name": "Quart"}))
    assert "Suggest a term" in html
    assert 'value="Quart"' in html
    response = send()
    assert (response.status_code, response["Location"]) == (302, f"{FORM}?sent=1")
    assert "Thank you" in words(Client().get(response["Location"]))
    said = Suggestion.objects.get()
    assert (said.name, said.text, said.term_uid, said.times) == ("Quart", "Like Flask.", None, 1)
    send(text="LIKE  flask.")
    assert Suggestion.objects.get().times == 2


def test_reader_suggests_a_change_of_a_term():
    flask = make_live("Flask")
    page = Client().get(PublishedTerm.objects.get().path).content.decode()
    address = re.search(r'href="([^"]*suggestion\?term=flask)"', page)[1]
    assert address == "../../../suggestion?term=flask"
    html = words(Client().get(FORM, {"term": "flask"}))
    assert "Suggest a change of “Flask”" in html
    assert 'name="name"' not in html
    assert send(about="?term=flask", text="It is smaller.").status_code == 302
    assert Suggestion.objects.get().term_uid == flask.uid


def test_form_is_available_only_if_suggestions_are_enabled(admin):
    make_live("Flask")
    path = PublishedTerm.objects.get().path
    home = Page.objects.get(path="/glossary/")
    assert b'<a href="./suggestion">Suggest a term</a>' in home.content
    assert b"suggestion" in Page.objects.get(path=path).content
    glossary = default_glossary()
    form = {
        "name": glossary.name,
        "slug": "glossary",
        "language": "en",
        "approvals_needed": 0,
        **NO_STEPS,
    }
    address = f"/admin/terms/glossary/{glossary.pk}/change/"
    assert admin.post(address, form).status_code == 302
    assert b"suggestion" not in Page.objects.get(path=path).content
    home.refresh_from_db()
    assert b"suggestion" not in home.content
    assert Client().get(FORM).status_code == 404
    assert send().status_code == 404
    admin.post(address, form | {"takes_suggestions": "on"})
    assert b"suggestion" in Page.objects.get(path=path).content
    found = words(Client().get("/glossary/search", {"q": "zzzyyy & co"}))
    assert "/glossary/suggestion?name=zzzyyy%20%26%20co" in found
    assert "Suggest a term" in words(Client().get("/glossary/no/such/page/"))


def test_published_term_cannot_be_suggested_as_missing():
    make_live("Flask", body="x")
    response = send(name="flask")
    assert response.status_code == 400
    assert "There is a term by this name" in words(response)
    make_term("Secret")  # drafts are not revealed
    assert send(name="Secret").status_code == 302


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"opened": ""}, "open for long"),
        ({"opened": "forged"}, "open for long"),
        ({"opened": 90_000}, "open for long"),
        ({"opened": 0}, "That was quick"),
        ({"text": ""}, "Say what you suggest."),
        ({"name": "  "}, "Choose a term."),
        ({"name": "x" * 101}, "at most 100"),
        ({"text": "x" * 2_001}, "at most 2000"),
        ({"text": "http://a http://b HTTPS://c"}, "no more than two links"),
        ({"text": "a\x07b"}, "control character"),
        ({"name": "a\u202eb"}, "change the writing direction"),
    ],
)
def test_invalid_suggestion_is_refused_and_typed_text_is_kept(data, said):
    response = send(**data)
    assert response.status_code == 400
    assert said in words(response)
    kept = data.get("text", "Like Flask.")
    assert kept in response.content.decode()
    assert not Suggestion.objects.exists()


def test_early_or_late_form_can_be_sent_again():
    html = send(opened=0).content.decode()
    opened = re.search(r'name="opened" value="([^"]+)"', html)[1]
    assert "That was quick" in words(send(opened=opened))
    html = send(opened=90_000).content.decode()
    fresh = re.search(r'name="opened" value="([^"]+)"', html)[1]
    signing.loads(fresh, salt=form._SALT, max_age=5)


def test_suggestions_of_bots_are_silently_ignored():
    assert send(website="http://spam").status_code == 302
    assert not Suggestion.objects.exists()


def test_number_of_new_and_open_suggestions_is_limited(monkeypatch):
    for number in range(form.AN_HOUR):
        assert send(name=f"T{number}").status_code == 302
    assert "Try again in an hour" in words(send(name="More"))
    cache.clear()
    monkeypatch.setattr(suggestions, "MOST_OPEN", form.AN_HOUR)
    assert "Too many suggestions" in words(send(name="More"))
    assert send(name="T1").status_code == 302  # a repeated suggestion is only counted
    assert Suggestion.objects.count() == form.AN_HOUR


def test_hostile_text_is_escaped(admin):
    flask = make_live("Flask")
    hostile = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
    assert hostile not in words(send(name=hostile, text=""))
    send(text=hostile)
    send(about="?term=flask", text=hostile + "2")
    for address in (f"{WORK}suggestions/", f"/admin/terms/term/{flask.pk}/change/"):
        html = words(admin.get(address))
        assert "&lt;script&gt;alert(1)" in html
        assert "<script>alert" not in html
    for query in ({"term": "x\0"}, {"term": "y" * 3_000}, {"term": hostile}):
        assert Client().get(FORM, query).status_code == 404
    assert Client().get(FORM, {"name": "x\0" * 3_000}).status_code == 200


def test_form_is_not_cached_or_indexed():
    response = Client().get(FORM)
    assert response["Cache-Control"] == "no-store"
    assert "noindex" in response.content.decode()


def test_cross_site_requests_are_refused(settings):
    client = Client(enforce_csrf_checks=True)
    assert send(client).status_code == 403
    client.get(FORM)
    token = {"csrfmiddlewaretoken": client.cookies[settings.CSRF_COOKIE_NAME].value}
    assert send(client, **token).status_code == 302


# Editors


def test_suggestion_is_done_when_the_term_is_created(admin):
    make_live("Flask")
    send()
    assert "(missing)" in words(admin.get(f"{WORK}suggestions/"))
    assert "<b>1</b> Readers&#x27; suggestions" in words(admin.get("/admin/terms/term/reports/"))
    quart = make_term("Quart")
    assert "Nothing to do." in words(admin.get(f"{WORK}suggestions/"))
    assert "Like Flask." in words(admin.get(f"/admin/terms/term/{quart.pk}/change/"))


def test_declined_name_cannot_be_suggested_again(admin, editor):
    make_live("Flask")
    send()
    said = Suggestion.objects.get()
    data = {"suggestion": said.pk, "do": "decline", "answer": "Not about the web."}
    html = words(admin.post(f"{WORK}suggestions/", data, follow=True))
    assert "is declined, and will not be listed again" in html
    assert "Nothing to do." in html
    response = send(text="Please.")
    assert response.status_code == 400
    assert "“Quart” was suggested before and declined on" in words(response)
    assert "Not about the web." not in words(response)  # only editors see it
    Suggestion.objects.update(is_answer_public=True)
    assert "Not about the web." in words(send(text="Please."))
    answer = admin.get("/admin/terms/term/suggest/", {"q": "quart"}).json()
    assert "Not about the web." in answer["declined"]
    assert Event.objects.filter(kind="declined", name="Quart", person=editor).count() == 1
    assert "declined" in words(admin.get("/admin/terms/event/"))


def test_declined_name_of_another_glossary_is_shown_with_permission_only(admin, roles):
    two = Glossary.objects.create(slug="two", name="Two")
    suggestions.decline_name(two, "Quart", None, "A secret of Two.")
    one = default_glossary()
    person = User.objects.create_user("author", is_staff=True)
    Grant.objects.create(user=person, role=Group.objects.get(name="Author"), glossary=one)
    seen = logged_in(person).get("/admin/terms/term/suggest/", {"q": "quart"}).json()
    assert seen["declined"] == ""
    assert "secret" in admin.get("/admin/terms/term/suggest/", {"q": "quart"}).json()["declined"]


def test_answer_can_be_public(admin):
    make_live("Flask", related="Quart")
    admin.post(f"{WORK}wanted/", {"name": "quart", "answer": "No.", "public": "on"})
    assert Suggestion.objects.get().is_answer_public


def test_wanted_name_can_be_declined(admin):
    make_term("Flask", related="Quart, Django")
    html = words(admin.post(f"{WORK}wanted/", {"name": "quart", "answer": "No."}, follow=True))
    assert "Quart</th>" not in html
    assert "Django</th>" in html
    html = words(admin.post(f"{WORK}wanted/", {"name": "nobody\0"}, follow=True))
    assert "No term refers to this name any more." in html


def test_suggestion_about_a_term_is_resolved_once(admin, editor):
    make_live("Flask")
    send(about="?term=flask", text="One.")
    send(about="?term=flask", text="Two.")
    one, two = Suggestion.objects.order_by("pk")
    for suggestion, do in ((one, "done"), (two, "decline")):
        admin.post(f"{WORK}suggestions/", {"suggestion": suggestion.pk, "do": do})
    states = list(Suggestion.objects.order_by("pk").values_list("state", flat=True))
    assert states == ["done", "declined"]
    again = {"suggestion": one.pk, "do": "decline"}
    assert "already resolved" in words(admin.post(f"{WORK}suggestions/", again, follow=True))
    send(about="?term=flask", text="two.")
    assert not Suggestion.objects.open().exists()
    assert send(about="?term=flask", text="Three.").status_code == 302
    for number in ("", "x", "0", "9" * 30):
        html = words(admin.post(f"{WORK}suggestions/", {"suggestion": number}, follow=True))
        assert "no longer exists" in html


def test_suggestions_are_resolved_only_with_permission(account):
    make_live("Flask", related="Django")
    send()
    looking = account("Lea", "view_term")
    suggestion = {"suggestion": Suggestion.objects.get().pk, "do": "decline"}
    assert "(missing)" in words(looking.get(f"{WORK}suggestions/"))
    assert looking.post(f"{WORK}suggestions/", suggestion).status_code == 403
    assert looking.post(f"{WORK}wanted/", {"name": "Django"}).status_code == 403
    assert Suggestion.objects.open().count() == 1


def test_declined_relation_can_be_suggested_again(admin, account):
    flask, _ = make_live("Flask", body="Quart."), make_live("Quart", body="x")
    publish_all()
    rebuild(default_glossary())
    mention = Mention.objects.get(source__uid=flask.uid)
    assert LISTS["suggested"].count(admin.get("/admin/").wsgi_request.user) == 1
    looking = account("Lea", "view_term")
    assert looking.post(f"{WORK}suggested/", {"mention": mention.pk}).status_code == 403
    html = words(admin.post(f"{WORK}suggested/", {"mention": mention.pk}, follow=True))
    assert "Nothing to do." in html
    links = f"/admin/terms/term/{flask.pk}/links/"
    assert "1 relation that the text suggests was declined." in words(admin.get(links))
    admin.post(links, {"again": "1"})
    assert not DeclinedRelation.objects.exists()
    html = words(admin.get(links))
    uid = re.search(r'name="relate" value="([^"]{32})"', html)[1]
    admin.post(links, {"relate": ["", uid], "decline": "x"})
    assert DeclinedRelation.objects.get().term == flask
    assert Term.objects.get(pk=flask.pk).version == 1


def test_declined_name_has_a_date():
    suggestions.decline_name(default_glossary(), "Quart", None)
    said = suggestions.declined_name(default_glossary(), "quart")
    assert timezone.now() - said.decided_at < timedelta(minutes=1)
    day = f"{timezone.localtime(said.decided_at):%-d %B %Y}"
    no = f"“Quart” was suggested before and declined on {day}."
    assert suggestions.why_declined([default_glossary()], "QUART") == no
    assert suggestions.why_declined([default_glossary()], "Flask") == ""

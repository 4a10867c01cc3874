"""Guest links: a preview of a change set for people without an account."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from terms.changes.change_sets import collect, publish_set
from terms.changes.operation import apply
from terms.changes.preview import make_link
from terms.changes.reword import merge_terms
from terms.models import Category, ChangeSet, Comment, Event, GuestLink, Page, PublishedTerm, Term
from terms.search.readers import alike
from tests.factory import default_glossary, make_live, make_term, save_text, text_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def reset_limits():
    cache.clear()


@pytest.fixture
def change_set(db):
    """A change of a published term, and a new term that it is related to."""
    flask = make_live("Flask", body="A framework.")
    save_text(flask, text_of("Flask", body="A small framework, unlike Quart.", related="Quart"))
    return collect(default_glossary(), [flask, make_term("Quart", body="Like Flask.")], "Two", None)


def opened(change_set, days=7):
    return f"/preview/{make_link(change_set, sharer(), days)[1]}/"


def sharer():
    return User.objects.get_or_create(username="sharer", is_superuser=True, is_staff=True)[0]


def state():
    return {
        "pages": dict(Page.objects.values_list("path", "etag")),
        "terms": set(PublishedTerm.objects.values_list("name", "fingerprint")),
        "live": dict(Term.objects.values_list("name", "live_fingerprint")),
        "events": Event.objects.count(),
    }


def text(client, address, **query):
    response = client.get(address, query)
    assert response.status_code == 200, address
    assert "noindex" in response["X-Robots-Tag"]
    assert response["Cache-Control"] == "no-store"
    return response.content.decode()


def test_guest_sees_preview_of_the_whole_site(change_set):
    home = opened(change_set)
    before = state()
    client = Client()
    html = text(client, home)
    assert f'href="{home}glossary/software/full-stack/quart/"' in html
    page = text(client, home + "glossary/software/full-stack/flask/")
    assert "A small framework" in page
    assert re.search(r'<a class="ref" href="[^"]*quart/">Quart</a>', page)
    assert ">Quart</a>" in text(client, home + "glossary/")
    assert "Quart" in text(client, home + "glossary/search", q="quart")
    assert "Quart" in text(client, home + "glossary/search", q="qaurt")
    assert "Quart" in text(client, home + "glossary/suggest", q="qu")
    assert client.get(home + "glossary/nowhere/").status_code == 404
    assert state() == before


def test_preview_equals_published_pages(change_set):
    home, client = opened(change_set), Client()
    paths = [
        "glossary/",
        "glossary/software/full-stack/flask/",
        "glossary/software/full-stack/quart/",
    ]
    seen = [text(client, home + path) for path in paths]
    publish_set(change_set)
    live = [client.get(f"/{path}").content.decode() for path in paths]
    assert seen == live


def test_preview_is_not_visible_to_readers(change_set):
    home, client = opened(change_set), Client()
    text(client, home + "glossary/search", q="qaurt")
    for path in ("/glossary/", "/glossary/search?q=quart", "/glossary/search?q=qaurt", "/glossary/suggest?q=quart",
                 "/glossary/software/full-stack/flask/", "/glossary/software/full-stack/quart/"):  # fmt: skip
        assert "A small framework" not in client.get(path).content.decode()
        assert ">Quart<" not in client.get(path).content.decode()
    assert alike(default_glossary(), "qaurt", 5) == []
    # The next change gets the version number that the preview had. Its cached names must be gone.
    make_live("Other")
    assert alike(default_glossary(), "qaurt", 5) == []


def test_guest_does_not_see_other_drafts(change_set):
    make_term("Secret", body="XYZZY", related="Flask")
    other = make_live("Known")
    save_text(other, text_of("Known", body="XYZZY"))
    home, client = opened(change_set), Client()
    for path in ("", "glossary/", "glossary/software/full-stack/known/", "glossary/llms.txt",
                 "glossary/software/full-stack/flask.json"):  # fmt: skip
        assert "XYZZY" not in text(client, home + path)
        assert "Secret" not in text(client, home + path)
    assert client.get(home + "glossary/secret/").status_code == 404


def test_preview_needs_no_approvals(change_set):
    Category.objects.update(approvals_needed=2)
    assert "A small framework" in text(
        Client(), opened(change_set) + "glossary/software/full-stack/flask/"
    )


def test_preview_of_merge_redirects(db):
    old, new = make_live("Old"), make_live("New")
    merged = apply(merge_terms(old, new, lambda term: True))
    response = Client().get(opened(merged) + "glossary/software/full-stack/old/")
    assert response.status_code == 301
    assert Page.objects.get(path__endswith="/old/").status == 200


@pytest.mark.parametrize("why", ["guessed", "forged", "expired", "revoked", "empty"])
def test_invalid_link_is_not_found(change_set, why):
    link, token = make_link(change_set, sharer(), 7)
    if why == "guessed":
        token = "x" * 40
    if why == "forged":
        token = token[:-1] + ("a" if token[-1] != "a" else "b")
    if why == "expired":
        GuestLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    if why == "revoked":
        GuestLink.objects.update(revoked_at=timezone.now())
    if why == "empty":
        token = ":"
    for path in ("", "glossary/", "glossary/software/full-stack/quart/"):
        response = Client().get(f"/preview/{token}/{path}")
        assert response.status_code == 404
        assert "Quart" not in response.content.decode()
    assert Client().post(f"/preview/{token}/", {"text": "x"}).status_code == 404
    assert link.secret_hash not in token


def test_guesses_and_frequent_requests_are_limited(change_set):
    client = Client()
    codes = [client.get(f"/preview/guess{number}/").status_code for number in range(35)]
    assert codes[0] == 404
    assert codes[-1] == 429
    assert client.get(opened(change_set)).status_code == 200  # valid links still work
    cache.clear()
    home = opened(change_set)
    codes = [client.get(home + "media/x.png").status_code for _ in range(65)]
    assert (codes[0], codes[-1]) == (302, 429)


def test_guest_can_comment_on_a_passage(change_set):
    home, client = opened(change_set), Client()
    flask = Term.objects.get(name="Flask")
    fields = {
        "term": flask.pk,
        "name": "Eva <b>",
        "quote": "small framework",
        "text": "<script>alert(1)</script>",
    }
    page = client.post(home, fields, follow=True).content.decode()
    assert "The editors have your comment" in page
    made = Comment.objects.get()
    assert (made.guest, made.author, made.quote) == ("Eva <b>", None, "small framework")
    assert (
        "is not in the current text"
        in client.post(home, {**fields, "quote": "nowhere"}).content.decode()
    )
    other = make_term("Other")
    for value in (other.pk, "", "x", "9" * 30):
        assert client.post(home, {**fields, "term": value}).status_code == 200
    GuestLink.objects.update(comments_left=0)
    assert "limit of comments" in client.post(home, fields).content.decode()
    assert Comment.objects.count() == 1


def test_guest_comment_is_escaped_for_editors(change_set, admin):
    flask = Term.objects.get(name="Flask")
    fields = {"term": flask.pk, "name": "<i>Eva", "quote": "", "text": "<script>alert(1)</script>"}
    Client().post(opened(change_set), fields)
    html = admin.get(f"/admin/terms/term/{flask.pk}/review/").content.decode()
    assert "&lt;i&gt;Eva (guest)" in html
    assert "<script>alert(1)" not in html


def test_links_are_created_and_revoked_in_the_admin(change_set, admin):
    address = f"/admin/terms/changeset/{change_set.pk}/change/"
    page = admin.post(address, {"do": "link", "days": "1"}, follow=True).content.decode()
    (url,) = set(re.findall(r'href="http://testserver(/preview/[^"]+)"', page))
    assert "Quart" in text(Client(), url)
    assert url.split("/")[2] not in admin.get(address).content.decode()
    left = GuestLink.objects.get().expires_at - timezone.now()
    assert timedelta(hours=23) < left <= timedelta(days=1)
    assert (
        "1 link was revoked" in admin.post(address, {"do": "revoke"}, follow=True).content.decode()
    )
    assert Client().get(url).status_code == 404
    assert ChangeSet.objects.count() == 1


def test_guest_comment_needs_csrf_token(change_set):
    client = Client(enforce_csrf_checks=True)
    assert client.post(opened(change_set), {"text": "x"}).status_code == 403


def test_hostile_paths_cause_no_server_error(change_set):
    home, client = opened(change_set), Client()
    for path in ("static/../../etc/passwd", "media/..%2f..%2fx", "glossary/%00", "glossary/search?q=%00", "%ff",
                 "glossary/" + "x" * 3000, "admin/", "static/terms/site.css"):  # fmt: skip
        assert client.get(home + path).status_code in (200, 301, 302, 400, 404), path


def test_link_is_invalid_without_permissions_of_its_creator(change_set):
    for ending in (
        lambda person: User.objects.update(is_active=False),
        lambda person: User.objects.update(is_staff=False),
        lambda person: User.objects.update(is_superuser=False),  # removes all permissions
        User.delete,
    ):
        home = opened(change_set)
        assert Client().get(home).status_code == 200
        ending(sharer())
        assert Client().get(home).status_code == 404
        User.objects.all().delete()

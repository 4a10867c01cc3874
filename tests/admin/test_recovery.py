"""Autosave of unsaved text, and notices about others who have the term open."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User

from terms.editing import autosave
from terms.models import Presence, Term, Unsaved
from tests.accounts import logged_in
from tests.admin.forms import address, fields_of, post
from tests.factory import default_glossary, make_term, save_text, text_of

pytestmark = pytest.mark.django_db
PREFIX = "/admin/terms/term/"


def keep(client, term, fields):
    target = f"{PREFIX}{term.pk}/keep/" if term else f"{PREFIX}add/keep/"
    return client.post(target, {**fields, "keep": "1"})


def test_unsaved_text_is_offered_again(admin):
    term = make_term("Flask", related="Django")
    fields = fields_of(admin.get(address(term)))
    typed = {
        **fields, "description": ["Half a sen"], "body": ["New\r\n\r\ntext\r\n"],
        "related_terms-label": ["Django", "WSGI", ""], "reason": ["because"],
    }  # fmt: skip
    assert "kept" in keep(admin, term, typed).json()
    assert term.newest_revision().number == 1

    page = admin.get(address(term)).content.decode()
    assert "unsaved changes" in page
    again = fields_of(admin.get(address(term), {"again": "1"}))
    assert again["description"] == ["Half a sen"]
    assert again["body"][0].splitlines() == ["New", "", "text"]
    assert again["related_terms-label"][:2] == ["Django", "WSGI"]
    assert again["reason"] == ["because"]
    assert admin.post(address(term), again).status_code == 302
    assert Term.objects.get().description == "Half a sen"
    assert not Unsaved.objects.exists()
    assert "unsaved changes" not in admin.get(address(term)).content.decode()


def test_offered_text_is_kept_until_it_is_discarded(admin):
    term = make_term("Flask")
    keep(admin, term, {**fields_of(admin.get(address(term))), "body": ["Half a thought"]})
    post(admin, term, body="Another thought")  # saved without using the offer
    assert Term.objects.get().body.strip() == "Another thought"
    assert "unsaved changes" in admin.get(address(term)).content.decode()
    other = fields_of(admin.get(address(term)))
    save_text(term, text_of("Flask", body="Somebody’s thought"))
    conflict = admin.post(address(term), {**other, "body": ["A third thought"]})
    assert conflict.status_code == 409
    admin.post(address(term), fields_of(conflict))
    again = fields_of(admin.get(address(term), {"again": "1"}))
    assert again["body"] == ["Half a thought"]
    admin.post(f"{PREFIX}{term.pk}/discard/")
    assert not Unsaved.objects.exists()


def test_unsaved_new_term_is_kept(admin):
    make_term()
    fields = fields_of(admin.get(f"{PREFIX}add/"))
    keep(admin, None, {**fields, "name": ["Newest"], "body": ["Text"]})
    keep(admin, None, {**fields, "name": ["Newest term"], "body": ["Text"]})
    assert Unsaved.objects.count() == 1
    again = fields_of(admin.get(f"{PREFIX}add/", {"again": fields["slot"][0]}))
    assert again["name"] == ["Newest term"]
    assert admin.post(f"{PREFIX}add/", again).status_code == 302
    assert not Unsaved.objects.exists()


def test_unsaved_new_terms_are_kept_separately(admin):
    make_term()
    one, two = (fields_of(admin.get(f"{PREFIX}add/")) for _ in range(2))
    keep(admin, None, {**one, "name": ["One"]})
    keep(admin, None, {**two, "name": ["<b>Two"]})
    html = admin.get(f"{PREFIX}add/").content.decode()
    assert "2 other unsaved new terms" in html
    assert "&lt;b&gt;Two" in html
    assert admin.post(f"{PREFIX}add/", {**one, "name": ["One"]}).status_code == 302
    html = admin.get(f"{PREFIX}add/").content.decode()
    assert "1 other unsaved new term." in html
    admin.post(f"{PREFIX}add/discard/", {**one, "discard": two["slot"][0]})
    assert not Unsaved.objects.exists()
    for slot in ("", "x", "0" * 17, "\0"):
        assert admin.get(f"{PREFIX}add/", {"again": slot}).status_code == 302


def test_number_of_unsaved_new_terms_is_limited(admin, monkeypatch):
    monkeypatch.setattr(autosave, "MOST_NEW", 2)
    default_glossary()
    forms = [fields_of(admin.get(f"{PREFIX}add/")) for _ in range(3)]
    assert [keep(admin, None, form).status_code for form in forms] == [200, 200, 413]
    assert keep(admin, None, forms[0]).status_code == 200


def test_unsaved_text_is_merged_with_later_saves(admin):
    term = make_term("Flask")
    fields = fields_of(admin.get(address(term)))
    keep(admin, term, {**fields, "description": ["Mine"]})
    save_text(term, text_of("Flask", body="Theirs"))
    again = fields_of(admin.get(address(term), {"again": "1"}))
    response = admin.post(address(term), again)
    assert response.status_code == 409
    assert admin.post(address(term), fields_of(response)).status_code == 302
    term = Term.objects.get()
    assert (term.description, term.body) == ("Mine", "Theirs\n")


def test_unsaved_text_can_be_discarded(admin):
    term = make_term("Flask")
    keep(admin, term, {"description": "x"})
    admin.post(f"{PREFIX}{term.pk}/discard/")
    assert not Unsaved.objects.exists()
    assert admin.get(address(term), {"again": "1"}).status_code == 302


def test_unsaved_text_belongs_to_one_user(admin, account):
    term = make_term("Flask")
    keep(admin, term, {"description": "x"})
    other = account("ben", "view_term", "change_term")
    assert "unsaved changes" not in other.get(address(term)).content.decode()
    assert other.get(address(term), {"again": "1"}).status_code == 302


def test_overlong_text_is_refused_with_reason(admin):
    term = make_term("Flask")
    response = keep(admin, term, {"body": "x" * (2 * 1024 * 1024 + 1)})
    assert response.status_code == 413
    assert "Save it" in response.json()["error"]


def test_other_editors_of_a_term_are_shown(admin):
    term = make_term("Flask")
    ben = logged_in(User.objects.create_superuser("ben", first_name="Ben", password="x"))
    here = f"{PREFIX}{term.pk}/keep/"
    assert admin.post(here).json() == {"others": [], "version": 1}
    assert ben.post(here).json() == {"others": ["ana"], "version": 1}
    save_text(term, text_of("Flask", body="x"))
    assert admin.post(here).json() == {"others": ["Ben"], "version": 2}
    assert "Ben also has this term open." in admin.get(address(term)).content.decode()
    Presence.objects.update(seen_at=Presence.objects.first().seen_at - timedelta(minutes=5))
    assert "has this term open" not in admin.get(address(term)).content.decode()
    assert not Unsaved.objects.exists()


def test_old_presence_is_forgotten(admin):
    old, now = make_term("Flask"), make_term("Quart")
    admin.post(f"{PREFIX}{old.pk}/keep/")
    Presence.objects.update(seen_at=Presence.objects.get().seen_at - timedelta(days=1))
    admin.post(f"{PREFIX}{now.pk}/keep/")
    assert [row.term for row in Presence.objects.all()] == [now]


def test_deleted_term_is_reported_and_text_is_kept(admin):
    term = make_term("Flask")
    admin.post(f"{PREFIX}{term.pk}/delete/")
    response = admin.post(f"{PREFIX}{term.pk}/keep/", {"keep": "1"})
    assert response.status_code == 404
    assert "This term was deleted" in response.json()["error"]
    Term.with_trash.update(trashed_at=None)
    assert "unsaved changes" in admin.get(address(term)).content.decode()


def test_hostile_unsaved_text_is_escaped(admin):
    term = make_term("Flask")
    data = {"description": "</textarea><script>alert(1)</script>", "seen": "9" * 30,
            "category": "x", "related_terms-label": ["a"] * 500}  # fmt: skip
    keep(admin, term, data)
    page = admin.get(address(term), {"again": "1"})
    assert page.status_code == 200
    assert "<script>alert(1)" not in page.content.decode()
    Unsaved.objects.update(data=urlencode({"name": "\0" * 9}) + "&%ff=%ff&" + "x" * 1000)
    assert admin.get(address(term), {"again": "1"}).status_code == 200


def test_publishing_removes_unsaved_text(admin):
    term = make_term("Flask")
    fields = fields_of(admin.get(address(term)))
    keep(admin, term, {**fields, "description": "x"})
    admin.post(address(term), {**fields, "description": "x", "_publish": "1"})
    assert not Unsaved.objects.exists()

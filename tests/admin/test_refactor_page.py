"""Refactoring in the admin: preview, confirmation and undo."""

import re

import pytest
from django.urls import reverse

from terms.editing.gate import Draft, save
from terms.models import ChangeSet, Page, PublishedTerm, Term
from terms.publishing.publish import publish
from tests.admin.forms import fields_of
from tests.factory import default_glossary, make_live, make_term, save_text, text_of

pytestmark = pytest.mark.django_db
PREFIX = "/admin/terms/term/"


def page(client, term, **values):
    target = f"{PREFIX}{term.pk}/refactor/"
    response = client.post(target, values, follow=True) if values else client.get(target)
    assert response.status_code == 200
    return response.content.decode()


def confirmed(client, term, **values):
    html = page(client, term, **values)
    (digest,) = re.findall(r'name="confirm" value="(\w+)"', html)
    return page(client, term, **values, confirm=digest)


def test_rename_is_previewed_applied_published_and_undone(admin):
    term = make_live("Flask")
    make_live("Django", related="Flask")
    assert "New name" in page(admin, term)
    values = {"kind": "rename", "name": "Quart", "keeps_old": "on"}
    html = page(admin, term, **values)
    assert "Preview: Flask renamed to Quart" in html
    assert "<ins>Quart</ins>" in html
    assert "2 files would be changed" in html
    assert not ChangeSet.objects.exists()
    html = confirmed(admin, term, **values)
    assert "Flask renamed to Quart" in html
    change_set = ChangeSet.objects.get()
    address = f"/admin/terms/changeset/{change_set.pk}/change/"
    assert (
        "2 terms are live." in admin.post(address, {"do": "publish"}, follow=True).content.decode()
    )
    assert "Readers see all of it." in admin.get(address).content.decode()
    html = admin.post(address, {"do": "undo"}, follow=True).content.decode()
    assert "Undone. Publish this change set" in html
    assert "<h1>Undone: Flask renamed to Quart</h1>" in html
    assert 'value="publish"' in html
    assert 'value="publish"' not in admin.get(address).content.decode()
    assert Term.objects.get(pk=term.pk).name == "Flask"
    assert "already undone" in admin.post(address, {"do": "undo"}, follow=True).content.decode()


def test_rename_is_not_applied_after_changes_since_preview(admin):
    term = make_term("Flask")
    values = {"kind": "rename", "name": "Quart"}
    html = page(admin, term, **values)
    (digest,) = re.findall(r'name="confirm" value="(\w+)"', html)
    save_text(term, text_of("Flask", body="Meanwhile."))
    html = page(admin, term, **values, confirm=digest)
    assert "The glossary has changed" in html
    assert Term.objects.get().name == "Flask"


def test_merge_finds_other_term_by_name(admin):
    old = make_live("Microframework")
    make_live("Flask")
    assert "There is no term “Nowhere”." in page(admin, old, kind="merge", other="Nowhere")
    assert "into itself" in page(admin, old, kind="merge", other="Microframework")
    confirmed(admin, old, kind="merge", other="flask")
    change_set = ChangeSet.objects.get()
    admin.post(f"/admin/terms/changeset/{change_set.pk}/change/", {"do": "publish"})
    assert Page.objects.get(path__endswith="/microframework/").status == 301


def test_merge_can_append_text_of_merged_term(admin):
    old = make_term("Microframework", body="A few lines.")
    flask = make_term("Flask", body="Own words.")
    values = {"kind": "merge", "other": "Flask"}
    assert "gets its definition" not in page(admin, old, **values)
    html = page(admin, old, **values, takes_text="on")
    assert "gets its definition and text, as a section “Microframework” at its end" in html
    assert "## Microframework" in html
    confirmed(admin, old, **values, takes_text="on")
    flask.refresh_from_db()
    assert flask.body.startswith("Own words.\n\n## Microframework\n\n")
    assert flask.body.endswith("A few lines.\n")


def test_withdrawal_may_name_a_successor(admin):
    term = make_live("Old")
    make_live("New", related="Old")
    html = page(admin, term, kind="withdraw", other="New")
    assert "Readers would no longer see Old" in html
    assert ">New</a> is related to it" in html
    assert PublishedTerm.objects.count() == 2
    html = confirmed(admin, term, kind="withdraw", other="New")
    assert "“Old” was withdrawn." in html
    gone = Page.objects.get(path__endswith="/old/")
    assert gone.status == 410
    assert b">New</a>" in gone.content
    assert "nothing to withdraw" in page(admin, term, kind="withdraw", other="")


def test_hostile_values_are_escaped(admin):
    term = make_term("Flask")
    for value in ("\0", "x" * 5000, "<script>alert(1)</script>", "‮", "a: b", "'", "- x\n"):
        for kind in ("rename", "merge", "replace", "withdraw", value):
            html = page(admin, term, kind=kind, name=value, other=value)
            assert "<script>alert(1)" not in html


def test_selected_terms_are_collected_in_change_set(admin):
    terms = [make_term(name) for name in ("A", "B")]
    chosen = {"_selected_action": [term.pk for term in terms]}
    html = admin.post(
        PREFIX, {"action": "collect_selected", **chosen}, follow=True
    ).content.decode()
    assert "2 terms were added" in html
    change_set = ChangeSet.objects.get()
    address = f"/admin/terms/changeset/{change_set.pk}/change/"
    html = admin.get(address).content.decode()
    assert "2 terms, by ana" in html
    assert (
        "review of 2 terms was requested"
        in admin.post(address, {"do": "submit"}, follow=True).content.decode()
    )
    assert admin.post(address, {"do": "nothing"}).status_code == 403
    assert "selection of" in admin.get("/admin/terms/changeset/").content.decode()


def test_viewer_cannot_act_on_change_set(admin, account):
    term = make_term("A")
    admin.post(PREFIX, {"action": "collect_selected", "_selected_action": [term.pk]})
    address = f"/admin/terms/changeset/{ChangeSet.objects.get().pk}/change/"
    viewer = account("viewer", "view_term")
    assert viewer.get(address).status_code == 200
    for action in ("publish", "approve", "submit", "undo"):
        assert viewer.post(address, {"do": action}).status_code == 403


def test_term_is_split_and_split_is_undone(admin):
    term = make_live("Flask", body="Words.\n\n## Use\n\nOf use.\n\n## History\n\nLong ago.")
    assert "Sections to move" in page(admin, term)
    values = {"kind": "split", "name": "Flask history", "parts": ["1"]}
    html = page(admin, term, **values)
    assert "Preview: Flask history split from Flask" in html
    assert "2 files would be changed or created" in html
    assert 'name="parts" value="1"' in html
    confirmed(admin, term, **values)
    assert Term.objects.get(name="Flask history").body.strip() == "## History\n\nLong ago."
    change_set = ChangeSet.objects.get()
    address = f"/admin/terms/changeset/{change_set.pk}/change/"
    admin.post(address, {"do": "undo"})
    assert [term.name for term in Term.objects.all()] == ["Flask"]
    for parts in (["x"], ["99"], ["-1"]):
        assert "Select a valid choice" in page(admin, term, **values | {"parts": parts})
    assert "Choose a section or a name" in page(admin, term, **values | {"parts": []})
    none = "Its text has no sections"
    assert none not in page(admin, term)
    assert none in page(admin, make_term("Plain", body="No sections."))


def test_split_needs_permission_to_add(account):
    term = make_term("Flask", body="## Use\n\nOf use.")
    client = account("ben", "change_term", "publish_term", "view_term")
    html = page(client, term, kind="split", name="New", parts=["0"])
    assert "You do not have permission to add terms here." in html


def test_undo_needs_permission_to_withdraw(admin, account):
    """Undoing deletes the terms that the change set created."""
    glossary = default_glossary()
    change_set = ChangeSet.objects.create(glossary=glossary, title="New terms")
    save(glossary, [Draft("new.md", text_of("New"))], None, "made", change_set)
    assert publish(glossary, Term.objects.all()) == []
    address = reverse("admin:terms_changeset_change", args=[change_set.pk])
    for name, rights in (
        ("author", ["view_term", "change_term"]),
        ("deleter", ["view_term", "change_term", "delete_term"]),
    ):
        client = account(name, *rights)
        assert "Undo" not in client.get(address).content.decode()
        assert client.post(address, {"do": "undo"}).status_code == 403
    assert PublishedTerm.objects.exists()
    publisher = account("publisher", "view_term", "change_term", "delete_term", "publish_term")
    assert publisher.post(address, {"do": "undo"}).status_code == 302
    assert not PublishedTerm.objects.exists()


def test_file_is_renamed_and_rename_is_undone(admin):
    term = make_live("Flask")
    values = {"kind": "file", "path": "flask-web.md"}
    html = page(admin, term, **values)
    assert "Preview: flask.md renamed to flask-web.md" in html
    assert "This is one change set" in html
    html = confirmed(admin, term, **values)
    assert Term.objects.get().path == "flask-web.md"
    change_set = ChangeSet.objects.get()
    address = f"/admin/terms/changeset/{change_set.pk}/change/"
    admin.post(address, {"do": "undo"})
    assert Term.objects.get().path == "flask.md"
    assert PublishedTerm.objects.get().path.endswith("/flask/")
    assert "is not a path inside" in page(admin, term, kind="file", path="../x.md")


# A name that was changed on the form


def test_new_name_on_the_form_offers_to_rename_elsewhere(admin):
    term = make_term("Flask")
    make_term("Django", related="Flask, X")
    make_term("WSGI", related="X, Flask")
    form = f"/admin/terms/term/{term.pk}/change/"
    fields = fields_of(admin.get(form)) | {"name": "Quart", "_continue": "1"}
    page = admin.post(form, fields, follow=True).content.decode()
    assert "The files of 2 terms still call it “Flask”." in page
    offered = f"/admin/terms/term/{term.pk}/refactor/?follow=Flask"
    assert offered in page
    page = admin.get(offered).content.decode()
    assert 'value="Flask"' in page
    assert "Merge into another term" not in page

    address = f"/admin/terms/term/{term.pk}/refactor/"
    data = {"kind": "follow", "old": "Flask"}
    page = admin.post(address, data).content.decode()
    assert page.count("</b> is related to it by the new name") == 2
    confirm = page.partition('name="confirm" value="')[2].partition('"')[0]
    admin.post(address, {**data, "confirm": confirm})
    related = {t.name: t.document().related for t in Term.objects.exclude(pk=term.pk)}
    assert related == {"Django": "Quart, X", "WSGI": "X, Quart"}


def test_old_name_is_kept_as_an_alias_instead(admin):
    term = make_term("Flask")
    make_term("Django", related="Flask")
    save_text(term, text_of("Quart"))
    address = f"/admin/terms/term/{term.pk}/refactor/"
    data = {"kind": "follow", "old": "Flask", "keeps_old": "on"}
    page = admin.post(address, data).content.decode()
    confirm = page.partition('name="confirm" value="')[2].partition('"')[0]
    admin.post(address, {**data, "confirm": confirm})
    assert Term.objects.get(pk=term.pk).document().aliases == ("Flask",)
    assert Term.objects.get(name="Django").relations.get().target == term


def test_name_without_relations_offers_nothing(admin):
    term = make_term("Flask")
    form = f"/admin/terms/term/{term.pk}/change/"
    fields = fields_of(admin.get(form)) | {"name": "Quart", "_continue": "1"}
    page = admin.post(form, fields, follow=True).content.decode()
    assert "still call" not in page
    address = f"/admin/terms/term/{term.pk}/refactor/"
    page = admin.post(address, {"kind": "follow", "old": "Flask"}).content.decode()
    assert "No other term is related to “Flask”." in page


def test_message_after_a_rename_undoes_it(admin):
    term = make_term("Flask")
    make_term("Django", related="Flask")
    address = f"/admin/terms/term/{term.pk}/refactor/"
    page = admin.post(address, {"kind": "rename", "name": "Quart", "keeps_old": "on"})
    digest = re.search(r'name="confirm" value="([^"]+)"', page.content.decode())[1]
    sent = {"kind": "rename", "name": "Quart", "keeps_old": "on", "confirm": digest}
    page = admin.post(address, sent, follow=True).content.decode()
    way = re.search(r'form="undo" formaction="([^"]+)" name="do" value="undo"', page)[1]
    assert '<form id="undo" method="post"' in page
    admin.post(way, {"do": "undo"})
    assert Term.objects.get(pk=term.pk).name == "Flask"
    assert Term.objects.get(name="Django").related == "Flask"
    assert "undone" in admin.get("/admin/terms/changeset/").content.decode()

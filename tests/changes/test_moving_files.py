"""Renaming a term's file moves its address and its file in the folder, without duplicates."""

import pytest

from terms.changes.operation import CannotRefactor
from terms.changes.rename import move, plan_move, undo_set
from terms.files.exporting import export
from terms.files.import_plan import plan_import
from terms.files.importing import apply_import
from terms.management.consistency import check_consistency
from terms.models import Event, Page, PublishedTerm, Term
from terms.publishing.publish import publish
from tests.factory import default_glossary, make_live, make_term, save_text, text_of

pytestmark = pytest.mark.django_db
BEFORE, AFTER = "/glossary/software/full-stack/flask/", "/glossary/software/full-stack/flask-web/"


def test_address_moves_immediately_and_old_one_redirects(ann):
    flask = make_live("Flask")
    words = [effect.words for effect in plan_move(flask, "flask-web.md").effects]
    assert f"moves to {AFTER} immediately; {BEFORE} redirects there permanently" in words
    made = move(flask, "flask-web.md", ann)
    assert PublishedTerm.objects.get().path == AFTER
    assert Page.objects.get(path=BEFORE).status == 301
    assert Term.objects.get().slug == "flask-web"
    assert Event.objects.filter(kind="moved", person=ann).count() == 1
    assert list(check_consistency(default_glossary())) == []

    undo_set(made, ann)
    assert PublishedTerm.objects.get().path == BEFORE
    assert Page.objects.get(path=AFTER).status == 301
    with pytest.raises(CannotRefactor, match="already undone"):
        undo_set(made, ann)


def test_move_does_not_publish_unpublished_changes(ann):
    flask = make_live("Flask", body="Old words.")
    save_text(flask, text_of("Flask", body="New words."))
    move(Term.objects.get(), "flask-web.md", ann)
    body = Page.objects.get(path=AFTER).content.decode()
    assert "Old words." in body
    assert Term.objects.get().status == "changed"


def test_invalid_path_is_refused_with_reason(ann):
    flask, _ = make_live("Flask"), make_live("Quart")
    for path, why in (
        ("flask.md", "already has this file"),
        ("QUART.md", "already"),
        ("../x.md", "not a path inside"),
        ("x.txt", "does not end in"),
        ("sub/quart.md", "Another published term has the address"),
    ):
        with pytest.raises(CannotRefactor, match=why):
            move(flask, path, ann)
    assert Term.objects.get(name="Flask").path == "flask.md"
    assert PublishedTerm.objects.get(name="Flask").path == BEFORE


def test_letter_case_of_path_may_change(ann):
    make_live("Flask")
    move(Term.objects.get(), "Flask.md", ann)
    assert Term.objects.get().path == "Flask.md"


def test_second_of_two_moves_is_refused(ann):
    make_live("Flask")
    one, two = Term.objects.get(), Term.objects.get()
    move(one, "a.md", ann)
    with pytest.raises(CannotRefactor, match="just renamed"):
        move(two, "b.md", ann)


def test_old_file_is_not_imported_again_after_move(ann, tmp_path):
    make_term("Flask")
    glossary = default_glossary()
    export(glossary, tmp_path)
    move(Term.objects.get(), "web/flask.md", ann)

    plan = plan_import(glossary, tmp_path)
    (entry,) = plan.entries
    assert (entry.status, entry.document) == ("unchanged", None)
    assert "has the path “web/flask.md” here" in entry.reason
    apply_import(plan)
    assert Term.objects.count() == 1
    assert plan_import(glossary, tmp_path).entries[0].reason == entry.reason

    export(glossary, tmp_path, prune=True)
    assert [str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*.md")] == ["web/flask.md"]
    assert plan_import(glossary, tmp_path).counts["unchanged"] == 1


def test_edited_file_at_old_path_is_an_edit_of_its_term(ann, tmp_path):
    make_term("Flask")
    glossary = default_glossary()
    export(glossary, tmp_path)
    move(Term.objects.get(), "web/flask.md", ann)
    (tmp_path / "flask.md").write_text(text_of("Flask", body="Edited."))
    plan = apply_import(plan_import(glossary, tmp_path))
    assert plan.entries[0].status == "updated"
    assert "has the path “web/flask.md” here" in plan.entries[0].reason
    assert "Edited." in Term.objects.get().body
    assert export(glossary, tmp_path).counts["renamed"] == 1
    assert [str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*.md")] == ["web/flask.md"]
    assert plan_import(glossary, tmp_path).counts["unchanged"] == 1


def test_old_path_is_free_for_another_term(ann, tmp_path):
    make_live("Flask")
    move(Term.objects.get(), "flask-web.md", ann)
    bottle = make_term("Bottle", path="flask.md")
    publish(default_glossary(), Term.objects.filter(pk=bottle.pk))
    assert PublishedTerm.objects.get(name="Bottle").path == BEFORE
    assert Page.objects.get(path=BEFORE).status == 200
    assert list(check_consistency(default_glossary())) == []

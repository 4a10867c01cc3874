"""The trash hides a term from readers and editors, and restores it completely."""

import pytest
from django.utils import timezone

from terms.changes.rename import rename_classification
from terms.changes.schedule import run_due, schedule
from terms.changes.trash import CannotRestore, restore_term, trash
from terms.editing.incoming import incoming
from terms.files.exporting import export
from terms.files.import_plan import plan_import
from terms.files.importing import apply_import
from terms.management.consistency import check_consistency
from terms.models import Category, Event, Page, PublishedTerm, Relation, Schedule, Term
from terms.review.requests import submit
from tests.factory import default_glossary, make_live, make_term, publish_all, save_text, text_of

pytestmark = pytest.mark.django_db


def reloaded(term):
    return Term.with_trash.get(pk=term.pk)


def test_trashed_term_is_hidden_from_readers_and_relations(ann):
    flask = make_live("Flask")
    django = make_live("Django", related="Flask", body="Like Flask.")
    referring = incoming(flask, Term.objects.all())
    assert ([str(term) for term in referring.relating], [str(term) for term in referring.mentioning]) == (
        ["Django"], ["Django"],
    )  # fmt: skip
    trash(flask, ann)
    assert not Term.objects.filter(name="Flask").exists()
    assert [page.name for page in PublishedTerm.objects.all()] == ["Django"]
    assert Page.objects.get(path="/glossary/software/full-stack/flask/").status == 410
    relation = Relation.objects.get(term=django)
    assert (relation.label, relation.target) == ("Flask", None)
    assert reloaded(flask).revisions.count() == 1
    trash(flask, ann)  # the second time has no effect
    assert Event.objects.filter(kind="trashed").count() == 1


def test_restored_term_has_its_relations_in_both_directions(ann):
    make_term("Django")
    flask = make_term("Flask", related="Django", author=ann)
    referring = make_term("WSGI", related="Flask")
    trash(flask, ann)
    restore_term(reloaded(flask), ann)
    assert Term.objects.get(name="Flask").status == "draft"
    assert Relation.objects.get(term=referring).target == flask
    assert Relation.objects.get(term=flask).target.name == "Django"
    with pytest.raises(CannotRestore, match="no longer in the trash"):
        restore_term(reloaded(flask), ann)
    publish_all()
    assert Page.objects.get(path="/glossary/software/full-stack/flask/").status == 200


def test_term_is_not_restored_over_a_new_term_with_its_path(ann):
    old = make_term("Flask")
    trash(old, ann)
    new = make_term("Flask", body="Written anew.")
    with pytest.raises(CannotRestore, match=r"another term file “flask\.md”"):
        restore_term(reloaded(old), ann)
    trash(new, ann)
    restore_term(reloaded(old), ann)
    assert Term.objects.get() == old


def test_restored_term_gets_renamed_category(ann):
    term, other = make_term("A"), make_term("B")
    trash(term, ann)
    rename_classification(Category.objects.get(name="Software"), "Programs")
    restore_term(reloaded(term), ann)
    assert Term.objects.get(pk=term.pk).category == Term.objects.get(pk=other.pk).category
    assert "category: Programs" in reloaded(term).newest_revision().text
    assert [category.name for category in Category.objects.all()] == ["Programs"]


def test_trashing_cancels_schedule_and_review(ann):
    term = make_term(author=ann)
    submit(term, ann)
    schedule(term, "publish", timezone.now() + timezone.timedelta(hours=1), ann)
    trash(term, ann)
    Schedule.objects.update(at=timezone.now())
    assert run_due() == []
    restore_term(reloaded(term), ann)
    assert not term.reviews.open().exists()
    submit(Term.objects.get(), ann)


def test_trashed_file_is_not_imported_and_is_pruned(ann, tmp_path):
    glossary = default_glossary()
    term = make_term("Flask")
    make_term("Django")
    export(glossary, tmp_path)
    trash(term, ann)
    plan = apply_import(plan_import(glossary, tmp_path))
    assert plan.counts["unchanged"] == 2
    assert not Term.objects.filter(name="Flask").exists()
    assert export(glossary, tmp_path, prune=True).counts["removed"] == 1
    assert not (tmp_path / "flask.md").exists()
    assert (tmp_path / "django.md").exists()


def test_edited_file_of_trashed_term_is_a_conflict(ann, tmp_path):
    glossary = default_glossary()
    term = make_term("Flask")
    export(glossary, tmp_path)
    trash(term, ann)
    (tmp_path / "flask.md").write_text(text_of(body="Edited by hand."))
    plan = apply_import(plan_import(glossary, tmp_path))
    assert plan.counts["conflict"] == 1
    assert plan.entries[0].reason == "was deleted here, and edited in the folder"
    assert not Term.objects.exists()
    plan = apply_import(plan_import(glossary, tmp_path, sides={"flask.md": "glossary"}))
    assert plan.counts["unchanged"] == 1
    assert not Term.objects.exists()


def test_glossary_is_consistent_with_trashed_and_restored_terms(ann):
    flask, django = make_live("Flask", related="Django"), make_live("Django", related="Flask")
    trash(flask, ann)
    publish_all()
    assert list(check_consistency(default_glossary())) == []
    save_text(django, text_of("Django", body="x"))
    restore_term(reloaded(flask), ann)
    publish_all()
    assert list(check_consistency(default_glossary())) == []

"""Simultaneous actions of several people on one term, in threads."""

from functools import partial

import pytest
from django.contrib.auth.models import User

from terms.changes.change_sets import PublishingRefused, collect, publish_set
from terms.changes.operation import CannotRefactor, apply, undo
from terms.changes.rename import plan_renaming, rename_classification
from terms.changes.reword import merge_terms, rename
from terms.changes.trash import CannotRestore, restore_term, trash
from terms.editing.gate import StaleWrite
from terms.management.consistency import check_consistency
from terms.models import ChangeSet, Event, PublishedTerm, Relation, Revision, Term
from tests.factory import default_glossary, make_live, make_term, publish_all, save_text, text_of
from tests.threads import in_threads

pytestmark = pytest.mark.django_db(transaction=True)
REFUSALS = (StaleWrite, CannotRefactor, CannotRestore, PublishingRefused, Term.DoesNotExist)
ROUNDS = 4


def at_once(*acts):
    """Run ``acts`` in threads. Return the refusal of each, or None; fail on other exceptions."""
    results = in_threads(*acts)
    for result in results:
        assert result is None or isinstance(result, REFUSALS), repr(result)
    return results


def may_edit_all(term):
    return True


def consistent():
    assert list(check_consistency(default_glossary())) == []


def test_one_of_two_concurrent_renames_is_refused():
    for number in range(ROUNDS):
        term = make_live(f"T{number}")
        make_live(f"R{number}", related=f"T{number}")
        plans = [rename(term, f"{name}{number}", may_edit_all) for name in ("Left", "Right")]
        results = at_once(*(lambda plan=plan: apply(plan) for plan in plans))
        assert sorted(type(r).__name__ for r in results) == ["NoneType", "StaleWrite"]
        assert Term.objects.get(pk=term.pk).version == 2
        assert Relation.objects.get(term__name=f"R{number}").target == term
    assert ChangeSet.objects.count() == ROUNDS
    publish_all()
    consistent()


def test_concurrent_trashing_and_restoring_happen_once():
    ann = User.objects.create_superuser("ann", password="x")
    for number in range(ROUNDS):
        term = make_live(f"T{number}")
        at_once(*[lambda term=term: trash(term, ann)] * 3)
        results = at_once(
            *[lambda term=term: restore_term(Term.with_trash.get(pk=term.pk), ann)] * 3
        )
        assert [type(r) for r in results].count(type(None)) == 1
    assert Event.objects.filter(kind="trashed").count() == ROUNDS
    assert Event.objects.filter(kind="restored").count() == ROUNDS
    consistent()


def test_term_trashed_during_save_keeps_all_revisions():
    for number in range(ROUNDS):
        term = make_live(f"T{number}")
        text = text_of(f"T{number}", body="Saved meanwhile.")
        at_once(lambda term=term: trash(term), lambda term=term, text=text: save_text(term, text))
        kept = Term.with_trash.get(pk=term.pk)
        assert kept.trashed_at
        assert Revision.objects.filter(term=kept).count() == kept.version
    consistent()


def test_change_set_is_published_completely_during_save():
    for number in range(ROUNDS):
        terms = [make_term(f"{name}{number}") for name in "AB"]
        chosen = collect(default_glossary(), terms, "Both", None)
        text = text_of(f"A{number}", body="Another.")
        at_once(
            lambda chosen=chosen: publish_set(chosen),
            lambda terms=terms, text=text: save_text(terms[0], text),
            lambda chosen=chosen: publish_set(chosen),
        )
        assert PublishedTerm.objects.filter(name__endswith=str(number)).count() == 2
    consistent()


def test_one_of_concurrent_merge_and_rename_is_refused():
    for number in range(ROUNDS):
        old, new = make_live(f"Old{number}"), make_live(f"New{number}")
        plans = [merge_terms(old, new, may_edit_all), rename(old, f"Newest{number}", may_edit_all)]
        results = at_once(*(lambda plan=plan: apply(plan) for plan in plans))
        assert [type(r) for r in results].count(type(None)) == 1
        publish_set(ChangeSet.objects.latest("pk"))
    consistent()


def test_save_survives_concurrent_rename_of_category():
    for number in range(ROUNDS):
        term = make_live(f"T{number}", category=f"C{number}")
        row, text = term.category, text_of(f"T{number}", category=f"C{number}", body="Saved.")
        shown = plan_renaming(row, f"Named{number}").digest
        act = partial(rename_classification, row, f"Named{number}", None, shown)
        results = at_once(act, act, lambda term=term, text=text: save_text(term, text))
        assert [type(r) for r in results[:2]].count(type(None)) <= 1
        if results[2] is None:
            texts = Revision.objects.filter(term=term).values_list("text", flat=True)
            assert any("Saved." in text for text in texts)
    publish_all()
    consistent()


def test_each_successful_undo_or_save_adds_one_revision():
    for number in range(ROUNDS):
        term = make_live(f"T{number}")
        change_set = apply(rename(term, f"Named{number}", may_edit_all))
        text = text_of(f"Saved{number}")
        before = Revision.objects.filter(term=term).count()
        results = at_once(
            lambda change_set=change_set: undo(change_set),
            lambda change_set=change_set: undo(change_set),
            lambda term=term, text=text: save_text(term, text),
        )
        done = [type(r) for r in results].count(type(None))
        assert Revision.objects.filter(term=term).count() == before + done
    publish_all()
    consistent()

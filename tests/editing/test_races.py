"""Two people do something to the same thing at the same moment, in threads of their own."""

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
TOLD = (StaleWrite, CannotRefactor, CannotRestore, PublishingRefused, Term.DoesNotExist)
ROUNDS = 4


def at_once(*acts):
    """What each raised, or None. Anything but being told is a defect."""
    results = in_threads(*acts)
    for result in results:
        assert result is None or isinstance(result, TOLD), repr(result)
    return results


def anywhere(term):
    return True


def consistent():
    assert list(check_consistency(default_glossary())) == []


def test_of_two_renames_one_is_told():
    for number in range(ROUNDS):
        term = make_live(f"T{number}")
        make_live(f"R{number}", related=f"T{number}")
        plans = [rename(term, f"{name}{number}", anywhere) for name in ("Left", "Right")]
        results = at_once(*(lambda plan=plan: apply(plan) for plan in plans))
        assert sorted(type(r).__name__ for r in results) == ["NoneType", "StaleWrite"]
        assert Term.objects.get(pk=term.pk).version == 2
        assert Relation.objects.get(term__name=f"R{number}").target == term
    assert ChangeSet.objects.count() == ROUNDS
    publish_all()
    consistent()


def test_a_term_is_deleted_once_whoever_asks():
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


def test_a_term_that_is_deleted_while_it_is_saved_loses_nothing():
    for number in range(ROUNDS):
        term = make_live(f"T{number}")
        text = text_of(f"T{number}", body="Saved meanwhile.")
        at_once(lambda term=term: trash(term), lambda term=term, text=text: save_text(term, text))
        kept = Term.with_trash.get(pk=term.pk)
        assert kept.trashed_at
        assert Revision.objects.filter(term=kept).count() == kept.version
    consistent()


def test_a_set_is_published_whole_while_its_terms_are_saved():
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


def test_a_merge_and_a_rename_of_the_same_term():
    for number in range(ROUNDS):
        old, new = make_live(f"Old{number}"), make_live(f"New{number}")
        plans = [merge_terms(old, new, anywhere), rename(old, f"Newest{number}", anywhere)]
        results = at_once(*(lambda plan=plan: apply(plan) for plan in plans))
        assert [type(r) for r in results].count(type(None)) == 1
        publish_set(ChangeSet.objects.latest("pk"))
    consistent()


def test_a_category_is_renamed_while_its_terms_are_saved():
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


def test_an_undo_and_a_save_of_the_same_term():
    for number in range(ROUNDS):
        term = make_live(f"T{number}")
        change_set = apply(rename(term, f"Named{number}", anywhere))
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

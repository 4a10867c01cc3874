"""Moving terms to the trash, and restoring them with their relations."""

from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from terms.editing.gate import Draft, save_one
from terms.editing.index import forget_terms, recall
from terms.formats.document import changed
from terms.formats.problems import CannotSplice
from terms.models import (
    ChangeSet,
    Event,
    Glossary,
    Review,
    Schedule,
    Term,
    TrashedTerm,
)
from terms.models.bulk import batches
from terms.models.term import TermQuerySet
from terms.people.audit_log import record
from terms.publishing.publish import withdraw
from terms.publishing.relations import forget_targets

from .removals import DELETE, done, require


class CannotRestore(ValueError):
    """The term cannot be restored; the message gives the reason."""


def trash(term: Term, person: Any = None, is_approved: bool = False, reason: str = "") -> None:
    """Withdraw ``term`` and remove it from lists, files and names, but keep its history.

    The ``reason`` is for the log. Raises NotApproved if others must approve this first, unless
    ``is_approved``.
    """
    trash_terms(term.glossary, [term.pk], person, is_approved, reason=reason)


def trash_terms(
    glossary: Glossary,
    ids: Collection[int],
    person: Any = None,
    is_approved: bool = False,
    change_set: ChangeSet | None = None,
    reason: str = "",
) -> None:
    """Do as ``trash`` does with all terms with these ``ids``, or with none of them.

    They are part of ``change_set``, so that undoing it restores them.
    """
    with transaction.atomic():
        Glossary.objects.lock(glossary.pk)
        for some in batches(ids):
            terms = Term.objects.filter(pk__in=some)
            live = terms.live().select_related("glossary")
            for term in live if not is_approved else ():
                require(term, DELETE)
            _trash_some(glossary, terms, person, change_set, reason)


def _trash_some(
    glossary: Glossary,
    terms: TermQuerySet,
    person: Any,
    change_set: ChangeSet | None,
    reason: str,
) -> None:
    found = list(terms.values_list("pk", "uid", "name"))
    ids = [pk for pk, _uid, _name in found]
    withdraw(glossary, terms, by=person)
    done(ids, person)
    at = timezone.now()
    terms.update(trashed_at=at, trashed_by=person)
    if change_set:
        trashed = (TrashedTerm(change_set=change_set, term_id=pk, at=at) for pk in ids)
        TrashedTerm.objects.bulk_create(trashed)
    forget_terms(glossary, ids)
    forget_targets([uid for _pk, uid, _name in found])
    Schedule.objects.waiting().filter(term__in=ids).update(state=Schedule.State.CANCELLED)
    Review.objects.open().filter(term__in=ids).update(
        closed_at=at, closed_by=person, outcome=Review.Outcome.TAKEN_BACK
    )
    names = [(pk, name) for pk, _uid, name in found]
    record(glossary, Event.Kind.TRASHED, names, person, reason)


def restore_term(term: Term, person: Any = None) -> None:
    """Restore ``term`` as a draft, with its relations both ways. Raises CannotRestore."""
    with transaction.atomic():
        Glossary.objects.lock(term.glossary_id)
        trashed = Term.with_trash.filter(pk=term.pk).exclude(trashed_at=None)
        if not trashed.exists():
            raise CannotRestore(_("“{term}” is no longer in the trash.").format(term=term))
        if Term.objects.filter(glossary=term.glossary).at_path(term.path).exists():
            text = _("There is another term file “{path}” now: rename or delete that one first.")
            raise CannotRestore(text.format(path=term.path))
        trashed.update(trashed_at=None, trashed_by=None)
        _follow_renamed_classes(Term.objects.get(pk=term.pk), person)
        aliases = term.aliases.values_list("name", flat=True)
        recall(term.glossary, [term.name, *aliases], [term.pk])
        record(term.glossary, Event.Kind.RESTORED, [(term.pk, term.name)], person)


def _follow_renamed_classes(term: Term, person: Any) -> None:
    """Update the file if its category or vertical was renamed meanwhile.

    The old name would create a new category, without the approvals that this one needs.
    """
    document = term.document()
    columns = {
        name: row.name
        for name, row in (("category", term.category), ("vertical", term.vertical))
        if row and row.name != getattr(document, name)
    }
    if not columns:
        return
    try:
        text = changed(document, columns)
    except CannotSplice as error:
        text = _("Its category was renamed, and its file keeps the old: {problem}")
        raise CannotRestore(text.format(problem=error)) from error
    draft = Draft(term.path, text, term, term.version)
    save_one(term.glossary, draft, person, _("Taken out of the trash"))

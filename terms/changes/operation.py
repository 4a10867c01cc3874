"""Operations on many term files: effects are listed, then applied and undone together."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from terms.editing.gate import Draft, save
from terms.editing.paths import PathChange, rename_files
from terms.formats.document import TermDocument, changed, read_document
from terms.formats.problems import CannotSplice
from terms.formats.value_differences import ValueDifference, compare_values
from terms.models import ChangeSet, FormerPath, Glossary, Revision, Term
from terms.models.bulk import batches

from .beside import ChangedBeside, require_same_beside, restore_beside, show_again
from .removals import NotApproved
from .trash import CannotRestore, restore_term, trash_terms

MEANWHILE = _lazy("The glossary has changed. Check the effects again.")


class CannotRefactor(ValueError):
    """The operation is not possible now; the message gives the reason."""


@dataclass(frozen=True)
class Effect:
    """The effect on a term, and on the text of its file."""

    term: str
    words: str
    before: str = ""
    after: str = ""

    @property
    def differences(self) -> list[ValueDifference]:
        """The values that change, compared only when needed."""
        return compare_values(self.before, self.after) if self.before != self.after else []


def documents_of(terms: QuerySet[Term]) -> Iterator[tuple[Term, TermDocument]]:
    """Yield each of ``terms`` with its newest text, in a few queries."""
    ids = terms.values_list("pk", flat=True)
    for some in batches(ids):
        rows = Revision.objects.filter(term__in=some, number=F("term__version")).order_by()
        texts = dict(rows.values_list("term", "text"))
        found = terms.in_bulk(some)
        for pk in some:
            if pk in found and pk in texts:
                yield found[pk], read_document(texts[pk], found[pk].path)


@dataclass
class Operation:
    """The planned texts and other effects of an operation in one glossary."""

    glossary: Glossary
    title: str
    drafts: dict[int, Draft] = field(default_factory=dict)
    made: list[Draft] = field(default_factory=list)  # new terms
    effects: list[Effect] = field(default_factory=list)
    failed: dict[int, str] = field(default_factory=dict)  # term id → reason why its file stays

    def require(self, *terms: Term) -> None:
        """Raise CannotRefactor if the file of one of ``terms`` cannot be changed."""
        for term in terms:
            if term.pk in self.failed:
                raise CannotRefactor(self.failed[term.pk])

    @property
    def count(self) -> int:
        """The number of files that would be changed or created."""
        return len(self.drafts) + len(self.made)

    def make(self, path: str, text: str, words: str) -> None:
        """Plan a new term."""
        document = read_document(text, path)
        self.made.append(Draft(path, text, document=document))
        self.effects.append(Effect(document.name, words, "", text))

    def rewrite(
        self, term: Term, words: str, read: TermDocument | None = None, **values: Any
    ) -> None:
        """Plan changes of the file of ``term``, in addition to those already planned.

        ``read`` is its parsed newest text, if the caller has it.
        """
        draft = self.drafts.get(term.pk)
        document = (draft and draft.document) or read or term.document()
        try:
            text = changed(document, **values)
        except CannotSplice as error:
            failed = _("The file of “{term}” cannot be changed here: {problem}")
            self.failed[term.pk] = failed.format(term=term, problem=error)
            words = _("its file cannot be changed here and stays as it is: {problem}")
            self.leave(term, words.format(problem=error))
            return
        if text == document.text:
            return
        written = read_document(text, term.path)
        self.drafts[term.pk] = Draft(term.path, text, term, term.version, written)
        self.effects.append(Effect(term.name, words, document.text, text))

    def leave(self, term: Term, words: str) -> None:
        self.effects.append(Effect(term.name, words))

    @property
    def digest(self) -> str:
        """A hash with which a confirmation refers to exactly the effects that were shown."""
        found = hashlib.sha256(self.title.encode())
        for effect in self.effects:
            found.update(f"\0{effect.term}\0{effect.words}".encode())
        for pk, draft in sorted(self.drafts.items()):
            found.update(f"\0{pk}\0{draft.seen}\0{draft.text}".encode())
        for draft in self.made:
            found.update(f"\0{draft.path}\0{draft.text}".encode())
        return found.hexdigest()


def apply(operation: Operation, person: Any = None) -> ChangeSet:
    """Save the operation as one change set. Raises StaleWrite if a term was saved meanwhile."""
    with transaction.atomic():
        change_set = ChangeSet.objects.create(
            glossary=operation.glossary, title=operation.title[:300], author=person
        )
        drafts = [operation.drafts[pk] for pk in sorted(operation.drafts)]
        drafts += operation.made
        save(operation.glossary, drafts, person, change_set.title, change_set)
    return change_set


def undo(change_set: ChangeSet, person: Any = None) -> ChangeSet:
    """Restore the earlier texts and paths, as a new change set. Raises CannotRefactor, StaleWrite.

    If a text, path or picture has changed since, nothing is undone. Terms that the change set
    created are moved to the trash, and those that it moved to the trash are restored as drafts.
    """
    title = _("Undone: {title}").format(title=change_set.title)[:300]
    with transaction.atomic():
        Glossary.objects.lock(change_set.glossary_id)
        if not ChangeSet.objects.filter(pk=change_set.pk, undone_at=None).exists():
            raise CannotRefactor(_("It was already undone."))
        changes = _changes_of(change_set)
        renamed = change_set.former_paths.select_related("term")
        trashed = list(change_set.restorable())
        if not (changes or renamed or trashed or change_set.changes_beside):
            raise CannotRefactor(_("It changed no file."))
        _require_unchanged(changes)
        try:
            require_same_beside(change_set)
        except ChangedBeside as error:
            raise CannotRefactor(str(error)) from error
        for change in changes:
            _take_out_of_trash(change.term, person)
        undone = ChangeSet.objects.create(glossary=change_set.glossary, title=title, author=person)
        _trash([change.term for change in changes if change.based_on is None], undone)
        _rename_back(renamed, undone)
        for term in trashed:  # whose paths are free now
            _restore(term, person)
        undone.terms.set(trashed)
        _write_before(change_set, [c for c in changes if c.based_on is not None], undone)
        shown = restore_beside(change_set, undone)
        ChangeSet.objects.filter(pk=change_set.pk).update(undone_at=timezone.now())
        show_again(undone.glossary, shown, person)
    return undone


class _Change(NamedTuple):
    """The revisions of a term in a change set: the version before and the last number."""

    term: Term
    based_on: int | None
    last: int


def _changes_of(change_set: ChangeSet) -> list[_Change]:
    found: dict[int, _Change] = {}
    revisions = change_set.revisions.defer("text").select_related("term")
    for revision in revisions.order_by("term__path", "number"):
        first = found.get(revision.term_id)
        based_on = first.based_on if first else revision.based_on
        found[revision.term_id] = _Change(revision.term, based_on, revision.number)
    return list(found.values())


def _require_unchanged(changes: list[_Change]) -> None:
    later = [change.term.name for change in changes if change.last != change.term.version]
    if later:
        names = ", ".join(f"“{name}”" for name in later[:5])
        text = _(
            "These have changed since: {names}. Nothing was undone. Undo the later changes first,"
            " or restore single terms from their histories."
        )
        raise CannotRefactor(text.format(names=names))


def _rename_back(renamed: QuerySet[FormerPath], undone: ChangeSet) -> None:
    """Give terms the paths back that they had before a change set."""
    changes = []
    for row in renamed:
        if row.term.former_paths.filter(pk__gt=row.pk).exists():
            text = _("The file of “{term}” was renamed again since. Nothing was undone.")
            raise CannotRefactor(text.format(term=row.term))
        changes.append(PathChange(row.term_id, row.term.path, row.path))
    leaving = {change.term for change in changes}
    for change in changes:
        others = Term.objects.filter(glossary=undone.glossary_id).at_path(change.after)
        if others.exclude(pk__in=leaving).exists():
            text = _("There is a term file “{path}” already.")
            raise CannotRefactor(text.format(path=change.after))
    if not rename_files(undone.glossary, changes, undone):
        raise CannotRefactor(MEANWHILE)


def _write_before(change_set: ChangeSet, changes: list[_Change], undone: ChangeSet) -> None:
    """Save the texts that the terms had before a change set."""
    drafts = []
    for some in batches(changes):
        rows = Revision.objects.filter(term__in=[change.term.pk for change in some])
        texts = {
            (term, number): text
            for term, number, text in rows.filter(
                number__in={change.based_on for change in some}
            ).values_list("term", "number", "text")
        }
        drafts += [
            Draft(c.term.path, texts[c.term.pk, c.based_on or 0], c.term, c.last) for c in some
        ]
    save(change_set.glossary, drafts, undone.author, undone.title, undone)


def _take_out_of_trash(term: Term, person: Any) -> None:
    """Restore a term that was moved to the trash when its merge was published."""
    if term.trashed_at is None:
        return
    if not term.document().is_merged:
        text = _("“{term}” is in the trash. Restore it first.")
        raise CannotRefactor(text.format(term=term))
    _restore(term, person)


def _restore(term: Term, person: Any) -> None:
    try:
        restore_term(term, person)
    except CannotRestore as error:
        raise CannotRefactor(f"{error} {_('Nothing was undone.')}") from error


def _trash(terms: list[Term], undone: ChangeSet) -> None:
    ids = [term.pk for term in terms]
    try:
        trash_terms(undone.glossary, ids, undone.author, change_set=undone)
    except NotApproved as error:
        live = next((term for term in terms if term.live_fingerprint), terms[0])
        text = _("Readers see “{term}”, which it made. {reason}")
        raise CannotRefactor(text.format(term=live, reason=error)) from error

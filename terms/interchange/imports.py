"""An import with everything that follows from it: removals, new addresses, publication.

``terms.files`` compares and saves texts. What touches readers or the trash goes through the same
approvals as in the admin, so removed files become requests to delete their terms.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone

from terms.changes.operation import CannotRefactor
from terms.changes.removals import DELETE, MOVE, NotApproved, ask, take_back_removal
from terms.changes.rename import move
from terms.changes.trash import CannotRestore, restore_term, trash, trash_terms
from terms.editing.paths import slugs_for
from terms.files import pictures
from terms.files.beside import FilesBeside
from terms.files.import_plan import plan_again
from terms.files.importing import apply_import
from terms.files.plan import CONFLICT, KEPT_HERE, Plan, PlannedFile
from terms.models import Glossary, Removal, Term, TermFile
from terms.models.bulk import Progress, batches
from terms.publishing import publish

NOTE = "Its file was removed from the folder."
RENAMED = "Its file was renamed in the folder."


@dataclass(frozen=True)
class Wishes:
    """What an import may do beside saving texts.

    ``publishes``: publish the imported texts, and carry out removals and new addresses that need
    no further approval. ``removes_many``: remove terms even if many files are gone at once.
    """

    publishes: bool = False
    removes_many: bool = False


@dataclass
class Outcome:
    """The result of an import. ``notes`` are pairs of path and message."""

    plan: Plan
    taken: pictures.TakenPictures = field(default_factory=pictures.TakenPictures)
    refusals: list[publish.Refusal] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)


def run_import(
    plan: Plan, person: Any = None, wishes: Wishes | None = None, progress: Progress = iter
) -> Outcome:
    """Carry out ``plan``, and return the result. Raises FolderError."""
    wishes = wishes or Wishes()
    notes = list(_restore(plan, person))
    _keep_terms(plan, person)
    result = Outcome(apply_import(plan, person), notes=notes)
    plan = result.plan
    if isinstance(plan.source, FilesBeside):
        result.taken = pictures.take(plan.glossary, plan.source)
    if plan.removes_many and not wishes.removes_many:
        count = f"{len(plan.removed)} of {plan.known_files} files are gone"
        result.notes.append((plan.place, f"{count}; no term was removed"))
    else:
        result.notes += _remove(plan, person, wishes.publishes)
    _keep_removed(plan)
    result.notes += _change_addresses(plan, person, wishes.publishes)
    if wishes.publishes:
        result.refusals = _publish(plan, result.taken, person, progress)
    return result


def _restore(plan: Plan, person: Any) -> Iterator[tuple[str, str]]:
    """Restore terms whose files are back, and compare these files again."""
    back = [entry for entry in plan.entries if entry.is_back]
    for entry in back:
        try:
            restore_term(Term.with_trash.get(pk=entry.term or 0), person)
        except CannotRestore as error:
            yield entry.path, str(error)
    if back:
        again = plan_again(plan, back)
        entries = {entry.path: entry for entry in again.entries}
        plan.entries = [entries.get(entry.path, entry) for entry in plan.entries]
        plan.versions |= again.versions
        plan.agrees_anew = True


def _keep_terms(plan: Plan, person: Any) -> None:
    """Close the requests of earlier imports to delete terms whose files are back."""
    present = {entry.term for entry in plan.entries if entry.stamp}
    requests = Removal.objects.open().filter(term__glossary=plan.glossary, action=DELETE, note=NOTE)
    for request in requests.select_related("term__glossary"):
        if request.term_id in present:
            take_back_removal(request, person)


def _remove(plan: Plan, person: Any, publishes: bool) -> Iterator[tuple[str, str]]:
    """Move terms of removed files to the trash, or request it if readers see them."""
    paths = {entry.term: entry.path for entry in plan.removed if entry.term}
    for some in batches(paths):
        terms = Term.objects.filter(pk__in=some).select_related("glossary")
        drafts = [term.pk for term in terms if not term.live_fingerprint]
        with transaction.atomic():
            Glossary.objects.lock(plan.glossary.pk)
            trash_terms(plan.glossary, drafts, person)
            _note_missing(plan, [paths[pk] for pk in drafts])
            for term in terms.live():
                yield paths[term.pk], _remove_live(term, person, publishes)
                _note_missing(plan, [paths[term.pk]])


def _remove_live(term: Term, person: Any, publishes: bool) -> str:
    """Request to delete a published term, or delete it. Return what was done."""
    if publishes:
        try:
            with transaction.atomic():
                trash(term, person)
        except NotApproved as error:
            ask(term, DELETE, person, note=NOTE)
            return str(error)
        return "is withdrawn and in the trash"
    ask(term, DELETE, person, note=NOTE)
    return "awaits a decision: readers see it until then"


def _keep_removed(plan: Plan) -> None:
    """Store that files are gone whose terms are kept, so that an export writes them."""
    _note_missing(plan, [entry.path for entry in plan.entries if entry.reason == KEPT_HERE])


def _note_missing(plan: Plan, paths: Iterable[str]) -> None:
    files = TermFile.objects.of(plan.glossary, plan.place).filter(path__in=list(paths))
    files.update(missing_since=timezone.now())


def _change_addresses(plan: Plan, person: Any, publishes: bool) -> Iterator[tuple[str, str]]:
    """Change the addresses of published terms whose files were renamed, or request it."""
    renamed = [entry for entry in plan.entries if entry.renamed_from and entry.status != CONFLICT]
    for term, entry in _live_terms(renamed):
        if publishes:
            try:
                move(term, entry.term_path, person)
            except CannotRefactor as error:
                ask(term, MOVE, person, entry.term_path, RENAMED)
                yield entry.path, str(error)
        else:
            ask(term, MOVE, person, entry.term_path, RENAMED)
            yield entry.path, "keeps its address until the new one is approved"


def _live_terms(entries: Sequence[PlannedFile]) -> Iterator[tuple[Term, PlannedFile]]:
    by_term = {entry.term: entry for entry in entries}
    for some in batches(by_term):
        for term in Term.objects.live().filter(pk__in=some).select_related("glossary"):
            entry = by_term[term.pk]
            if term.path == entry.term_path and term.slug != _slug(term):
                yield term, entry


def _slug(term: Term) -> str:
    return slugs_for(term.glossary, [term.path])[term.path]


def _publish(
    plan: Plan, taken: pictures.TakenPictures, person: Any, progress: Progress
) -> list[publish.Refusal]:
    in_files = {entry.term_path or entry.path: entry.fingerprint for entry in plan.entries}
    terms = Term.objects.filter(glossary=plan.glossary, problem="").order_by("path")
    waiting = [
        pk
        for pk, path, text, live in terms.values_list(
            "pk", "path", "fingerprint", "live_fingerprint"
        )
        if live != text == in_files.get(path)
    ]
    refusals = publish.publish_ids(plan.glossary, waiting, progress, person)
    same = Term.objects.filter(pk__in=taken.terms - set(waiting))
    return refusals + publish.publish_again(plan.glossary, same, person)

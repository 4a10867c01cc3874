"""An import with everything that follows from it: removals, new addresses, publication.

``terms.files`` compares and saves texts. What touches readers or the trash goes through the same
approvals as in the admin, so removed files become requests to delete their terms.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from terms.changes.operation import CannotRefactor
from terms.changes.removals import (
    DELETE,
    MOVE,
    ask,
    fingerprint_of_request,
    take_back_removal,
    why_not,
)
from terms.changes.rename import move
from terms.changes.trash import CannotRestore, restore_term, trash_terms
from terms.editing.paths import slugs_for
from terms.files import pictures
from terms.files.beside import FilesBeside
from terms.files.import_plan import plan_again
from terms.files.importing import apply_import, begin_import
from terms.files.plan import CONFLICT, KEPT_HERE, Plan, PlannedFile
from terms.files.sidecar import TakenSidecar, foresee_sidecar, take_sidecar
from terms.files.sidecar_files import has_sidecar
from terms.models import ChangeSet, Event, Glossary, Removal, Term, TermFile
from terms.models.bulk import Progress, batches
from terms.people.audit_log import record
from terms.people.notifications import gather
from terms.publishing import publish

NOTE = "Its file was removed from the folder."
RENAMED = "Its file was renamed in the folder."


@dataclass(frozen=True)
class Wishes:
    """What an import may do beside saving texts.

    ``publishes``: publish the imported texts, and carry out removals and new addresses that need
    no further approval, including those that an earlier import requested. ``removes_many``: remove
    terms even if many files are gone at once.
    """

    publishes: bool = False
    removes_many: bool = False


@dataclass
class Outcome:
    """The result of an import. ``notes`` are pairs of path and message.

    ``asks_removal``: why no term was removed though files are gone, or an empty string.
    """

    plan: Plan
    taken: pictures.TakenPictures = field(default_factory=pictures.TakenPictures)
    sidecar: TakenSidecar = field(default_factory=TakenSidecar)
    refusals: list[publish.Refusal] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    asks_removal: str = ""
    published: int = 0


def run_import(
    plan: Plan, person: Any = None, wishes: Wishes | None = None, progress: Progress = iter
) -> Outcome:
    """Carry out ``plan``, and return the result. Raises FolderError."""
    with gather(reverse("admin:terms_term_work", args=["review"])):
        return _run_import(plan, person, wishes or Wishes(), progress)


def _run_import(plan: Plan, person: Any, wishes: Wishes, progress: Progress) -> Outcome:
    is_new = not Term.with_trash.filter(glossary=plan.glossary).exists()
    notes = list(_restore(plan, person))
    _keep_terms(plan, person)
    result = Outcome(apply_import(plan, person), notes=notes)
    plan = result.plan
    if isinstance(plan.source, FilesBeside):
        begin = partial(_change_set, plan, person)
        result.taken = pictures.take(plan.glossary, plan.source, begin, plan.sides)
        result.sidecar = _take_sidecar(plan, plan.source, begin, is_new)
        _log_beside(plan, person)
    if wishes.publishes:
        result.notes += _carry_out_requests(plan, person)
    if plan.removes_many and not wishes.removes_many:
        count = f"{len(plan.removed)} of {plan.known_files} files are gone"
        result.asks_removal = f"{count}; no term was removed"
        result.notes.append((plan.place, result.asks_removal))
    else:
        result.notes += _remove(plan, person, wishes.publishes)
    _keep_removed(plan)
    result.notes += _change_addresses(plan, person, wishes.publishes)
    if wishes.publishes:
        shown_again = result.taken.terms | result.sidecar.terms
        result.published, result.refusals = _publish(plan, shown_again, person, progress)
    return result


def foresee(plan: Plan) -> Outcome:
    """Return what carrying out ``plan`` would do with the files beside the term files."""
    result = Outcome(plan)
    if isinstance(plan.source, FilesBeside):
        result.taken = pictures.foresee_pictures(plan, plan.source)
        if plan.glossary.keeps == Glossary.Keeps.SIDECAR:
            result.sidecar = foresee_sidecar(plan.glossary, plan.source, plan.sides)
    return result


def _change_set(plan: Plan, person: Any) -> ChangeSet:
    """Return the change set of an import, created if it has changed nothing yet."""
    plan.change_set = plan.change_set or begin_import(plan, person)
    return plan.change_set


def _log_beside(plan: Plan, person: Any) -> None:
    """Log replaced pictures, and owners and review dates from the sidecar."""
    if plan.change_set is None:
        return
    replaced = plan.change_set.pictures.exclude(before={}).values_list("path", flat=True)
    record(plan.glossary, Event.Kind.PICTURE_REPLACED, [(None, path) for path in replaced], person)
    items = plan.change_set.items.filter(key__in=("owner", "review_by")).select_related("term")
    for item in items:
        what = [(item.term_id, item.term.name)]
        detail = f"{item.key}: {item.after or _('none')}"
        record(plan.glossary, Event.Kind.ASSIGNED, what, person, detail)


def _take_sidecar(
    plan: Plan, source: FilesBeside, begin: Callable[[], ChangeSet], is_new: bool
) -> TakenSidecar:
    """Take the sidecar if the glossary keeps one. A new glossary does if its folder has one."""
    glossary = plan.glossary
    if is_new and not glossary.keeps and has_sidecar(source):
        glossary.keeps = Glossary.Keeps.SIDECAR
        Glossary.objects.filter(pk=glossary.pk).update(keeps=glossary.keeps)
    if glossary.keeps != Glossary.Keeps.SIDECAR:
        return TakenSidecar()
    return take_sidecar(glossary, source, begin, plan.sides)


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
        plan.agrees_again = True


def _keep_terms(plan: Plan, person: Any) -> None:
    """Close the requests of earlier imports whose files are back, or have other paths now."""
    present = {entry.term: entry.term_path or entry.path for entry in plan.entries if entry.stamp}
    requests = Removal.objects.open().filter(term__glossary=plan.glossary)
    for request in requests.filter(note__in=(NOTE, RENAMED)).select_related("term__glossary"):
        path = present.get(request.term_id)
        is_renamed = request.note == RENAMED and request.detail == path
        if path and not is_renamed:
            take_back_removal(request, person)


def _remove(plan: Plan, person: Any, publishes: bool) -> Iterator[tuple[str, str]]:
    """Move terms of removed files to the trash, or request it if readers see them."""
    paths = {entry.term: entry.path for entry in plan.removed if entry.term}
    for some in batches(paths):
        terms = Term.objects.filter(pk__in=some).select_related("glossary")
        drafts = [term.pk for term in terms if not term.live_fingerprint]
        with transaction.atomic():
            Glossary.objects.lock(plan.glossary.pk)
            if drafts:
                _trash(plan, drafts, person)
            _note_missing(plan, [paths[pk] for pk in drafts])
            for term in terms.live():
                yield paths[term.pk], _remove_live(plan, term, person, publishes)
                _note_missing(plan, [paths[term.pk]])


def _trash(plan: Plan, ids: Sequence[int], person: Any) -> None:
    trash_terms(plan.glossary, ids, person, change_set=_change_set(plan, person))


def _remove_live(plan: Plan, term: Term, person: Any, publishes: bool) -> str:
    """Request to delete a published term, or delete it. Return what was done.

    Call it in a transaction with the lock of the glossary.
    """
    reason = why_not(term, DELETE)
    if publishes and not reason:
        _trash(plan, [term.pk], person)
        return "is withdrawn and in the trash"
    ask(term, DELETE, person, note=NOTE)
    return reason if publishes else "awaits a decision: readers see it until then"


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
        if said := _change_address(term, person, publishes):
            yield entry.path, said


def _change_address(term: Term, person: Any, publishes: bool) -> str:
    """Move a published term to the address of its file, or request it. Return why it waits."""
    said = "keeps its address until the new one is approved"
    if publishes:
        try:
            move(term, term.path, person)
        except CannotRefactor as error:
            said = str(error)
        else:
            return ""
    ask(term, MOVE, person, term.path, RENAMED)
    return said


def _live_terms(entries: Sequence[PlannedFile]) -> Iterator[tuple[Term, PlannedFile]]:
    by_term = {entry.term: entry for entry in entries}
    for some in batches(by_term):
        for term in Term.objects.live().filter(pk__in=some).select_related("glossary"):
            entry = by_term[term.pk]
            if term.path == entry.term_path and term.slug != _slug(term):
                yield term, entry


def _slug(term: Term) -> str:
    return slugs_for(term.glossary, [term.path])[term.path]


def _carry_out_requests(plan: Plan, person: Any) -> Iterator[tuple[str, str]]:
    """Carry out removals and new addresses that earlier imports of the folder requested."""
    requests = Removal.objects.open().filter(
        term__files__in=TermFile.objects.of(plan.glossary, plan.place),
        term__in=Term.objects.live(),
    )
    requests = requests.filter(note__in=(NOTE, RENAMED)).distinct()
    for pk in sorted(requests.values_list("pk", flat=True)):
        with transaction.atomic():
            Glossary.objects.lock(plan.glossary.pk)
            request = requests.select_related("term__glossary").filter(pk=pk).first()
            if request and (told := _carry_out(plan, request, person)):
                yield told


def _carry_out(plan: Plan, request: Removal, person: Any) -> tuple[str, str] | None:
    term = request.term
    files = TermFile.objects.of(plan.glossary, plan.place).filter(term=term)
    file = files.filter(missing_since=None).first() or files[0]
    if request.action == DELETE and request.note == NOTE and file.missing_since:
        asked = fingerprint_of_request(term, DELETE, request.detail, request.asked_at)
        if request.fingerprint == asked and file.fingerprint == term.fingerprint:
            return file.path, _remove_live(plan, term, person, publishes=True)
        return file.path, "awaits a decision: it was edited here since"
    is_due = request.action == MOVE and request.note == RENAMED and request.detail == term.path
    if is_due and not file.missing_since and term.slug != _slug(term):
        said = _change_address(term, person, publishes=True)
        return (file.path, said) if said else None
    return None


def _publish(
    plan: Plan, shown_again: set[int], person: Any, progress: Progress
) -> tuple[int, list[publish.Refusal]]:
    """Return the number of terms whose new texts are live, and the refusals."""
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
    same = Term.objects.filter(pk__in=shown_again - set(waiting))
    published = len(waiting) - len(refusals)
    return published, refusals + publish.publish_again(plan.glossary, same, person)

"""Plans of imports in the database: compared, decided file by file, and carried out.

A row for each file has what a person decides, and no text: texts are read again from the source.
Before a plan is carried out, all files are compared again. If that gives something else than what
was decided about, nothing is saved, and the plan says which files have changed.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from terms.files.folder import FolderError, Stamp
from terms.files.git.source import RepositorySource
from terms.files.import_plan import plan_again, plan_import
from terms.files.plan import CONFLICT, REMOVED, UNCHANGED, Plan, PlannedFile, Sides
from terms.formats.fingerprint import fingerprint_of
from terms.formats.paths import SIDECAR
from terms.models import Glossary, ImportFile, ImportPlan, ImportUpload, Term, TermFile
from terms.models.bulk import Progress, batches, insert_rows
from terms.people.permissions import may

from .hindrances import Publishing
from .imports import Outcome, Wishes, foresee, run_import
from .origins import origins_of
from .sources import UPLOAD, source_of, upload_of, upload_place

ACCEPTED, REFUSED = ImportFile.ACCEPTED, ImportFile.REFUSED
MOST_MESSAGES = 500  # kept of those that are about no file
SIDES = "sides"  # in the data of a plan: the sides chosen for pictures and the sidecar
_COLUMNS = (
    "plan", "path", "status", "reason", "decision", "choices", "term", "term_path", "before",
    "renamed_from", "has_file", "digest", "goes_live", "hindrance", "is_changed", "outcome",
)  # fmt: skip


# Comparing


def make_plan(draft: ImportPlan, progress: Progress = iter) -> None:
    """Compare the files of the source with the glossary, and store the result.

    Decisions on files that are as they were stay. A source that cannot be read fails the plan.
    """
    try:
        plan = _compared(draft, progress)
    except FolderError as error:
        draft.become(ImportPlan.State.FAILED, ImportPlan.State.PLANNING, problem=str(error))
        return
    changed = _store(draft, plan)
    draft.become(
        ImportPlan.State.READY, ImportPlan.State.PLANNING,
        known_files=plan.known_files, problem=_told_of(changed), result=_beside(foresee(plan)),
    )  # fmt: skip


def _beside(outcome: Outcome) -> dict[str, Any]:
    """Return what an import does with pictures and the sidecar, for the page of the plan."""
    taken, sidecar = outcome.taken, outcome.sidecar
    conflicts = [*taken.conflicts, *((SIDECAR, text) for _path, text in sidecar.conflicts)]
    return {
        "pictures": sorted(taken.changes.items())[:MOST_MESSAGES],
        "pictures_count": taken.count,
        "values": sidecar.count,
        "problems": [*taken.problems, *sidecar.problems][:MOST_MESSAGES],
        "conflicts": conflicts[:MOST_MESSAGES],
    }


def is_larger(draft: ImportPlan, count: int) -> bool:
    """Whether the source has more than ``count`` files."""
    try:
        return len(list(islice(source_of(draft).files(), count + 1))) > count
    except FolderError:
        return False  # comparing them tells why


def _compared(draft: ImportPlan, progress: Progress) -> Plan:
    """Plan with the stored decisions. Those on other texts than now are dropped."""
    decided = {row.path: row for row in draft.files.decided()}
    source, upload = source_of(draft), upload_of(draft)
    sides: dict[str, Any] = dict(draft.data.get(SIDES, {}))
    sides |= {path: row.choices for path, row in decided.items()}
    plan = plan_import(draft.glossary, source, progress, sides, upload)
    plan.title = f"Import of {draft.title}"
    if isinstance(source, RepositorySource) and plan.to_save:
        plan.origins = origins_of(source, plan)
    stale = [
        entry
        for entry in plan.entries
        if entry.path in decided and digest_of(entry) != decided[entry.path].digest
    ]
    if not stale:
        return plan
    changed = _paths(stale)
    plan.sides = {path: side for path, side in sides.items() if path not in changed}
    return _replaced(plan, plan_again(plan, stale))


def _paths(entries: Iterable[PlannedFile]) -> set[str]:
    return {entry.path for entry in entries}


def _replaced(plan: Plan, again: Plan) -> Plan:
    new = {entry.path: entry for entry in again.entries}
    plan.entries = [new.get(entry.path, entry) for entry in plan.entries]
    plan.versions |= again.versions
    return plan


def digest_of(entry: PlannedFile) -> str:
    """Return what identifies the effect of an entry."""
    text = fingerprint_of(entry.document.text) if entry.document else ""
    term = (entry.term, entry.version, entry.renamed_from, entry.is_back)
    parts = (entry.status, entry.fingerprint, *term, text)
    return fingerprint_of("\n".join(map(str, parts)))


@transaction.atomic
def _store(draft: ImportPlan, plan: Plan) -> int:
    """Replace the rows of the files, and return how many have changed since a person saw them."""
    former = {row.path: row for row in draft.files.all()}
    publishing = Publishing(draft.glossary, plan.entries)
    rows = [_row(draft, entry, plan.sides, former, publishing) for entry in plan.entries]
    draft.files.all().delete()
    for some in batches(rows):
        insert_rows(ImportFile, _COLUMNS, some)
    place = _COLUMNS.index("is_changed")
    return sum(row[place] for row in rows)


def _row(
    draft: ImportPlan,
    entry: PlannedFile,
    sides: Sides,
    former: Mapping[str, ImportFile],
    publishing: "Publishing",
) -> tuple:
    last, digest = former.get(entry.path), digest_of(entry)
    is_same = last is not None and last.digest == digest
    decision = last.decision if last and last.decision and _decides(entry) else _usual(entry)
    is_changed = bool(former) and not is_same and entry.status != UNCHANGED
    return (
        draft.pk, entry.path, entry.status, entry.reason, decision,
        sides.get(entry.path, {}), entry.term, entry.term_path, entry.before,
        entry.renamed_from, entry.stamp is not None, digest, *publishing.of(entry),
        is_changed, "",
    )  # fmt: skip


def _decides(entry: PlannedFile) -> bool:
    """Whether a person can accept or refuse the entry."""
    return entry.is_saved or entry.is_back or entry.status == REMOVED


def _usual(entry: PlannedFile) -> str:
    return ACCEPTED if _decides(entry) else ""


def _told_of(changed: int) -> str:
    if not changed:
        return ""
    text = ngettext(
        "{count} file has changed since the plan was made.",
        "{count} files have changed since the plan was made.",
        changed,
    )
    return text.format(count=f"{changed:,}")


def compare_files(draft: ImportPlan, rows: Sequence[ImportFile]) -> dict[str, PlannedFile]:
    """Compare some files again, with their texts: path → entry. Raises FolderError."""
    entries = [_entry(row) for row in rows if row.term_id or row.has_file]
    sides = {row.path: row.choices for row in rows if row.choices}
    plan = Plan(draft.glossary, source_of(draft), entries, {}, sides=sides, upload=upload_of(draft))
    return {entry.path: entry for entry in plan_again(plan, entries).entries}


def _entry(row: ImportFile) -> PlannedFile:
    return PlannedFile(
        row.path,
        row.status,
        row.reason,
        stamp=Stamp("", 0) if row.has_file else None,
        term=row.term_id,
        term_path=row.term_path,
        before=row.before,
        renamed_from=row.renamed_from,
    )


# Deciding


def decide(draft: ImportPlan, row: ImportFile, choices: Mapping[str, str]) -> bool:
    """Choose sides for the conflict of a file, and return whether it is decided then.

    ``choices`` are those of ``Sides`` for the path; without any, the conflict is open again.
    Collisions that the choices leave, or bring up, are chosen next. Raises FolderError.
    """
    row.choices = dict(choices)
    entry = compare_files(draft, [row])[row.path]
    row.status, row.reason = entry.status, entry.reason
    row.digest, row.decision = digest_of(entry), _usual(entry)
    row.renamed_from = entry.renamed_from
    row.goes_live, row.hindrance = Publishing(draft.glossary, [entry]).of(entry)
    row.is_changed = False
    if entry.status == CONFLICT and not entry.collisions:
        row.choices = {}  # no side can decide it
    row.save()
    _touch(draft)
    return entry.status != CONFLICT


def decide_beside(draft: ImportPlan, path: str, side: str) -> None:
    """Choose a side for the conflict of a picture, or of the sidecar as a whole.

    An empty ``side`` opens the conflict again.
    """
    sides = draft.data.get(SIDES, {})
    if path in sides or any(path == other for other, _text in draft.result.get("conflicts", [])):
        sides = {**sides, path: side}
        kept = {one: chosen for one, chosen in sides.items() if chosen}
        draft.become(draft.state, draft.state, data={**draft.data, SIDES: kept})


def accept(draft: ImportPlan, rows: Any, is_accepted: bool) -> int:
    """Accept or refuse ``rows``, and return the number of those that can be."""
    found = rows.exclude(decision="").update(decision=ACCEPTED if is_accepted else REFUSED)
    _touch(draft)
    return found


def _touch(draft: ImportPlan) -> None:
    draft.become(draft.state, draft.state)


# Summary


class PlanSummary(NamedTuple):
    """What a plan would do if it was applied now: numbers of files."""

    counts: dict[str, int]  # status → all files
    accepted: dict[str, int]  # status → those that change something
    refused: int
    changed: int
    live: int
    hindered: int
    removes_many: bool

    @property
    def total(self) -> int:
        return sum(self.accepted.values())


def summary_of(draft: ImportPlan) -> PlanSummary:
    rows = draft.files.all()
    accepted = rows.to_apply().counts()
    counts = rows.counts()
    removed = accepted.get(REMOVED, 0)
    going = rows.filter(goes_live=True).exclude(decision=REFUSED)
    hindered = rows.exclude(hindrance="").exclude(decision=REFUSED)
    return PlanSummary(
        counts,
        accepted,
        rows.filter(decision=REFUSED).count(),
        rows.filter(is_changed=True).count(),
        going.count(),
        hindered.count(),
        Plan.is_many(removed, draft.known_files),
    )


# Carrying out


@dataclass
class _Rights:
    publishes: bool
    deletes: bool

    @classmethod
    def of(cls, person: Any, glossary: Glossary) -> "_Rights":
        return cls(may(person, "publish_term", glossary), may(person, "delete_term", glossary))


def apply_plan(draft: ImportPlan, comparing: Progress = iter, publishing: Progress = iter) -> None:
    """Carry out what was accepted, in the name of ``applied_by``, and store what was done.

    If a file or its term has changed meanwhile, nothing is saved, and the plan is to be read again.
    If the process dies, the saved files are complete, and calling it again saves the rest.
    """
    state = ImportPlan.State
    try:
        if draft.applied_by is None or not may(draft.applied_by, "import_terms", draft.glossary):
            raise FolderError(_("You may not import into this glossary."))
        plan = _compared(draft, comparing)
        if changed := _store_if_changed(draft, plan):
            problem = _told_of(changed)
            draft.become(state.READY, state.APPLYING, problem=problem)
            return
        rights = _Rights.of(draft.applied_by, draft.glossary)
        left_out = _left_out(draft, plan, rights)
        wishes = Wishes(draft.publishes and rights.publishes, draft.removes_many)
        outcome = run_import(plan.without(left_out.keys()), draft.applied_by, wishes, publishing)
    except FolderError as error:
        draft.become(state.READY, state.APPLYING, problem=str(error))
        return
    with transaction.atomic():
        _keep_outcome(draft, outcome, left_out)


def _store_if_changed(draft: ImportPlan, plan: Plan) -> int:
    """Return how many files have another effect than the one that was accepted."""
    accepted = dict(draft.files.to_apply().values_list("path", "digest"))
    refused = set(draft.files.filter(decision=REFUSED).values_list("path", flat=True))
    is_as_shown = all(
        digest_of(entry) == accepted.get(entry.path)
        for entry in plan.entries
        if entry.path not in refused
        and (_decides(entry) or (entry.path in accepted and entry.status != UNCHANGED))
    )
    return 0 if is_as_shown else _store(draft, plan)


def _left_out(draft: ImportPlan, plan: Plan, rights: _Rights) -> dict[str, str]:
    """Return the files that are not to be carried out: path → reason."""
    found = dict.fromkeys(draft.files.filter(decision=REFUSED).values_list("path", flat=True), "")
    if not rights.deletes:
        reason = _("You may not delete terms of this glossary.")
        found |= {entry.path: found.get(entry.path) or reason for entry in plan.removed}
    return found


def _keep_outcome(draft: ImportPlan, outcome: Outcome, left_out: Mapping[str, str]) -> None:
    messages: dict[str, list[str]] = {path: [text] for path, text in left_out.items() if text}
    for path, text in outcome.notes:
        messages.setdefault(path, []).append(text)
    by_term = {entry.term_path or entry.path: entry.path for entry in outcome.plan.entries}
    for refusal in outcome.refusals:
        path = by_term.get(refusal.term.path, refusal.term.path)
        text = _("not published: {reason}").format(reason=refusal.reason)
        messages.setdefault(path, []).append(text)
    done = {entry.path: entry for entry in outcome.plan.entries}
    known = set()
    for row in draft.files.all().iterator():
        known.add(row.path)
        entry = done.get(row.path)
        outcome_text = "; ".join(messages.get(row.path, ()))
        if entry and row.decision == ACCEPTED and entry.status == CONFLICT:
            row.status, outcome_text = CONFLICT, entry.reason
        elif not outcome_text:
            continue
        row.outcome = outcome_text
        row.save(update_fields=["status", "outcome"])
    rest = [(path, text) for path, texts in messages.items() if path not in known for text in texts]
    draft.become(
        ImportPlan.State.APPLIED, ImportPlan.State.APPLYING,
        change_set=outcome.plan.change_set, problem="",
        result=_beside(outcome) | {
            "notes": rest[:MOST_MESSAGES],
            "published": outcome.published,
            "not_published": len(outcome.refusals),
        },
    )  # fmt: skip
    _forget(draft)


def discard(draft: ImportPlan) -> bool:
    """Give up a plan, and return whether it was still open."""
    state = ImportPlan.State
    if not draft.become(state.DISCARDED, state.READY, state.FAILED, state.PLANNING):
        return False
    _forget(draft)
    return True


def _forget(draft: ImportPlan) -> None:
    """Delete uploaded files, and what was stored about them: the next upload is another one."""
    if draft.source == UPLOAD.name:
        ImportUpload.objects.filter(plan=draft).delete()
        TermFile.objects.of(draft.glossary, upload_place(draft)).delete()


def terms_of(draft: ImportPlan, rows: Collection[ImportFile]) -> dict[str, Term]:
    """Return path of a file → its term; also that of a file which created one."""
    known = Term.with_trash.in_bulk({row.term_id for row in rows if row.term_id})
    found = {row.path: known[row.term_id] for row in rows if row.term_id in known}
    if draft.state == ImportPlan.State.APPLIED:
        new = [row.path for row in rows if row.path not in found]
        created = Term.objects.filter(glossary=draft.glossary, path__in=new)
        found |= {term.path: term for term in created}
    return found

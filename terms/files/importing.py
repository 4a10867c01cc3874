"""Application of an import plan to the glossary.

Large imports are saved in parts, so that editors who save meanwhile wait only briefly. If an import
is killed, the saved parts are complete, and the next run saves the rest.
"""

import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from django.db import transaction

from terms.editing.gate import Draft, StaleWrite, save
from terms.editing.paths import PathChange, rename_files
from terms.formats.document import TermDocument
from terms.models import ChangeSet, Glossary, Term, TermFile
from terms.models.bulk import batches, let_others_write

from .folder import FolderError
from .import_plan import plan_again
from .plan import CONFLICT, Plan, PlannedFile, in_common

ATTEMPTS = 20
FEW = 1_200  # files that are saved in one transaction, all or none
AT_ONCE = 100  # files per transaction of larger imports


def apply_import(plan: Plan, author: Any = None) -> Plan:
    """Save the plan, and return the plan that was carried out in the end.

    Files whose terms were edited in the meantime are compared again.
    """
    entries = plan.to_save
    if not entries and not plan.agrees_anew:
        return plan
    taken = _Taken(author)
    is_few = len(entries) <= FEW
    carried_out = {entry.path: entry for entry in plan.entries}
    for some in batches(entries, FEW if is_few else AT_ONCE):
        began = time.monotonic()
        carried_out |= {entry.path: entry for entry in taken.take(plan, some)}
        if not is_few:
            let_others_write(began)
    plan = replace(plan, entries=list(carried_out.values()))
    saved = {entry.path for entry in entries}
    with transaction.atomic():
        _remember(plan, [entry for entry in plan.entries if entry.path not in saved])
        _forget(plan)
    return plan


def _remember(plan: Plan, entries: Collection[PlannedFile]) -> None:
    """Store the texts that both sides have from now on, and new conflicts."""
    TermFile.objects.remember(plan.glossary, plan.place, in_common(entries))
    TermFile.objects.remember_conflicts(
        plan.glossary,
        plan.place,
        [
            (entry.path, entry.term, entry.conflict_text, entry.conflict_version)
            for entry in entries
            if entry.conflict_text
        ],
    )


def _forget(plan: Plan) -> None:
    """Follow files that were renamed, and forget their former paths."""
    found = [entry for entry in plan.entries if entry.fingerprint]
    present = {entry.path for entry in found}
    of_terms = {entry.term for entry in found if entry.status != CONFLICT}
    files = TermFile.objects.of(plan.glossary, plan.place)
    rows = list(files.values_list("pk", "path", "term"))
    known = {path for _pk, path, _term in rows}
    now_at = {
        entry.before: entry.path
        for entry in found
        if entry.path not in known and entry.before not in present and entry.status != CONFLICT
    }
    gone = []
    for pk, path, term in rows:
        if path in now_at:  # the texts still differ: the base of the next import stays
            files.filter(pk=pk).update(path=now_at[path], stamp="")
        elif path not in present and term in of_terms:
            gone.append(pk)
    for some in batches(gone):
        TermFile.objects.filter(pk__in=some).delete()


@dataclass
class _Taken:
    """The saved part of an import, in one change set."""

    author: Any
    change_set: ChangeSet | None = None

    def take(self, plan: Plan, entries: list[PlannedFile]) -> list[PlannedFile]:
        """Save some files in one transaction, and return the entries that were carried out."""
        for _ in range(ATTEMPTS):
            try:
                with transaction.atomic():
                    change_set = self.change_set or self._begun(plan)
                    _save(plan, entries, change_set)
            except StaleWrite:
                plan = plan_again(plan, entries)
                entries = plan.entries
            else:
                self.change_set = change_set
                return entries
        raise FolderError("The glossary is being edited too often. Try again.")

    def _begun(self, plan: Plan) -> ChangeSet:
        title = f"Import of {Path(plan.place).name}"[:300]
        return ChangeSet.objects.create(glossary=plan.glossary, title=title, author=self.author)


def _save(plan: Plan, entries: list[PlannedFile], change_set: ChangeSet) -> None:
    """Rename and save some files, and store the texts that both sides have from now on."""
    author = change_set.author
    Glossary.objects.lock(plan.glossary.pk)
    renamed = [
        PathChange(entry.term or 0, entry.renamed_from, entry.term_path)
        for entry in entries
        if entry.renamed_from
    ]
    if renamed and not rename_files(plan.glossary, renamed, change_set):
        raise StaleWrite(renamed[0].before, 0)
    first = [entry.in_file or entry.document for entry in entries if entry.document]
    save(plan.glossary, list(_drafts(plan.versions, first)), author, "Import", change_set)
    merged = [entry.document for entry in entries if entry.in_file and entry.document]
    later = {
        document.path: (pk, version + 1)
        for document in merged
        for pk, version in [plan.versions[document.path]]
    }
    save(plan.glossary, list(_drafts(later, merged)), author, "Import, merged", change_set)
    _remember(plan, entries)


def _drafts(
    terms: dict[str, tuple[int, int]], documents: Iterable[TermDocument]
) -> Iterator[Draft]:
    """Yield drafts based on the versions in ``terms`` (path → id and version)."""
    for document in documents:
        pk, version = terms.get(document.path, (None, 0))
        term = Term(pk=pk, path=document.path) if pk else None
        yield Draft(document.path, document.text, term, version, document)

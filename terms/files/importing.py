"""The plan of what is new in a folder → the glossary.

Very many files are taken a part at a time, so that editors who save meanwhile wait for a moment
only. What a killed import has taken is whole; the next run takes the rest.
"""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from django.db import transaction

from terms.editing.gate import Draft, StaleWrite, save
from terms.formats.document import TermDocument
from terms.models import ChangeSet, Term, TermFile
from terms.models.bulk import batches, let_others_write

from .folder import FolderError
from .import_plan import Plan, PlannedFile, in_common, plan_again

ATTEMPTS = 20
FEW = 1_200  # files that are taken in one transaction, all or none
AT_ONCE = 100  # of more


def apply_import(plan: Plan, author: object = None) -> Plan:
    """Save what the plan says; the plan that was carried out in the end.

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
    others = (entry for entry in plan.entries if entry.path not in saved)
    with transaction.atomic():
        TermFile.objects.remember(plan.glossary, plan.place, in_common(others))
    return plan


@dataclass
class _Taken:
    """What an import has saved so far, all in one change set."""

    author: object
    change_set: ChangeSet | None = None

    def take(self, plan: Plan, entries: list[PlannedFile]) -> list[PlannedFile]:
        """Save the terms of some files in one transaction; the entries that were carried out."""
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
    """Save the terms of some files, and note the texts that are in common from now on."""
    author = change_set.author
    first = [entry.in_file or entry.document for entry in entries if entry.document]
    save(plan.glossary, list(_drafts(plan.versions, first)), author, "Import", change_set)
    merged = [entry.document for entry in entries if entry.in_file and entry.document]
    later = {
        document.path: (pk, version + 1)
        for document in merged
        for pk, version in [plan.versions[document.path]]
    }
    save(plan.glossary, list(_drafts(later, merged)), author, "Import, merged", change_set)
    TermFile.objects.remember(plan.glossary, plan.place, in_common(entries))


def _drafts(
    terms: dict[str, tuple[int, int]], documents: Iterable[TermDocument]
) -> Iterator[Draft]:
    """Drafts on top of what ``terms`` (path → id and version) holds."""
    for document in documents:
        pk, version = terms.get(document.path, (None, 0))
        term = Term(pk=pk, path=document.path) if pk else None
        yield Draft(document.path, document.text, term, version, document)

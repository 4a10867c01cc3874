"""The plan of what is new in a folder → the glossary.

Very many files are taken a part at a time, so that editors who save meanwhile wait for a moment
only. What a killed import has taken is whole; the next run takes the rest.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from django.db import transaction

from .editing import Draft, StaleWrite, save
from .folders import FolderError
from .formats.document import TermDocument
from .import_plan import Entry, Plan, Progress, in_common, plan_import
from .models import ChangeSet, Term, TermFile
from .site.facts import batches

ATTEMPTS = 5
FEW = 1_200  # files that are taken in one transaction, all or none
AT_ONCE = 400  # of more


def apply_import(plan: Plan, author: object = None, progress: Progress = iter) -> Plan:
    """Save what the plan says; the plan that was carried out in the end.

    Where somebody saved a term in the meantime, the folder is compared anew.
    """
    for _ in range(ATTEMPTS):
        try:
            _apply(plan, author)
            return plan
        except StaleWrite:
            plan = plan_import(plan.glossary, Path(plan.folder), progress)
    raise FolderError("The glossary is being edited all the time; try again.")


def _apply(plan: Plan, author: object) -> None:
    entries = plan.to_save
    if not entries and not plan.agrees_anew:
        return
    saved = {entry.path for entry in entries}
    change_set = None
    for some in batches(entries, FEW if len(entries) <= FEW else AT_ONCE):
        with transaction.atomic():
            if change_set is None:
                title = f"Import of {Path(plan.folder).name}"[:300]
                change_set = ChangeSet.objects.create(
                    glossary=plan.glossary, title=title, author=author
                )
            _save(plan, some, change_set, author)
    others = (entry for entry in plan.entries if entry.path not in saved)
    with transaction.atomic():
        TermFile.objects.remember(plan.glossary, plan.folder, in_common(others))


def _save(plan: Plan, entries: list[Entry], change_set: ChangeSet, author: object) -> None:
    """Save the terms of some files, and note the texts that are in common from now on."""
    first = [entry.in_file or entry.document for entry in entries]
    save(plan.glossary, list(_drafts(plan.versions, first)), author, "Import", change_set)
    merged = [entry.document for entry in entries if entry.in_file]
    later = {
        document.path: (pk, version + 1)
        for document in merged
        for pk, version in [plan.versions[document.path]]
    }
    save(plan.glossary, list(_drafts(later, merged)), author, "Import, merged", change_set)
    TermFile.objects.remember(plan.glossary, plan.folder, in_common(entries))


def _drafts(
    terms: dict[str, tuple[int, int]], documents: Iterable[TermDocument]
) -> Iterator[Draft]:
    """Drafts on top of what ``terms`` (path → id and version) holds."""
    for document in documents:
        pk, version = terms.get(document.path, (None, 0))
        term = Term(pk=pk, path=document.path) if pk else None
        yield Draft(document.path, document.text, term, version, document)

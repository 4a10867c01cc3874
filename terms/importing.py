"""The plan of what is new in a folder → the glossary, in one transaction."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from django.db import transaction

from .editing import Draft, StaleWrite, save
from .folders import FolderError
from .formats.document import TermDocument
from .import_plan import Plan, Progress, in_common, plan_import
from .models import ChangeSet, Term, TermFile

ATTEMPTS = 5


def apply_import(plan: Plan, author: object = None, progress: Progress = iter) -> Plan:
    """Save what the plan says, all or nothing; the plan that was carried out in the end.

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
    with transaction.atomic():
        if entries:
            name = Path(plan.folder).name
            change_set = ChangeSet.objects.create(
                glossary=plan.glossary, title=f"Import of {name}"[:300], author=author
            )
            first = [entry.in_file or entry.document for entry in entries]
            save(plan.glossary, list(_drafts(plan.versions, first)), author, "Import", change_set)
            merged = [entry.document for entry in entries if entry.in_file]
            later = {path: (pk, version + 1) for path, (pk, version) in plan.versions.items()}
            save(plan.glossary, list(_drafts(later, merged)), author, "Import, merged", change_set)
        common = in_common(plan.entries)
        TermFile.objects.remember(plan.glossary, plan.folder, common)


def _drafts(
    terms: dict[str, tuple[int, int]], documents: Iterable[TermDocument]
) -> Iterator[Draft]:
    """Drafts on top of what ``terms`` (path → id and version) holds."""
    for document in documents:
        pk, version = terms.get(document.path, (None, 0))
        term = Term(pk=pk, path=document.path) if pk else None
        yield Draft(document.path, document.text, term, version, document)

"""Application of an import plan to the glossary.

Large imports are saved in parts, so that editors who save meanwhile wait only briefly. If an import
is killed, the saved parts are complete, and the next run saves the rest.
"""

import time
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import F

from terms.editing.gate import Draft, StaleWrite, save
from terms.editing.paths import PathChange, rename_files
from terms.formats.document import TermDocument
from terms.models import ChangeSet, Glossary, Revision, Term, TermFile
from terms.models.bulk import batches, let_others_write

from .folder import FolderError
from .import_plan import plan_again
from .plan import CONFLICT, NO_ORIGIN, FileOrigin, Plan, PlannedFile, in_common

ATTEMPTS = 20
FEW = 1_200  # files that are saved in one transaction, all or none
AT_ONCE = 100  # files per transaction of larger imports


def apply_import(plan: Plan, author: Any = None) -> Plan:
    """Save the plan, and return the plan that was carried out in the end.

    Files whose terms were edited in the meantime are compared again.
    """
    entries = plan.to_save
    if not entries and not plan.agrees_again:
        return plan
    taken = _Taken(author)
    is_few = len(entries) <= FEW
    carried_out = {entry.path: entry for entry in plan.entries}
    for some in batches(entries, FEW if is_few else AT_ONCE):
        began = time.monotonic()
        carried_out |= {entry.path: entry for entry in taken.take(plan, some)}
        if not is_few:
            let_others_write(began)
    plan = replace(plan, entries=list(carried_out.values()), change_set=taken.change_set)
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
                    change_set = self.change_set or begin_import(plan, self.author)
                    _save(plan, entries, change_set)
            except StaleWrite:
                plan = plan_again(plan, entries)
                entries = plan.entries
            else:
                self.change_set = change_set
                return entries
        raise FolderError("The glossary is being edited too often. Try again.")


def begin_import(plan: Plan, author: Any) -> ChangeSet:
    """Create the change set of an import."""
    title = plan.title or f"Import of {Path(plan.place).name}"
    return ChangeSet.objects.create(glossary=plan.glossary, title=title[:300], author=author)


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
    first = [
        _draft(plan.versions, document, plan.origins.get(entry.path))
        for entry in entries
        if (document := entry.in_file or entry.document)
    ]
    save(plan.glossary, first, author, "Import", change_set)
    _save_merged(plan, [entry for entry in entries if entry.in_file], change_set)
    _remember(plan, entries)


def _save_merged(plan: Plan, entries: list[PlannedFile], change_set: ChangeSet) -> None:
    """Save merged texts on top of those of the files. They are by who edited them here."""
    terms = [plan.versions[entry.document.path] for entry in entries if entry.document]
    editors: dict[int, int | None] = {}
    for some in batches(terms):
        here = Revision.objects.filter(term__in=[pk for pk, _version in some])
        found = here.filter(number=F("term__version") - 1).values_list("term", "author")
        editors |= dict(found)
    later = {
        entry.document.path: (pk, version + 1)
        for entry, (pk, version) in zip(entries, terms, strict=True)
        if entry.document
    }
    drafts = [
        _draft(later, entry.document, FileOrigin(editors.get(pk), ""))
        for entry, (pk, _version) in zip(entries, terms, strict=True)
        if entry.document
    ]
    save(plan.glossary, drafts, change_set.author, "Import, merged", change_set)


def _draft(
    terms: dict[str, tuple[int, int]], document: TermDocument, origin: FileOrigin | None
) -> Draft:
    """Return a draft based on the version in ``terms`` (path → id and version)."""
    pk, version = terms.get(document.path, (None, 0))
    term = Term(pk=pk, path=document.path) if pk else None
    author, text = origin or NO_ORIGIN
    return Draft(document.path, document.text, term, version, document, author, text)

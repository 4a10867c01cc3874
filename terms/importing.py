"""A folder of term files → a plan of what is new in it → the glossary.

The comparison has three sides: the file, the text here, and the text that both last
agreed on (``TermFile``). Nothing is written while planning; applying is one transaction.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from django.db import transaction

from .editing import Draft, StaleWrite, fingerprint_of, save
from .folders import FolderError, Found, Stamp, read, scan
from .formats.document import TermDocument, line_of_name, read_document
from .formats.front_matter import decode
from .formats.merging import merge
from .formats.paths import name_key
from .formats.problems import FormatError
from .models import ChangeSet, Glossary, Revision, Term, TermFile

CREATED, UPDATED, UNCHANGED = "created", "updated", "unchanged"
INVALID, CONFLICT = "invalid", "conflict"
STATUSES = (CREATED, UPDATED, UNCHANGED, INVALID, CONFLICT)

EDITED_HERE = "edited here since; an export brings it to the file"
ATTEMPTS = 5


@dataclass(frozen=True)
class Entry:
    """One file of the plan. ``document`` is what is to be saved; None where nothing is.

    Where it merges the file with what was edited here, ``in_file`` is the file alone.
    """

    path: str
    status: str
    reason: str = ""
    document: TermDocument | None = field(default=None, repr=False)
    in_file: TermDocument | None = field(default=None, repr=False)
    fingerprint: str = ""  # of the file
    stamp: Stamp | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Known:
    """What is stored of a term: enough to compare it without reading its text."""

    pk: int
    version: int
    fingerprint: str
    problem: str


@dataclass
class Plan:
    glossary: Glossary
    folder: str
    entries: list[Entry]
    terms: dict[str, Known]
    new_folder_files: bool = False

    @property
    def counts(self) -> dict[str, int]:
        found = Counter(entry.status for entry in self.entries)
        return {status: found[status] for status in STATUSES}

    @property
    def to_save(self) -> list[Entry]:
        return [entry for entry in self.entries if entry.document is not None]


Progress = Callable[[Iterable], Iterable]


def plan_import(glossary: Glossary, root: Path, progress: Progress = iter) -> Plan:
    """Compare every term file below ``root`` with the glossary. Raises FolderError."""
    return _Planner(glossary, root).plan(progress)


class _Planner:
    def __init__(self, glossary: Glossary, root: Path):
        self.glossary = glossary
        self.root = root
        self.folder = str(root.resolve())
        terms = Term.objects.filter(glossary=glossary.pk)
        self.terms = {
            path: Known(*values)
            for path, *values in terms.values_list(
                "path", "pk", "version", "fingerprint", "problem"
            )
        }
        self.cases = {path.lower(): path for path in self.terms}
        self.names = dict(terms.order_by("-pk").values_list("name_key", "path"))
        files = TermFile.objects.filter(glossary=glossary.pk)
        self.bases = dict(files.order_by("pk").values_list("path", "fingerprint"))
        self.stamps: dict[str, tuple[Stamp, str]] = {}
        for path, fingerprint, *stamp in files.filter(folder=self.folder).values_list(
            "path", "fingerprint", "size", "mtime_ns", "ctime_ns", "inode"
        ):
            self.stamps[path] = (Stamp(*stamp), fingerprint)
            self.bases[path] = fingerprint

    def plan(self, progress: Progress) -> Plan:
        entries = [self._entry(found) for found in progress(scan(self.root))]
        fresh = any(e.fingerprint and e.path not in self.stamps for e in entries)
        return Plan(self.glossary, self.folder, entries, self.terms, fresh)

    def _entry(self, found: Found) -> Entry:
        if found.problem or found.stamp is None:
            return Entry(found.path, INVALID, found.problem)
        stamp, fingerprint = self.stamps.get(found.path, (None, ""))
        if stamp == found.stamp and found.path in self.terms:
            return self._compared(found, fingerprint, None)
        try:
            text = decode(read(self.root, found.path))
        except (FormatError, FolderError) as error:
            return Entry(found.path, INVALID, str(error))
        return self._compared(found, fingerprint_of(text), text)

    def _compared(self, found: Found, fingerprint: str, text: str | None) -> Entry:
        entry = Entry(found.path, UNCHANGED, fingerprint=fingerprint, stamp=found.stamp)
        known = self.terms.get(found.path)
        if known is None:
            return self._new(entry, text or "")
        if fingerprint == known.fingerprint:
            if known.problem:
                return replace(entry, status=INVALID, reason=_kept(known.problem))
            return entry
        base = self.bases.get(found.path)
        if fingerprint == base or (base is None and self._is_former(known, fingerprint)):
            return replace(entry, reason=EDITED_HERE)
        if text is None:
            text = decode(read(self.root, found.path))
        if base == known.fingerprint:
            return self._read(replace(entry, status=UPDATED), text)
        return self._merged(entry, known, base, text)

    def _new(self, entry: Entry, text: str) -> Entry:
        other = self.cases.setdefault(entry.path.lower(), entry.path)
        if other != entry.path:
            reason = f"differs from “{other}” in upper and lower case only; rename one of them"
            return replace(entry, status=CONFLICT, reason=reason)
        return self._read(replace(entry, status=CREATED), text)

    def _read(self, entry: Entry, text: str) -> Entry:
        document = read_document(text, entry.path)
        entry = replace(entry, document=document)
        if document.problem:
            return replace(entry, status=INVALID, reason=_kept(str(document.problem)))
        other = self.names.setdefault(name_key(document.name), entry.path)
        if other != entry.path:
            line = line_of_name(document)
            reason = f"line {line}: “{document.name}” is also the name of “{other}”"
            return replace(entry, reason=reason)
        return entry

    def _is_former(self, known: Known, fingerprint: str) -> bool:
        return Revision.objects.filter(term=known.pk, fingerprint=fingerprint).exists()

    def _merged(self, entry: Entry, known: Known, base: str | None, text: str) -> Entry:
        texts = Revision.objects.filter(term=known.pk)
        common = texts.filter(fingerprint=base).values_list("text", flat=True).first()
        if common is None:
            return replace(
                entry, status=CONFLICT, reason="a term of this path was written here, too"
            )
        here = texts.get(number=known.version).text
        merged = merge(common, ours=text, theirs=here)
        if merged.text is None:
            fields = ", ".join(merged.collisions)
            reason = f"changed in the file and here: {fields}; make them agree, then import again"
            return replace(entry, status=CONFLICT, reason=reason)
        return replace(
            entry,
            status=UPDATED,
            reason="merged with what was edited here",
            document=read_document(merged.text, entry.path),
            in_file=read_document(text, entry.path),
        )


def _kept(problem: str) -> str:
    return f"{problem} (kept as text)"


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
    if not entries and not plan.new_folder_files:
        return
    with transaction.atomic():
        if entries:
            name = Path(plan.folder).name
            change_set = ChangeSet.objects.create(
                glossary=plan.glossary, title=f"Import of {name}"[:300], author=author
            )
            first = [_draft(plan, entry, entry.in_file or entry.document) for entry in entries]
            save(plan.glossary, first, author, "Import", change_set)
            merged = [_draft(plan, entry, entry.document, 1) for entry in entries if entry.in_file]
            save(plan.glossary, merged, author, "Import, merged", change_set)
        remember(plan.glossary, plan.folder, _seen(plan))


def _draft(plan: Plan, entry: Entry, document: TermDocument, later: int = 0) -> Draft:
    known = plan.terms.get(entry.path)
    if known is None:
        return Draft(entry.path, document.text, document=document)
    term = Term(pk=known.pk, glossary=plan.glossary, path=entry.path)
    return Draft(entry.path, document.text, term, known.version + later, document)


def _seen(plan: Plan) -> Iterator[tuple[str, str, Stamp]]:
    """The files whose text both sides have now in common."""
    for entry in plan.entries:
        in_common = entry.status != CONFLICT and entry.reason != EDITED_HERE
        if entry.stamp and entry.fingerprint and in_common:
            yield entry.path, entry.fingerprint, entry.stamp


def remember(glossary: Glossary, folder: str, files: Iterable[tuple[str, str, Stamp]]) -> None:
    """Note the texts that the glossary and a folder's files have in common, path by path."""
    now = time.time_ns()
    ids = dict(Term.objects.filter(glossary=glossary).values_list("path", "pk"))
    rows = [
        TermFile(
            glossary=glossary,
            folder=folder,
            path=path,
            term_id=ids.get(path),
            fingerprint=fingerprint,
            **asdict(stamp if stamp.is_settled(now) else replace(stamp, mtime_ns=0)),
        )
        for path, fingerprint, stamp in files
    ]
    TermFile.objects.bulk_create(
        rows,
        batch_size=500,
        update_conflicts=True,
        unique_fields=["glossary", "folder", "path"],
        update_fields=["term", "fingerprint", "size", "mtime_ns", "ctime_ns", "inode"],
    )

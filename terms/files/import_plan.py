"""The plan of an import: compares the files of a folder with the glossary.

The comparison has three sides: the file, the text in the glossary, and the last text that both
had (``TermFile``). Planning writes nothing.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from django.db.models import F

from terms.formats.document import TermDocument, line_of_name, read_document
from terms.formats.fingerprint import fingerprint_of
from terms.formats.front_matter import decode
from terms.formats.merging import merge_texts
from terms.formats.paths import name_key
from terms.formats.problems import FormatError
from terms.models import Glossary, Revision, Term, TermFile
from terms.models.bulk import Progress

from .folder import FolderError, FoundFile, Stamp
from .sources import FolderSource, TermFileSource

CREATED, UPDATED, UNCHANGED = "created", "updated", "unchanged"
INVALID, CONFLICT = "invalid", "conflict"
STATUSES = (CREATED, UPDATED, UNCHANGED, INVALID, CONFLICT)

EDITED_HERE = "edited here since; export to update the file"


class PlannedFile(NamedTuple):
    """One file of the plan. ``document`` is to be saved; None if there is nothing to save.

    If it merges the file with edits in the glossary, ``in_file`` is the text of the file.
    """

    path: str
    status: str
    reason: str = ""
    document: TermDocument | None = None
    in_file: TermDocument | None = None
    fingerprint: str = ""  # of the file
    stamp: Stamp | None = None


class Known(NamedTuple):
    """The stored state of a term, enough to compare it without reading its text."""

    pk: int
    version: int
    fingerprint: str
    problem: str


@dataclass
class Plan:
    glossary: Glossary
    source: TermFileSource
    entries: list[PlannedFile]
    versions: dict[str, tuple[int, int]]  # path → term id and version, for terms to be saved
    agrees_anew: bool = False  # whether a file has a new common text, the base of the next import

    @property
    def place(self) -> str:
        return self.source.place

    @property
    def counts(self) -> dict[str, int]:
        found = Counter(entry.status for entry in self.entries)
        return {status: found[status] for status in STATUSES}

    @property
    def to_save(self) -> list[PlannedFile]:
        return [entry for entry in self.entries if entry.document is not None]


def plan_import(
    glossary: Glossary, source: Path | TermFileSource, progress: Progress = iter
) -> Plan:
    """Compare every term file of a folder, or of another source, with the glossary.

    Raises FolderError.
    """
    source = FolderSource(source) if isinstance(source, Path) else source
    return _Planner(glossary, source).plan(progress)


def plan_again(plan: Plan, entries: Collection[PlannedFile]) -> Plan:
    """Compare the files of some ``entries`` again, after their terms were edited."""
    paths = [entry.path for entry in entries]
    return _Planner(plan.glossary, plan.source, paths).compare(
        FoundFile(entry.path, entry.stamp) for entry in entries
    )


_NEVER = ("", "")


class _Planner:
    """Compares file by file, and loads data about the terms when a file needs it.

    With ``only``, data is loaded for these paths only.
    """

    def __init__(
        self, glossary: Glossary, source: TermFileSource, only: Collection[str] | None = None
    ):
        self.glossary = glossary
        self.only = only
        self.source = source
        self.files = TermFile.objects.of(glossary, source.place)
        # Files with unchanged stamps need no comparison.
        self.settled = self.files.agreeing().stamps() if only is None else {}

    @cached_property
    def stamps(self) -> dict[str, tuple[str, str]]:
        files = self.files if self.only is None else self.files.filter(path__in=self.only)
        return files.stamps()

    @cached_property
    def terms(self) -> dict[str, Known]:
        terms = Term.objects.filter(glossary=self.glossary.pk)
        if self.only is not None:
            terms = terms.filter(path__in=self.only)
        columns = ("path", "pk", "version", "fingerprint", "problem")
        return {path: Known(*values) for path, *values in terms.values_list(*columns)}

    @cached_property
    def trashed(self) -> dict[str, set[str]]:
        """The fingerprints of all texts that terms in the trash have had, by path."""
        rows = Revision.objects.filter(term__glossary=self.glossary.pk)
        found: dict[str, set[str]] = {}
        for path, fingerprint in rows.exclude(term__trashed_at=None).values_list(
            "term__path", "fingerprint"
        ):
            found.setdefault(path, set()).add(fingerprint)
        return found

    @cached_property
    def moved(self) -> dict[str, TermFile]:
        """The files whose terms have another path now, by former path."""
        rows = self.files.filter(term__isnull=False, term__trashed_at=None)
        rows = rows.exclude(term__path=F("path")).select_related("term")
        return {row.path: row for row in rows.only("path", "fingerprint", "term__path")}

    @cached_property
    def moved_here(self) -> dict[str, str]:
        """The last common fingerprints of those files, by current path of the term."""
        return {file.term.path: file.fingerprint for file in self.moved.values() if file.term}

    @cached_property
    def cases(self) -> dict[str, str]:
        paths = Term.objects.filter(glossary=self.glossary.pk).values_list("path", flat=True)
        return {path.lower(): path for path in paths}

    @cached_property
    def names(self) -> dict[str, str]:
        terms = Term.objects.filter(glossary=self.glossary.pk)
        return dict(terms.order_by("-pk").values_list("name_key", "path"))

    @cached_property
    def bases(self) -> dict[str, str]:
        files = TermFile.objects.filter(glossary=self.glossary.pk).order_by("pk")
        bases = dict(files.values_list("path", "fingerprint"))
        return bases | {path: fingerprint for path, (_, fingerprint) in self.stamps.items()}

    def plan(self, progress: Progress) -> Plan:
        return self.compare(progress(self.source.files()))

    def compare(self, files: Iterable[FoundFile]) -> Plan:
        entries, compared = [], []
        for found in files:
            stamp, fingerprint = self.settled.get(found.path, _NEVER)
            if stamp and found.stamp and stamp == found.stamp.text:
                entry = PlannedFile(found.path, UNCHANGED, "", None, None, fingerprint, found.stamp)
            else:
                entry = self._entry(found)
                compared.append(entry)
            entries.append(entry)
        agrees_anew = any(
            self.stamps.get(path, _NEVER)[1] != fingerprint
            for path, fingerprint, _ in in_common(compared)
        )
        versions = {
            entry.path: (known.pk, known.version)
            for entry in compared
            if entry.document and (known := self.terms.get(entry.path))
        }
        return Plan(self.glossary, self.source, entries, versions, agrees_anew)

    def _entry(self, found: FoundFile) -> PlannedFile:
        if found.problem or found.stamp is None:
            return PlannedFile(found.path, INVALID, found.problem)
        try:
            stamp, fingerprint = self.stamps.get(found.path, _NEVER)
            if stamp and stamp == found.stamp.text and found.path in self.terms:
                return self._compared(found, fingerprint, None)
            text = decode(self.source.read(found.path))
            return self._compared(found, fingerprint_of(text), text)
        except (FormatError, FolderError) as error:
            return PlannedFile(found.path, INVALID, str(error))

    def _compared(self, found: FoundFile, fingerprint: str, text: str | None) -> PlannedFile:
        entry = PlannedFile(found.path, UNCHANGED, fingerprint=fingerprint, stamp=found.stamp)
        known = self.terms.get(found.path)
        if known is None:
            if now := self.moved.get(found.path):
                return self._moved(entry, now)
            if fingerprint in self.trashed.get(found.path, ()):
                return entry._replace(reason="is in the trash here")
            return self._new(entry, text or "")
        if fingerprint == known.fingerprint:
            if known.problem:
                return entry._replace(status=INVALID, reason=_kept(known.problem))
            return entry
        base = self.stamps.get(found.path, _NEVER)[1] or self.moved_here.get(found.path)
        if fingerprint == base or (not base and self._is_former(known, fingerprint)):
            return entry._replace(reason=EDITED_HERE)
        base = base or self.bases.get(found.path)
        if text is None:
            text = decode(self.source.read(found.path))
        if base == known.fingerprint:
            return self._read(entry._replace(status=UPDATED), text)
        return self._merged(entry, known, base, text)

    def _moved(self, entry: PlannedFile, file: TermFile) -> PlannedFile:
        """Plan the file of a term that has another path now. It must not create a second term."""
        entry = entry._replace(stamp=None)  # no common text
        path = file.term.path if file.term else ""
        if Revision.objects.filter(term=file.term_id, fingerprint=entry.fingerprint).exists():
            return entry._replace(
                reason=f"has the path “{path}” here; an export with --prune moves it"
            )
        reason = f"has the path “{path}” here, and was edited; rename the file, then import again"
        return entry._replace(status=CONFLICT, reason=reason)

    def _new(self, entry: PlannedFile, text: str) -> PlannedFile:
        other = self.cases.setdefault(entry.path.lower(), entry.path)
        if other != entry.path:
            reason = f"differs from “{other}” in upper and lower case only; rename one of them"
            return entry._replace(status=CONFLICT, reason=reason)
        return self._read(entry._replace(status=CREATED), text)

    def _read(self, entry: PlannedFile, text: str) -> PlannedFile:
        document = read_document(text, entry.path)
        entry = entry._replace(document=document)
        if document.problem:
            return entry._replace(status=INVALID, reason=_kept(str(document.problem)))
        other = self.names.setdefault(name_key(document.name), entry.path)
        if other != entry.path:
            line = line_of_name(document)
            reason = f"line {line}: “{document.name}” is also the name of “{other}”"
            return entry._replace(reason=reason)
        return entry

    def _is_former(self, known: Known, fingerprint: str) -> bool:
        return Revision.objects.filter(term=known.pk, fingerprint=fingerprint).exists()

    def _merged(self, entry: PlannedFile, known: Known, base: str | None, text: str) -> PlannedFile:
        texts = Revision.objects.filter(term=known.pk)
        common = texts.filter(fingerprint=base).values_list("text", flat=True).first()
        if common is None:
            reason = "a term with this path was also created here"
            return entry._replace(status=CONFLICT, reason=reason)
        here = texts.get(number=known.version).text
        merged = merge_texts(common, ours=text, theirs=here)
        if merged.text is None:
            fields = ", ".join(merged.collisions)
            reason = (
                f"changed in the file and here: {fields}; make them the same, then import again"
            )
            return entry._replace(status=CONFLICT, reason=reason)
        return entry._replace(
            status=UPDATED,
            reason="merged with what was edited here",
            document=read_document(merged.text, entry.path),
            in_file=read_document(text, entry.path),
        )


def _kept(problem: str) -> str:
    return f"{problem} (kept as text)"


def in_common(entries: Iterable[PlannedFile]) -> Iterator[tuple[str, str, str]]:
    """Yield path, fingerprint and stamp of files with a common text once the plan is applied."""
    for entry in entries:
        in_common = entry.status != CONFLICT and entry.reason != EDITED_HERE
        if entry.stamp and entry.fingerprint and in_common:
            yield entry.path, entry.fingerprint, entry.stamp.trusted()

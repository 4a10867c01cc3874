"""Export to a folder. Only files that differ are written, each atomically."""

import errno
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from django.db.models import F, Max, QuerySet

from terms.formats.fingerprint import fingerprint_of
from terms.formats.front_matter import decode
from terms.formats.problems import FormatError
from terms.models import Glossary, Revision, TermFile
from terms.models.bulk import Progress
from terms.models.files import AgreedFile
from terms.models.review import terms_to_delete

from .folder import Folder, FolderError, Stamp

WRITTEN, UNCHANGED, RENAMED, REMOVED = "written", "unchanged", "renamed", "removed"
DIFFERS, MISSING, SURPLUS = "differs", "missing", "surplus"
CONFLICT, SKIPPED = "conflict", "skipped"
STATUSES = (
    WRITTEN, UNCHANGED, RENAMED, REMOVED, DIFFERS, MISSING, SURPLUS, SKIPPED, CONFLICT
)  # fmt: skip
EDITED = "was edited in the folder; import it first"
IS_DIFFERENCE = frozenset({DIFFERS, MISSING, SURPLUS, CONFLICT})


@dataclass(frozen=True)
class Exported:
    path: str
    status: str
    reason: str = ""


@dataclass
class Export:
    """The result of an export. With ``check``, it has the differences."""

    files: list[Exported] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        found = Counter(file.status for file in self.files)
        return {status: found[status] for status in STATUSES}

    @property
    def differences(self) -> list[Exported]:
        return [file for file in self.files if file.status in IS_DIFFERENCE]


def texts(glossary: Glossary, live: bool) -> QuerySet[Revision]:
    """Return the newest revision of each term, or with ``live`` the published one."""
    revisions = Revision.objects.filter(term__glossary=glossary, term__trashed_at=None)
    if live:
        shown = revisions.filter(fingerprint=F("term__live_fingerprint"))
        # A restored text has two revisions with the same fingerprint.
        return revisions.filter(pk__in=_newest(shown)).order_by("term__path")
    return revisions.filter(number=F("term__version")).order_by("term__path")


def _newest(revisions: QuerySet[Revision]) -> list[int]:
    return list(dict(revisions.order_by("number").values_list("term", "pk")).values())


def export(
    glossary: Glossary,
    root: Path,
    live: bool = False,
    check: bool = False,
    prune: bool = False,
    progress: Progress = iter,
) -> Export:
    """Write the texts of the glossary to the files below ``root``. Raises FolderError.

    A file that was edited or removed in the folder is not written before it is imported. The
    file of a term that was renamed here is moved. With ``check``, nothing is written.
    """
    with Folder(root, create=not check) as folder:
        return _Exporter(glossary, folder, check).export(live, prune, progress)


class _LastFile(NamedTuple):
    """A row of ``TermFile``, and the path that its term has now."""

    path: str
    stamp: str
    fingerprint: str
    term: int | None
    missing_since: datetime | None
    term_path: str | None


class _Exporter:
    def __init__(self, glossary: Glossary, folder: Folder, check: bool):
        self.glossary = glossary
        self.folder = folder
        self.check = check
        self.place = str(folder.root.resolve())
        self.seen: list[AgreedFile] = []
        self.files = TermFile.objects.of(glossary, self.place)
        columns = ("path", "stamp", "fingerprint", "term", "missing_since", "term__path")
        rows = [_LastFile(*row) for row in self.files.values_list(*columns)]
        self.stored = {row.path: row for row in rows}
        self.renamed = {
            row.term: row for row in rows if row.term_path and row.path != row.term_path
        }

    def export(self, live: bool, prune: bool, progress: Progress) -> Export:
        result = Export()
        rows = texts(self.glossary, live)
        wanted = set()
        try:
            for term, path, text, fingerprint in progress(_all(rows)):
                wanted.add(path)
                result.files.append(self._file(term, path, text, fingerprint))
            if prune or self.check:
                result.files += self._surplus(wanted, prune)
        finally:
            if self.seen:
                TermFile.objects.remember(self.glossary, self.place, self.seen)
        return result

    def _file(self, term: int, path: str, text: str, fingerprint: str) -> Exported:
        try:
            stamp = self.folder.stamp(path)
            found = self._fingerprint(path, stamp) if stamp else None
        except FolderError as error:
            return Exported(path, CONFLICT, str(error))
        if stamp and found == fingerprint:
            if self._is_new(path, fingerprint) and not self.check:
                self.seen.append(AgreedFile(path, fingerprint, stamp.trusted()))
            return Exported(path, UNCHANGED)
        if found is None and term in self.renamed:
            return self._moved(self.renamed[term], path, text, fingerprint)
        if found is None and (refused := self._removed(path)):
            return refused
        if found is not None and not self._is_ours(found, self.stored.get(path)):
            return Exported(path, CONFLICT, EDITED)
        # A full disk ends the export. A problem with one path does not.
        return self._write(path, text, fingerprint, MISSING if found is None else DIFFERS)

    def _is_new(self, path: str, fingerprint: str) -> bool:
        """Whether the text is not stored yet as the one that both sides have."""
        row = self.stored.get(path)
        return row is None or row.fingerprint != fingerprint or row.missing_since is not None

    def _moved(self, row: _LastFile, path: str, text: str, fingerprint: str) -> Exported:
        """Write a file that was renamed here, and remove the one at the former path."""
        stamp = self.folder.stamp(row.path)
        if stamp is None:
            return self._removed(row.path) or self._write(path, text, fingerprint, MISSING)
        if not self._is_ours(self._fingerprint(row.path, stamp), row):
            return Exported(row.path, CONFLICT, EDITED)
        written = self._write(path, text, fingerprint, MISSING)
        if written.status == WRITTEN:
            self.folder.remove(row.path)
            self.files.filter(path=row.path).delete()
            return Exported(path, RENAMED, f"from “{row.path}”")
        return written

    def _removed(self, path: str) -> Exported | None:
        """Return the result for a file that was removed from the folder, or None to write it."""
        row = self.stored.get(path)
        if row is None or self.check or self._is_empty:
            return None
        if row.missing_since is None:
            return Exported(path, CONFLICT, "was removed from the folder; import the folder first")
        if row.term in self._asked:
            return Exported(path, SKIPPED, "was removed from the folder; awaits a decision")
        return None

    @cached_property
    def _is_empty(self) -> bool:
        """Whether the folder has none of the files of the last import or export."""
        return not any(self.folder.stamp(path) for path in self.stored)

    @cached_property
    def _asked(self) -> set[int]:
        return terms_to_delete(self.glossary)

    def _fingerprint(self, path: str, stamp: Stamp) -> str:
        row = self.stored.get(path)
        if row and row.stamp == stamp.text:
            return row.fingerprint
        try:
            return fingerprint_of(decode(self.folder.read(path)))
        except FormatError:
            return ""

    def _is_ours(self, found: str, row: _LastFile | None) -> bool:
        """Whether the text with the fingerprint ``found`` can be overwritten.

        The history must have it. A text older than the last common one is an edit, too: it was
        restored in the folder. A newer one was written by an export that was killed.
        """
        if row and found == row.fingerprint:
            return True
        history = Revision.objects.filter(term__glossary=self.glossary, fingerprint=found)
        if not row or not row.fingerprint:
            return history.exists()
        common = Revision.objects.filter(term=row.term, fingerprint=row.fingerprint)
        last = common.aggregate(number=Max("number"))["number"] or 0
        return history.exclude(term=row.term, number__lt=last).exists()

    def _write(self, path: str, text: str, fingerprint: str, difference: str) -> Exported:
        if self.check:
            return Exported(path, difference)
        try:
            stamp = self.folder.write(path, text.encode(), replaces=difference == DIFFERS)
        except FolderError:
            raise
        except OSError as error:
            full = " The files written so far are whole." if error.errno == errno.ENOSPC else ""
            raise FolderError(f"“{path}” cannot be written: {error.strerror}.{full}") from error
        self.seen.append(AgreedFile(path, fingerprint, stamp.trusted()))
        return Exported(path, WRITTEN)

    def _surplus(self, wanted: set[str], prune: bool) -> Iterator[Exported]:
        """Yield files of earlier imports and exports that are not part of this export."""
        for path in sorted(self.stored.keys() - wanted):
            stamp = self.folder.stamp(path)
            if stamp is None:
                continue
            if not self._is_ours(self._fingerprint(path, stamp), self.stored[path]):
                yield Exported(path, CONFLICT, EDITED)
            elif self.check or not prune:
                yield Exported(path, SURPLUS)
            else:
                self.folder.remove(path)
                self.files.filter(path=path).delete()
                yield Exported(path, REMOVED)


def _all(revisions: QuerySet[Revision]) -> Iterator[tuple[int, str, str, str]]:
    columns = ("term", "term__path", "text", "fingerprint")
    yield from revisions.values_list(*columns).iterator(chunk_size=500)

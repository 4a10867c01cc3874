"""Export to a folder. Only files that differ are written, each atomically."""

import errno
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.db.models import F, QuerySet

from terms.formats.fingerprint import fingerprint_of
from terms.formats.front_matter import decode
from terms.formats.problems import FormatError
from terms.models import Glossary, Revision, TermFile
from terms.models.bulk import Progress

from .folder import Folder, FolderError, Stamp

WRITTEN, UNCHANGED, REMOVED = "written", "unchanged", "removed"
DIFFERS, MISSING, SURPLUS = "differs", "missing", "surplus"
CONFLICT = "conflict"
STATUSES = (WRITTEN, UNCHANGED, REMOVED, DIFFERS, MISSING, SURPLUS, CONFLICT)
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

    A file with a text that this glossary never had was edited, and is not overwritten before
    it is imported. With ``check``, nothing is written.
    """
    with Folder(root, create=not check) as folder:
        return _Exporter(glossary, folder, check).export(live, prune, progress)


class _Exporter:
    def __init__(self, glossary: Glossary, folder: Folder, check: bool):
        self.glossary = glossary
        self.folder = folder
        self.check = check
        self.place = str(folder.root.resolve())
        self.seen: list[tuple[str, str, str]] = []
        self.stored = TermFile.objects.of(glossary, self.place).stamps()

    def export(self, live: bool, prune: bool, progress: Progress) -> Export:
        result = Export()
        rows = texts(self.glossary, live).values_list("term__path", "text", "fingerprint")
        wanted = set()
        try:
            for path, text, fingerprint in progress(_all(rows)):
                wanted.add(path)
                result.files.append(self._file(path, text, fingerprint))
            if prune or self.check:
                result.files += self._surplus(wanted, prune)
        finally:
            if self.seen:
                TermFile.objects.remember(self.glossary, self.place, self.seen)
        return result

    def _file(self, path: str, text: str, fingerprint: str) -> Exported:
        try:
            stamp = self.folder.stamp(path)
            found = self._fingerprint(path, stamp) if stamp else None
        except FolderError as error:
            return Exported(path, CONFLICT, str(error))
        if stamp and found == fingerprint:
            if self.stored.get(path, ("", ""))[1] != fingerprint and not self.check:
                self.seen.append((path, fingerprint, stamp.trusted()))
            return Exported(path, UNCHANGED)
        if found is not None and not self._is_ours(found):
            return Exported(path, CONFLICT, "was edited in the folder; import it first")
        # A full disk ends the export. A problem with one path does not.
        return self._write(path, text, fingerprint, MISSING if found is None else DIFFERS)

    def _fingerprint(self, path: str, stamp: Stamp) -> str:
        known, fingerprint = self.stored.get(path, ("", ""))
        if known == stamp.text:
            return fingerprint
        try:
            return fingerprint_of(decode(self.folder.read(path)))
        except FormatError:
            return ""

    def _is_ours(self, fingerprint: str) -> bool:
        """Whether the history has this text, so that it can be overwritten without loss."""
        return Revision.objects.filter(
            term__glossary=self.glossary, fingerprint=fingerprint
        ).exists()

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
        self.seen.append((path, fingerprint, stamp.trusted()))
        return Exported(path, WRITTEN)

    def _surplus(self, wanted: set[str], prune: bool) -> Iterator[Exported]:
        """Yield files of earlier imports and exports that are not part of this export."""
        for path in sorted(self.stored.keys() - wanted):
            stamp = self.folder.stamp(path)
            if stamp is None:
                continue
            if not self._is_ours(self._fingerprint(path, stamp)):
                yield Exported(path, CONFLICT, "was edited in the folder; import it first")
            elif self.check or not prune:
                yield Exported(path, SURPLUS)
            else:
                self.folder.remove(path)
                TermFile.objects.of(self.glossary, self.place).filter(path=path).delete()
                yield Exported(path, REMOVED)


def _all(rows: QuerySet) -> Iterator[tuple[str, str, str]]:
    yield from rows.iterator(chunk_size=500)

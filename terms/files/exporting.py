"""Export to a folder, or another target. Only files that differ are written, each atomically.

The pictures that the exported texts show are written after the texts (``PictureExporter``).
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from django.db.models import F, Max, QuerySet
from django.utils import timezone

from terms.formats.fingerprint import fingerprint_of
from terms.formats.front_matter import decode
from terms.formats.problems import FormatError
from terms.models import Glossary, Revision, TermFile
from terms.models.bulk import Progress, batches
from terms.models.files import AgreedFile
from terms.models.review import terms_to_delete

from .exported_pictures import PictureExporter
from .exported_sidecar import SidecarExporter
from .folder import Folder, FolderError, Stamp
from .target import (
    CONFLICT,
    DIFFERS,
    EDITED,
    IS_DIFFERENCE,
    MISSING,
    REMOVED,
    REMOVED_THERE,
    RENAMED,
    SKIPPED,
    STATUSES,
    SURPLUS,
    UNCHANGED,
    WRITTEN,
    Exported,
    Target,
    write_file,
)

__all__ = [
    "CONFLICT", "DIFFERS", "IS_DIFFERENCE", "MISSING", "REMOVED", "RENAMED", "SKIPPED",
    "STATUSES", "SURPLUS", "UNCHANGED", "WRITTEN", "Export", "Exported", "Exporter", "Target",
    "export", "texts",
]  # fmt: skip


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
        exporter = Exporter(glossary, folder, check)
        try:
            return exporter.export(live, prune, progress)
        finally:
            exporter.remember()


class _LastFile(NamedTuple):
    """A row of ``TermFile``."""

    path: str
    stamp: str
    fingerprint: str
    term: int | None
    missing_since: datetime | None


class Exporter:
    """Exports to ``target`` as ``export`` does. What was done has to be remembered afterwards.

    ``holds``: id → why the file of this term is not written now. With ``refills``, files that were
    removed are written again if all are gone.
    """

    def __init__(
        self,
        glossary: Glossary,
        target: Target,
        check: bool = False,
        holds: Mapping[int, str] | None = None,
        refills: bool = True,
    ):
        self.glossary = glossary
        self.holds = holds or {}
        self.refills = refills
        self.target = target
        self.check = check
        self.agreed: list[AgreedFile] = []
        self.gone: list[str] = []  # former paths of renamed files
        self.removed: list[str] = []
        self.pictures = PictureExporter(glossary, target, check)
        self.sidecar = SidecarExporter(glossary, target, check)
        self.files = TermFile.objects.of(glossary, target.place)
        self.stored = {
            row[0]: _LastFile(*row) for row in self.files.values_list(*_LastFile._fields)
        }

    def export(self, live: bool, prune: bool, progress: Progress = iter) -> Export:
        result = Export()
        wanted = set()
        for term, path, text, fingerprint in progress(_all(texts(self.glossary, live))):
            wanted.add(path)
            self.pictures.see(term, path, text)
            result.files.append(self._file(term, path, text, fingerprint))
        if prune or self.check:
            result.files += self._surplus(wanted, prune)
        result.files += self.pictures.export(prune)
        result.files += self.sidecar.export(wanted)
        return result

    def remember(self) -> None:
        """Store what the target and the glossary have in common now."""
        if self.agreed:
            TermFile.objects.remember(self.glossary, self.target.place, self.agreed)
        for some in batches(self.gone):
            self.files.filter(path__in=some).delete()
        # These rows show later that a file is back.
        for some in batches(self.removed):
            self.files.filter(path__in=some).update(missing_since=timezone.now(), stamp="")
        self.pictures.remember()
        self.sidecar.remember()

    def _file(self, term: int, path: str, text: str, fingerprint: str) -> Exported:
        try:
            stamp = self.target.stamp(path)
            found = self._fingerprint(path, stamp) if stamp else None
        except FolderError as error:
            return Exported(path, CONFLICT, str(error))
        if stamp and found == fingerprint:
            if self._is_new(path, fingerprint) and not self.check:
                self.agreed.append(AgreedFile(path, fingerprint, stamp.trusted(), term))
            return Exported(path, UNCHANGED)
        if term in self.holds and found != fingerprint:
            return Exported(path, SKIPPED, self.holds[term], term)
        if found is None and term in self.renamed:
            return self._moved(term, path, text, fingerprint)
        if found is None and (refused := self._removed(path)):
            return refused
        if found is not None and not self._is_ours(found, self.stored.get(path)):
            return Exported(path, CONFLICT, EDITED)
        # A full disk ends the export. A problem with one path does not.
        return self._write(term, path, text, fingerprint, MISSING if found is None else DIFFERS)

    def _is_new(self, path: str, fingerprint: str) -> bool:
        """Whether the text is not stored yet as the one that both sides have."""
        row = self.stored.get(path)
        return row is None or row.fingerprint != fingerprint or row.missing_since is not None

    @cached_property
    def renamed(self) -> dict[int, _LastFile]:
        """The former files of terms that have another path now, by term."""
        rows = self.files.exclude(term=None).exclude(path=F("term__path"))
        return {row[3]: _LastFile(*row) for row in rows.values_list(*_LastFile._fields)}

    def _moved(self, term: int, path: str, text: str, fingerprint: str) -> Exported:
        """Write a file that was renamed here, and remove the one at the former path."""
        row = self.renamed[term]
        stamp = self.target.stamp(row.path)
        if stamp is None:
            return self._removed(row.path) or self._write(term, path, text, fingerprint, MISSING)
        if not self._is_ours(self._fingerprint(row.path, stamp), row):
            return Exported(row.path, CONFLICT, EDITED)
        written = self._write(term, path, text, fingerprint, MISSING)
        if written.status == WRITTEN:
            self.target.remove(row.path)
            self.gone.append(row.path)
            return Exported(path, RENAMED, f"from “{row.path}”", term, row.path)
        return written

    def _removed(self, path: str) -> Exported | None:
        """Return the result for a file that was removed from the folder, or None to write it."""
        row = self.stored.get(path)
        if row is None or self.check or self._is_empty:
            return None
        if row.missing_since is None:
            return Exported(path, CONFLICT, REMOVED_THERE)
        if row.term in self._asked:
            return Exported(path, SKIPPED, "was removed from the folder; awaits a decision")
        return None

    @cached_property
    def _is_empty(self) -> bool:
        """Whether the folder has none of the files of the last import or export."""
        return self.refills and not self.target.has_any(self.stored)

    @cached_property
    def _asked(self) -> set[int]:
        return terms_to_delete(self.glossary)

    def _fingerprint(self, path: str, stamp: Stamp) -> str:
        row = self.stored.get(path)
        if row and row.stamp == stamp.text:
            return row.fingerprint
        try:
            return fingerprint_of(decode(self.target.read(path)))
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

    def _write(
        self, term: int, path: str, text: str, fingerprint: str, difference: str
    ) -> Exported:
        if self.check:
            return Exported(path, difference)
        stamp = write_file(self.target, path, text.encode(), difference == DIFFERS)
        self.agreed.append(AgreedFile(path, fingerprint, stamp.trusted(), term))
        return Exported(path, WRITTEN, term=term)

    def _surplus(self, wanted: set[str], prune: bool) -> Iterator[Exported]:
        """Yield files of earlier imports and exports that are not part of this export."""
        for path in sorted(self.stored.keys() - wanted):
            stamp = self.target.stamp(path)
            if stamp is None or self.stored[path].missing_since:
                continue
            if not self._is_ours(self._fingerprint(path, stamp), self.stored[path]):
                yield Exported(path, CONFLICT, EDITED)
            elif self.check or not prune:
                yield Exported(path, SURPLUS)
            else:
                self.target.remove(path)
                self.removed.append(path)
                yield Exported(path, REMOVED, term=self.stored[path].term)


def _all(revisions: QuerySet[Revision]) -> Iterator[tuple[int, str, str, str]]:
    columns = ("term", "term__path", "text", "fingerprint")
    yield from revisions.values_list(*columns).iterator(chunk_size=500)

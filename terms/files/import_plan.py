"""The plan of an import: compares the files of a folder with the glossary.

The comparison has three sides: the file, the text in the glossary, and the last text that both
had (``TermFile``). Paths are compared in the same way, so that renamed and removed files are
followed. Planning writes nothing.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from terms.formats.document import read_document
from terms.formats.fingerprint import fingerprint_of
from terms.formats.front_matter import decode
from terms.formats.paths import is_about_folder
from terms.formats.problems import FormatError
from terms.models import FormerPath, Glossary
from terms.models.bulk import Progress
from terms.models.files import AgreedFile

from .comparing import TextComparison
from .folder import FolderError, FoundFile
from .known import KnownFiles, texts_of
from .matching import BOTH, HERE, IN_FOLDER, Evidence, Known, LastFile, Match, loose, match_files
from .plan import (
    CONFLICT,
    CREATED,
    FILE,
    GLOSSARY,
    INVALID,
    KEPT_HERE,
    REMOVED,
    RENAMED,
    SKIPPED,
    UNCHANGED,
    Plan,
    PlannedFile,
    Sides,
    Upload,
    in_common,
    side_for,
)
from .sources import FolderSource, TermFileSource


def plan_import(
    glossary: Glossary,
    source: Path | TermFileSource,
    progress: Progress = iter,
    sides: Sides | None = None,
    upload: Upload | None = None,
) -> Plan:
    """Compare every term file of a folder, or of another source, with the glossary.

    ``sides`` decides conflicts: GLOSSARY or FILE by path. Raises FolderError.
    """
    source = FolderSource(source) if isinstance(source, Path) else source
    return _Planner(glossary, source, sides or {}, upload).plan(progress)


def plan_again(plan: Plan, entries: Collection[PlannedFile]) -> Plan:
    """Compare the files of some ``entries`` again, after their terms were edited."""
    found = [FoundFile(entry.path, entry.stamp) for entry in entries]
    planner = _Planner(plan.glossary, plan.source, plan.sides, plan.upload)
    again = planner.compare(found, plan.entries)
    return replace(again, title=plan.title, origins=plan.origins)


_NEVER = (None, "", 0)  # no stamp is equal


class _Planner:
    """Compares file by file, and loads data about the terms when a file needs it."""

    def __init__(
        self,
        glossary: Glossary,
        source: TermFileSource,
        sides: Sides,
        upload: Upload | None = None,
    ):
        self.glossary = glossary
        self.source = source
        self.sides = sides
        self.upload = upload
        self.matches: dict[str, Match] = {}
        self._kept: dict[str, str] = {}
        self._last = ("", "")  # the path and text of the file that was read last
        self.known = KnownFiles(glossary, source.place)
        self.texts = TextComparison(self.known, sides, self._read, upload)

    # The plan

    def plan(self, progress: Progress) -> Plan:
        found = list(self.source.files())
        entries: dict[str, PlannedFile] = {}
        rest = []
        taken = set()
        settled = self.known.settled
        for file in found:
            path, now, *_ = file
            stamp, fingerprint, term = settled.get(path, _NEVER)
            if now and stamp == now.text:
                entries[path] = PlannedFile(
                    path, UNCHANGED, "", None, None, fingerprint, now, term, 0, "", path
                )
                taken.add(term)
            else:
                rest.append(file)
        if not rest and len(taken) == self.known.expected:
            return Plan(
                self.glossary,
                self.source,
                list(entries.values()),
                {},
                sides=self.sides,
                upload=self.upload,
            )
        gone = self._gone(found)
        if rest and (self.known.files or self.known.terms):
            self._match([file.path for file in rest if file.stamp], found, gone, taken)
        self._load_histories()
        for file in progress(rest):
            entries[file.path] = self._entry(file)
        taken |= {match.term.pk for match in self.matches.values()}
        missing = [self._missing(file) for file in gone if file.term not in taken]
        ordered = [entries[file.path] for file in found]
        return self._planned(ordered + [entry for entry in missing if entry], gone, taken)

    def compare(self, found: Iterable[FoundFile], entries: Iterable[PlannedFile]) -> Plan:
        """Compare some files again, as the same terms as in ``entries``."""
        found = list(found)
        former = {entry.path: entry for entry in entries}
        paths = [former[file.path].term_path or file.path for file in found]
        by_path = {term.path: term for term in self.known.terms.values()}
        for file, path in zip(found, paths, strict=True):
            entry = former[file.path]
            term = self.known.terms.get(entry.term or 0) or by_path.get(path)
            if term:
                moved = IN_FOLDER if entry.renamed_from == term.path else ""
                moved = moved or (HERE if term.path != file.path else "")
                self.matches[file.path] = Match(term, moved, entry.before or file.path)
        self._load_histories()
        compared = [
            self._entry(file) if file.stamp else self._missing_again(former[file.path])
            for file in found
        ]
        return self._planned(compared, (), set())

    def _load_histories(self) -> None:
        if self.upload is not None:
            self.known.load_histories({match.term.pk for match in self.matches.values()})

    def _missing_again(self, entry: PlannedFile) -> PlannedFile:
        term = self.known.terms.get(entry.term or 0)
        last = self.known.files.get(entry.path) or (term and self._never_stored(term))
        return (self._missing(last) if last else None) or entry

    def _planned(
        self, entries: list[PlannedFile], gone: Collection[LastFile], taken: Collection[int]
    ) -> Plan:
        versions = {
            entry.term_path or entry.path: (entry.term, self.known.terms[entry.term].version)
            for entry in entries
            if entry.term and _is_saved(entry)
        }
        return Plan(
            self.glossary,
            self.source,
            entries,
            versions,
            agrees_again=any(map(self._is_new, in_common(entries)))
            or any(entry.conflict_text for entry in entries)
            or any(file.term in taken for file in gone),
            known_files=self._count_known(),
            sides=self.sides,
            upload=self.upload,
        )

    def _count_known(self) -> int:
        if self.upload is not None:
            return len(self.upload.bases) or len(self.known.terms)
        return sum(not file.is_missing for file in self.known.files.values())

    def _is_new(self, file: AgreedFile) -> bool:
        """Whether ``file`` is not stored yet as the base of the next import."""
        last = self.known.files.get(file.path)
        return last is None or last.fingerprint != file.fingerprint or last.is_missing

    def _gone(self, found: Collection[FoundFile]) -> list[LastFile]:
        """Return the files that the folder had and has no longer."""
        present = {file.path for file in found}
        if self.upload is not None:
            return [*self._gone_from_upload(present)] if self.upload.is_whole else []
        closed = tuple(f"{file.path}/" for file in found if file.problem)  # unreadable folders
        return [
            file
            for path, file in self.known.files.items()
            if path not in present and not path.startswith(closed)
        ]

    def _gone_from_upload(self, present: Collection[str]) -> Iterator[LastFile]:
        """Yield the files of terms that an upload of all files does not have."""
        bases = self.upload.bases if self.upload else {}
        for term in self.known.terms.values():
            if term.path not in present and (not bases or term.path in bases):
                yield self._never_stored(term)

    def _never_stored(self, term: Known) -> LastFile:
        base = self.upload.bases.get(term.path, "") if self.upload else ""
        return LastFile(term.path, "", base or term.fingerprint, term.pk, False, 0)

    def _match(
        self,
        paths: Collection[str],
        found: Collection[FoundFile],
        gone: Collection[LastFile],
        taken: Collection[int],
    ) -> None:
        present = {file.path for file in found}
        files: Mapping[str, LastFile] = self.known.files
        if not files:
            files = self.known.files_elsewhere(present)
            if self.upload is None:
                gone = [file for path, file in files.items() if path not in present]
        former = FormerPath.objects.filter(glossary=self.glossary.pk, term__trashed_at=None)
        known = Evidence(
            present=present,
            files=files,
            missing=gone,
            terms=self.known.terms,
            trashed=self.known.trashed_terms(gone),
            former=dict(former.values_list("path", "term")),
            read=self._readable,
            texts_of=texts_of,
            renamed=self.source.renamed,
        )
        self.matches = match_files(paths, known, taken)

    # One file

    def _entry(self, found: FoundFile) -> PlannedFile:
        if found.problem or found.stamp is None:
            return PlannedFile(found.path, SKIPPED if found.is_skipped else INVALID, found.problem)
        entry = PlannedFile(found.path, UNCHANGED, stamp=found.stamp)
        last, match = self.known.files.get(found.path), self.matches.get(found.path)
        if match and match.term.pk not in self.known.terms:
            last, match = self.known.files.get(match.before), None  # its term is in the trash
        try:
            if match and last and last.stamp and last.stamp == found.stamp.text:
                entry = entry._replace(fingerprint=last.fingerprint)
            else:
                entry = entry._replace(fingerprint=fingerprint_of(self._read(found.path)))
            entry = self._of_term(entry, match) if match else self._of_none(entry, last)
            return _also(entry, found.note) if found.note else entry
        except (FormatError, FolderError) as error:
            return PlannedFile(found.path, INVALID, str(error))

    def _read(self, path: str) -> str:
        """Return the text of a file. Raises FormatError, FolderError."""
        if path != self._last[0]:
            text = self._kept.pop(path, None)
            self._last = path, decode(self.source.read(path)) if text is None else text
        return self._last[1]

    def _readable(self, path: str) -> str | None:
        try:
            self._kept[path] = decode(self.source.read(path))
        except (FormatError, FolderError):
            return None
        return self._kept[path]

    def _of_term(self, entry: PlannedFile, match: Match) -> PlannedFile:
        term = match.term
        entry = entry._replace(
            term=term.pk, version=term.version, term_path=term.path, before=match.before
        )
        if match.is_copy:
            return self._copy(entry, term)
        moved = match.moved
        if moved == BOTH:
            side = self._side(entry.path)
            if not side:
                reason = f"renamed from “{match.before}” in the folder, and to “{term.path}” here"
                return entry._replace(status=CONFLICT, reason=reason)
            moved = IN_FOLDER if side == FILE else HERE
        if moved == IN_FOLDER:
            entry = entry._replace(term_path=entry.path, renamed_from=term.path)
        compared = self.texts.compared(entry, term)
        if moved == HERE:
            return _also(compared, f"has the path “{term.path}” here; an export moves it")
        if moved == IN_FOLDER:
            return self._renamed(compared, term)
        return compared

    def _renamed(self, entry: PlannedFile, term: Known) -> PlannedFile:
        other = self.known.paths.get(loose(entry.path))
        if other and other != term.path and other not in self._leaving:
            reason = f"“{other}” is the path of another term here; rename one of them"
            return entry._replace(
                status=CONFLICT, reason=reason, document=None, in_file=None, renamed_from=""
            )
        if entry.status in (INVALID, CONFLICT):
            return _also(entry, f"renamed from “{term.path}”")
        words = f"from “{term.path}”"
        if entry.status != UNCHANGED:
            words += ", and edited"
        return _also(entry._replace(status=RENAMED), words)

    @cached_property
    def _leaving(self) -> set[str]:
        """The paths of terms that the folder renames, which are free for others."""
        return {match.term.path for match in self.matches.values() if match.moved == IN_FOLDER}

    def _copy(self, entry: PlannedFile, term: Known) -> PlannedFile:
        if self.known.is_former(term, entry.fingerprint):
            reason = f"has the path “{term.path}” here; an export removes the file"
            return entry._replace(stamp=None, reason=reason)
        reason = f"was edited, but its term has the file “{term.path}” now; move the edit there"
        return entry._replace(status=CONFLICT, reason=reason)

    def _of_none(self, entry: PlannedFile, last: LastFile | None) -> PlannedFile:
        """Compare a file without a term: its term is in the trash, or it is new."""
        if last and last.term in self.known.trashed:
            return self._of_trash(entry, last)
        if (entry.path, entry.fingerprint) in self.known.trashed_texts:
            return entry._replace(reason="is in the trash here")
        other = self.known.paths.setdefault(loose(entry.path), entry.path)
        if other != entry.path:
            reason = f"differs from “{other}” only in case or composition; rename one of them"
            return entry._replace(status=CONFLICT, reason=reason)
        text = self._read(entry.path)
        if is_about_folder(entry.path) and not read_document(text, entry.path).source.opening:
            reason = "has no header: it describes the folder, and is not a term"
            return entry._replace(status=SKIPPED, reason=reason, stamp=None)
        return self.texts.read_as(entry._replace(status=CREATED), text)

    def _of_trash(self, entry: PlannedFile, last: LastFile) -> PlannedFile:
        term = last.term or 0
        entry = entry._replace(term=term, before=last.path)
        back = entry._replace(status=CREATED, is_back=True, reason="is restored from the trash")
        if last.is_missing:
            return back
        if (
            entry.fingerprint == last.fingerprint
            or entry.fingerprint in self.known.trashed[term][1]
        ):
            return entry._replace(reason="is in the trash here")
        side = self._side(entry.path)
        if side == FILE:
            return back
        if side == GLOSSARY:
            return entry._replace(reason="stays in the trash here")
        reason = "was deleted here, and edited in the folder"
        return entry._replace(status=CONFLICT, reason=reason)

    def _missing(self, file: LastFile) -> PlannedFile | None:
        """Return the entry of a file that the folder has no longer, if its term is still here."""
        term = self.known.terms.get(file.term or 0)
        if term is None:
            return None
        entry = PlannedFile(
            file.path, REMOVED, term=term.pk, version=term.version, term_path=term.path,
            before=file.path,
        )  # fmt: skip
        if file.is_missing:
            if term.pk in self.known.asked:
                return entry._replace(status=UNCHANGED, reason="was removed; awaits a decision")
            return entry._replace(status=UNCHANGED, reason=KEPT_HERE)
        if term.fingerprint == file.fingerprint:
            return entry
        side = self._side(file.path)
        if side == FILE:
            return entry._replace(reason="was edited here since")
        if side == GLOSSARY:
            return entry._replace(status=UNCHANGED, reason=KEPT_HERE)
        reason = "was removed from the folder, and edited here"
        return entry._replace(status=CONFLICT, reason=reason)

    def _side(self, path: str) -> str:
        return side_for(self.sides, path)


def _is_saved(entry: PlannedFile) -> bool:
    return entry.is_saved and not entry.is_back


def _also(entry: PlannedFile, words: str) -> PlannedFile:
    return entry._replace(reason=f"{words}; {entry.reason}" if entry.reason else words)

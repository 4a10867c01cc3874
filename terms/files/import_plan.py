"""The plan of an import: compares the files of a folder with the glossary.

The comparison has three sides: the file, the text in the glossary, and the last text that both
had (``TermFile``). Paths are compared in the same way, so that renamed and removed files are
followed. Planning writes nothing.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from django.db.models import F

from terms.formats.collisions import Collision
from terms.formats.document import TermDocument, line_of_name, read_document
from terms.formats.fingerprint import fingerprint_of
from terms.formats.front_matter import decode
from terms.formats.merging import Merge, merge_texts
from terms.formats.paths import is_about_folder, name_key
from terms.formats.problems import FormatError
from terms.models import FormerPath, Glossary, Revision, Term, TermFile
from terms.models.bulk import Progress, batches
from terms.models.files import AgreedFile
from terms.models.review import terms_to_delete

from .folder import FolderError, FoundFile, Stamp
from .matching import BOTH, HERE, IN_FOLDER, Evidence, Known, LastFile, Match, loose, match_files
from .sources import FolderSource, TermFileSource

CREATED, UPDATED, UNCHANGED, RENAMED = "created", "updated", "unchanged", "renamed"
MERGED, REMOVED, SKIPPED = "merged", "removed", "skipped"
INVALID, CONFLICT = "invalid", "conflict"
STATUSES = (
    CREATED, UPDATED, UNCHANGED, RENAMED, MERGED, REMOVED, SKIPPED, INVALID, CONFLICT
)  # fmt: skip

EDITED_HERE = "edited here since; export to update the file"
KEPT_HERE = "is kept here; an export writes it"  # though the folder no longer has it
FEW_REMOVED = 3  # files that are removed without a question, whatever their share

# The side of a conflict that is taken: path → side. ALL is for the other paths.
GLOSSARY, FILE = "glossary", "file"
ALL = ""
Sides = Mapping[str, str]


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
    term: int | None = None
    term_path: str = ""  # the path of the term, once the plan is applied
    before: str = ""  # the path of the file at the last import or export
    renamed_from: str = ""  # the path of the term, if the plan renames it
    is_back: bool = False  # the term is in the trash and has to be restored
    conflict_text: str = ""  # the text of a file with a new conflict
    conflict_version: int = 0


@dataclass
class Plan:
    glossary: Glossary
    source: TermFileSource
    entries: list[PlannedFile]
    versions: dict[str, tuple[int, int]]  # path → term id and version, for terms to be saved
    agrees_anew: bool = False  # whether a file has a new common text, the base of the next import
    known_files: int = 0  # files that the folder had at the last import or export
    sides: Sides = field(default_factory=dict)

    @property
    def place(self) -> str:
        return self.source.place

    @property
    def counts(self) -> dict[str, int]:
        found = Counter(entry.status for entry in self.entries)
        return {status: found[status] for status in STATUSES}

    @property
    def to_save(self) -> list[PlannedFile]:
        return [entry for entry in self.entries if entry.document or entry.renamed_from]

    @property
    def removed(self) -> list[PlannedFile]:
        return [entry for entry in self.entries if entry.status == REMOVED]

    @property
    def removes_many(self) -> bool:
        """Whether so many files are gone that a person should confirm it."""
        count = len(self.removed)
        return count > FEW_REMOVED and 3 * count > self.known_files


def plan_import(
    glossary: Glossary,
    source: Path | TermFileSource,
    progress: Progress = iter,
    sides: Sides | None = None,
) -> Plan:
    """Compare every term file of a folder, or of another source, with the glossary.

    ``sides`` decides conflicts: GLOSSARY or FILE by path. Raises FolderError.
    """
    source = FolderSource(source) if isinstance(source, Path) else source
    return _Planner(glossary, source, sides or {}).plan(progress)


def plan_again(plan: Plan, entries: Collection[PlannedFile]) -> Plan:
    """Compare the files of some ``entries`` again, after their terms were edited."""
    found = [FoundFile(entry.path, entry.stamp) for entry in entries]
    return _Planner(plan.glossary, plan.source, plan.sides).compare(found, plan.entries)


_NEVER = (None, "", 0)  # no stamp is equal


class _Planner:
    """Compares file by file, and loads data about the terms when a file needs it."""

    def __init__(self, glossary: Glossary, source: TermFileSource, sides: Sides):
        self.glossary = glossary
        self.source = source
        self.sides = sides
        self.matches: dict[str, Match] = {}
        self._texts: dict[str, str] = {}
        self.rows = TermFile.objects.of(glossary, source.place)

    # What is known

    @cached_property
    def settled(self) -> dict[str, tuple[str, str, int]]:
        """Files that need no comparison with an unchanged stamp: stamp, fingerprint and term."""
        rows = self.rows.agreeing().filter(term__path=F("path"), term__trashed_at=None)
        rows = rows.filter(missing_since=None).exclude(stamp="")
        found = rows.values_list("path", "stamp", "fingerprint", "term")
        return {path: (stamp, fingerprint, term) for path, stamp, fingerprint, term in found}

    @cached_property
    def files(self) -> dict[str, LastFile]:
        """The files as of the last import or export, by path."""
        columns = ("path", "stamp", "fingerprint", "term", "missing_since", "conflict_version")
        return {
            path: LastFile(path, stamp, fingerprint, term, missing is not None, version)
            for path, stamp, fingerprint, term, missing, version in self.rows.values_list(*columns)
        }

    @cached_property
    def terms(self) -> dict[int, Known]:
        terms = Term.objects.filter(glossary=self.glossary.pk).order_by()
        return {row[0]: Known(*row) for row in terms.values_list(*Known._fields)}

    def _trashed_terms(self, files: Iterable[LastFile]) -> dict[int, Known]:
        found: dict[int, Known] = {}
        for some in batches({file.term for file in files if file.term} - self.terms.keys()):
            rows = Term.with_trash.filter(pk__in=some).order_by().values_list(*Known._fields)
            found |= {row[0]: Known(*row) for row in rows}
        return found

    @cached_property
    def trashed(self) -> dict[int, tuple[str, set[str]]]:
        """The path and the fingerprints of all texts of each term in the trash."""
        rows = Revision.objects.filter(term__glossary=self.glossary.pk)
        found: dict[int, tuple[str, set[str]]] = {}
        for pk, path, fingerprint in rows.exclude(term__trashed_at=None).values_list(
            "term", "term__path", "fingerprint"
        ):
            found.setdefault(pk, (path, set()))[1].add(fingerprint)
        return found

    @cached_property
    def trashed_texts(self) -> set[tuple[str, str]]:
        return {(path, one) for path, texts in self.trashed.values() for one in texts}

    @cached_property
    def paths(self) -> dict[str, str]:
        return {loose(term.path): term.path for term in self.terms.values()}

    @cached_property
    def names(self) -> dict[str, str]:
        newest_first = sorted(self.terms.values(), reverse=True)
        return {term.name_key: term.path for term in newest_first}

    @cached_property
    def bases(self) -> dict[int, str]:
        """The last common text of each term in any folder: fingerprints."""
        files = TermFile.objects.filter(glossary=self.glossary.pk).exclude(fingerprint="")
        rows = files.exclude(term=None).order_by("pk").values_list("term", "fingerprint")
        return dict(rows)

    @cached_property
    def asked(self) -> set[int]:
        return terms_to_delete(self.glossary)

    def _files_elsewhere(self, present: Collection[str]) -> dict[str, LastFile]:
        """Return the files of another folder, if this one seems to be a copy of it."""
        rows = TermFile.objects.filter(glossary=self.glossary.pk, missing_since=None)
        places: dict[str, dict[str, LastFile]] = {}
        for folder, path, fingerprint, term in rows.values_list(
            "folder", "path", "fingerprint", "term"
        ):
            last = LastFile(path, "", fingerprint, term, False, 0)
            places.setdefault(folder, {})[path] = last
        shared = [(sum(path in present for path in files), files) for files in places.values()]
        count, files = max(shared, key=lambda pair: pair[0], default=(0, {}))
        return files if 2 * count >= len(files) else {}

    # The plan

    def plan(self, progress: Progress) -> Plan:
        found = list(self.source.files())
        entries: dict[str, PlannedFile] = {}
        rest = []
        taken = set()
        settled = self.settled
        for file in found:
            path, now, *_ = file
            stamp, fingerprint, term = settled.get(path, _NEVER)
            if now and stamp == now.text:
                entries[path] = PlannedFile(
                    path, UNCHANGED, "", None, None, fingerprint, now, term, "", path
                )
                taken.add(term)
            else:
                rest.append(file)
        if not rest and len(taken) == self.rows.count():
            return Plan(self.glossary, self.source, list(entries.values()), {}, sides=self.sides)
        gone = self._gone(found)
        if rest and (self.files or self.terms):
            self._match([file.path for file in rest if file.stamp], found, gone, taken)
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
        by_path = {term.path: term for term in self.terms.values()}
        for file, path in zip(found, paths, strict=True):
            entry = former[file.path]
            term = self.terms.get(entry.term or 0) or by_path.get(path)
            if term:
                moved = IN_FOLDER if entry.renamed_from == term.path else ""
                moved = moved or (HERE if term.path != file.path else "")
                self.matches[file.path] = Match(term, moved, entry.before or file.path)
        return self._planned([self._entry(file) for file in found], (), set())

    def _planned(
        self, entries: list[PlannedFile], gone: Collection[LastFile], taken: Collection[int]
    ) -> Plan:
        versions = {
            entry.term_path or entry.path: (entry.term, self.terms[entry.term].version)
            for entry in entries
            if entry.term and _is_saved(entry)
        }
        return Plan(
            self.glossary,
            self.source,
            entries,
            versions,
            agrees_anew=any(map(self._is_new, in_common(entries)))
            or any(entry.conflict_text for entry in entries)
            or any(file.term in taken for file in gone),
            known_files=sum(not file.is_missing for file in self.files.values()),
            sides=self.sides,
        )

    def _is_new(self, file: AgreedFile) -> bool:
        """Whether ``file`` is not stored yet as the base of the next import."""
        last = self.files.get(file.path)
        return last is None or last.fingerprint != file.fingerprint or last.is_missing

    def _gone(self, found: Collection[FoundFile]) -> list[LastFile]:
        """Return the files that the folder had and has no longer."""
        present = {file.path for file in found}
        closed = tuple(f"{file.path}/" for file in found if file.problem)  # unreadable folders
        return [
            file
            for path, file in self.files.items()
            if path not in present and not path.startswith(closed)
        ]

    def _match(
        self,
        paths: Collection[str],
        found: Collection[FoundFile],
        gone: Collection[LastFile],
        taken: Collection[int],
    ) -> None:
        present = {file.path for file in found}
        files: Mapping[str, LastFile] = self.files
        if not files:
            files = self._files_elsewhere(present)
            gone = [file for path, file in files.items() if path not in present]
        former = FormerPath.objects.filter(glossary=self.glossary.pk, term__trashed_at=None)
        known = Evidence(
            present=present,
            files=files,
            missing=gone,
            terms=self.terms,
            trashed=self._trashed_terms(gone),
            former=dict(former.values_list("path", "term")),
            read=self._readable,
            texts_of=_texts_of,
            renamed=self.source.renamed,
        )
        self.matches = match_files(paths, known, taken)

    # One file

    def _entry(self, found: FoundFile) -> PlannedFile:
        if found.problem or found.stamp is None:
            return PlannedFile(found.path, SKIPPED if found.is_skipped else INVALID, found.problem)
        entry = PlannedFile(found.path, UNCHANGED, stamp=found.stamp)
        last, match = self.files.get(found.path), self.matches.get(found.path)
        if match and match.term.pk not in self.terms:
            last, match = self.files.get(match.before), None  # its term is in the trash
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
        if path in self._texts:
            return self._texts.pop(path)
        return decode(self.source.read(path))

    def _readable(self, path: str) -> str | None:
        try:
            self._texts[path] = decode(self.source.read(path))
        except (FormatError, FolderError):
            return None
        return self._texts[path]

    def _of_term(self, entry: PlannedFile, match: Match) -> PlannedFile:
        term = match.term
        entry = entry._replace(term=term.pk, term_path=term.path, before=match.before)
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
        compared = self._compared(entry, term)
        if moved == HERE:
            return _also(compared, f"has the path “{term.path}” here; an export moves it")
        if moved == IN_FOLDER:
            return self._renamed(compared, term)
        return compared

    def _renamed(self, entry: PlannedFile, term: Known) -> PlannedFile:
        other = self.paths.get(loose(entry.path))
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
        if self._is_former(term, entry.fingerprint):
            reason = f"has the path “{term.path}” here; an export removes the file"
            return entry._replace(stamp=None, reason=reason)
        reason = f"was edited, but its term has the file “{term.path}” now; move the edit there"
        return entry._replace(status=CONFLICT, reason=reason)

    def _of_none(self, entry: PlannedFile, last: LastFile | None) -> PlannedFile:
        """Compare a file without a term: its term is in the trash, or it is new."""
        if last and last.term in self.trashed:
            return self._of_trash(entry, last)
        if (entry.path, entry.fingerprint) in self.trashed_texts:
            return entry._replace(reason="is in the trash here")
        other = self.paths.setdefault(loose(entry.path), entry.path)
        if other != entry.path:
            reason = f"differs from “{other}” only in case or composition; rename one of them"
            return entry._replace(status=CONFLICT, reason=reason)
        text = self._read(entry.path)
        if is_about_folder(entry.path) and not read_document(text, entry.path).source.opening:
            reason = "has no header: it describes the folder, and is not a term"
            return entry._replace(status=SKIPPED, reason=reason, stamp=None)
        return self._read_as(entry._replace(status=CREATED), text)

    def _of_trash(self, entry: PlannedFile, last: LastFile) -> PlannedFile:
        term = last.term or 0
        entry = entry._replace(term=term, before=last.path)
        back = entry._replace(status=CREATED, is_back=True, reason="is restored from the trash")
        if last.is_missing:
            return back
        if entry.fingerprint == last.fingerprint or entry.fingerprint in self.trashed[term][1]:
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
        term = self.terms.get(file.term or 0)
        if term is None:
            return None
        entry = PlannedFile(file.path, REMOVED, term=term.pk, term_path=term.path, before=file.path)
        if file.is_missing:
            if term.pk in self.asked:
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

    # Its text

    def _compared(self, entry: PlannedFile, known: Known) -> PlannedFile:
        fingerprint = entry.fingerprint
        if fingerprint == known.fingerprint:
            if known.problem:
                return entry._replace(status=INVALID, reason=_kept(known.problem))
            return entry
        last = self.files.get(entry.before)
        base = last.fingerprint if last and last.term == known.pk else ""
        if fingerprint == base or (not base and self._is_former(known, fingerprint)):
            return entry._replace(reason=EDITED_HERE)
        base = base or self.bases.get(known.pk, "")
        text = self._read(entry.path)
        if base == known.fingerprint:
            return self._read_as(entry._replace(status=UPDATED), text)
        return self._merged(entry, known, base, text)

    def _read_as(self, entry: PlannedFile, text: str) -> PlannedFile:
        """Plan to save ``text`` as it is."""
        path = entry.term_path or entry.path
        document = read_document(text, path)
        entry = entry._replace(document=document)
        if document.problem:
            return entry._replace(status=INVALID, reason=_kept(str(document.problem)))
        other = self.names.setdefault(name_key(document.name), path)
        if other not in (path, entry.renamed_from):
            line = line_of_name(document)
            reason = f"line {line}: “{document.name}” is also the name of “{other}”"
            return entry._replace(reason=reason)
        return entry

    def _is_former(self, known: Known, fingerprint: str) -> bool:
        return Revision.objects.filter(term=known.pk, fingerprint=fingerprint).exists()

    def _merged(self, entry: PlannedFile, known: Known, base: str, text: str) -> PlannedFile:
        texts = Revision.objects.filter(term=known.pk)
        common = texts.filter(fingerprint=base).values_list("text", flat=True).first()
        here = texts.get(number=known.version).text
        side = self._side(entry.path)
        merged = self._merge(common, text, here, PREFERRED.get(side))
        if merged.left and self._is_decided(entry, known, common, text, here, merged.left):
            merged = self._merge(common, text, here, PREFERRED[FILE])
        if merged.text is None:
            words = "changed in the file and here" if common else "created in the file and here"
            reason = f"{words}: {', '.join(merged.collisions)}"
            return self._conflict(entry, known, text, reason)
        return entry._replace(
            status=MERGED,
            reason="with what was edited here",
            document=read_document(merged.text, entry.term_path),
            in_file=read_document(text, entry.term_path),
        )

    def _merge(self, common: str | None, text: str, here: str, prefer: str | None) -> Merge:
        return merge_texts(
            common, ours=text, theirs=here, prefer=prefer, is_known=self.names.__contains__
        )

    def _conflict(self, entry: PlannedFile, known: Known, text: str, reason: str) -> PlannedFile:
        entry = entry._replace(status=CONFLICT, reason=reason)
        last = self._conflict_of(entry.path)
        if last == (text, known.version):
            return entry
        return entry._replace(conflict_text=text, conflict_version=known.version)

    def _conflict_of(self, path: str) -> tuple[str, int]:
        """Return the text of the file and the version of the term at the last conflict."""
        last = self.files.get(path)
        if not last or not last.conflict_version:
            return "", 0
        rows = self.rows.filter(path=path)
        return rows.values_list("conflict_text", "conflict_version")[0]

    def _is_decided(
        self,
        entry: PlannedFile,
        known: Known,
        common: str | None,
        text: str,
        here: str,
        left: Collection[Collision],
    ) -> bool:
        """Whether the file was edited, after the last conflict, at all places that collide."""
        before, version = self._conflict_of(entry.path)
        if version != known.version or before == text:
            return False
        former = self._merge(common, before, here, None)
        undecided = {(one.name, one.ours, one.theirs) for one in former.left}
        return not any((one.name, one.ours, one.theirs) in undecided for one in left)

    def _side(self, path: str) -> str:
        return self.sides.get(path) or self.sides.get(ALL, "")


PREFERRED = {FILE: "ours", GLOSSARY: "theirs"}  # the sides of ``merge_texts``


def _texts_of(terms: Iterable[int]) -> Iterator[tuple[int, str]]:
    for some in batches(terms):
        rows = Revision.objects.filter(term__in=some).order_by("term", "number")
        yield from rows.values_list("term", "text")


def _is_saved(entry: PlannedFile) -> bool:
    return bool((entry.document or entry.renamed_from) and not entry.is_back)


def _also(entry: PlannedFile, words: str) -> PlannedFile:
    return entry._replace(reason=f"{words}; {entry.reason}" if entry.reason else words)


def _kept(problem: str) -> str:
    return f"{problem} (kept as text)"


def in_common(entries: Iterable[PlannedFile]) -> Iterator[AgreedFile]:
    """Yield the files with a common text once the plan is applied."""
    for entry in entries:
        in_common = entry.status != CONFLICT and EDITED_HERE not in entry.reason
        if entry.stamp and entry.fingerprint and in_common:
            yield AgreedFile(entry.path, entry.fingerprint, entry.stamp.trusted(), entry.term)

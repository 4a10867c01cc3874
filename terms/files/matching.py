"""Which term each file of a folder is of, whatever its path.

Files are renamed in the folder, and terms in the glossary. A file is matched by the path at which
the folder had it, by the current and former paths of terms, then by its text. The paths are
compared with three sides, as texts are: see ``Match.moved``.
"""

import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from terms.formats.similarity import most_similar

SAME = ""
IN_FOLDER, HERE, BOTH = "in the folder", "here", "both"


class Known(NamedTuple):
    """The stored state of a term, enough to compare it without reading its text."""

    pk: int
    path: str
    version: int
    fingerprint: str
    problem: str
    name_key: str


class LastFile(NamedTuple):
    """A file as last read from or written to the folder: ``TermFile``."""

    path: str
    stamp: str
    fingerprint: str
    term: int | None
    is_missing: bool
    conflict_version: int  # of the term, or 0 if the file has no conflict


class Match(NamedTuple):
    """The term of a file. ``moved`` names the side that renamed it since they agreed.

    ``before`` is the path at which the folder had it. ``is_copy`` if another file is of the
    term: this one is at a path that it had before.
    """

    term: Known
    moved: str = SAME
    before: str = ""
    is_copy: bool = False


@dataclass
class Evidence:
    """What is known of files and terms. ``missing`` are files that the folder no longer has."""

    present: Collection[str]
    files: Mapping[str, LastFile]
    missing: Collection[LastFile]
    terms: Mapping[int, Known]
    trashed: Mapping[int, Known]
    former: Mapping[str, int]
    read: Callable[[str], str | None]  # the text of a file, or None if it cannot be read
    texts_of: Callable[[Iterable[int]], Iterable[tuple[int, str]]]  # all texts of terms, by id
    renamed: Mapping[str, str]  # as the source found: new path → old path


def loose(path: str) -> str:
    """Return ``path`` for comparison without case and composition."""
    return unicodedata.normalize("NFC", path).casefold()


def match_files(
    paths: Collection[str], known: Evidence, taken: Collection[int]
) -> dict[str, Match]:
    """Return the terms of the files at ``paths``. ``taken`` are terms of files not among them."""
    return _Matching(known, set(taken)).match(paths)


class _Matching:
    def __init__(self, known: Evidence, taken: set[int]):
        self.known = known
        self.taken = taken
        self.found: dict[str, Match] = {}
        self.all_terms = {**known.terms, **known.trashed}
        self.by_path = {term.path: term for term in known.terms.values()}
        self.before = {file.term: file.path for file in known.missing if file.term}

    def match(self, paths: Collection[str]) -> dict[str, Match]:
        for step in (
            self._by_file_and_path, self._by_file, self._by_path, self._by_source,
            self._by_former_path, self._by_loose_path,
        ):  # fmt: skip
            for path in self._rest(paths):
                if term := step(path):
                    self._take(path, term)
        rest = [
            path for path in self._rest(paths) if not (self._is_of_trash(path) or self._copy(path))
        ]
        gone = {pk for pk in self.before if pk in self.all_terms and pk not in self.taken}
        if rest and gone:
            self._by_text(rest, gone)
        return self.found

    def _rest(self, paths: Collection[str]) -> list[str]:
        return [path for path in paths if path not in self.found]

    def _last(self, path: str) -> Known | None:
        """Return the term whose file was at ``path`` of the folder."""
        last = self.known.files.get(path)
        return self.known.terms.get(last.term) if last and last.term else None

    def _is_of_trash(self, path: str) -> bool:
        """Whether the file at ``path`` is of a term that is in the trash, and of no other."""
        last = self.known.files.get(path)
        return last is not None and last.term is not None and not last.is_missing

    def _by_file_and_path(self, path: str) -> Known | None:
        term, last = self.by_path.get(path), self._last(path)
        return term if last is None or last == term else None

    def _by_file(self, path: str) -> Known | None:
        return self._last(path)

    def _by_path(self, path: str) -> Known | None:
        return self.by_path.get(path)

    def _by_source(self, path: str) -> Known | None:
        return self._last(self.known.renamed.get(path, ""))

    def _by_former_path(self, path: str) -> Known | None:
        term = self.known.terms.get(self.known.former.get(path, 0))
        return term if term and term.path not in self.known.present else None

    def _by_loose_path(self, path: str) -> Known | None:
        term = self._loosely.get(loose(path))
        return term if term and term.path not in self.known.present else None

    @cached_property
    def _loosely(self) -> dict[str, Known]:
        return {loose(path): term for path, term in self.by_path.items()}

    def _take(self, path: str, term: Known) -> None:
        if term.pk in self.taken:
            return
        self.taken.add(term.pk)
        before = self._path_before(path, term)
        self.found[path] = Match(term, _moved(before, path, term.path), before)

    def _path_before(self, path: str, term: Known) -> str:
        """Return the path at which both sides had the file, or an empty string."""
        last = self._last(path)
        if last == term:
            return path
        if term.pk in self.before:
            return self.before[term.pk]
        return path if self.known.former.get(path) == term.pk else term.path

    def _copy(self, path: str) -> bool:
        """Match a file that is left at a former path, beside the current one."""
        term = self._last(path)
        if term and term.pk in self.taken:
            self.found[path] = Match(term, HERE, path, is_copy=True)
        return path in self.found

    def _by_text(self, paths: Collection[str], gone: Collection[int]) -> None:
        """Match files with the terms of files that are ``gone`` from the folder."""
        texts = {path: text for path in paths if (text := self.known.read(path)) is not None}
        newest: dict[int, str] = {}
        having: dict[str, list[Known]] = {}
        for pk, text in self.known.texts_of(gone):
            newest[pk] = text
            having.setdefault(text, []).append(self.all_terms[pk])
        for path, text in texts.items():
            name = path.rpartition("/")[2]
            terms = [term for term in having.get(text, ()) if term.pk not in self.taken]
            if terms:
                same_name = (term for term in terms if term.path.rpartition("/")[2] == name)
                self._take(path, next(same_name, terms[0]))
        rest = {path: text for path, text in texts.items() if path not in self.found}
        # A similar text may be that of a new term, so it is not given to one that was deleted.
        live = self.known.terms.keys() - self.taken
        old = {pk: text for pk, text in newest.items() if pk in live}
        for path, pk in most_similar(rest, old):
            self._take(path, self.all_terms[pk])


def _moved(before: str, path: str, term_path: str) -> str:
    if path == term_path:
        return SAME
    if before == term_path:
        return IN_FOLDER
    return HERE if before == path else BOTH

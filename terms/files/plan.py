"""An import plan: what is to be done with each file of a folder, and why."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from terms.formats.collisions import Collision, Prefer
from terms.formats.document import TermDocument
from terms.models import ChangeSet, Glossary
from terms.models.files import AgreedFile

from .folder import Stamp
from .sources import TermFileSource

CREATED, UPDATED, UNCHANGED, RENAMED = "created", "updated", "unchanged", "renamed"
MERGED, REMOVED, SKIPPED = "merged", "removed", "skipped"
INVALID, CONFLICT = "invalid", "conflict"
STATUSES = (
    CREATED, UPDATED, UNCHANGED, RENAMED, MERGED, REMOVED, SKIPPED, INVALID, CONFLICT
)  # fmt: skip

EDITED_HERE = "edited here since; export to update the file"
KEPT_HERE = "is kept here; an export writes it"  # though the folder no longer has it
FEW_REMOVED = 3  # files that are removed without a question, whatever their share

# The side of a conflict that is taken: path → side, or path → key of a collision → side. ALL is for
# the other paths or collisions. Passages may also take both.
GLOSSARY, FILE, BOTH_SIDES = "glossary", "file", "both"
ALL = ""
Sides = Mapping[str, str | Mapping[str, str]]
_PREFERRED = {FILE: "ours", GLOSSARY: "theirs", BOTH_SIDES: "both"}  # of ``merge_texts``


class Upload(NamedTuple):
    """What is known of files that a person uploads, of which no earlier state is stored.

    ``bases``: path → fingerprint of the text that the file was made from. ``is_whole`` if the
    terms of files that are not among them were removed.
    """

    is_whole: bool = False
    bases: Mapping[str, str] = {}


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
    version: int = 0  # of the term, if it was compared
    term_path: str = ""  # the path of the term, once the plan is applied
    before: str = ""  # the path of the file at the last import or export
    renamed_from: str = ""  # the path of the term, if the plan renames it
    is_back: bool = False  # the term is in the trash and has to be restored
    conflict_text: str = ""  # the text of a file with a new conflict
    conflict_version: int = 0
    collisions: tuple[Collision, ...] = ()  # without a chosen side

    @property
    def is_saved(self) -> bool:
        return bool(self.document or self.renamed_from)


class FileOrigin(NamedTuple):
    """Who wrote the text of a file: the id of their account, if they have one, and the commit."""

    author: int | None
    text: str


NO_ORIGIN = FileOrigin(None, "")


@dataclass
class Plan:
    glossary: Glossary
    source: TermFileSource
    entries: list[PlannedFile]
    versions: dict[str, tuple[int, int]]  # path → term id and version, for terms to be saved
    agrees_again: bool = False  # whether a file has a new common text, the base of the next import
    known_files: int = 0  # files that the folder had at the last import or export
    sides: Sides = field(default_factory=dict)
    title: str = ""  # of the change set
    origins: Mapping[str, FileOrigin] = field(default_factory=dict)  # by path
    change_set: ChangeSet | None = None  # what was carried out
    upload: Upload | None = None

    @property
    def place(self) -> str:
        return self.source.place

    @property
    def counts(self) -> dict[str, int]:
        found = Counter(entry.status for entry in self.entries)
        return {status: found[status] for status in STATUSES}

    @property
    def to_save(self) -> list[PlannedFile]:
        return [entry for entry in self.entries if entry.is_saved]

    @property
    def removed(self) -> list[PlannedFile]:
        return [entry for entry in self.entries if entry.status == REMOVED]

    @property
    def removes_many(self) -> bool:
        """Whether so many files are gone that a person should confirm it."""
        return self.is_many(len(self.removed), self.known_files)

    @staticmethod
    def is_many(removed: int, known_files: int) -> bool:
        is_all = removed > 1 and removed == known_files
        return is_all or (removed > FEW_REMOVED and 3 * removed > known_files)

    def without(self, paths: Collection[str]) -> "Plan":
        """Return the plan without some files, which the next import proposes again."""
        kept = [entry for entry in self.entries if entry.path not in paths]
        return replace(self, entries=kept)


def in_common(entries: Iterable[PlannedFile]) -> Iterator[AgreedFile]:
    """Yield the files with a common text once the plan is applied."""
    for entry in entries:
        in_common = entry.status != CONFLICT and EDITED_HERE not in entry.reason
        if entry.stamp and entry.fingerprint and in_common:
            yield AgreedFile(entry.path, entry.fingerprint, entry.stamp.trusted(), entry.term)


def side_for(sides: Sides, path: str) -> str:
    """Return the side that was chosen for a path, or an empty string."""
    chosen = sides.get(path) or sides.get(ALL, "")
    return chosen if isinstance(chosen, str) else chosen.get(ALL, "")


def preferred(sides: Sides, path: str) -> Prefer:
    """Return the sides that were chosen for the collisions of a file, for ``merge_texts``."""
    chosen = sides.get(path, "")
    if isinstance(chosen, str) or not chosen.keys() - {ALL}:
        return _PREFERRED.get(side_for(sides, path))
    return {key: _PREFERRED[side] for key, side in chosen.items() if key != ALL}

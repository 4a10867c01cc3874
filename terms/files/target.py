"""The target of an export, and what was done with each file."""

import errno
from collections.abc import Iterable
from typing import NamedTuple, Protocol

from .beside import FilesBeside
from .folder import FolderError, Stamp

WRITTEN, UNCHANGED, RENAMED, REMOVED = "written", "unchanged", "renamed", "removed"
DIFFERS, MISSING, SURPLUS = "differs", "missing", "surplus"
CONFLICT, SKIPPED = "conflict", "skipped"
STATUSES = (
    WRITTEN, UNCHANGED, RENAMED, REMOVED, DIFFERS, MISSING, SURPLUS, SKIPPED, CONFLICT
)  # fmt: skip
EDITED = "was edited in the folder; import it first"
REMOVED_THERE = "was removed from the folder; import the folder first"
IS_DIFFERENCE = frozenset({DIFFERS, MISSING, SURPLUS, CONFLICT})


class Target(FilesBeside, Protocol):
    """Where files are written to; ``place`` identifies it, as in ``TermFileSource``.

    ``write`` and ``remove`` also take the paths of pictures and of other files beside the terms.
    """

    def has_any(self, paths: Iterable[str]) -> bool:
        """Return whether there is something at one of these paths."""
        ...

    def read(self, path: str) -> bytes: ...

    def write(self, path: str, content: bytes, replaces: bool = True) -> Stamp: ...

    def remove(self, path: str) -> None: ...


class Exported(NamedTuple):
    """What was done with a file. ``term`` is the id of its term, ``before`` its former path."""

    path: str
    status: str
    reason: str = ""
    term: int | None = None
    before: str = ""


def write_file(target: Target, path: str, content: bytes, replaces: bool) -> Stamp:
    """Write a file, and return its stamp. Raises FolderError."""
    try:
        return target.write(path, content, replaces)
    except FolderError:
        raise
    except OSError as error:
        full = " The files written so far are whole." if error.errno == errno.ENOSPC else ""
        raise FolderError(f"“{path}” cannot be written: {error.strerror}.{full}") from error

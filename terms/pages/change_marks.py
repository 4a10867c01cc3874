"""Change marks of the readers' side, shared between the processes of a SQLite database.

Two marks of 16 bytes in a small file beside the database. It is read and written, not mapped into
memory: a full disk or a truncated file would end a process that maps it.

A writer of pages sets the first mark while it holds the database's write lock, and the second one
to the same value after the commit. As long as both are what they were, no page was written; while
they differ, or after a writer was killed between them, readers have to ask the database.
"""

import os
import threading
from functools import lru_cache
from pathlib import Path

from django.db import connection, transaction

MARK = 16  # bytes
_begun = threading.local()


class Generation:
    def __init__(self, path: Path, mode: int):
        file = os.open(path, os.O_RDWR | os.O_CREAT, mode)
        try:
            status = os.fstat(file)
            self._inode = status.st_ino
            self._path = path
            if status.st_size < 2 * MARK:
                os.pwrite(file, bytes(2 * MARK - status.st_size), status.st_size)
        except OSError:
            os.close(file)
            raise
        self._file = file

    def marks(self) -> bytes:
        """Both of them, that of the last writing begun and that of the last one ended."""
        return os.pread(self._file, 2 * MARK, 0)

    def is_there(self) -> bool:
        """Whether others still find the same file; a folder that was restored has another."""
        try:
            return os.stat(self._path).st_ino == self._inode
        except OSError:
            return False

    def begin(self) -> bytes:
        mark = os.urandom(MARK)
        os.pwrite(self._file, mark, 0)
        return mark

    def end(self, mark: bytes) -> None:
        """A write that began later ends the marks itself."""
        if self.marks()[:MARK] == mark:
            os.pwrite(self._file, mark, MARK)


def is_settled(marks: bytes) -> bool:
    """Whether no write is in progress."""
    return len(marks) == 2 * MARK and marks[:MARK] == marks[MARK:]


def generation_of(database: str) -> Generation | None:
    """None where there is no file to share; then readers ask the database each time."""
    found = _generation_of(database)
    if found is not None and not found.is_there():
        _generation_of.cache_clear()
        found = _generation_of(database)
    return found


@lru_cache(maxsize=4)
def _generation_of(database: str) -> Generation | None:
    path = Path(database)
    try:
        # The marks have the permissions of the database.
        return Generation(path.with_name(f"{path.name}-pages"), path.stat().st_mode & 0o777)
    except OSError:
        return None


def announce() -> None:
    """Tell that this transaction, which has the write lock already, writes pages."""
    if connection.vendor != "sqlite":
        return
    generation = generation_of(str(connection.settings_dict["NAME"]))
    if generation is not None:
        mark = _begun.mark = generation.begin()
        transaction.on_commit(lambda: generation.end(mark))


def settle() -> None:
    """Tell that what this thread announced was rolled back, so that nothing is different."""
    mark = _begun.__dict__.pop("mark", None)
    if mark is not None and connection.vendor == "sqlite":
        generation = generation_of(str(connection.settings_dict["NAME"]))
        if generation is not None:
            generation.end(mark)

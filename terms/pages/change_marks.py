"""Change marks of the public site, shared by the processes that use a SQLite database.

Two marks of 16 bytes are in a small file next to the database. The file is read and written, not
mapped into memory: a full disk or a truncated file would end a process that maps it.

A writer of pages sets the first mark while it holds the database's write lock, and the second one
to the same value after the commit. While both marks are unchanged, no page was written. While they
differ, also after a writer was killed between the two, readers must query the database.
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
        """Return both marks: of the last write begun and of the last write ended."""
        return os.pread(self._file, 2 * MARK, 0)

    def is_there(self) -> bool:
        """Return whether the path still has this file; a restored folder has another one."""
        try:
            return os.stat(self._path).st_ino == self._inode
        except OSError:
            return False

    def begin(self) -> bytes:
        mark = os.urandom(MARK)
        os.pwrite(self._file, mark, 0)
        return mark

    def end(self, mark: bytes) -> None:
        """Set the second mark, unless a later write has begun, which then sets it."""
        if self.marks()[:MARK] == mark:
            os.pwrite(self._file, mark, MARK)


def is_settled(marks: bytes) -> bool:
    """Return whether no write is in progress."""
    return len(marks) == 2 * MARK and marks[:MARK] == marks[MARK:]


def generation_of(database: str) -> Generation | None:
    """Return the marks of ``database``, or None if it has no file to share.

    Without marks, readers query the database each time.
    """
    found = _generation_of(database)
    if found is not None and not found.is_there():
        _generation_of.cache_clear()
        found = _generation_of(database)
    return found


@lru_cache(maxsize=4)
def _generation_of(database: str) -> Generation | None:
    path = Path(database)
    try:
        # The file has the permissions of the database.
        return Generation(path.with_name(f"{path.name}-pages"), path.stat().st_mode & 0o777)
    except OSError:
        return None


def announce() -> None:
    """Mark that this transaction, which already holds the write lock, writes pages."""
    if connection.vendor != "sqlite":
        return
    generation = generation_of(str(connection.settings_dict["NAME"]))
    if generation is not None:
        mark = _begun.mark = generation.begin()
        transaction.on_commit(lambda: generation.end(mark))


def settle() -> None:
    """Settle the marks after a rollback in this thread: no page has changed."""
    mark = _begun.__dict__.pop("mark", None)
    if mark is not None and connection.vendor == "sqlite":
        generation = generation_of(str(connection.settings_dict["NAME"]))
        if generation is not None:
            generation.end(mark)

"""Reads stored pages from SQLite, bypassing the ORM.

Before each response, a reader checks whether anything was written. The marks of
``pages.change_marks`` tell this at no cost. While they are not settled, and once a second in any
case, SQLite's ``data_version`` does (https://www.sqlite.org/pragma.html#pragma_data_version).
SQLite's own files are never opened here: closing one would release this process's locks on it
(https://www.sqlite.org/howtocorrupt.html#posix_advisory_locks_canceled_by_a_separate_thread_doing_close_).
"""

import os
import sqlite3
import threading
from pathlib import Path
from time import monotonic
from typing import Any, NamedTuple, Protocol
from urllib.parse import quote

from terms.pages.change_marks import generation_of, is_settled

try:
    from psycopg import Error as PostgresError
except ImportError:  # only needed for PostgreSQL
    DATABASE_ERRORS: tuple[type[Exception], ...] = (sqlite3.Error,)
else:
    DATABASE_ERRORS = (sqlite3.Error, PostgresError)
MOST = 1_000  # changed paths that are listed one by one
_NEVER = b"never"  # equals no marks
TRUSTED = 1.0  # seconds to trust the marks alone; other programs may write without them
BUSY = 0.25  # seconds to wait for SQLite's lock; readers get kept pages


class StoredPage(NamedTuple):
    """``gzip`` is empty if compression does not help; else ``body`` is."""

    status: int
    type: str
    etag: str
    location: str
    changed_at: str
    body: bytes
    gzip: bytes

    @property
    def size(self) -> int:
        """Uncompressed bytes, from the end of the gzip format (RFC 1952, 2.3.1)."""
        return int.from_bytes(self.gzip[-4:], "little") if self.gzip else len(self.body)


ROW = (
    "SELECT status, type, etag, location, changed_at, body, gzip FROM terms_page"
    " WHERE path = {} AND status <> 404"
)
MARK = "SELECT mark FROM terms_site"
WRITE = "SELECT sequence FROM terms_pagewrite WHERE mark = {}"
SINCE = "SELECT path FROM terms_page WHERE sequence > {} LIMIT {}"


class PageStore(Protocol):
    """The database for public pages. Each call may raise one of DATABASE_ERRORS."""

    def version(self) -> Any:
        """Return a value that changes with every write."""

    def mark(self) -> str:
        """Return the mark of the last page write, or an empty string before the first."""

    def changed_since(self, mark: str) -> list[str] | None:
        """Return the paths written after the write ``mark``.

        Returns None if there are many, or if the database does not know the mark, as after a
        restore.
        """

    def row(self, path: str) -> StoredPage | None:
        """Return the page at ``path``, or None if it does not exist or is gone."""

    def close(self) -> None: ...


class SqlitePages:
    """Reads through its own connection, one thread at a time."""

    def __init__(self, database: str | Path):
        self._path = str(database)
        self._lock = threading.Lock()
        self._opened = 0
        self._open()

    def _open(self) -> None:
        self._file = _file(self._path)
        self._connection = sqlite3.connect(
            f"file:{quote(self._path)}?mode=ro", uri=True, check_same_thread=False,
            isolation_level=None, timeout=BUSY,
        )  # fmt: skip
        self._ask = self._connection.cursor()
        generation = generation_of(self._path)
        self._marks = generation.marks if generation else bytes
        self._known: tuple[bytes, float, Any] = (_NEVER, 0.0, 0)
        self._opened += 1

    def version(self) -> Any:
        """Return a value that differs after any write, or if another file is there."""
        known, until, version = self._known
        marks = self._marks()
        now = monotonic()
        if marks == known and now < until:
            return version
        with self._lock:
            if _file(self._path) != self._file:
                self._connection.close()
                self._open()
                marks = self._marks()
            version = (self._opened, self._ask.execute("PRAGMA data_version").fetchone()[0])
            self._known = (marks if is_settled(marks) else _NEVER, now + TRUSTED, version)
        return version

    def mark(self) -> str:
        return (self._one(MARK) or ("",))[0]

    def changed_since(self, mark: str) -> list[str] | None:
        write = self._one(WRITE.format("?"), mark)
        if write is None:
            return None
        with self._lock:
            paths = [row[0] for row in self._connection.execute(SINCE.format("?", MOST + 1), write)]
        return paths if len(paths) <= MOST else None

    def row(self, path: str) -> StoredPage | None:
        found = self._one(ROW.format("?"), path)
        return StoredPage(*found) if found else None

    def close(self) -> None:
        self._connection.close()

    def _one(self, query: str, *values: str) -> Any:
        with self._lock:
            return self._connection.execute(query, values).fetchone()


def _file(path: str) -> tuple[int, int] | None:
    """Return the device and inode of the file at ``path``."""
    try:
        found = os.stat(path)
    except OSError as error:
        raise sqlite3.OperationalError(f"no database at {path}") from error
    return found.st_dev, found.st_ino

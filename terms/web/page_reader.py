"""Stored pages as the database has them this moment, read past the ORM.

A reader is asked before each answer whether anything was written since. On SQLite the marks
of ``pages.change_marks`` say so at no cost; where they do not, and once a second in any case,
its ``data_version`` does (https://www.sqlite.org/pragma.html#pragma_data_version). SQLite's
own files are never opened here: closing one would take the locks of this process off it
(https://www.sqlite.org/howtocorrupt.html#posix_advisory_locks_canceled_by_a_separate_thread_doing_close_).
"""

import os
import sqlite3
import threading
from pathlib import Path
from time import monotonic
from typing import Any, NamedTuple
from urllib.parse import quote

import psycopg

from terms.pages.change_marks import generation_of, is_settled

DATABASE_ERRORS = (sqlite3.Error, psycopg.Error)
MOST = 1_000  # changed paths that are told one by one
_NEVER = b"never"  # what marks are not
TRUSTED = 1.0  # seconds that the marks alone are believed, should another program write past them
BUSY = 0.25  # seconds to wait for a lock of SQLite's; readers have what was kept
CONNECTING, ANSWERING = 2, 1.5  # seconds that PostgreSQL has


class StoredPage(NamedTuple):
    """``gzip`` is empty where compressing would not help; else ``body`` is."""

    status: int
    type: str
    etag: str
    location: str
    changed_at: str
    body: bytes
    gzip: bytes

    @property
    def size(self) -> int:
        """In bytes, uncompressed, with which the format ends (RFC 1952, 2.3.1)."""
        return int.from_bytes(self.gzip[-4:], "little") if self.gzip else len(self.body)


_ROW = (
    "SELECT status, type, etag, location, changed_at, body, gzip FROM terms_page"
    " WHERE path = {} AND status <> 404"
)
_MARK = "SELECT mark FROM terms_site"
_WRITE = "SELECT sequence FROM terms_pagewrite WHERE mark = {}"
_SINCE = "SELECT path FROM terms_page WHERE sequence > {} LIMIT {}"


class SqlitePages:
    """Reads through a connection of its own, as one process at a time."""

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
        """Differs from what it was if anything has been written, or another file is there."""
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
        """That of the last writing of pages; empty before the first."""
        return (self._one(_MARK) or ("",))[0]

    def changed_since(self, mark: str) -> list[str] | None:
        """The paths that were written after the writing ``mark``; None where these are many, or
        the database does not know it: another one may have been restored."""
        write = self._one(_WRITE.format("?"), mark)
        if write is None:
            return None
        with self._lock:
            paths = [
                row[0] for row in self._connection.execute(_SINCE.format("?", MOST + 1), write)
            ]
        return paths if len(paths) <= MOST else None

    def row(self, path: str) -> StoredPage | None:
        found = self._one(_ROW.format("?"), path)
        return StoredPage(*found) if found else None

    def close(self) -> None:
        self._connection.close()

    def _one(self, query: str, *values: str) -> Any:
        with self._lock:
            return self._connection.execute(query, values).fetchone()


def _file(path: str) -> tuple[int, int] | None:
    """Which file has the name ``path`` now."""
    try:
        found = os.stat(path)
    except OSError as error:
        raise sqlite3.OperationalError(f"no database at {path}") from error
    return found.st_dev, found.st_ino


class Impatient(psycopg.Connection):
    """A connection that gives a query up, should the server not answer at all."""

    seconds = ANSWERING

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        try:
            return super().wait(gen, interval, timeout or self.seconds or None)
        except psycopg.errors._WaitTimeout as error:
            self.pgconn.finish()
            raise psycopg.OperationalError("the database does not answer") from error


class PostgresPages:
    """Asks for the mark of the last writing each time, so that every host is right."""

    def __init__(self, parameters: dict[str, Any]):
        self._parameters = {**parameters, "autocommit": True, "connect_timeout": CONNECTING}
        self._local = threading.local()

    def version(self) -> str:
        return self.mark()

    def mark(self) -> str:
        return (self._all(_MARK) or [("",)])[0][0]

    def changed_since(self, mark: str) -> list[str] | None:
        """As ``SqlitePages.changed_since``."""
        write = self._all(_WRITE.format("%s"), mark)
        if not write:
            return None
        paths = [row[0] for row in self._all(_SINCE.format("%s", MOST + 1), *write[0])]
        return paths if len(paths) <= MOST else None

    def row(self, path: str) -> StoredPage | None:
        found = self._all(_ROW.format("%s"), path)
        return StoredPage(*found[0]) if found else None

    def close(self) -> None:
        """Close the connection of this thread; the others end with theirs."""
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()

    def _all(self, query: str, *values: Any) -> list[tuple]:
        for attempt in (1, 2):
            connection = getattr(self._local, "connection", None)
            is_old = connection is not None and not connection.closed
            if not is_old:
                connection = self._local.connection = Impatient.connect(**self._parameters)
            try:
                return connection.execute(query, values or None).fetchall()
            except psycopg.OperationalError:
                connection.close()
                # One that the server has closed since says nothing about the server.
                if attempt == 2 or not is_old:
                    raise
        return []

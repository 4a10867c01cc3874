"""Stored pages as the database has them this moment, read past the ORM.

A reader is asked before each answer whether anything was written since. On SQLite the marks
of ``terms.generation`` say so for nothing; where they do not, and once a second in any case,
its ``data_version`` does (https://www.sqlite.org/pragma.html#pragma_data_version). SQLite's
own files are never opened here: closing one would take the locks of this process off it
(https://www.sqlite.org/howtocorrupt.html#posix_advisory_locks_canceled_by_a_separate_thread_doing_close_).
"""

import sqlite3
import threading
from collections.abc import Iterable
from pathlib import Path
from time import monotonic
from typing import Any, NamedTuple
from urllib.parse import quote

import psycopg

from .generation import generation_of, is_settled

DATABASE_ERRORS = (sqlite3.Error, psycopg.Error)


_NEVER = b"never"  # what marks are not
TRUSTED = 1.0  # seconds that the marks alone are believed, should somebody write past them


class Row(NamedTuple):
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
_SEQUENCE = "SELECT coalesce(max(sequence), 0) FROM terms_site"
_SINCE = "SELECT path FROM terms_page WHERE sequence > {} LIMIT 1000"


class SqlitePages:
    """Reads through a connection of its own, as one process at a time."""

    def __init__(self, database: str | Path):
        self._connection = sqlite3.connect(
            f"file:{quote(str(database))}?mode=ro", uri=True, check_same_thread=False,
            isolation_level=None, timeout=20,
        )  # fmt: skip
        self._lock = threading.Lock()
        self._ask = self._connection.cursor()
        generation = generation_of(str(database))
        self._marks = generation.marks if generation else bytes
        self._known: tuple[bytes, float, int] = (_NEVER, 0.0, 0)

    def version(self) -> Any:
        """Differs from what it was if anything has been written."""
        known, until, version = self._known
        marks = self._marks()
        now = monotonic()
        if marks == known and now < until:
            return version
        with self._lock:
            version = self._ask.execute("PRAGMA data_version").fetchone()[0]
        self._known = (marks if is_settled(marks) else _NEVER, now + TRUSTED, version)
        return version

    def sequence(self) -> int:
        return self._one(_SEQUENCE)[0]

    def changed_since(self, sequence: int) -> list[str]:
        with self._lock:
            return [row[0] for row in self._connection.execute(_SINCE.format("?"), (sequence,))]

    def row(self, path: str) -> Row | None:
        found = self._one(_ROW.format("?"), path)
        return Row(*found) if found else None

    def close(self) -> None:
        self._connection.close()

    def _one(self, query: str, *values: str) -> Any:
        with self._lock:
            return self._connection.execute(query, values).fetchone()


class PostgresPages:
    """Asks for the number of the last change each time, so that every host is right."""

    def __init__(self, parameters: dict[str, Any]):
        self._parameters = {**parameters, "autocommit": True}
        self._local = threading.local()

    def version(self) -> int:
        return self.sequence()

    def sequence(self) -> int:
        return self._all(_SEQUENCE)[0][0]

    def changed_since(self, sequence: int) -> list[str]:
        return [row[0] for row in self._all(_SINCE.format("%s"), sequence)]

    def row(self, path: str) -> Row | None:
        found = self._all(_ROW.format("%s"), path)
        return Row(*found[0]) if found else None

    def close(self) -> None:
        """Close the connection of this thread; the others end with theirs."""
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()

    def _all(self, query: str, *values: Any) -> list[tuple]:
        for attempt in (1, 2):
            connection = getattr(self._local, "connection", None)
            if connection is None or connection.closed:
                connection = psycopg.connect(**self._parameters)
                self._local.connection = connection
            try:
                return connection.execute(query, values or None).fetchall()
            except psycopg.OperationalError:
                connection.close()
                if attempt == 2:
                    raise
        return []


def readable_paths(paths: Iterable[str]) -> set[str]:
    """Paths as WSGI spells them (PEP 3333): the bytes of UTF-8 as characters of Latin-1."""
    return {path.encode().decode("latin-1") for path in paths}

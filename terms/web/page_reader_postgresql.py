"""Reads stored pages from PostgreSQL, bypassing the ORM."""

import threading
from typing import Any

import psycopg

from .page_reader import MARK, MOST, ROW, SINCE, WRITE, StoredPage

CONNECTING, ANSWERING = 2, 1.5  # seconds that the server has


class Impatient(psycopg.Connection):
    """A connection that abandons a query if the server does not answer."""

    seconds = ANSWERING

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        try:
            return super().wait(gen, interval, timeout or self.seconds or None)
        except psycopg.errors._WaitTimeout as error:
            self.pgconn.finish()
            raise psycopg.OperationalError("the database does not answer") from error


class PostgresPages:
    """Reads the mark of the last write each time, so that every host is current."""

    def __init__(self, parameters: dict[str, Any]):
        self._parameters = {**parameters, "autocommit": True, "connect_timeout": CONNECTING}
        self._local = threading.local()

    def version(self) -> str:
        return self.mark()

    def mark(self) -> str:
        return (self._all(MARK) or [("",)])[0][0]

    def changed_since(self, mark: str) -> list[str] | None:
        write = self._all(WRITE.format("%s"), mark)
        if not write:
            return None
        paths = [row[0] for row in self._all(SINCE.format("%s", MOST + 1), *write[0])]
        return paths if len(paths) <= MOST else None

    def row(self, path: str) -> StoredPage | None:
        found = self._all(ROW.format("%s"), path)
        return StoredPage(*found[0]) if found else None

    def close(self) -> None:
        """Close this thread's connection; the others end with their threads."""
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()

    def _all(self, query: str, *values: Any) -> list[tuple]:
        for attempt in (1, 2):
            connection: Any = getattr(self._local, "connection", None)
            is_old = connection is not None and not connection.closed
            if not is_old:
                connection = self._local.connection = Impatient.connect(**self._parameters)
            try:
                return connection.execute(query, values or None).fetchall()
            except psycopg.OperationalError:
                connection.close()
                # A connection that was closed since does not show that the server is down.
                if attempt == 2 or not is_old:
                    raise
        return []

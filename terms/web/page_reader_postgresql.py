"""Reads stored pages from PostgreSQL, past the ORM."""

import threading
from typing import Any

import psycopg

from .page_reader import MARK, MOST, ROW, SINCE, WRITE, StoredPage

CONNECTING, ANSWERING = 2, 1.5  # seconds that the server has


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
        """Close the connection of this thread; the others end with theirs."""
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
                # One that the server has closed since says nothing about the server.
                if attempt == 2 or not is_old:
                    raise
        return []

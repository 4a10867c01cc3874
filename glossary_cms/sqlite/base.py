"""SQLite, with short waits between writers.

SQLite checks a lock only ten times a second. A long write releases it for some milliseconds at a
time, which other writers would miss.
"""

import sqlite3
import time
from typing import Any
from urllib.parse import quote

from django.db import OperationalError
from django.db.backends.sqlite3 import base

LOOK_EVERY = 0.002  # seconds


class DatabaseWrapper(base.DatabaseWrapper):
    may_create = True  # until a server clears it, as it must not recreate a database that was moved

    def get_connection_params(self) -> dict[str, Any]:
        found: dict[str, Any] = super().get_connection_params()
        name = str(found["database"])
        if not self.may_create and not name.startswith((":", "file:")):
            found["database"] = f"file:{quote(name)}?mode=rw"
        return found

    def _start_transaction_under_autocommit(self) -> None:
        patience = self.settings_dict["OPTIONS"].get("timeout", 5)
        until = time.monotonic() + patience
        self.connection.execute("PRAGMA busy_timeout = 0")
        try:
            while not self._has_begun(until):
                time.sleep(LOOK_EVERY)
        finally:
            self.connection.execute(f"PRAGMA busy_timeout = {int(patience * 1000)}")

    def _has_begun(self, until: float) -> bool:
        """Return whether the write lock was free. Raises OperationalError after ``until``."""
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]  # Django has it
        except OperationalError as error:
            if not _is_busy(error) or time.monotonic() >= until:
                raise
            return False
        return True


def _is_busy(error: OperationalError) -> bool:
    code = getattr(error.__cause__, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    return code & 0xFF == sqlite3.SQLITE_BUSY  # with any extended code

from types import SimpleNamespace

import psycopg
from django.db.backends.postgresql import base

from terms.web.page_reader_postgresql import Impatient


class Patient(Impatient):
    """Waits far longer than any statement of a request takes; commands wait without limit."""

    seconds = 0.0  # no limit, until a server sets one


_driver = SimpleNamespace(**{**vars(psycopg), "connect": Patient.connect})


class DatabaseWrapper(base.DatabaseWrapper):
    Database = _driver  # type: ignore[assignment]  # what Django uses of the module

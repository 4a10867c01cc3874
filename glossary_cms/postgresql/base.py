from types import SimpleNamespace

import psycopg
from django.db.backends.postgresql import base

from terms.web.page_reader_postgresql import Impatient


class Patient(Impatient):
    """Far longer than any statement of a request takes; those of commands may take longer."""

    seconds = 0.0  # none, until ``serve`` sets it


_driver = SimpleNamespace(**{**vars(psycopg), "connect": Patient.connect})


class DatabaseWrapper(base.DatabaseWrapper):
    Database = _driver  # type: ignore[assignment]  # what Django uses of the module

"""Bulk inserts and updates without the cost of model instances."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from django.db import connection, models

from .fields import UidField

# Wraps an iterable and reports progress as it is consumed. May raise WorkEnded before an item.
Progress = Callable[[Iterable], Iterable]


class WorkEnded(Exception):
    """The work has to end before it is done, as someone asked for it."""


BATCH = 500  # rows per query
# Pause between two transactions, so that other writers get the lock: a share of the time for
# which it was held, at least PAUSE seconds.
SHARE, PAUSE = 0.25, 0.005

# Fields whose Python values need no conversion for the database driver.
_PLAIN = (models.CharField, models.TextField, models.IntegerField, models.ForeignKey, UidField)


def insert_rows(
    model: type[models.Model],
    columns: Sequence[str],
    rows: Iterable[tuple],
    replacing: Sequence[str] = (),
) -> None:
    """Insert ``rows``, each with the values of the fields named in ``columns``.

    ``replacing`` names the fields of a unique constraint: rows that conflict with it are updated.
    """
    fields = _fields(model, columns)
    values = _prepared(fields, rows)
    if not values:
        return
    quote = connection.ops.quote_name
    names = _quoted(fields)
    statement = (
        f"INSERT INTO {quote(model._meta.db_table)} ({', '.join(names)}) "  # noqa: S608 — our own
        f"VALUES ({', '.join(['%s'] * len(fields))})"
    )
    if replacing:
        unique = _quoted(_fields(model, replacing))
        changed = ", ".join(f"{name} = excluded.{name}" for name in names if name not in unique)
        statement += f" ON CONFLICT ({', '.join(unique)}) DO UPDATE SET {changed}"
    with connection.cursor() as cursor:
        cursor.executemany(statement, values)


def update_rows(
    model: type[models.Model], columns: Sequence[str], keys: Sequence[str], rows: Iterable[tuple]
) -> int:
    """Set ``columns`` of the rows that match ``keys``, and return the number of rows.

    Each of ``rows`` has the values of the columns, then those of the keys.
    """
    fields = _fields(model, (*columns, *keys))
    values = _prepared(fields, rows)
    if not values:
        return 0
    quote = connection.ops.quote_name
    tests = [f"{name} = %s" for name in _quoted(fields)]
    statement = (
        f"UPDATE {quote(model._meta.db_table)} "  # noqa: S608 — our own names
        f"SET {', '.join(tests[: len(columns)])} WHERE {' AND '.join(tests[len(columns) :])}"
    )
    with connection.cursor() as cursor:
        cursor.executemany(statement, values)
        return cursor.rowcount


def _fields(model: type[models.Model], names: Sequence[str]) -> list[models.Field]:
    known = {field.name: field for field in model._meta.concrete_fields}
    return [known[name] for name in names]


def _quoted(fields: Sequence[models.Field]) -> list[str]:
    """The names of their columns, as in SQL."""
    return [connection.ops.quote_name(str(field.column)) for field in fields]


def _prepared(fields: Sequence[models.Field], rows: Iterable[tuple]) -> list:
    converted = [
        (position, _converter(field))
        for position, field in enumerate(fields)
        if not isinstance(field, _PLAIN) or isinstance(field, models.JSONField)
    ]
    return [_converted(row, converted) for row in rows] if converted else list(rows)


_Converter = Callable[[Any], Any]


def _converter(field: models.Field) -> _Converter:
    """Return a function that converts values of ``field`` for the driver, with a cache."""
    prepared: dict[Any, Any] = {}

    def convert(value: Any) -> Any:
        key = repr(value) if isinstance(value, dict | list) else value
        if key not in prepared:
            prepared[key] = field.get_db_prep_save(value, connection)
        return prepared[key]

    return convert


def _converted(row: tuple, converters: list[tuple[int, _Converter]]) -> list:
    values = list(row)
    for position, convert in converters:
        values[position] = convert(values[position])
    return values


def batches(items: Iterable, size: int = BATCH) -> Iterator[list]:
    items = list(items)
    for start in range(0, len(items), size):
        yield items[start : start + size]


def let_others_write(began: float) -> None:
    """Sleep after a transaction that began at ``began``, a time of the monotonic clock."""
    time.sleep(max(PAUSE, (time.monotonic() - began) * SHARE))

"""CSV for spreadsheets."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from typing import Any


class _Echo:
    def write(self, line: str) -> str:
        return line


def csv_lines(header: Iterable[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield writer.writerow(header)
    for row in rows:
        yield writer.writerow(map(_harmless, row))


def _harmless(value: Any) -> str:
    """Escape a text so that spreadsheets do not run it as a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text

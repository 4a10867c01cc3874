"""The audit log. Each entry is written in the transaction of its action."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils import timezone

from terms.models import Event, Glossary
from terms.models.bulk import insert_rows

from .watching import tell_watchers

_COLUMNS = ("at", "person", "glossary", "term", "name", "kind", "detail")


def record(
    glossary: Glossary | None,
    kind: str,
    terms: Iterable[tuple[int | None, str]],
    person: Any = None,
    detail: str = "",
    at: datetime | None = None,
) -> None:
    """Log that ``person`` did this to ``terms``, pairs of id and name, and tell who watches them.

    Without an id, the name describes another object, such as a change set.
    """
    at = at or timezone.now()
    who, place = person and person.pk, glossary and glossary.pk
    rows = list(terms)
    insert_rows(Event, _COLUMNS, ((at, who, place, pk, name, kind, detail) for pk, name in rows))
    if glossary:
        tell_watchers(glossary, kind, rows, person)

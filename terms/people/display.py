"""What the admin shows to a person: one glossary or all, columns and saved filters of lists."""

from typing import Any, TypeVar

from django.db.models import QuerySet

from terms.models import Display, Glossary

from .permissions import rights

_Rows = TypeVar("_Rows", bound=QuerySet[Any])
MOST_FILTERS, LONGEST_NAME, LONGEST_QUERY = 20, 60, 1000


def display_of(person: Any) -> Display:
    """Return the display of a person, cached on ``person``; a new one is not stored."""
    if not hasattr(person, "_display"):
        kept = Display.objects.filter(person=person.pk).first() if person.pk else None
        person._display = kept or Display(person_id=person.pk)
    return person._display


def glossary_of(person: Any) -> int | None:
    """Return the id of the glossary that the person has chosen, or None for all."""
    return display_of(person).glossary_id


def of_chosen(person: Any, rows: _Rows) -> _Rows:
    """Filter ``rows``, which have a glossary, to the one that the person has chosen, or none."""
    chosen = glossary_of(person)
    return rows.filter(glossary=chosen) if chosen else rows


def choose_glossary(person: Any, pk: int | None) -> Glossary | None:
    """Show only this glossary from now on, or all. Others than those to view count as all."""
    visible = rights(person, "view_term").glossaries_in(Glossary.objects.all())
    chosen = visible.filter(pk=pk).first() if pk else None
    _keep(person, glossary=chosen)
    return chosen


def hidden_columns(person: Any, name: str, default: tuple[str, ...]) -> tuple[str, ...]:
    """Return the columns of a list that the person has hidden, or the default."""
    found = display_of(person).lists.get(name, {}).get("hidden")
    return default if found is None else tuple(found)


def hide_columns(person: Any, name: str, hidden: list[str]) -> None:
    _keep_list(person, name, hidden=hidden)


def saved_filters(person: Any, name: str) -> list[tuple[str, str]]:
    """Return the saved filters of a list: pairs of a name and the query of an address."""
    found = display_of(person).lists.get(name, {}).get("filters", [])
    return [(title, query) for title, query in found]


def save_filter(person: Any, name: str, title: str, query: str) -> None:
    """Save a filter; one with the same name is replaced. The oldest of too many is dropped."""
    title, query = title.strip()[:LONGEST_NAME], query[:LONGEST_QUERY]
    others = [one for one in saved_filters(person, name) if one[0] != title]
    _keep_list(person, name, filters=[*others, (title, query)][-MOST_FILTERS:])


def forget_filter(person: Any, name: str, title: str) -> None:
    filters = [one for one in saved_filters(person, name) if one[0] != title]
    _keep_list(person, name, filters=filters)


def _keep_list(person: Any, name: str, **values: Any) -> None:
    lists = dict(display_of(person).lists)
    lists[name] = {**lists.get(name, {}), **values}
    _keep(person, lists=lists)


def _keep(person: Any, **values: Any) -> None:
    display, _made = Display.objects.update_or_create(person_id=person.pk, defaults=values)
    person._display = display

"""People who watch terms, categories or glossaries, and names that are mentioned."""

import re
from collections.abc import Collection, Iterator
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from terms.models import Category, Event, Glossary, Revision, Term, Watching

from .notifications import NAMED, listed, tell
from .permissions import rights

WATCHED = (
    Event.Kind.PUBLISHED, Event.Kind.WITHDRAWN, Event.Kind.MOVED, Event.Kind.TRASHED,
    Event.Kind.RESTORED,
)  # fmt: skip
_COLUMNS = {Term: "term", Category: "category", Glossary: "glossary"}  # of Watching
MOST_AT_ONCE = 1_000  # rows
MOST_MENTIONED = 20  # people in one text
MOST_OFFERED, MOST_LOOKED_AT = 8, 40  # people to mention
_MENTION = re.compile(r"(?<![\w@.])@([\w.+-]{1,150})")


def tell_watchers(
    glossary: Glossary, kind: str, terms: Collection[tuple[int | None, str]], person: Any
) -> None:
    """Tell the people who watch ``terms``, pairs of id and name, what was done with them."""
    if kind not in WATCHED:
        return
    by_person = _watched(glossary, {pk for pk, _name in terms if pk}, person)
    if kind == Event.Kind.PUBLISHED and len(terms) <= NAMED:
        for author, term in _authors(terms, person):
            by_person.setdefault(author, set()).add(term)
    names = dict(terms)
    for watcher, ids in by_person.items():
        found = rights(watcher, "view_term").among(Term.with_trash.filter(pk__in=ids))
        shown = list(found.order_by("name_key")[: NAMED + 1]) if ids else []
        if shown:
            text = _words(kind, [names[term.pk] for term in shown], len(ids), person)
            tell([watcher.pk], shown[0], text)


def _authors(terms: Collection[tuple[int | None, str]], person: Any) -> Iterator[tuple[Any, int]]:
    """Yield the authors of the newest texts of a few terms, except the person."""
    rows = Revision.objects.filter(term__in=[pk for pk, _name in terms], number=F("term__version"))
    rows = rows.filter(author__is_active=True).exclude(author=person and person.pk)
    for row in rows.select_related("author").only("author", "term"):
        yield row.author, row.term_id


def _watched(glossary: Glossary, ids: Collection[int], person: Any) -> dict[Any, set[int]]:
    """Return which of the terms with these ids are watched, by whom, except the person."""
    watches = Watching.objects.filter(Q(term__in=ids) | Q(term=None), glossary=glossary)
    watches = watches.exclude(person=person and person.pk).select_related("person").order_by("pk")
    by_category: dict[int | None, set[int]] = {}
    if watches:
        for pk, category in Term.with_trash.filter(pk__in=ids).values_list("pk", "category"):
            by_category.setdefault(category, set()).add(pk)
    found: dict[Any, set[int]] = {}
    for watch in watches:
        if watch.term_id:
            matches = {watch.term_id}
        else:
            matches = by_category.get(watch.category_id, set()) if watch.category_id else set(ids)
        found.setdefault(watch.person, set()).update(matches)
    return found


def _words(kind: str, names: list[str], count: int, person: Any) -> str:
    text = _("{person} {action}: {terms}.")
    action = Event.Kind(kind).label
    return text.format(person=person or _("A command"), action=action, terms=listed(names, count))


def watchers_of(term: Term) -> set[int]:
    """Return the ids of the people who watch this term itself."""
    return set(Watching.objects.filter(term=term.pk).values_list("person", flat=True))


def watched_by(person: Any, term: Term) -> set[str]:
    """Return which of “term”, “category” and “glossary” a person watches of a term."""
    of_term = Q(term=term.pk) | Q(term=None, category=None)
    if term.category_id:
        of_term |= Q(term=None, category=term.category_id)
    rows = Watching.objects.filter(of_term, person=person.pk, glossary=term.glossary_id)
    return {
        "term" if one.term_id else "category" if one.category_id else "glossary" for one in rows
    }


def set_watches(person: Any, term: Term, scopes: Collection[str]) -> None:
    """Let a person watch exactly these of “term”, “category” and “glossary” of a term."""
    wanted: dict[str, dict[str, Any]] = {
        "term": {"term": term.pk, "category": None},
        "category": {"term": None, "category": term.category_id},
        "glossary": {"term": None, "category": None},
    }
    for scope, columns in wanted.items():
        if scope == "category" and term.category_id is None:
            continue
        ids = {f"{name}_id": value for name, value in columns.items()}
        rows = Watching.objects.filter(person=person.pk, glossary=term.glossary_id, **ids)
        if scope not in scopes:
            rows.delete()
        elif not rows.exists():
            Watching.objects.create(person_id=person.pk, glossary_id=term.glossary_id, **ids)


def watch(person: Any, rows: QuerySet) -> int:
    """Let a person watch ``rows``: terms, categories or glossaries. Return how many are new."""
    watched = _watches(person, rows).values_list(_COLUMNS[rows.model], flat=True)
    new = rows.exclude(pk__in=list(watched)).order_by("pk")[:MOST_AT_ONCE]
    made = [Watching(person_id=person.pk, **_place(row)) for row in new]
    Watching.objects.bulk_create(made, ignore_conflicts=True)
    return len(made)


def unwatch(person: Any, rows: QuerySet) -> int:
    """Stop watching ``rows``. Return how many were watched."""
    return _watches(person, rows).delete()[0]


def _watches(person: Any, rows: QuerySet) -> QuerySet[Watching]:
    found = Watching.objects.filter(person=person.pk)
    if rows.model is Glossary:
        found = found.filter(term=None, category=None)
    return found.filter(**{f"{_COLUMNS[rows.model]}__in": rows.values("pk")})


def _place(row: Any) -> dict[str, Any]:
    if isinstance(row, Glossary):
        return {"glossary": row}
    return {"glossary_id": row.glossary_id, _COLUMNS[type(row)]: row}


def people_called(start: str, term: Term) -> list[tuple[str, str]]:
    """Return user names and full names of people who may view a term, for what is typed after @.

    One of the names begins with ``start``, whatever its case.
    """
    begins = Q()
    for name in ("username", "first_name", "last_name"):
        begins |= Q(**{f"{name}__istartswith": start})
    people = get_user_model().objects.filter(begins, is_active=True, is_staff=True)
    found = [
        (one.get_username(), one.get_full_name())
        for one in people.order_by("username")[:MOST_LOOKED_AT]
        if rights(one, "view_term").hold_for(term)
    ]
    return found[:MOST_OFFERED]


def mentioned_in(text: str, term: Term) -> set[int]:
    """Return the ids of the people whose user names a text mentions as ``@name``.

    They have to be active, and may view the term.
    """
    names = {name.rstrip(".").casefold() for name in _MENTION.findall(text)}
    if not names:
        return set()
    wanted = Q()
    for name in sorted(names)[:MOST_MENTIONED]:
        wanted |= Q(username__iexact=name)
    people = get_user_model().objects.filter(wanted, is_active=True, is_staff=True)
    return {one.pk for one in people if rights(one, "view_term").hold_for(term)}

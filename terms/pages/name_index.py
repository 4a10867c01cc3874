"""Name files for search without a server: one file, or one for each beginning of words."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from django.db.models import F, Q, QuerySet

from terms.addresses import NAMES, home_path
from terms.models import Glossary, Page, PublishedName
from terms.rendering import words
from terms.search import index as search_index

from .entries import Scope, gist
from .lists import Listing
from .store import GONE, JSON, Built

BEGINNING = 2  # characters of a word


def index_path(glossary: Glossary, beginning: str = "") -> str:
    """Return the path of the index, or of the part for ``beginning``.

    Beginnings are written in hexadecimal, which keeps them distinct on every file system.
    """
    name = f"{NAMES}/{beginning.encode().hex()}" if beginning else NAMES
    return f"{home_path(glossary.slug)}{name}.json"


def beginnings(names: Iterable[str]) -> set[str]:
    return {word[:BEGINNING] for name in names for word in words(name)}


def all_beginnings(glossary: Glossary) -> set[str]:
    return beginnings(_shown(glossary).order_by().values_list("name", flat=True))


def index_pages(glossary: Glossary, touched: Collection[str] | None) -> Iterator[Built]:
    """Yield the index; if it is split, also its parts for ``touched`` beginnings (None: all)."""
    if not Listing(glossary, Scope()).is_split:
        yield _built(index_path(glossary), {"split": 0, "names": list(_all(glossary))})
        return
    yield _built(index_path(glossary), {"split": BEGINNING, "names": []})
    if touched is None:
        found: dict[str, list] = defaultdict(list)
        for row in _rows(glossary):
            for beginning in beginnings([row[0]]):
                found[beginning].append(row)
        for beginning in sorted(found):
            yield _built(index_path(glossary, beginning), {"names": found[beginning]})
        return
    for beginning in sorted(touched):
        if rows := list(_rows(glossary, beginning)):
            yield _built(index_path(glossary, beginning), {"names": rows})


def stored_indexes(glossary: Glossary) -> set[str]:
    start = f"{home_path(glossary.slug)}names/"
    pages = Page.objects.filter(path__gte=start, path__lt=start[:-1] + "0", type=JSON)
    return set(pages.exclude(status=GONE).values_list("path", flat=True))


def _all(glossary: Glossary) -> Iterator[list[str]]:
    """Yield rows of name, path, the term's own name if it differs, and definition."""
    home = home_path(glossary.slug)
    columns = ("name", "term__path", "term__name", "term__description")
    names = _shown(glossary).order_by("term__sort_key", "pk")
    for name, path, whose, text in names.values_list(*columns):
        yield [name, path.removeprefix(home), whose if whose != name else "", gist(text)]


def _shown(glossary: Glossary) -> QuerySet[PublishedName]:
    """Return the terms' own names and aliases, without misspellings."""
    is_own = Q(is_alias=False, name=F("term__name"))
    return PublishedName.objects.filter(
        is_own | Q(is_alias=True, is_hidden=False), glossary=glossary
    )


def _rows(glossary: Glossary, start: str | None = None) -> Iterator[list[str]]:
    """Yield rows of name, path below the glossary and, for an alias, the term's own name."""
    names = _shown(glossary)
    if start is not None:
        names = names.filter(term__in=search_index.beginning(glossary.pk, start))
    home = home_path(glossary.slug)
    columns = ("name", "term__path", "term__name")
    for name, path, whose in names.order_by("term__sort_key", "pk").values_list(*columns):
        if start is None or start in beginnings([name]):
            yield [name, path.removeprefix(home), *([whose] if whose != name else [])]


def _built(path: str, value: Any) -> Built:
    return Built(path, json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(), JSON)

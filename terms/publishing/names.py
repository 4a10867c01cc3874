"""Names and search rows of published terms."""

from collections.abc import Iterable
from typing import NamedTuple

from terms.formats.paths import name_key
from terms.models import Glossary, PublishedName, PublishedTerm
from terms.models.bulk import insert_rows
from terms.models.term import NAME_LENGTH
from terms.rendering import bucket, spellings, words
from terms.search import index as search_index

from .candidates import Batch


class NameRow(NamedTuple):
    term: int
    name: str
    key: str
    glossary: int
    bucket: str
    is_alias: bool
    is_hidden: bool


def write_published_names(glossary: Glossary, batch: Batch) -> list[NameRow]:
    """Write the names by which terms are found."""
    PublishedName.objects.filter(term__in=[page.pk for _, page in batch.values()]).delete()
    rows = []
    for live, page in batch.values():
        seen: set[str] = set()
        for whole in (page.name, *live.document.aliases):
            is_alias = whole != page.name
            is_hidden = is_alias and whole not in page.aliases
            for name in spellings(whole):
                if (key := name_key(name)[:NAME_LENGTH]) not in seen:
                    seen.add(key)
                    first = bucket((words(name) or [""])[0])
                    row = (page.pk, name, key, glossary.pk, first, is_alias, is_hidden)
                    rows.append(NameRow(*row))
    insert_rows(PublishedName, NameRow._fields, rows)
    return rows


def write_words(batch: Batch, names: Iterable[NameRow]) -> None:
    others: dict[int, list[str]] = {}
    for row in names:
        if row.is_alias:
            others.setdefault(row.term, []).append(row.name)
    search_index.index_rows(_search_row(page, others) for _, page in batch.values())


def search_rows(pks: Iterable[int]) -> list[search_index.IndexRow]:
    pages = PublishedTerm.objects.filter(pk__in=pks).order_by("pk")
    others: dict[int, list[str]] = {}
    aliases = PublishedName.objects.filter(term__in=pages, is_alias=True).order_by("pk")
    for pk, name in aliases.values_list("term", "name"):
        others.setdefault(pk, []).append(name)
    return [_search_row(page, others) for page in pages.only("name", "description", "plain")]


def _search_row(page: PublishedTerm, others: dict[int, list[str]]) -> search_index.IndexRow:
    aliases = "\n".join(others.get(page.pk, ()))
    return search_index.IndexRow(page.pk, page.name, aliases, page.description, page.plain)

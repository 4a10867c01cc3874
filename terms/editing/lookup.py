"""The editors' search over the newest texts, published or not.

Published texts are searched with the readers' index, so that only unpublished ones are scanned.
"""

from collections.abc import Collection, Sequence

from django.db.models import Q
from rapidfuzz import fuzz, process

from terms.formats.paths import name_key
from terms.models import Alias, Glossary, PublishedTerm, Term
from terms.models.term import TermQuerySet
from terms.rendering import folded, words
from terms.search import index as search_index
from terms.search.readers import ALIKE, alike

MOST = 500  # results of one search
MOST_ALIKE = 20
MOST_COMPARED = 10_000  # names of unpublished texts
_TITLES = (search_index.NAME, search_index.ALIASES, search_index.DESCRIPTION)


def look_up(terms: TermQuerySet, text: str) -> set[int]:
    """Return the ids of terms that match all words of ``text``; the last word may be a prefix.

    Names and definitions are searched first, then bodies, then parts of names. Each search
    returns at most MOST + 1 ids.
    """
    for columns in (_TITLES, search_index.COLUMNS):
        found = _live(terms, words(text), columns) | _waiting(terms, text.split(), columns)
        if found:
            return found
    return _within_names(terms, name_key(text))


def names_with(terms: TermQuerySet, text: str, limit: int) -> list[str]:
    """Return names of ``terms``: those that start with ``text``, then those with its words.

    If there are none, return names that contain ``text``; for an empty one, the first names.
    """
    key = name_key(text)
    ordered = terms.order_by("name_key")
    if not key:
        return list(ordered.values_list("name", flat=True)[:limit])
    names = list(ordered.filter(_begins("name_key", key)).values_list("name", flat=True)[:limit])
    if len(names) < limit:
        some = _live(terms, words(text), [search_index.NAME]) | _waiting(
            terms, [text], [search_index.NAME]
        )
        some = some or (set() if names else _within_names(terms, key))
        more = ordered.filter(pk__in=some).exclude(name__in=names)
        names += more.values_list("name", flat=True)[: limit - len(names)]
    return names


def called(terms: TermQuerySet, name: str, limit: int) -> list[Term]:
    """Return the ``terms`` with this ``name``, then those with it as an alias."""
    key = name_key(name)
    if not key:
        return []
    # With both conditions in one query, SQLite scans all terms.
    aliases = terms.filter(pk__in=Alias.objects.filter(key=key).values("term"))
    own = terms.filter(name_key=key).order_by("pk")
    others = aliases.exclude(name_key=key).order_by("pk")
    return [*own[:limit], *others[:limit]][:limit]


def spelled_like(terms: TermQuerySet, text: str) -> set[int]:
    """Return the ids of a few of ``terms`` whose names are spelled like ``text``."""
    wanted = folded(text)
    if len(wanted) < 3:
        return set()
    published: list[int] = []
    for glossary in Glossary.objects.order_by("pk"):
        published += alike(glossary, text, MOST_ALIKE)
    seen = PublishedTerm.objects.filter(pk__in=published).values("uid")
    waiting = terms.waiting().values_list("pk", "name")[:MOST_COMPARED]
    names = {pk: folded(name) for pk, name in waiting}
    close = process.extract(wanted, names, scorer=fuzz.ratio, score_cutoff=ALIKE, limit=MOST_ALIKE)
    return {
        *terms.filter(uid__in=seen).values_list("pk", flat=True),
        *(pk for *_, pk in close),
    }


def _begins(column: str, key: str) -> Q:
    """Match rows whose normalised ``column`` starts with ``key``. LIKE alone uses no index."""
    between = {f"{column}__gte": key, f"{column}__lt": key + "\U0010ffff"}
    return Q(**between, **{f"{column}__startswith": key})


def _live(terms: TermQuerySet, looked_for: Sequence[str], columns: Collection[str]) -> set[int]:
    """Return the ids of matching terms whose newest text is published."""
    pks: list[int] = []
    for glossary in Glossary.objects.order_by("pk").values_list("pk", flat=True):
        phrases = [(word,) for word in looked_for]
        pks += search_index.find_ids(glossary, phrases, list(columns), MOST + 1)
    seen = PublishedTerm.objects.filter(pk__in=pks[: MOST + 1]).values("uid")
    return set(terms.as_published().filter(uid__in=seen).values_list("pk", flat=True))


def _waiting(terms: TermQuerySet, looked_for: Sequence[str], columns: Collection[str]) -> set[int]:
    """Return the ids of matching terms whose newest text is not published."""
    found = terms.waiting()
    for word in looked_for[: search_index.MAX_WORDS]:
        known = Alias.objects.filter(name__icontains=word).values("term")
        within = Q(pk__in=known) if search_index.ALIASES in columns else Q()
        for column in set(columns) - {search_index.ALIASES}:
            within |= Q(**{f"{column}__icontains": word})
        found = found.filter(within)
    return set(found.values_list("pk", flat=True)[: MOST + 1]) if looked_for else set()


def _within_names(terms: TermQuerySet, key: str) -> set[int]:
    if not key:
        return set()
    named = terms.filter(name_key__contains=key).values_list("pk", flat=True)[: MOST + 1]
    known = terms.filter(pk__in=Alias.objects.filter(key__contains=key).values("term"))
    return {*named, *known.values_list("pk", flat=True)[: MOST + 1]}

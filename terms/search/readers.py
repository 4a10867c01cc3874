"""The search for readers, best results first: by name, alias, definition and body."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import takewhile

from django.db.models import F
from django.utils import timezone
from rapidfuzz import fuzz, process

from terms.formats.paths import name_key
from terms.models import Glossary, PublishedName, PublishedTerm, SearchMiss, Site
from terms.rendering import BORDER, TOKEN, folded, shortened, sought, stems, words

from . import index as search_index
from .names import names_of

MAX_QUERY = 200  # characters
RESULTS = 50
RANKED = 300  # terms of a stage that are sorted; of more, the first published ones
SUGGESTIONS = 8
ALIKE = 74  # of 100: minimum similarity of a name and the query
NEARLY = 92  # the same for names added to other results: frontend, front-end
EXCERPT = 160  # characters
LONG, MOST_MARKED = 20_000, 100_000  # characters searched for one excerpt, and for all
MISSES = 10_000  # kept per glossary


@dataclass
class Hit:
    """A term found. ``also`` is the alias that matches, if only an alias does; ``title`` and
    ``excerpt`` are pieces of text, each with whether it matches."""

    term: PublishedTerm
    also: str = ""
    title: list[tuple[str, bool]] = field(default_factory=list)
    excerpt: list[tuple[str, bool]] = field(default_factory=list)


@dataclass
class Results:
    """``are_alike``: nothing matches ``query``; the hits have similar names, or match its
    probable meaning, ``meant``."""

    query: str
    hits: list[Hit]
    has_more: bool = False
    are_alike: bool = False
    meant: str = ""


def tidy(query: str) -> str:
    text = query[:MAX_QUERY].encode(errors="replace").decode().replace("\0", " ")
    return " ".join(text.split())


def find_terms(glossary: Glossary, query: str, limit: int = RESULTS) -> Results:
    query = tidy(query)
    if pks := _ranked(glossary, query, limit + 1) or named_in(glossary, query):
        return Results(query, _hits(glossary, pks[:limit], query), has_more=len(pks) > limit)
    meant = respelled(glossary, query)
    if pks := _ranked(glossary, meant, limit + 1):
        hits = _hits(glossary, pks[:limit], meant)
        return Results(query, hits, len(pks) > limit, are_alike=True, meant=meant)
    pks = alike(glossary, query, SUGGESTIONS)
    return Results(query, _hits(glossary, pks, query), are_alike=True)


def suggest_names(
    glossary: Glossary, query: str, limit: int = SUGGESTIONS
) -> list[search_index.Name]:
    """Return names that begin with ``query`` or contain its words, or else similar names."""
    query = tidy(query)
    if not query:
        return []
    found = search_index.names_from(glossary.pk, name_key(query), limit)
    if len(found) < limit:
        pks = search_index.find_ids(
            glossary.pk, sought(query), [search_index.NAME, search_index.ALIASES], limit * 3
        )
        found += search_index.own_names(pks)
    if not found:
        found = search_index.own_names(alike(glossary, query, limit))
    rows: dict[str, search_index.Name] = {}
    for name in found:
        rows.setdefault(name.path, name)
    return list(rows.values())[:limit]


def _ranked(glossary: Glossary, query: str, limit: int) -> list[int]:
    """Return the ids of matching terms, best first."""
    looked_for = sought(query)
    found = dict.fromkeys(_by_key(glossary, name_key(query), bool(looked_for), limit))
    stages: list[list[str]] = [[column] for column in search_index.COLUMNS]
    stages.append(list(search_index.COLUMNS))  # words in different columns
    is_named = bool(found)
    for columns in stages:
        if len(found) >= limit or not looked_for:
            break
        pks = search_index.find_ids(glossary.pk, looked_for, columns, RANKED)
        found.update(dict.fromkeys(_in_order([pk for pk in pks if pk not in found], query)))
        if columns == [search_index.ALIASES]:
            is_named = bool(found)
    if found and not is_named and len(found) < SUGGESTIONS:
        # Few texts and no name match: a name with a similar spelling may be meant.
        found.update(dict.fromkeys(alike(glossary, query, SUGGESTIONS, NEARLY)))
    return list(found)[:limit]


def _by_key(glossary: Glossary, key: str, has_words: bool, limit: int) -> list[int]:
    """Return the ids of terms with this name, also with & for and; for several words also names
    that begin with them joined."""
    names = PublishedName.objects.filter(glossary=glossary)
    joined = key.replace(" ", "")
    same = {key, key.replace(" and ", " & "), key.replace(" & ", " and ")}
    found = list(
        names.filter(key__in=same).order_by("is_alias", "pk").values_list("term", flat=True)
    )
    start = "" if has_words and joined == key else joined  # 🎉 is not a word
    if start:
        begun = names.filter(is_hidden=False, key__gte=start, key__lt=f"{start}\U0010ffff")
        found += begun.order_by("key", "pk").values_list("term", flat=True)[:limit]
    return found


def named_in(glossary: Glossary, query: str) -> list[int]:
    """Return the ids of terms named in a question: Flask in “what is flask?”."""
    texts = (query, query.upper())  # so that ltv finds LTV
    names = names_of(glossary, texts[:1])
    uids = [uid for text in texts for found in names.find(text) for uid in found.targets]
    pks = dict(PublishedTerm.objects.filter(uid__in=uids).values_list("uid", "pk"))
    return list(dict.fromkeys(pks[uid] for uid in uids if uid in pks))


def _in_order(pks: Sequence[int], query: str) -> list[int]:
    """Sort ids: names that begin with ``query``, then shorter names, then alphabetically."""
    start = folded(query)
    rows = PublishedTerm.objects.filter(pk__in=pks).order_by("sort_key", "pk")
    names = list(rows.values_list("pk", "name"))
    names.sort(key=lambda row: (not folded(row[1]).startswith(start), len(row[1]) // 8))
    return [pk for pk, _ in names]


def alike(glossary: Glossary, query: str, limit: int, least: int = ALIKE) -> list[int]:
    """Return the ids of terms with a name, or a word in one, that is spelled like ``query``."""
    wanted = folded(tidy(query))
    if len(wanted) < 3:
        return []
    version = Site.objects.values_list("uid", "mark").first()
    keys, pks, _ = _spellings(glossary.pk, version)
    close = process.extract(wanted, keys, scorer=fuzz.ratio, score_cutoff=least, limit=4 * limit)
    return list(dict.fromkeys(pks[place] for _, _, place in close))[:limit]


def respelled(glossary: Glossary, query: str) -> str:
    """Return ``query`` with unknown words replaced by similar words in names, or an empty
    string if there are none for a word."""
    version = Site.objects.values_list("uid", "mark").first()
    *_, known = _spellings(glossary.pk, version)
    found = []
    for word in words(query)[: search_index.MAX_WORDS]:
        if not search_index.find_ids(glossary.pk, [(word,)], search_index.COLUMNS, 1):
            close = process.extractOne(word, known, scorer=fuzz.ratio, score_cutoff=ALIKE)
            if close is None:
                return ""
            word = close[0]
        found.append(word)
    return " ".join(found)


@lru_cache(maxsize=4)
def _spellings(
    glossary: int, version: tuple | None
) -> tuple[list[str], list[int], tuple[str, ...]]:
    """Return all names and their longer words, the ids of their terms, and the distinct words.
    ``version`` identifies the state of the site, for the cache."""
    keys: list[str] = []
    pks: list[int] = []
    names = PublishedName.objects.filter(glossary=glossary, is_hidden=False).order_by("pk")
    for pk, name in names.values_list("term", "name"):
        key = folded(name)
        parts = key.split()
        for text in (key, *(part for part in parts if len(part) > 4 and len(parts) > 1)):
            keys.append(text)
            pks.append(pk)
    known = {word for key in keys for word in words(key) if len(word) > 3}
    return keys, pks, tuple(sorted(known))


# The content of results


def _hits(glossary: Glossary, pks: Sequence[int], query: str) -> list[Hit]:
    terms = PublishedTerm.objects.of(glossary).in_bulk(pks)
    named = PublishedName.objects.filter(term__in=pks, is_alias=True, is_hidden=False)
    others: dict[int, list[str]] = {}
    for pk, name in named.order_by("pk").values_list("term", "name"):
        others.setdefault(pk, []).append(name)
    looked_for = sought(query)
    left = MOST_MARKED
    hits = []
    for term in (terms[pk] for pk in pks if pk in terms):
        title = mark_matches(term.name, looked_for)
        also = "" if _is_marked(title) else _other_name(others.get(term.pk, []), looked_for)
        is_named = bool(also or _is_marked(title))
        body = "" if is_named else term.plain[: min(left, LONG)]
        left -= len(body)
        hits.append(Hit(term, also, title, _excerpt(term.description, body, looked_for)))
    return hits


def _other_name(names: Iterable[str], looked_for: Sequence[search_index.Phrase]) -> str:
    return next((name for name in names if _is_marked(mark_matches(name, looked_for))), "")


_UNENDED = re.compile(r"(?<=[\w)”\"'])\n+")  # the end of a heading or list item


def _excerpt(
    description: str, body: str, looked_for: Sequence[search_index.Phrase]
) -> list[tuple[str, bool]]:
    """Return the definition, or the part of ``body`` that matches if the definition does not."""
    text = " ".join(description[: 20 * EXCERPT].split())
    pieces = mark_matches(text[: 2 * EXCERPT], looked_for)
    if not body or _is_marked(pieces):
        return _cut(pieces)
    body = " ".join(_UNENDED.sub(" · ", body.replace(BORDER, "")).split())
    inside = mark_matches(body, looked_for)
    if not _is_marked(inside):
        return _cut(pieces)
    before = sum(len(text) for text, _ in takewhile(lambda piece: not piece[1], inside))
    start = body.find(" ", max(0, before - 60)) + 1 if before > 60 else 0
    lead = [("… ", False)] if start else []
    return [*lead, *_cut(mark_matches(body[start : start + 2 * EXCERPT], looked_for))]


def _cut(pieces: list[tuple[str, bool]]) -> list[tuple[str, bool]]:
    kept, length = [], 0
    for text, is_word in pieces:
        if length + len(text) > EXCERPT and not is_word:
            kept.append((shortened(text, max(1, EXCERPT - length)), False))
            break
        kept.append((text, is_word))
        length += len(text)
    return kept


def mark_matches(text: str, looked_for: Sequence[search_index.Phrase]) -> list[tuple[str, bool]]:
    """Return ``text`` in pieces, each with whether it matches the search."""
    phrases = {"".join(phrase) for phrase in looked_for if not TOKEN.match(phrase[0])}
    starts = tuple(s for phrase in looked_for if TOKEN.match(phrase[0]) for s in stems(phrase[0]))
    pieces: list[tuple[str, bool]] = []
    reached = 0

    def is_one(token: str) -> bool:
        return token in phrases or any(word.startswith(starts) for word in words(token))

    pattern = re.compile("|".join([*map(re.escape, phrases), TOKEN.pattern]))
    for found in pattern.finditer(text):
        if is_one(found[0]):
            if found.start() > reached:
                pieces.append((text[reached : found.start()], False))
            pieces.append((found[0], True))
            reached = found.end()
    if reached < len(text):
        pieces.append((text[reached:], False))
    return pieces


def _is_marked(pieces: Iterable[tuple[str, bool]]) -> bool:
    return any(is_word for _, is_word in pieces)


# Searches without result


def note_miss(glossary: Glossary, query: str) -> None:
    """Count a search without result, unless it may contain personal data."""
    key = folded(tidy(query))[:100]
    if len(key) < 2 or len(key) > 60 or "@" in key or len(re.findall(r"\d", key)) > 5:
        return
    today = timezone.localdate()
    misses = SearchMiss.objects.filter(glossary=glossary)
    if misses.filter(key=key).update(count=F("count") + 1, last_on=today):
        return
    if misses.count() >= MISSES:
        rarest = misses.order_by("count", "last_on", "pk")[: max(1, MISSES // 100)]
        misses.filter(pk__in=list(rarest.values_list("pk", flat=True))).delete()
    SearchMiss.objects.bulk_create(
        [SearchMiss(glossary=glossary, key=key, last_on=today)], ignore_conflicts=True
    )

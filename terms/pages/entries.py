"""Entries of term lists: order, letters, categories, scopes."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from terms.languages.collation import DIGITS, SYMBOLS, own_letters
from terms.rendering import shortened

from .facts import Facts

GIST = 120  # characters of a definition in a list


class Scope(NamedTuple):
    """The terms of a list, by category and vertical; without slugs, all terms."""

    category: str = ""
    vertical: str = ""


class Letter(NamedTuple):
    """A letter of the rail; ``href`` is empty if no name begins with it."""

    name: str
    href: str
    is_here: bool = False


class ListEntry(NamedTuple):
    path: str
    name: str
    gist: str
    letter: str
    is_deprecated: bool
    category: str
    vertical: str


class Class(NamedTuple):
    """A category or vertical with the number of its terms."""

    name: str
    path: str
    size: int
    verticals: tuple["Class", ...] = ()


@lru_cache(maxsize=5_000)  # each term is in several lists
def gist(text: str) -> str:
    """Return the first words of a definition."""
    text = " ".join(text[: 2 * GIST].split())
    return shortened(text, GIST)


def anchor(letter: str) -> str:
    return f"letter-{letter if letter != SYMBOLS else 'symbols'}"


def in_order(letters: Iterable[str], language: str) -> list[str]:
    """Return the letters of a rail: digits and symbols, the language's own letters, then others."""
    letters = set(letters)
    own = own_letters(language)
    own = own if letters & set(own) else []
    ends = [name for name in (DIGITS, SYMBOLS) if name in letters]
    return [*ends, *own, *sorted(letters - {*own, *ends})]


def groups(entries: list[ListEntry]) -> list[tuple[str, list[ListEntry]]]:
    """Group entries by letter, digits and symbols first."""
    found: dict[str, list[ListEntry]] = {}
    for entry in entries:
        found.setdefault(entry.letter, []).append(entry)
    first = [name for name in (DIGITS, SYMBOLS) if name in found]
    return [(name, found[name]) for name in [*first, *(n for n in found if n not in first)]]


def scopes_of(facts: Facts) -> Iterator[Scope]:
    yield Scope()
    if facts.category_slug:
        yield Scope(facts.category_slug)
        if facts.vertical_slug:
            yield Scope(facts.category_slug, facts.vertical_slug)

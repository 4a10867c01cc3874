"""The layout of a term's neighbourhood diagram; the template draws it."""

from collections.abc import Callable
from functools import cache, lru_cache
from typing import NamedTuple
from unicodedata import east_asian_width

from .facts import Facts

MOST = 9
ROW = 26
_WIDEST = 2
_LONGEST = 22  # small letters of a name; the space next to a page's text allows no more


class Spot(NamedTuple):
    """The vertical position, name and link of a neighbour."""

    y: str
    name: str
    href: str


class Diagram(NamedTuple):
    """``curves`` join the term, at half the ``height``, to all spots."""

    height: int
    curves: str
    spots: list[Spot]


def picture_of(neighbours: list[Facts], way: Callable[[str], str]) -> Diagram | None:
    """Lay out the first neighbours in rows, one name in each.

    Returns None for fewer than two neighbours.
    """
    count = min(MOST, len(neighbours))
    if count < 2:
        return None
    spots = [
        Spot(str(_line(number)), short(facts.name), way(facts.path))
        for number, facts in enumerate(neighbours[:MOST])
    ]
    return Diagram(count * ROW, _curves(count), spots)


def _line(number: int) -> int:
    return number * ROW + ROW // 2


@cache
def _curves(count: int) -> str:
    here = count * ROW // 2
    ends = map(_line, range(count))
    return "".join(f"M10 {here}C36 {here} 36 {end} 62 {end}" for end in ends)


@lru_cache(maxsize=10_000)  # a term's name is on many pages
def short(name: str) -> str:
    """Return the name, cut to the free width."""
    if len(name) <= _LONGEST / _WIDEST:
        return name
    left = float(_LONGEST)
    for place, letter in enumerate(name):
        left -= _width(letter)
        if left < 0:
            return name[: place - 1].rstrip() + "…"
    return name


def _width(letter: str) -> float:
    """Return the approximate width of a character, in small letters of a proportional font."""
    if east_asian_width(letter) in "WF":
        return _WIDEST
    return 1.7 if letter in "WMmw@%" else 1.3 if letter.isupper() else 1

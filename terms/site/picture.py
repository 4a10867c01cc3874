"""A term among its neighbours, as places on a plane; the template draws them."""

from collections.abc import Callable
from math import cos, pi, sin
from typing import NamedTuple

from .facts import Facts

MOST = 9
WIDTH, HEIGHT = 320, 240
_LONGEST = 20  # characters of a name


class Spot(NamedTuple):
    """Where a neighbour is, and how its name is set there."""

    x: int
    y: int
    name: str
    anchor: str
    text_x: int
    text_y: int
    href: str


def spots(neighbours: list[Facts], way: Callable[[str], str]) -> list[Spot]:
    """The first neighbours on an ellipse around the middle, from the top clockwise."""
    shown = neighbours[:MOST]
    found = []
    for number, facts in enumerate(shown):
        angle = 2 * pi * (number + 0.5) / len(shown) - pi / 2
        x, y = round(WIDTH / 2 + 84 * cos(angle)), round(HEIGHT / 2 + 96 * sin(angle))
        anchor = "middle" if abs(cos(angle)) < 0.25 else "start" if cos(angle) > 0 else "end"
        text_x = x + {"start": 8, "middle": 0, "end": -8}[anchor]
        text_y = y + (4 if anchor != "middle" else 18 if y > HEIGHT / 2 else -10)
        found.append(Spot(x, y, short(facts.name), anchor, text_x, text_y, way(facts.path)))
    return found


def short(name: str) -> str:
    return name if len(name) <= _LONGEST else name[: _LONGEST - 1].rstrip() + "…"

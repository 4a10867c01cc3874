"""What a Markdown text is made of: its headings, links and pictures, with their lines."""

import re
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast

import pyromark

from .parsing import OPTIONS, event_of


class Piece(NamedTuple):
    """``text`` is a heading's or link's words, or a picture's alternative text; ``target`` is
    where a link or picture leads, a heading's level (H1 to H6)."""

    line: int
    text: str
    target: str


@dataclass
class Outline:
    headings: list[Piece] = field(default_factory=list)
    links: list[Piece] = field(default_factory=list)
    pictures: list[Piece] = field(default_factory=list)


def outline(markdown: str) -> Outline:
    """The parts of ``markdown`` in order; lines are counted from 1."""
    breaks = [match.start() for match in re.finditer(b"\n", markdown.encode())]
    found = Outline()
    lists = {"Heading": found.headings, "Link": found.links, "Image": found.pictures}
    opened: list[tuple[str, int, str, list[str]]] = []
    events = pyromark.events_with_range(markdown, options=OPTIONS)
    for event, range_ in cast("Iterable[tuple[Any, dict[str, int]]]", events):
        kind, value = event_of(event)
        if kind == "Start" and (element := _element(value)) in lists:
            line = bisect_left(breaks, range_["start"]) + 1
            opened.append((element, line, _target(value), []))
        elif kind == "End" and opened and _element(value) == opened[-1][0]:
            element, line, target, words = opened.pop()
            lists[element].append(Piece(line, "".join(words), target))
        elif kind in ("Text", "Code", "SoftBreak", "HardBreak"):
            for *_, words in opened:
                words.append(" " if value is None else cast("str", value))
    return found


def _element(value: Any) -> str:
    return value if isinstance(value, str) else next(iter(value))


def _target(value: Any) -> str:
    about = next(iter(value.values())) if isinstance(value, dict) else {}
    return str(about.get("dest_url") or about.get("level") or "")

"""The outline of a Markdown text: headings, paragraphs, links, pictures, with their lines."""

import re
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast

from .parsing import event_of, events_with_range

MAX_WORDS = 5_000  # characters of a piece; pictures can be nested


class OutlinePiece(NamedTuple):
    """``text`` is the text of a heading, paragraph or link, or a picture's alternative text;
    ``target`` is the address of a link or picture, or a heading's level (H1 to H6)."""

    line: int
    text: str
    target: str


@dataclass
class Outline:
    headings: list[OutlinePiece] = field(default_factory=list)
    paragraphs: list[OutlinePiece] = field(default_factory=list)
    links: list[OutlinePiece] = field(default_factory=list)
    pictures: list[OutlinePiece] = field(default_factory=list)


def outline(markdown: str) -> Outline:
    """Return the outline of ``markdown``; lines are counted from 1."""
    breaks = [match.start() for match in re.finditer(b"\n", markdown.encode())]
    found = Outline()
    lists = {
        "Heading": found.headings, "Paragraph": found.paragraphs, "Link": found.links,
        "Image": found.pictures,
    }  # fmt: skip
    opened: list[tuple[str, int, str, list[str]]] = []
    for event, range_ in events_with_range(markdown):
        kind, value = event_of(event)
        if kind == "Start" and (element := _element(value)) in lists:
            line = bisect_left(breaks, range_["start"]) + 1
            opened.append((element, line, _target(value), []))
        elif kind == "End" and opened and _element(value) == opened[-1][0]:
            element, line, target, words = opened.pop()
            text = "".join(words)[:MAX_WORDS]
            lists[element].append(OutlinePiece(line, text, target))
            if opened:
                opened[-1][3].append(text)
        elif opened and kind in ("Text", "Code", "SoftBreak", "HardBreak"):
            opened[-1][3].append(" " if value is None else cast("str", value))
    return found


def _element(value: Any) -> str:
    return value if isinstance(value, str) else next(iter(value))


def _target(value: Any) -> str:
    about = next(iter(value.values())) if isinstance(value, dict) else {}
    return str(about.get("dest_url") or about.get("level") or "")

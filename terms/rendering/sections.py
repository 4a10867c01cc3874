"""Sections of a Markdown text: finding, removing and adding them."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from .outline import outline

_DEEPEST = 6
_INLINE = re.compile(r"[\\`*_\[\]<~&]|#$")
_MARKS = re.compile(r"[!-/:-@\[-`{-~]")
_BLOCK = re.compile(r"[-+*>#=~`|:]|\d+[.)]")
_HEADING = re.compile(r"^((?:[ \t>]|[-+*][ \t]|\d{1,9}[.)][ \t])*)(?:#{1,6}(?:[ \t]+|$))?(.*)")
_UNDERLINE = re.compile(r"[ \t>]*(?:=+|-+)[ \t]*$")


class Section(NamedTuple):
    """A part of a body, from a heading to the next one of the same or a higher level."""

    title: str
    level: int
    start: int
    end: int


def sections(body: str) -> list[Section]:
    """Return the sections of ``body``, which has \\n line ends; offsets are in characters."""
    starts = _line_starts(body)
    headings = [(starts[h.line - 1], int(h.target[1]), h.text) for h in outline(body).headings]
    ends = [len(body)] * len(headings)
    opened: list[int] = []  # headings with unfinished sections, outermost first
    for place, (start, level, _) in enumerate(headings):
        while opened and headings[opened[-1]][1] >= level:
            ends[opened.pop()] = start
        opened.append(place)
    return [
        Section(text, level, start, end)
        for (start, level, text), end in zip(headings, ends, strict=True)
    ]


def divided(body: str, moved: Iterable[Section]) -> tuple[str, str]:
    """Return ``body`` without the ``moved`` sections, and these with their subsections."""
    stays: list[str] = []
    goes: list[str] = []
    place = 0
    for section in moved:
        if section.start < place:
            continue  # part of a section that is already moved
        stays.append(body[place : section.start])
        goes.append(body[section.start : section.end])
        place = section.end
    return "".join([*stays, body[place:]]), "".join(goes)


def as_section(title: str, gist: str, body: str) -> str:
    """Return a section with the heading ``title``, the plain text ``gist`` and the Markdown
    ``body``, whose headings become subheadings. Line ends are \\n."""
    parts = (f"## {literal(title)}", literal(" ".join(gist.split())), lowered(body).strip("\n"))
    return "\n\n".join(filter(None, parts)) + "\n"


def lowered(body: str) -> str:
    """Return ``body`` (\\n line ends) with each heading one level deeper; H1 counts as H2."""
    lines = body.split("\n")
    parts: list[str] = []
    reached = 0
    for heading in outline(body).headings:
        first = heading.line - 1
        parts += lines[reached:first]
        marks = "#" * min(_DEEPEST, max(2, int(heading.target[1])) + 1)
        within, words = _HEADING.findall(lines[first])[0]
        after = first + 1
        if not lines[first].removeprefix(within).startswith("#"):  # underlined
            while not _UNDERLINE.match(lines[after]):
                after += 1
            after += 1
            words = " ".join(
                [words, *(line.strip(" \t>") for line in lines[first + 1 : after - 1])]
            )
        parts.append(f"{within}{marks} {words}".rstrip())
        reached = after
    return "\n".join([*parts, *lines[reached:]])


def literal(text: str) -> str:
    """Return ``text`` as one line of Markdown, with as few escapes as possible."""
    for escaped in (text, _INLINE.sub(r"\\\g<0>", text)):
        read = outline(f"# {escaped}").headings
        if len(read) == 1 and read[0].text == text and not _BLOCK.match(escaped):
            return escaped
    return _MARKS.sub(r"\\\g<0>", text)


def _line_starts(text: str) -> list[int]:
    return [0, *(match.end() for match in re.finditer("\n", text))]

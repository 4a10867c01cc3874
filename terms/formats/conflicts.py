"""Conflict markers that git, Mercurial and Subversion leave in a file."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .line_ends import normalise

BEGIN, MIDDLE, END = "<<<<<<<", "=======", ">>>>>>>"
UNRESOLVED = "A conflict of versions is not resolved: keep one of them, and remove its markers."
_LINE = re.compile(
    r"^(?:(?P<marker><{7}|={7}|>{7})(?P<name>(?<!=) \S.*)?[ \t]*"
    r"| {0,3}(?P<fence>`{3,}|~{3,})(?P<info>.*))$",
    re.MULTILINE,
)


@dataclass(slots=True)
class _Mark:
    marker: str
    start: int
    has_name: bool
    in_fence: bool = False


def line_of_conflict(text: str) -> int:
    """Return the line of the first conflict marker, from 1; 0 if there is none.

    A marker begins its line. A ``<<<<<<<`` with the name of a version is enough, and so are
    ``=======`` and a later ``>>>>>>>``; ``=======`` alone is the line under a heading. All three
    between the fences of one code block are an example.
    """
    if BEGIN not in text and END not in text:
        return 0
    text = normalise(text)
    mark = _first_conflict(_marks(text))
    return text.count("\n", 0, mark.start) + 1 if mark else 0


def _first_conflict(marks: list[_Mark]) -> _Mark | None:
    begin = middle = None
    for mark in marks:
        if mark.marker == BEGIN:
            if mark.has_name and not mark.in_fence:
                return mark
            begin, middle = mark, None
        elif mark.marker == MIDDLE:
            middle = middle or mark
        elif middle and (begin or not (middle.in_fence and mark.in_fence)):
            return begin or middle
    return None


def _marks(text: str) -> list[_Mark]:
    """Return the markers in ``text`` without the examples in code blocks."""
    marks: list[_Mark] = []
    fence, inside = "", 0  # the open fence, and the number of markers before it
    for found in _LINE.finditer(text):
        if marker := found["marker"]:
            marks.append(_Mark(marker, found.start(), bool(found["name"])))
        elif not fence:
            if found["fence"][0] == "~" or "`" not in found["info"]:
                fence, inside = found["fence"], len(marks)
        elif found["fence"].startswith(fence) and not found["info"].strip():
            fence = ""
            marks[inside:] = _without_examples(marks[inside:])
    return marks


def _without_examples(marks: list[_Mark]) -> Iterator[_Mark]:
    """Yield the markers of one code block that are not all three in order."""
    kept: list[_Mark] = []
    for mark in marks:
        mark.in_fence = True
        kept.append(mark)
        if [each.marker for each in kept[-3:]] == [BEGIN, MIDDLE, END]:
            del kept[-3:]
    yield from kept

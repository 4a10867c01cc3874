"""Passages that comments quote, marked with their numbers in rendered HTML."""

from collections.abc import Iterable, Iterator
from html import escape

from .rendered_differences import Part, parts_of

_MARK = '<mark class="passage">'
_GONE = '<del class="changed">'
_BETWEEN = "\0"


def mark_passages(html: str, quotes: Iterable[tuple[int, str]]) -> str:
    """Return ``html`` with each quoted passage in ``mark``, and its number behind it.

    ``quotes`` are pairs of a number and plain text. A passage is found by its words, at its first
    place; one that is not found is not marked. Removed words of a comparison do not count.
    """
    parts = list(parts_of(html))
    counted = list(_counted(parts))
    words = [part.text for part, is_word in zip(parts, counted, strict=True) if is_word]
    marked, numbers = _places(words, quotes)
    return "".join(_written(parts, counted, marked, numbers)) if marked else html


def _counted(parts: Iterable[Part]) -> Iterator[bool]:
    """Yield for each part whether it is a word outside removed text."""
    is_gone = False
    for part in parts:
        if part.text == _GONE:
            is_gone = True
        yield part.kind == "word" and not is_gone
        if part.text == "</del>":
            is_gone = False


def _places(
    words: list[str], quotes: Iterable[tuple[int, str]]
) -> tuple[set[int], dict[int, list[int]]]:
    """Return the words (by position) of all passages, and the numbers behind their last words."""
    text = _BETWEEN + _BETWEEN.join(words) + _BETWEEN
    starts = {}
    place = 0
    for position, word in enumerate(words):
        starts[place] = position
        place += len(word) + 1
    marked: set[int] = set()
    numbers: dict[int, list[int]] = {}
    for number, quote in quotes:
        wanted = [part.text for part in parts_of(escape(quote, False)) if part.kind == "word"]
        found = text.find(_BETWEEN + _BETWEEN.join(wanted) + _BETWEEN) if wanted else -1
        if found >= 0:
            first = starts[found]
            marked.update(range(first, first + len(wanted)))
            numbers.setdefault(first + len(wanted) - 1, []).append(number)
    return marked, numbers


def _written(
    parts: list[Part], counted: list[bool], marked: set[int], numbers: dict[int, list[int]]
) -> Iterator[str]:
    position, is_open, space = 0, False, ""
    for part, is_word in zip(parts, counted, strict=True):
        if part.kind == "space":
            space += part.text
            continue
        is_marked = is_word and position in marked
        if is_open and not is_marked:
            yield "</mark>"
            is_open = False
        yield space
        space = ""
        if is_marked and not is_open:
            yield _MARK
            is_open = True
        yield part.text
        if is_word:
            if behind := numbers.get(position):
                yield f'</mark><sup class="passage">{", ".join(map(str, behind))}</sup>'
                is_open = False
            position += 1
    yield ("</mark>" if is_open else "") + space

"""The position of a passage in a text, when selected and after the text has changed."""

import re
from bisect import bisect_left, bisect_right
from functools import cached_property

from .alignment import Match, matching_blocks

_NO_BLANK = re.compile(r"\S+")
_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
# Words that a reader sees, so not the address and title of a link.
_WORD = re.compile(r"""\]\([^()\s]*(?:\s+(?:"[^"]*"|'[^']*'|\([^()]*\)))?|([^\W_]+)""")
_LINK_END = re.compile(r"\](?:\([^()\n]*\)|\[[^\[\]\n]*\])?")


def find_quote(quote: str, text: str) -> tuple[int, int] | None:
    """Return the position of ``quote`` in the Markdown ``text``, or None.

    A quote from a page has no markup, and a space in it may be a line end in ``text``.
    """
    words = quote.split()
    if not words:
        return None
    if found := _as_written(" ".join(words), text):
        return found
    wanted = [match[1] for match in _WORD.finditer(quote) if match[1]]
    there = [match for match in _WORD.finditer(text) if match[1]]
    line = f" {' '.join(match[1] for match in there)} "
    place = line.find(f" {' '.join(wanted)} ")
    if not wanted or place < 0:
        return None
    first = line.count(" ", 0, place)
    return there[first].start(), there[first + len(wanted) - 1].end()


def with_markup(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the place of a passage with the other half of markup that it cuts.

    ``*high* wind`` without its first star gets it, and the text of a link its address.
    """
    for mark in "*_~`":
        if len(re.findall(f"[{mark}]+", text[start:end])) % 2 == 0:
            continue
        if text[end : end + 1] == mark:
            end += _run(text[end:], mark)
        elif start and text[start - 1] == mark:
            start -= _run(text[start - 1 :: -1], mark)
    passage = text[start:end]
    if passage.count("[") > passage.count("]") and (rest := _LINK_END.match(text, end)):
        end = rest.end()
    elif passage.count("]") > passage.count("[") and start and text[start - 1] == "[":
        start -= 2 if text[start - 2 : start] == "![" else 1
    return start, end


def _run(text: str, mark: str) -> int:
    """Return how often ``mark`` is at the start of ``text``."""
    return len(text) - len(text.lstrip(mark))


def _as_written(quote: str, text: str) -> tuple[int, int] | None:
    """Return the position of ``quote`` in ``text``, with any white space between words."""
    starts: list[int] = []  # of each word in ``text``
    places: list[int] = []  # of each word when all are joined with single spaces
    length = 0
    words = []
    for word in _NO_BLANK.finditer(text):
        starts.append(word.start())
        places.append(length)
        words.append(word[0])
        length += len(word[0]) + 1
    found = " ".join(words).find(quote)
    if found < 0:
        return None
    first = bisect_right(places, found) - 1
    last = bisect_left(places, found + len(quote)) - 1
    end = starts[last] + found + len(quote) - places[last]
    return starts[first] + found - places[first], end


class Movement:
    """Finds passages of an old text in a new one; the texts are compared once."""

    def __init__(self, old: str, new: str):
        self.old, self.new = old, new

    @cached_property
    def _aligned(self) -> "tuple[_Tokens, _Tokens, list[Match], list[int]]":
        before, behind = _Tokens(self.old), _Tokens(self.new)
        blocks = matching_blocks(before.texts, behind.texts)
        return before, behind, blocks, [i for i, _, _ in blocks]

    def of(self, start: int, end: int) -> tuple[int, int] | None:
        """Return the new position of the passage from ``start`` to ``end``, or None.

        If less than half of its words are left, only an unchanged copy ``elsewhere`` counts.
        """
        if self.old == self.new:
            return start, end
        if not self.old[start:end].strip():
            return None
        before, behind, blocks, begins = self._aligned
        first = bisect_right(before.starts, start) - 1
        last = bisect_left(before.starts, end)
        places: dict[int, int] = {}
        for i, j, size in blocks[max(0, bisect_right(begins, first) - 1) :]:
            if i >= last:
                break
            for step in range(max(first - i, 0), min(last - i, size)):
                places[i + step] = j + step
        words = [i for i in range(first, last) if before.texts[i].strip()]
        kept = [i for i in words if i in places]
        if not kept or 2 * len(kept) < len(words):
            return elsewhere(self.old[start:end], self.new)
        # The passage may begin and end within a word.
        head = max(0, start - before.starts[kept[0]])
        tail = max(0, before.end(kept[-1]) - end)
        return behind.starts[places[kept[0]]] + head, behind.end(places[kept[-1]]) - tail


def moved(start: int, end: int, old: str, new: str) -> tuple[int, int] | None:
    """Same as ``Movement.of``, for a single passage."""
    return Movement(old, new).of(start, end)


def elsewhere(quote: str, text: str) -> tuple[int, int] | None:
    """Return the position of a passage that was moved unchanged, or None if not unique."""
    place = text.find(quote)
    if not quote.strip() or place < 0 or text.find(quote, place + 1) >= 0:
        return None
    return place, place + len(quote)


class _Tokens:
    def __init__(self, text: str):
        found = list(_TOKEN.finditer(text))
        self.texts = [match[0] for match in found]
        self.starts = [match.start() for match in found]

    def end(self, number: int) -> int:
        return self.starts[number] + len(self.texts[number])

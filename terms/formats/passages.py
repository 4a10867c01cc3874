"""Where a passage of a text stands: as somebody marked it, and after a change of the text."""

import re
from bisect import bisect_left, bisect_right

from .alignment import matching_blocks

_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
# Those that a reader sees: not a link's address and title.
_WORD = re.compile(r"""\]\([^()\s]*(?:\s+(?:"[^"]*"|'[^']*'|\([^()]*\)))?|([^\W_]+)""")


def marked(quote: str, text: str) -> tuple[int, int] | None:
    """The place of ``quote`` in the Markdown ``text``.

    Read off a page it lacks the marks, and what is shown as a blank may be a line end.
    """
    words = quote.split()
    if not words:
        return None
    if found := re.search(r"\s+".join(map(re.escape, words)), text):
        return found.span()
    wanted = [match[1] for match in _WORD.finditer(quote) if match[1]]
    there = [match for match in _WORD.finditer(text) if match[1]]
    line = f" {' '.join(match[1] for match in there)} "
    place = line.find(f" {' '.join(wanted)} ")
    if not wanted or place < 0:
        return None
    first = line.count(" ", 0, place)
    return there[first].start(), there[first + len(wanted) - 1].end()


def moved(start: int, end: int, old: str, new: str) -> tuple[int, int] | None:
    """The place in ``new`` of characters ``start`` to ``end`` of ``old``.

    None where less than half of its words are left: then it is another passage.
    """
    if old == new:
        return start, end
    if not old[start:end].strip():
        return None
    before, behind = _Tokens(old), _Tokens(new)
    first = bisect_right(before.starts, start) - 1
    last = bisect_left(before.starts, end)
    places: dict[int, int] = {}
    for i, j, size in matching_blocks(before.texts, behind.texts):
        for step in range(max(first - i, 0), min(last - i, size)):
            places[i + step] = j + step
    words = [i for i in range(first, last) if before.texts[i].strip()]
    kept = [i for i in words if i in places]
    if not kept or 2 * len(kept) < len(words):
        return _elsewhere(old[start:end], new)
    # Within the first and the last word the passage may begin and end anywhere.
    head = max(0, start - before.starts[kept[0]])
    tail = max(0, before.end(kept[-1]) - end)
    return behind.starts[places[kept[0]]] + head, behind.end(places[kept[-1]]) - tail


def _elsewhere(quote: str, text: str) -> tuple[int, int] | None:
    """A passage that was cut and put in at another place, as it was."""
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

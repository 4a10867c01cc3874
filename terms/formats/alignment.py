"""Alignment of two sequences in bounded time.

The standard library's matcher is exact but takes minutes for a few thousand equal lines,
such as the blank lines of prose. So equal ends are cut off first, items that occur once on
both sides anchor the rest (Bram Cohen's patience diff), and only small gaps between the
anchors are compared exactly.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import pairwise
from typing import TypeVar

SMALL = 10_000  # pairs of items in a gap that is compared exactly
MOST_PAIRS = 1_000_000  # in all such gaps
DEEPEST = 20  # levels of gaps within gaps
T = TypeVar("T")
Match = tuple[int, int, int]  # start in old, start in new, length
Opcode = tuple[str, int, int, int, int]


class Work:
    """The number of item pairs that may still be compared exactly, shared by the comparisons
    for one result."""

    def __init__(self, pairs: int = MOST_PAIRS):
        self.left = pairs

    def take(self, pairs: int) -> bool:
        if pairs > min(SMALL, self.left):
            return False
        self.left -= pairs
        return True


def matching_blocks(old: Sequence[T], new: Sequence[T], work: Work | None = None) -> list[Match]:
    """Return the common runs in order, with adjacent runs merged and none empty."""
    merged: list[Match] = []
    for i, j, size in sorted(_blocks(old, new, work or Work())):
        if merged and merged[-1][0] + merged[-1][2] == i and merged[-1][1] + merged[-1][2] == j:
            merged[-1] = (merged[-1][0], merged[-1][1], merged[-1][2] + size)
        else:
            merged.append((i, j, size))
    return merged


def opcodes(old: Sequence[T], new: Sequence[T], work: Work | None = None) -> list[Opcode]:
    """Return the opcodes of ``difflib``: equal, replace, delete, insert."""
    codes: list[Opcode] = []
    i = j = 0
    for start, target, size in [*matching_blocks(old, new, work), (len(old), len(new), 0)]:
        if i < start and j < target:
            codes.append(("replace", i, start, j, target))
        elif i < start:
            codes.append(("delete", i, start, j, j))
        elif j < target:
            codes.append(("insert", i, i, j, target))
        i, j = start + size, target + size
        if size:
            codes.append(("equal", start, i, target, j))
    return codes


def _blocks(old: Sequence[T], new: Sequence[T], work: Work) -> Iterator[Match]:
    """Yield the common runs in any order; some are adjacent."""
    gaps = [(0, len(old), 0, len(new), DEEPEST)]
    while gaps:
        *gap, depth = gaps.pop()
        head, (i1, i2, j1, j2), tail = _without_ends(old, new, *gap)
        yield from (block for block in (head, tail) if block[2])
        if i1 == i2 or j1 == j2:
            continue
        if work.take((i2 - i1) * (j2 - j1)):
            matcher = SequenceMatcher(None, old[i1:i2], new[j1:j2], autojunk=False)
            for i, j, size in matcher.get_matching_blocks():
                if size:
                    yield i1 + i, j1 + j, size
        elif depth:
            anchors = _anchors(old, new, i1, i2, j1, j2)
            for a, b in anchors:
                yield a, b, 1
            if anchors:
                ends = pairwise([(i1 - 1, j1 - 1), *anchors, (i2, j2)])
                # The first gap is compared first, to spend the work at the beginning of a text.
                gaps += [(a + 1, c, b + 1, d, depth - 1) for (a, b), (c, d) in ends][::-1]


def _without_ends(
    old: Sequence[T], new: Sequence[T], i1: int, i2: int, j1: int, j2: int
) -> tuple[Match, tuple[int, int, int, int], Match]:
    """Return the common beginning, the remaining gap and the common end."""
    head = 0
    while i1 + head < i2 and j1 + head < j2 and old[i1 + head] == new[j1 + head]:
        head += 1
    first = (i1, j1, head)
    i1, j1 = i1 + head, j1 + head
    tail = 0
    while i1 < i2 - tail and j1 < j2 - tail and old[i2 - tail - 1] == new[j2 - tail - 1]:
        tail += 1
    i2, j2 = i2 - tail, j2 - tail
    return first, (i1, i2, j1, j2), (i2, j2, tail)


def _anchors(
    old: Sequence[T], new: Sequence[T], i1: int, i2: int, j1: int, j2: int
) -> list[tuple[int, int]]:
    """Return the longest increasing chain of items that occur once on each side."""
    once = {item for item, count in Counter(old[i1:i2]).items() if count == 1}
    there = {item for item, count in Counter(new[j1:j2]).items() if count == 1} & once
    places = {new[j]: j for j in range(j1, j2) if new[j] in there}
    pairs = [(i, places[old[i]]) for i in range(i1, i2) if old[i] in there]
    ends: list[int] = []  # the smallest end of a chain of each length
    chain: list[int] = []
    before: list[int] = []
    for number, (_, j) in enumerate(pairs):
        length = bisect_left(ends, j)
        before.append(chain[length - 1] if length else -1)
        ends[length : length + 1] = [j]
        chain[length : length + 1] = [number]
    found: list[tuple[int, int]] = []
    number = chain[-1] if chain else -1
    while number >= 0:
        found.append(pairs[number])
        number = before[number]
    return found[::-1]

"""Three-way merge of texts, passage by passage (Khanna, Kunal, Pierce: A Formal
Investigation of Diff3, 2007).

Diff3 joins changes that touch. Here, changes that touch stay apart where a blank line, a list
item, a table row or a heading separates them: a new paragraph does not collide with a change
of the next one.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from .alignment import opcodes

OURS, THEIRS, BOTH = "mine", "theirs", "both"
T = TypeVar("T")

_ITEM = re.compile(r"\s*(?:[-*+]\s|\d{1,9}[.)]\s|#{1,6}\s|\|)")


@dataclass(frozen=True, slots=True)
class Passage:
    """The lines of one passage on all three sides; all are equal if neither side changed it."""

    base: str
    ours: str
    theirs: str

    @property
    def collides(self) -> bool:
        """Whether the two sides changed the passage differently."""
        return self.base not in (self.ours, self.theirs) and self.ours != self.theirs

    def chosen(self, side: str = OURS) -> str:
        """Return the text of ``side``; without a collision, the changed text."""
        if not self.collides:
            return self.theirs if self.ours == self.base else self.ours
        if side == BOTH:
            end = "" if self.ours.endswith("\n") or not self.ours else "\n"
            return f"{self.ours}{end}{self.theirs}"
        return self.theirs if side == THEIRS else self.ours


def passages(base: str, ours: str, theirs: str) -> list[Passage]:
    """Split the three texts at the lines they share. Shared lines are passages of their own."""
    found: list[Passage] = []
    old, here, there = (text.splitlines(keepends=True) for text in (base, ours, theirs))
    for run in aligned_runs(old, here, there, _are_apart):
        if run.is_changed:
            found.append(Passage(*("".join(lines) for lines in run.sides)))
        else:
            found += [Passage(line, line, line) for line in run.sides[0]]
    return found


def joined(found: Sequence[Passage], choices: Mapping[int, str]) -> str:
    """Return the merged text. ``choices``: passage number → chosen side."""
    return "".join(p.chosen(choices.get(number, OURS)) for number, p in enumerate(found))


# Any sequences


class Run(NamedTuple, Generic[T]):
    """Adjacent items on all three sides (base, ours, theirs)."""

    sides: tuple[Sequence[T], Sequence[T], Sequence[T]]
    is_changed: bool


class _Change(NamedTuple, Generic[T]):
    """The items ``old`` of the base, from ``start`` to ``end``, that one side made ``new``."""

    start: int
    end: int
    side: int  # 1 is ours, 2 is theirs
    old: Sequence[T]
    new: Sequence[T]


def _never(left: _Change[T], right: _Change[T]) -> bool:
    return False


def aligned_runs(
    base: Sequence[T],
    ours: Sequence[T],
    theirs: Sequence[T],
    are_apart: Callable[[_Change[T], _Change[T]], bool] = _never,
) -> Iterator[Run[T]]:
    """Yield changed and unchanged runs, in order.

    ``are_apart`` is called with two changes that touch; it returns whether they are two runs.
    """
    sides = (base, ours, theirs)
    changes = sorted(
        [*_changes(base, ours, 1), *_changes(base, theirs, 2)], key=lambda c: (c.start, c.end)
    )
    starts = (0, 0, 0)
    for group in _groups(changes, are_apart):
        begin, end = group[0].start, max(change.end for change in group)
        ends = _moved_on(starts, begin - starts[0])
        if begin > starts[0]:
            yield _run(sides, starts, ends, False)
        starts, ends = ends, _moved_on(ends, end - begin, group)
        yield _run(sides, starts, ends, True)
        starts = ends
    if starts[0] < len(base):
        yield _run(sides, starts, _moved_on(starts, len(base) - starts[0]), False)


def _changes(base: Sequence[T], side: Sequence[T], number: int) -> Iterator[_Change[T]]:
    for tag, i1, i2, j1, j2 in opcodes(base, side):
        if tag != "equal":
            yield _Change(i1, i2, number, base[i1:i2], side[j1:j2])


def _groups(
    changes: Iterable[_Change[T]], are_apart: Callable[[_Change[T], _Change[T]], bool]
) -> Iterator[list[_Change[T]]]:
    """Yield the changes, with overlapping and adjacent ones as one group."""
    group: list[_Change[T]] = []
    last: _Change[T] | None = None  # the one that ends last in the group
    for change in changes:
        if last is not None and (
            change.start > last.end or (change.start == last.end and are_apart(last, change))
        ):
            yield group
            group, last = [], None
        group.append(change)
        last = change if last is None or change.end >= last.end else last
    if group:
        yield group


def _moved_on(
    places: tuple[int, int, int], distance: int, group: Sequence[_Change[T]] = ()
) -> tuple[int, int, int]:
    """Return the place on each side after ``distance`` items of the base with these changes."""
    grown = [0, 0, 0]
    for change in group:
        grown[change.side] += len(change.new) - len(change.old)
    base, ours, theirs = (
        place + distance + more for place, more in zip(places, grown, strict=True)
    )
    return base, ours, theirs


def _run(
    sides: tuple[Sequence[T], Sequence[T], Sequence[T]],
    starts: tuple[int, int, int],
    ends: tuple[int, int, int],
    is_changed: bool,
) -> Run[T]:
    base, ours, theirs = (s[a:b] for s, a, b in zip(sides, starts, ends, strict=True))
    return Run((base, ours, theirs), is_changed)


def _are_apart(left: _Change[str], right: _Change[str]) -> bool:
    """Return whether two changes that touch are in different paragraphs or items."""
    if left.start == right.end:
        return False  # both insert here
    if left.new and not left.new[-1].endswith("\n"):
        return False
    if {line for line in left.new if line.strip()}.intersection(right.new):
        return False  # one side may have changed what both inserted
    above, below = (left.new or left.old)[-1], (right.new or right.old)[0]
    return not above.strip() or not below.strip() or bool(_ITEM.match(below))

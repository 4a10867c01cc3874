"""Three-way merge of texts, passage by passage (Khanna, Kunal, Pierce: A Formal
Investigation of Diff3, 2007)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from .alignment import matching_blocks

OURS, THEIRS, BOTH = "mine", "theirs", "both"


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
    sides = [text.splitlines(keepends=True) for text in (base, ours, theirs)]
    common = _in_all(*sides)
    cuts = [(-1, -1, -1), *common, tuple(map(len, sides))]
    found: list[Passage] = []
    for before, behind in pairwise(cuts):
        lines = ["".join(s[a + 1 : b]) for s, a, b in zip(sides, before, behind, strict=True)]
        if any(lines):
            found.append(Passage(*lines))
        if behind[0] < len(sides[0]):
            found.append(Passage(*(sides[0][behind[0]],) * 3))
    return found


def _in_all(
    base: Sequence[str], ours: Sequence[str], theirs: Sequence[str]
) -> list[tuple[int, int, int]]:
    """Return the numbers of the lines that all three sides share, in order."""
    here = _lines(matching_blocks(base, ours))
    there = _lines(matching_blocks(base, theirs))
    return [(i, here[i], there[i]) for i in sorted(here.keys() & there.keys())]


def _lines(blocks: Sequence[tuple[int, int, int]]) -> dict[int, int]:
    return {i + step: j + step for i, j, size in blocks for step in range(size)}


def joined(found: Sequence[Passage], choices: Mapping[int, str]) -> str:
    """Return the merged text. ``choices``: passage number → chosen side."""
    return "".join(p.chosen(choices.get(number, OURS)) for number, p in enumerate(found))

"""Word-by-word differences between two texts."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .alignment import Work, opcodes

CONTEXT = 2  # unchanged lines shown around a change
MAX_LINES = 4_000
MAX_WORDS = 2_000  # in a changed passage; a longer one is shown as a whole

_WORD = re.compile(r"\w+|\s+|[^\w\s]")


@dataclass(frozen=True)
class DiffPiece:
    """``kind`` is ``same``, ``gone`` or ``new``."""

    kind: str
    text: str


@dataclass(frozen=True)
class ChangedLines:
    """A block of lines; ``folded`` is the number of unchanged lines left out."""

    pieces: tuple[DiffPiece, ...] = ()
    folded: int = 0


def compare(before: str, after: str) -> list[ChangedLines]:
    """Return the differences between two texts, in order, word by word."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    if len(old) + len(new) > MAX_LINES:
        return [ChangedLines((DiffPiece("gone", before), DiffPiece("new", after)))]
    blocks: list[ChangedLines] = []
    work = Work()
    codes = opcodes(old, new, work)
    for number, (tag, i1, i2, j1, j2) in enumerate(codes):
        if tag == "equal":
            blocks += _unchanged(old[i1:i2], number == 0, number == len(codes) - 1)
        else:
            blocks.append(
                ChangedLines(tuple(word_changes("".join(old[i1:i2]), "".join(new[j1:j2]), work)))
            )
    return blocks


def _unchanged(lines: list[str], first: bool, last: bool) -> Iterator[ChangedLines]:
    head = 0 if first else CONTEXT
    tail = 0 if last else CONTEXT
    if len(lines) <= head + tail + 1:
        yield ChangedLines((DiffPiece("same", "".join(lines)),))
        return
    if head:
        yield ChangedLines((DiffPiece("same", "".join(lines[:head])),))
    yield ChangedLines(folded=len(lines) - head - tail)
    if tail:
        yield ChangedLines((DiffPiece("same", "".join(lines[-tail:])),))


def readable_changes(before: str, after: str) -> list[DiffPiece]:
    """Return the pieces of a changed passage, or both texts as wholes if little is the same.

    Word by word, a sentence that was written again is hard to read.
    """
    pieces = list(word_changes(before, after))
    same = sum(len(piece.text) for piece in pieces if piece.kind == "same")
    if same * 2 > max(len(before), len(after)) or not (before and after):
        return pieces
    return [DiffPiece("gone", before), DiffPiece("same", "\n"), DiffPiece("new", after)]


def word_changes(before: str, after: str, work: Work | None = None) -> Iterator[DiffPiece]:
    """Yield the pieces of a changed passage."""
    old, new = _WORD.findall(before), _WORD.findall(after)
    if len(old) + len(new) > MAX_WORDS:
        yield from (DiffPiece("gone", before), DiffPiece("new", after))
        return
    for tag, i1, i2, j1, j2 in opcodes(old, new, work):
        if tag == "equal":
            yield DiffPiece("same", "".join(old[i1:i2]))
            continue
        if i1 < i2:
            yield DiffPiece("gone", "".join(old[i1:i2]))
        if j1 < j2:
            yield DiffPiece("new", "".join(new[j1:j2]))

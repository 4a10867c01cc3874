"""Similarity of texts, to find files that were renamed and edited.

Like git, two texts are similar if at least half of the larger one is in the other. Lines are
counted, weighted by their length.
"""

from collections import Counter
from collections.abc import Hashable, Mapping
from typing import TypeVar

ENOUGH = 0.5
COMMON = 20  # a line in more texts than this is no evidence
CANDIDATES = 5  # compared in full, for each text

Key = TypeVar("Key", bound=Hashable)
Other = TypeVar("Other", bound=Hashable)


def similarity(one: str, other: str) -> float:
    """Return the shared part of the larger text, from 0 to 1."""
    return _shared(_lines(one), _lines(other))


def count_shared_lines(one: str, other: str) -> int:
    """Return how many lines that are not blank the texts share."""
    return (_lines(one) & _lines(other)).total()


def most_similar(
    texts: Mapping[Key, str], others: Mapping[Other, str], least: float = ENOUGH
) -> list[tuple[Key, Other]]:
    """Pair each of ``texts`` with at most one of ``others``, the most similar pairs first.

    Each text is compared only with a few that share a rare line, so that the time is linear.
    """
    left = {key: _lines(text) for key, text in texts.items()}
    right = {key: _lines(text) for key, text in others.items()}
    having: dict[str, list[Other]] = {}
    for other, lines in right.items():
        for line in lines:
            having.setdefault(line, []).append(other)
    scored = []
    for number, (key, lines) in enumerate(left.items()):
        votes: Counter[Other] = Counter()
        for line in lines:
            found = having.get(line, ())
            if len(found) <= COMMON:
                votes.update(dict.fromkeys(found, len(line)))
        for other, _votes in votes.most_common(CANDIDATES):
            score = _shared(lines, right[other])
            if score >= least:
                scored.append((-score, number, key, other))
    scored.sort(key=lambda pair: pair[:2])
    return _one_to_one(scored)


def _one_to_one(scored: list[tuple[float, int, Key, Other]]) -> list[tuple[Key, Other]]:
    pairs: dict[Key, Other] = {}
    taken: set[Other] = set()
    for _score, _number, key, other in scored:
        if key not in pairs and other not in taken:
            pairs[key] = other
            taken.add(other)
    return list(pairs.items())


def _lines(text: str) -> Counter[str]:
    """Return the lines of ``text`` with their numbers, without spaces around them."""
    lines = Counter(line.strip() for line in text.splitlines())
    del lines[""]
    return lines


def _shared(one: Counter[str], other: Counter[str]) -> float:
    larger = max(_weight(one), _weight(other))
    return _weight(one & other) / larger if larger else 1.0


def _weight(lines: Counter[str]) -> int:
    return sum(len(line) * count for line, count in lines.items())

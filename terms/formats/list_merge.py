"""Items of lists, recognised on three sides, and their merged order.

An item has the same number on all sides, also where it was moved or changed. Numbers below the
length of the base are positions in the base; higher numbers are additions.
"""

import json
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from itertools import count
from typing import TypeVar

from .alignment import matching_blocks
from .three_way import aligned_runs
from .yaml_nodes import Data

T = TypeVar("T", bound=Hashable)


def numbered(
    base: Sequence[Data], ours: Sequence[Data], theirs: Sequence[Data]
) -> tuple[list[int], list[int], list[int]]:
    """Return the numbers of the items of each side."""
    here, there = _matched(base, ours), _matched(base, theirs)
    new = count(len(base))
    left = [here[place] if place in here else next(new) for place in range(len(ours))]
    same = _same_additions(ours, theirs, here, there)
    right = [
        there[place] if place in there else left[same[place]] if place in same else next(new)
        for place in range(len(theirs))
    ]
    return list(range(len(base))), left, right


def merged_order(
    base: Sequence[int], ours: Sequence[int], theirs: Sequence[int], kept: Collection[int]
) -> list[int] | None:
    """Return ``kept`` in the merged order, or None if both sides moved items differently.

    Additions of ours come at their place, behind those of theirs at the same place.
    """
    kept = set(kept)
    base, ours, theirs = ([n for n in side if n in kept] for side in (base, ours, theirs))
    common = set(base).intersection(ours, theirs)
    before, here, there = ([n for n in side if n in common] for side in (base, ours, theirs))
    if here in (before, there):
        return with_additions(theirs, ours, base)
    if there == before:
        return with_additions(ours, theirs, base)
    moved = _both_moved(before, here, there)
    if moved is None:
        return None
    return with_additions(with_additions(moved, theirs, base), ours, base)


def with_additions(frame: Sequence[T], other: Iterable[T], base: Iterable[T]) -> list[T]:
    """Return ``frame`` with the items that only ``other`` has, each behind the one it follows."""
    other = list(other)
    shared, anchors = set(frame), {*other, *base}
    behind: dict[T | None, list[T]] = defaultdict(list)
    anchor: T | None = None
    for item in other:
        if item in shared:
            anchor = item
        else:
            behind[anchor].append(item)
    merged: list[T] = []
    waiting = behind[None]
    for item in frame:
        if item in anchors:  # else it is an addition of the frame, which comes first
            merged += waiting
            waiting = []
        merged.append(item)
        waiting = [*waiting, *behind[item]] if item in behind else waiting
    return merged + waiting


def title_of(item: Data | None) -> str | None:
    title = item.get("title") if isinstance(item, dict) else None
    return title if isinstance(title, str) else None


def _both_moved(
    base: Sequence[int], ours: Sequence[int], theirs: Sequence[int]
) -> list[int] | None:
    merged: list[int] = []
    for before, here, there in (run.sides for run in aligned_runs(base, ours, theirs)):
        if list(before) not in (list(here), list(there)) and list(here) != list(there):
            return None
        merged += there if list(here) == list(before) else here
    return merged if sorted(merged) == sorted(base) else None


def _matched(base: Sequence[Data], side: Sequence[Data]) -> dict[int, int]:
    """Return place in ``side`` → place in ``base``, for the items of the base that are left."""
    old, new = list(map(_exactly, base)), list(map(_exactly, side))
    found = {j + n: i + n for i, j, size in matching_blocks(old, new) for n in range(size)}
    for key in (_exactly, title_of):
        _match_rest(base, side, key, found)
    used = set(found.values())
    for place, item in enumerate(side):
        origin = found[place - 1] + 1 if place and place - 1 in found else 0 if not place else -1
        free = place not in found and 0 <= origin < len(base) and origin not in used
        if free and _have_value_in_common(base[origin], item):  # the row was renamed
            found[place] = origin
            used.add(origin)
    return found


def _match_rest(
    base: Sequence[Data],
    side: Sequence[Data],
    key: Callable[[Data], str | None],
    found: dict[int, int],
) -> None:
    """Match the other items with an equal key, in order."""
    used = set(found.values())
    free: dict[str | None, deque[int]] = defaultdict(deque)
    for origin, item in enumerate(base):
        if origin not in used:
            free[key(item)].append(origin)
    free.pop(None, None)
    for place, item in enumerate(side):
        if place not in found and free.get(key(item)):
            found[place] = free[key(item)].popleft()


def _same_additions(
    ours: Sequence[Data], theirs: Sequence[Data], here: Collection[int], there: Collection[int]
) -> dict[int, int]:
    """Return place in theirs → place in ours, for items that both sides added.

    A title that is on one side more than once does not identify a row.
    """
    unique = _titles_once(ours) & _titles_once(theirs)
    mine = [place for place in range(len(ours)) if place not in here]
    their = [place for place in range(len(theirs)) if place not in there]
    found: dict[int, int] = {}
    added, other = [ours[place] for place in mine], [theirs[place] for place in their]
    for key in (_exactly, lambda item: title if (title := title_of(item)) in unique else None):
        _match_rest(added, other, key, found)
    return {their[place]: mine[origin] for place, origin in found.items()}


def _titles_once(items: Iterable[Data]) -> set[str | None]:
    titles = Counter(map(title_of, items))
    return {title for title, number in titles.items() if number == 1 and title is not None}


def _exactly(item: Data) -> str:
    return json.dumps(item, sort_keys=True)


def _have_value_in_common(old: Data, new: Data) -> bool:
    if not isinstance(old, dict) or not isinstance(new, dict):
        return False
    return any(value and new.get(key) == value for key, value in old.items())

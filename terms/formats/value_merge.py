"""Three-way merge of the values of headers: keys, rows, lists, names and texts."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import cast

from . import three_way
from .collisions import BOTH, OURS, THEIRS, Choices, Collision, Value, as_text
from .dialects import RELATED
from .list_merge import merged_order, numbered, title_of, with_additions
from .related import read_names, write_names
from .yaml_nodes import Data

_PASSAGES = {OURS: three_way.OURS, THEIRS: three_way.THEIRS, BOTH: three_way.BOTH}
_NO_VALUE: tuple[Value, ...] = (None, "", [])


@dataclass(frozen=True, slots=True)
class MergedPlace:
    """A place in a term file: its name for people, and the unique key of its collisions."""

    name: str
    key: str
    is_row: bool = False
    has_names: bool = False  # its value is a string of names

    def child(self, key: str) -> "MergedPlace":
        inner = f"{self.key}: {key}" if self.key else key
        if self.is_row:
            return replace(
                self, key=inner, is_row=False, has_names=self.has_names and key == "value"
            )
        return MergedPlace(f"{self.name}: {key}" if self.name else key, inner)


ROOT = MergedPlace("", "")


@dataclass(frozen=True)
class ValueMerge:
    """Merges values; the collisions go to ``choices``. ``is_known`` is that of ``read_names``."""

    choices: Choices
    is_known: Callable[[str], bool]

    def mapping(
        self, base: Mapping[str, Data], ours: Mapping[str, Data], theirs: Mapping[str, Data],
        place: MergedPlace = ROOT,
    ) -> dict[str, Data]:  # fmt: skip
        """Merge key by key. New keys of ours come behind the key that they follow there."""
        merged: dict[str, Data] = {}
        for key in with_additions(list(theirs), ours, base):
            value = self.value(base.get(key), ours.get(key), theirs.get(key), place.child(key))
            if value is not None:
                merged[key] = value
        return merged

    def value(self, base: Value, ours: Value, theirs: Value, place: MergedPlace) -> Value:
        if ours in (base, theirs):
            return theirs
        if theirs == base:
            return ours
        if isinstance(ours, dict) and isinstance(theirs, dict):
            return self.mapping(base if isinstance(base, dict) else {}, ours, theirs, place)
        if isinstance(ours, list) or isinstance(theirs, list):
            if not isinstance(ours, dict) and not isinstance(theirs, dict):
                return self._list(base, ours, theirs, place)
        elif isinstance(ours, str) and isinstance(theirs, str):
            return self._string(base if isinstance(base, str) else "", ours, theirs, place)
        return self._chosen(base, ours, theirs, place)

    def text(self, base: str, ours: str, theirs: str, place: MergedPlace) -> str:
        """Merge passage by passage. Whether the text ends in a line end is merged by itself."""
        sides = (base, ours, theirs)
        open_ends = [bool(side) and not side.endswith("\n") for side in sides]
        found = three_way.passages(
            *(side + "\n" * is_open for side, is_open in zip(sides, open_ends, strict=True))
        )
        merged = three_way.joined(found, self._passages(found, place))
        is_open = open_ends[2] if open_ends[1] == open_ends[0] else open_ends[1]
        return merged.removesuffix("\n") if is_open else merged

    def _passages(self, found: list[three_way.Passage], place: MergedPlace) -> dict[int, str]:
        """Return passage number → chosen side. The keys of collisions count from 1."""
        colliding = [number for number, passage in enumerate(found) if passage.collides]
        chosen = {}
        for count, number in enumerate(colliding, 1):
            p = found[number]
            collision = Collision(place.name, f"{place.key} {count}", p.base, p.ours, p.theirs)
            chosen[number] = _PASSAGES[self.choices.side_of(collision, (OURS, THEIRS, BOTH))]
        return chosen

    def _string(self, base: str, ours: str, theirs: str, place: MergedPlace) -> Value:
        if place.has_names:
            return self._names(base, ours, theirs, place)
        if any("\n" in side.rstrip("\n") for side in (base, ours, theirs)):
            return self.text(base, ours, theirs, place)
        return self._chosen(base, ours, theirs, place)

    def _names(self, base: str, ours: str, theirs: str, place: MergedPlace) -> Value:
        """Merge strings of names; keep the string of a side that has the merged names."""
        before, here, there = (
            cast("list[Data]", read_names(side, self.is_known)) for side in (base, ours, theirs)
        )
        names = self._items(before, here, there, place)
        if names in (there, here):
            return theirs if names == there else ours
        return write_names(cast("list[str]", names))

    def _list(self, base: Value, ours: Value, theirs: Value, place: MergedPlace) -> Value:
        items = self._items(_as_list(base), _as_list(ours), _as_list(theirs), place)
        if items:
            return items
        return theirs if theirs in _NO_VALUE else ours if ours in _NO_VALUE else items

    def _items(
        self, base: list[Data], ours: list[Data], theirs: list[Data], place: MergedPlace
    ) -> list[Data]:
        """Merge lists item by item. An item that is no mapping is added or removed, not changed."""
        numbers = numbered(base, ours, theirs)
        sides: list[dict[int, Data]] = [
            dict(zip(side, items, strict=True))
            for side, items in zip(numbers, (base, ours, theirs), strict=True)
        ]
        merged: dict[int, Data] = {}
        seen: Counter[str] = Counter()
        every = dict.fromkeys([*numbers[2], *numbers[1], *numbers[0]])
        for position, number in enumerate(every, 1):
            b, o, t = (side.get(number) for side in sides)
            value = self.value(b, o, t, _row(place, t or o or b, position, seen))
            if value is not None:
                merged[number] = value
        order = merged_order(*numbers, merged)
        if order is None:
            order = self._chosen_order(numbers, merged, (base, ours, theirs), place)
        return [merged[number] for number in order]

    def _chosen_order(
        self, numbers: tuple[list[int], list[int], list[int]], kept: Mapping[int, Data],
        items: tuple[list[Data], list[Data], list[Data]], place: MergedPlace,
    ) -> list[int]:  # fmt: skip
        base, ours, theirs = numbers
        side = self.choices.side_of(Collision(place.name, place.key, *map(as_text, items)))
        first, second = (ours, theirs) if side == OURS else (theirs, ours)
        order = with_additions(first, second, base)
        return [number for number in order if number in kept]

    def _chosen(self, base: Value, ours: Value, theirs: Value, place: MergedPlace) -> Value:
        collision = Collision(place.name, place.key, *map(as_text, (base, ours, theirs)))
        return ours if self.choices.side_of(collision) == OURS else theirs


def _as_list(value: Value) -> list[Data]:
    if isinstance(value, list):
        return value
    return [] if value in _NO_VALUE or isinstance(value, dict) else [cast("Data", value)]


def _row(place: MergedPlace, item: Value, position: int, seen: Counter[str]) -> MergedPlace:
    """Return the place of an item, named after its title, or else its position."""
    title = title_of(item)
    label = title or str(position)
    seen[label] += 1
    if seen[label] > 1:
        label = f"{label} ({seen[label]})"
    return MergedPlace(f"{place.name}: {label}", f"{place.key}: {label}", True, title == RELATED)

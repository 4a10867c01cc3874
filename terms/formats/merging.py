"""Three-way merge of term files, field by field."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from .front_matter import FrontMatter, parse
from .line_ends import normalise
from .problems import CannotSplice
from .yaml_nodes import Data

BODY = "body"
_ABSENT = object()


@dataclass(frozen=True, slots=True)
class Merge:
    """``text`` has the changes of both sides, or is None if there are ``collisions``."""

    text: str | None
    collisions: tuple[str, ...] = ()
    reason: str = field(default="")


def merge_texts(base: str, ours: str, theirs: str) -> Merge:
    """Merge the changes from ``base`` to ``ours`` into ``theirs``.

    Values are compared key by key, detail rows by title, the body as a whole.
    """
    if ours in (base, theirs):
        return Merge(theirs)
    if theirs == base:
        return Merge(ours)
    b, o, t = parse(base), parse(ours), parse(theirs)
    if any(side.problem or not side.opening for side in (b, o, t)):
        return Merge(None, ("the whole file",))
    if not _changes_layout(b, o):
        return _merged(b, o, t)
    if not _changes_layout(b, t):
        return _merged(b, t, o)
    return Merge(None, ("the layout of the file",))


def _changes_layout(base: FrontMatter, side: FrontMatter) -> bool:
    """Return whether ``side`` changes more than values: comments, quotes, key order, line ends."""
    try:
        return base.replaced(side.data, side.body) != side.text
    except CannotSplice:
        return True


def _merged(base: FrontMatter, guest: FrontMatter, host: FrontMatter) -> Merge:
    """Write the values that ``guest`` changed into the text of ``host``."""
    data, collisions = _merge_mapping(base.data, guest.data, host.data, "")
    body, clash = _pick(normalise(base.body), normalise(guest.body), normalise(host.body))
    if clash:
        collisions.append(BODY)
    if collisions:
        return Merge(None, tuple(collisions))
    try:
        return Merge(host.replaced(data, cast("str", body)))
    except CannotSplice as error:
        return Merge(None, ("the whole file",), str(error))


def _pick(base: object, ours: object, theirs: object) -> tuple[object, bool]:
    if ours in (base, theirs):
        return theirs, False
    return (ours, False) if theirs == base else (theirs, True)


def _merge_mapping(
    base: Mapping[str, Data], ours: Mapping[str, Data], theirs: Mapping[str, Data], prefix: str
) -> tuple[dict[str, Data], list[str]]:
    merged: dict[str, Data] = {}
    collisions: list[str] = []
    for key in [*theirs, *(key for key in ours if key not in theirs)]:
        sides = [side.get(key, _ABSENT) for side in (base, ours, theirs)]
        value, clash = _pick(*sides)
        if clash:
            b, o, t = (_by_title(side) for side in sides)
            if b is not None and o is not None and t is not None:
                inner, found = _merge_mapping(b, o, t, f"{key}: ")
                order = _merged_order(list(b), list(o), list(t))
                clash = order is None
                value = [inner[title] for title in order or () if title in inner]
                collisions.extend(found)
        if clash:
            collisions.append(prefix + key)
        if value is not _ABSENT:
            merged[key] = cast("Data", value)
    return merged, collisions


def _merged_order(base: list[str], ours: list[str], theirs: list[str]) -> list[str] | None:
    """Return the order of rows, or None if both sides changed it differently."""
    if theirs == base:
        return [*ours, *(title for title in theirs if title not in ours)]
    if ours == base or [t for t in ours if t in base] == [t for t in base if t in ours]:
        return [*theirs, *(title for title in ours if title not in theirs)]
    return ours if ours == theirs else None


def _by_title(value: object) -> dict[str, Data] | None:
    """Return detail rows by title, or None if a title is missing or not unique."""
    if not isinstance(value, list):
        return None
    rows: dict[str, Data] = {}
    for row in value:
        title = row.get("title") if isinstance(row, dict) else None
        if not isinstance(title, str) or title in rows:
            return None
        rows[title] = row
    return rows

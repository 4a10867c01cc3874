"""Two texts that were both made from a third → one text, or the fields where they collide."""

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
    """``text`` holds both sides' changes; None where ``collisions`` names fields."""

    text: str | None
    collisions: tuple[str, ...] = ()
    reason: str = field(default="")


def merge(base: str, ours: str, theirs: str) -> Merge:
    """``theirs`` with what ``ours`` changed in ``base`` written into it.

    Values are compared key by key, detail rows by their titles, the body as one.
    """
    if ours in (base, theirs):
        return Merge(theirs)
    if theirs == base:
        return Merge(ours)
    b, o, t = parse(base), parse(ours), parse(theirs)
    if any(side.problem or not side.opening for side in (b, o, t)):
        return Merge(None, ("the whole file",))
    data, collisions = _merge_mapping(b.data, o.data, t.data, "")
    body, clash = _pick(normalise(b.body), normalise(o.body), normalise(t.body))
    if clash:
        collisions.append(BODY)
    if collisions:
        return Merge(None, tuple(collisions))
    return _written(t, data, cast("str", body), (b, o))


def _written(
    theirs: FrontMatter, data: dict[str, Data], body: str, others: tuple[FrontMatter, FrontMatter]
) -> Merge:
    base, ours = others
    if base.data == ours.data and normalise(base.body) == normalise(ours.body):
        # What ours changed is none of the values: comments, blanks, the style of a quote.
        return Merge(None, ("the layout of the file",))
    try:
        return Merge(theirs.replaced(data, body))
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
                value, clash = list(inner.values()), False
                collisions.extend(found)
        if clash:
            collisions.append(prefix + key)
        if value is not _ABSENT:
            merged[key] = cast("Data", value)
    return merged, collisions


def _by_title(value: object) -> dict[str, Data] | None:
    """Detail rows by their titles, where these are all there and all different."""
    if not isinstance(value, list):
        return None
    rows: dict[str, Data] = {}
    for row in value:
        title = row.get("title") if isinstance(row, dict) else None
        if not isinstance(title, str) or title in rows:
            return None
        rows[title] = row
    return rows

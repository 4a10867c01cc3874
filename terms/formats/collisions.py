"""Collisions of a three-way merge, and the sides chosen for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from .yaml_nodes import Data

OURS, THEIRS, BOTH = "ours", "theirs", "both"
SIDES = (OURS, THEIRS, BOTH)
Value: TypeAlias = Data | None  # None if the key or row is absent
Prefer: TypeAlias = Mapping[str, str] | str | None


@dataclass(frozen=True, slots=True)
class Collision:
    """A value, row or passage that both sides changed differently, as text.

    ``name`` is for people, and may be that of several collisions. ``key`` is unique.
    """

    name: str
    key: str
    base: str
    ours: str
    theirs: str


class Choices:
    """Collects collisions and chooses the preferred side of each.

    ``prefer`` is a side for all of them, or key or name of a collision → side. ``both`` is for
    passages only; of other values, it is no choice. Raises ValueError for an unknown side.
    """

    def __init__(self, prefer: Prefer = None):
        self.prefer = prefer
        self.left: list[Collision] = []
        self.resolved: list[Collision] = []
        sides = prefer.values() if isinstance(prefer, Mapping) else (prefer or OURS,)
        if unknown := set(sides).difference(SIDES):
            raise ValueError(f"Unknown side: {', '.join(sorted(unknown))}.")

    def side_of(self, collision: Collision, allowed: Sequence[str] = (OURS, THEIRS)) -> str:
        """Return the chosen side; theirs if no side was chosen, as the text is not used then."""
        prefer = self.prefer
        if isinstance(prefer, Mapping):
            prefer = prefer.get(collision.key) or prefer.get(collision.name)
        if prefer not in allowed:
            self.left.append(collision)
            return THEIRS
        self.resolved.append(collision)
        return prefer or THEIRS


def as_text(value: Value) -> str:
    """Return a value as lines of text, for display."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, list):
        return "\n".join(map(as_text, value))
    return "\n".join(f"{key}: {as_text(item)}" for key, item in value.items())

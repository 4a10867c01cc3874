"""Differences between two term files, value by value."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from .collisions import as_text
from .differences import ChangedLines, compare
from .front_matter import parse
from .line_ends import normalise
from .list_merge import title_of
from .yaml_nodes import Data

TEXT, LAYOUT, WHOLE = "text", "layout of the file", "whole file"


class ValueDifference(NamedTuple):
    """A value that differs, by the key in the header; TEXT is the body."""

    name: str
    blocks: list[ChangedLines]


def compare_values(before: str, after: str) -> list[ValueDifference]:
    """Return the values that differ, in the order of ``after``.

    If only comments, quotes or line ends differ, the whole files are compared as LAYOUT.
    """
    old, new = parse(before), parse(after)
    if old.problem or new.problem:
        return [ValueDifference(WHOLE, compare(before, after))] if before != after else []
    former, now = dict(_values(old.data)), dict(_values(new.data))
    former[TEXT], now[TEXT] = normalise(old.body), normalise(new.body)
    found = [
        ValueDifference(name, compare(former.get(name, ""), now.get(name, "")))
        for name in [*(former.keys() - now.keys()), *now]
        if former.get(name, "") != now.get(name, "")
    ]
    if not found and before != after:
        return [ValueDifference(LAYOUT, compare(before, after))]
    return found


def _values(data: Mapping[str, Data]) -> Iterator[tuple[str, str]]:
    """Yield the name and text of each value; rows with a title are values of their own."""
    for key, value in data.items():
        if not isinstance(value, list) or not any(title_of(item) for item in value):
            yield key, as_text(value)
            continue
        seen: Counter[str] = Counter()
        for number, item in enumerate(value, 1):
            label = title_of(item) or str(number)
            seen[label] += 1
            again = f" ({seen[label]})" if seen[label] > 1 else ""
            yield f"{key}: {label}{again}", _row(item)


def _row(item: Data) -> str:
    if not isinstance(item, dict):
        return as_text(item)
    rest = {key: value for key, value in item.items() if key != "title"}
    return as_text(rest["value"]) if rest.keys() == {"value"} else as_text(rest)

"""Changes values of a header and leaves all other lines as they are.

``splice(header, data)`` writes the differences between ``header`` and ``data`` into
``header``, step by step. A step replaces one span of the text. Its result is read back;
if it is not exactly the wanted data, the next candidate is tried. If no candidate is
left, CannotSplice is raised and nothing is changed.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from .alignment import Opcode, opcodes
from .problems import CannotSplice, HeaderProblem
from .spans import NodeContext, insert_item, insert_key, move_item, remove_child, set_node
from .yaml_nodes import Data, Mapping, Node, Scalar, Sequence, compose, to_data

MAX_WORK = 500_000  # characters read back, over all steps


def splice(header: str, data: dict[str, Data]) -> str:
    """Return ``header`` changed to contain ``data``; the order of its keys is kept.

    ``header`` must be valid, with \\n line ends and one at its end. A new key is inserted
    after the key that precedes it in ``data``. Raises CannotSplice.
    """
    root = compose(header)
    left = MAX_WORK
    while (step := _step_towards(NodeContext(header, root), root, data)) is not None:
        left -= len(header) + 500
        if left < 0:
            raise CannotSplice("Too many values change at once.")
        header, root, tried = _first_that_reads_back(step, root)
        left -= tried * len(header)
    return header


@dataclass
class _Step:
    candidates: Iterator[str]
    path: tuple[str | int, ...]  # of the collection or value that becomes ``value``
    value: Data


def _first_that_reads_back(step: _Step, root: Mapping) -> tuple[str, Mapping, int]:
    """Return the header after ``step`` as text and as a node, and the number of attempts."""
    wanted = _replaced(to_data(root), step.path, step.value)
    for tried, candidate in enumerate(step.candidates, 1):
        try:
            changed = compose(candidate)
            if _same(to_data(changed), wanted):
                return candidate, changed, tried
        except HeaderProblem:
            continue
    name = " ".join(str(part + 1 if isinstance(part, int) else part) for part in step.path)
    raise CannotSplice(f"“{name}” cannot be changed without rewriting other lines of the file.")


def _replaced(data: Data, path: tuple[str | int, ...], value: Data) -> Data:
    if not path:
        return value
    head, rest = path[0], path[1:]
    if isinstance(data, dict):
        return {k: _replaced(v, rest, value) if k == head else v for k, v in data.items()}
    items = cast("list[Data]", data)
    return [_replaced(v, rest, value) if i == head else v for i, v in enumerate(items)]


def _same(found: Data, wanted: Data) -> bool:
    """Return whether both are equal, with keys in the same order."""
    if isinstance(found, dict) and isinstance(wanted, dict):
        return list(found) == list(wanted) and all(_same(found[k], wanted[k]) for k in found)
    if isinstance(found, list) and isinstance(wanted, list):
        return len(found) == len(wanted) and all(map(_same, found, wanted))
    return found == wanted


# The first difference between the header and the wanted data


def _step_towards(spot: NodeContext, node: Node, wanted: Data) -> _Step | None:
    if isinstance(node, Mapping) and isinstance(wanted, dict):
        return _step_in_mapping(spot, node, wanted)
    if isinstance(node, Sequence) and isinstance(wanted, list):
        return _step_in_sequence(spot, node, wanted)
    if isinstance(node, Scalar) and to_data(node) == wanted:
        return None
    return _Step(set_node(spot, node, wanted), spot.path, wanted)


def _step_in_mapping(spot: NodeContext, node: Mapping, wanted: dict[str, Data]) -> _Step | None:
    found = cast("dict[str, Data]", to_data(node))
    for number, (key, value) in enumerate(node.pairs):
        if key.value not in wanted:
            rest = {k: v for k, v in found.items() if k != key.value}
            return _Step(remove_child(spot, node, number), spot.path, rest)
        step = _step_towards(spot.child(node, number), value, wanted[key.value])
        if step:
            return step
    names = list(wanted)
    for position, name in enumerate(names):
        if name not in found:
            index = list(found).index(names[position - 1]) + 1 if position else 0
            pairs = list(found.items())
            grown = dict([*pairs[:index], (name, wanted[name]), *pairs[index:]])
            return _Step(insert_key(spot, node, index, name, wanted[name]), spot.path, grown)
    return None


def _step_in_sequence(spot: NodeContext, node: Sequence, wanted: list[Data]) -> _Step | None:
    found = cast("list[Data]", to_data(node))
    codes = opcodes([_canonical(item) for item in found], [_canonical(item) for item in wanted])
    codes = [code for code in codes if code[0] != "equal"]
    origins = _origins(found, wanted, codes)
    moving = set(origins.values())
    for _, i1, i2, j1, j2 in codes:
        origin = origins.get(j1, i1) if j1 < j2 else i1
        if origin != i1:
            moved = [*found[:origin], *found[origin + 1 :]]
            target = i1 if origin > i1 else i1 - 1
            moved.insert(target, found[origin])
            return _Step(move_item(spot, node, origin, target), spot.path, moved)
        if j1 < j2 and (i1 == i2 or (i1 in moving and origins.get(j1) != i1)):
            grown = [*found[:i1], wanted[j1], *found[i1:]]
            return _Step(insert_item(spot, node, i1, wanted[j1]), spot.path, grown)
        gone = [i for i in range(i1, i2) if i not in moving] if i2 - i1 > j2 - j1 else []
        if gone:
            rest = [*found[: gone[-1]], *found[gone[-1] + 1 :]]
            return _Step(remove_child(spot, node, gone[-1]), spot.path, rest)
        if j1 < j2:
            return _step_towards(spot.child(node, i1), node.items[i1], wanted[j1])
    return None


def _origins(found: list[Data], wanted: list[Data], codes: list[Opcode]) -> dict[int, int]:
    """Return where rows come from: index in ``wanted`` → index in ``found``.

    A row comes from an equal one, or from one with the same title, its first value.
    """
    origins: dict[int, int] = {}
    left = [i for _, i1, i2, _, _ in codes for i in range(i1, i2)]
    new = [j for _, _, _, j1, j2 in codes for j in range(j1, j2)]
    for key in (_canonical, _title):
        places = {key(found[i]): i for i in reversed(left)}
        places.pop(None, None)
        for j in new:
            if j not in origins and (name := key(wanted[j])) in places:
                origins[j] = places.pop(name)
        taken = set(origins.values())
        left = [i for i in left if i not in taken]
    return origins


def _title(item: Data) -> str | None:
    """Return the first value of a row as text; None for other items."""
    return _canonical(next(iter(item.values()))) if isinstance(item, dict) and item else None


def _canonical(item: Data) -> str:
    return json.dumps(item, sort_keys=True)

"""Positions of values in a header, and candidate headers for a change.

Candidates are whole headers, best first; ``splice`` uses the first that reads back.

A row of a list, or a key, has the comments directly above it, and those below it that are
indented deeper. It is moved and removed with them. A comment with a blank line below belongs to no
row and stays in its place, and so do comments above the first key of the header.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from . import scalars
from .emission import emitted, emitted_item, reading_back
from .scalars import ScalarPlace
from .yaml_nodes import Data, Mapping, Node, Scalar, Sequence, compose


@dataclass(frozen=True)
class NodeContext:
    """The surroundings of a node: the header, the path to the node and the indentation."""

    header: str
    root: Mapping
    path: tuple[str | int, ...] = ()
    indent: int = -1  # the column of the collection that holds the node
    flow: bool = False

    def child(self, node: Mapping | Sequence, number: int) -> "NodeContext":
        name = node.pairs[number][0].value if isinstance(node, Mapping) else number
        flow = self.flow or node.flow
        indent = self.indent if flow else column_of(self.header, _first_start(self.header, node))
        return NodeContext(self.header, self.root, (*self.path, name), indent, flow)

    def place(self, start: int) -> ScalarPlace:
        return ScalarPlace(max(self.indent, 0) + 2, column_of(self.header, start), self.flow)

    def replaced(self, start: int, end: int, text: str) -> str:
        return self.header[:start] + text + self.header[end:]


# Positions


def column_of(text: str, index: int) -> int:
    return index - (text.rfind("\n", 0, index) + 1)


def _line_start(text: str, index: int) -> int:
    return text.rfind("\n", 0, index) + 1


def _line_end(text: str, index: int) -> int:
    """Return the position after the line that contains ``index``."""
    found = text.find("\n", index)
    return len(text) if found < 0 else found + 1


def _begins_line(text: str, index: int) -> bool:
    return not text[_line_start(text, index) : index].strip()


def _content_end(header: str, node: Node) -> int:
    """Return the end of the node, without blank lines that a block scalar does not keep."""
    if isinstance(node, Scalar):
        if node.style in ("|", ">"):
            source = header[node.start : node.end]
            kept = "+" in source.split("\n", 1)[0].split("#", 1)[0]
            return node.start + (
                len(source.removesuffix("\n")) if kept else len(source.rstrip(" \t\n"))
            )
        return node.end
    if node.flow:
        return node.end
    last = node.items[-1] if isinstance(node, Sequence) else node.pairs[-1][1]
    return _content_end(header, last)


def _starts(header: str, node: Mapping | Sequence) -> list[int]:
    """Return the start of each child: its key, its dash, or in [ ] the item itself."""
    if isinstance(node, Mapping):
        return [key.start for key, _ in node.pairs]
    if node.flow:
        return [item.start for item in node.items]
    return [_dash_before(header, item) for item in node.items]


def _first_start(header: str, node: Mapping | Sequence) -> int:
    if isinstance(node, Mapping):
        return node.pairs[0][0].start
    return node.items[0].start if node.flow else _dash_before(header, node.items[0])


def _dash_before(header: str, item: Node) -> int:
    index = item.start
    if isinstance(item, Sequence) and not item.flow and header[index : index + 1] == "-":
        index -= 1  # a nested list begins with its own dash
    elif header[index - 1 : index] == "-" and isinstance(item, Scalar) and not item.value:
        return index - 1
    else:
        index -= 1
    while index > 0 and header[index] in " \t\n":
        index -= 1
    return index if header[index] == "-" else _behind_indicator(header, item.start)[0] - 1


def _rows(header: str, node: Mapping | Sequence) -> list[tuple[int, int]]:
    """Return the lines of each child of a block collection, with its comments."""
    starts = _starts(header, node)
    is_header = isinstance(node, Mapping) and not header[: starts[0]].rpartition("\n")[2]
    above = _line_start(header, starts[0]) if is_header else 0
    rows: list[tuple[int, int]] = []
    for start, value in zip(starts, _values(node), strict=True):
        first = _with_comments_above(header, start, above)
        above = _line_end(header, _content_end(header, value))
        if not isinstance(value, Scalar) and not value.flow:
            above = _with_comments_below(header, above, column_of(header, start))
        rows.append((first, above))
    return rows


_HASH = re.compile(r"(?<![^ \t\n])#")
_COMMENT_LINE = re.compile(r"( *+)#")


def _with_comments_above(header: str, start: int, least: int) -> int:
    """Return the start of the line of ``start``, moved over the comments directly above it."""
    line = _line_start(header, start)
    while line > least and _COMMENT_LINE.match(header, before := _line_start(header, line - 1)):
        line = before
    return line


def _with_comments_below(header: str, end: int, column: int) -> int:
    """Return ``end``, moved over comments that are indented deeper than ``column``."""
    line = end
    while line < len(header):
        found = _COMMENT_LINE.match(header, line)
        following = _line_end(header, line)
        if found and len(found[1]) > column:
            end = following
        elif found or header[line:following].strip():
            break
        line = following
    return end


def has_comments_beside_rows(header: str, key: str) -> bool:
    """Return whether the list of ``key`` has comments that belong to none of its rows."""
    root = compose(header)
    node = root.get(key)
    if root.flow or not isinstance(node, Sequence):
        return False
    number = [name.value for name, _ in root.pairs].index(key)
    rows = _rows(header, node) if node.items and not node.flow else []
    begin, end = root.pairs[number][0].start, _rows(header, root)[number][1]
    cuts = [begin, *(cut for row in rows for cut in row), end]
    return any(_HASH.search(header, a, b) for a, b in zip(cuts[::2], cuts[1::2], strict=True))


def _values(node: Mapping | Sequence) -> list[Node]:
    return [value for _, value in node.pairs] if isinstance(node, Mapping) else node.items


# Changes


def set_node(spot: NodeContext, node: Node, value: Data) -> Iterator[str]:
    header = spot.header
    end = _content_end(header, node)
    if isinstance(node, Scalar) and isinstance(value, str):
        place = spot.place(node.start)
        gap = " " if node.start == node.end and header[node.start - 1 : node.start] in ":-" else ""
        old = header[node.start : end]
        if gap:
            texts = scalars.new_scalar(value, place)
        else:
            texts = scalars.rewritten(value, old, node.value, node.style, place)
        for text in texts:
            yield spot.replaced(node.start, end, gap + text)
        return
    if spot.flow:
        for text in emitted(value, spot.indent, True, 0):
            yield spot.replaced(node.start, end, text.lstrip())
        return
    start, comment = _behind_indicator(header, node.start)
    if start:
        behind = _BEHIND.match(header, end)
        for text in emitted(value, spot.indent, spot.flow, column_of(header, start)):
            if "\n" in text and behind:
                yield spot.replaced(start, behind.end(), behind[0] + text)
            yield spot.replaced(start, end, text + ("" if "\n" in text else comment))


_BEHIND = re.compile(r"[ \t]+(?:#[^\n]*)?(?=\n)")
_COMMENT = re.compile(r"(?:^|(?<![ \t])[ \t]++)#.*")


def _behind_indicator(header: str, start: int) -> tuple[int, str]:
    """Return the position after a collection's ``:`` or ``-``, and the comment on that line.

    The position is 0 if more than white space and comments is in between.
    """
    end, comment = _end_of_text(header, start), ""
    while end and header[end - 1] not in ":-":
        line = header.rfind("\n", 0, end) + 1
        found = _COMMENT.search(header[line:end])
        if found is None:
            return 0, ""
        comment = found[0]
        end = _end_of_text(header, line + found.start())
    is_on_line = comment and header.startswith(comment, end)
    return end, comment if is_on_line else ""


def _end_of_text(header: str, end: int) -> int:
    """Return ``end``, moved back over white space."""
    while end and header[end - 1] in " \t\n":
        end -= 1
    return end


def remove_child(spot: NodeContext, node: Mapping | Sequence, number: int) -> Iterator[str]:
    header = spot.header
    starts, values = _starts(header, node), _values(node)
    start, end = starts[number], _content_end(header, values[number])
    following = starts[number + 1] if number + 1 < len(starts) else None
    if len(starts) == 1 and not node.flow and spot.path:
        yield from _emptied(spot, node)
    elif node.flow and _has_own_lines(header, node, starts, number, end):
        above = _content_end(header, values[number - 1]) if number else node.start
        first = _with_comments_above(header, start, _line_end(header, above))
        yield spot.replaced(first, _line_end(header, end), "")
    elif node.flow:
        if following is not None:
            yield spot.replaced(start, following, "")
        elif number:
            yield spot.replaced(_content_end(header, values[number - 1]), end, "")
        else:
            yield spot.replaced(start, end, "")
    elif _begins_line(header, start):
        yield spot.replaced(*_rows(header, node)[number], "")
    elif following is not None:
        yield spot.replaced(start, following, "")


def _emptied(spot: NodeContext, node: Mapping | Sequence) -> Iterator[str]:
    """Yield headers without the only child of ``node``."""
    header, nothing = spot.header, "{}" if isinstance(node, Mapping) else "[]"
    first, end = _rows(header, node)[0]
    key, _ = _behind_indicator(header, node.start)
    if key and _line_end(header, key) <= first:
        yield f"{header[:key]} {nothing}{header[key:first]}{header[end:]}"
    yield from set_node(spot, node, {} if isinstance(node, Mapping) else [])


def _has_own_lines(
    header: str, node: Mapping | Sequence, starts: list[int], number: int, end: int
) -> bool:
    """Return whether an item of [ ] or { } and its comma have lines of their own."""
    following = starts[number + 1] if number + 1 < len(starts) else node.end - 1
    return (
        _begins_line(header, starts[number])
        and _begins_line(header, following)
        and _line_start(header, following) >= end
    )


def insert_key(
    spot: NodeContext, node: Mapping, index: int, key: str, value: Data
) -> Iterator[str]:
    name = next(reading_back(key, ScalarPlace(0, key=True, flow=node.flow)))
    if node.flow:
        for text in emitted(value, spot.indent, True, 0):
            yield _into_flow(spot, node, index, f"{name}:{text}")
        return
    indent = column_of(spot.header, node.pairs[0][0].start) if node.pairs else 0
    for text in emitted(value, indent, False, indent + len(name) + 1):
        yield _into_block(spot, node, index, f"{name}:{text}", indent)


def insert_item(spot: NodeContext, node: Sequence, index: int, value: Data) -> Iterator[str]:
    if node.flow and node.items:
        for text in emitted(value, spot.indent, True, 0):
            yield _into_flow(spot, node, index, text.lstrip())
    elif node.flow:
        yield from set_node(spot, node, [value])
    else:
        header = spot.header
        indent = column_of(header, _starts(header, node)[0])
        model = next((item for item in node.items if isinstance(item, Mapping)), None)
        inner = column_of(header, model.start) if model and not model.flow else indent + 2
        for text in emitted_item(value, indent, inner):
            yield _into_block(spot, node, index, text, indent)


def move_item(spot: NodeContext, node: Sequence, origin: int, target: int) -> Iterator[str]:
    header = spot.header
    starts = _starts(header, node)
    ends = [_content_end(header, item) for item in node.items]
    order = list(range(len(starts)))
    order.insert(target, order.pop(origin))
    if node.flow and "#" not in header[node.start : node.end]:
        sources = [header[a:b] for a, b in zip(starts, ends, strict=True)]
        gaps = [header[a:b] for a, b in zip(ends, [*starts[1:], node.end], strict=True)]
        text = "".join(sources[o] + gap for o, gap in zip(order, gaps, strict=True))
        yield spot.replaced(starts[0], node.end, text)
    elif not node.flow and all(_begins_line(header, start) for start in starts):
        rows = _rows(header, node)
        gaps = [header[a:b] for (_, a), (b, _) in pairwise(rows)]
        moved = zip((rows[o] for o in order), [*gaps, ""], strict=True)
        text = "".join(header[a:b] + gap for (a, b), gap in moved)
        yield spot.replaced(rows[0][0], rows[-1][1], text)


def _into_flow(spot: NodeContext, node: Mapping | Sequence, index: int, text: str) -> str:
    values, starts = _values(node), _starts(spot.header, node)
    if not values:
        return spot.replaced(node.start + 1, node.start + 1, text)
    if index == 0:
        return spot.replaced(starts[0], starts[0], text + ", ")
    header = spot.header
    end = _content_end(header, values[index - 1])
    if index == len(values) and _has_own_lines(header, node, starts, index - 1, end):
        line_end = _line_end(header, end)
        margin = " " * column_of(header, starts[-1])
        rest = header[end:line_end]
        comma = "" if rest.lstrip().startswith(",") else ","
        return spot.replaced(end, line_end, f"{comma}{rest}{margin}{text}\n")
    return spot.replaced(end, end, ", " + text)


def _into_block(
    spot: NodeContext, node: Mapping | Sequence, index: int, text: str, indent: int
) -> str:
    header, margin = spot.header, " " * indent
    values = _values(node)
    if not values:
        return spot.replaced(len(header), len(header), f"{text}\n")
    rows, first = _rows(header, node), _starts(header, node)[0]
    if index or _begins_line(header, first):
        at = rows[index - 1][1] if index else rows[0][0]
        return spot.replaced(at, at, f"{margin}{text}\n")
    return spot.replaced(first, first, f"{text}\n{margin}")

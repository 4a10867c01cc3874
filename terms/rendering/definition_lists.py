"""Converts MDN's definition lists, nested lists in CommonMark, to HTML definition lists
(https://developer.mozilla.org/docs/MDN/Writing_guidelines/Howto/Markdown_in_MDN#definition_lists)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_TAGS = re.compile(r"<(/?)(ul|li)>")
_DEFINES = re.compile(r"<li>(\n<p>)?: ")


@dataclass
class _Node:
    """A list or an item, with the positions of its tags."""

    is_list: bool
    start: int
    inner_start: int
    inner_end: int = 0
    end: int = 0
    children: list["_Node"] = field(default_factory=list)


def with_definition_lists(html: str) -> str:
    """Return the Markdown parser's ``html`` with ``term``, ``  - : definition`` as ``<dl>``."""
    if not _DEFINES.search(html):
        return html
    parts, reached = [], 0
    for start, end, instead in sorted(_edits(html, _lists(html))):
        parts += [html[reached:start], instead]
        reached = end
    return "".join([*parts, html[reached:]])


def _lists(html: str) -> list[_Node]:
    """Return the outermost lists; empty if tags do not match, as in an author's own HTML."""
    root = _Node(False, 0, 0)
    opened = [root]
    for tag in _TAGS.finditer(html):
        is_list = tag[2] == "ul"
        if tag[1]:
            if len(opened) == 1 or opened[-1].is_list != is_list:
                return []
            node = opened.pop()
            node.inner_end, node.end = tag.span()
        elif opened[-1].is_list == is_list:
            return []
        else:
            node = _Node(is_list, *tag.span())
            opened[-1].children.append(node)
            opened.append(node)
    return root.children if len(opened) == 1 else []


def _edits(html: str, nodes: list[_Node]) -> Iterator[tuple[int, int, str]]:
    """Yield replacements: start, end and new text."""
    for node in nodes:
        if not (node.is_list and all(_is_defined(html, item) for item in node.children)):
            yield from _edits(html, node.children)
            continue
        yield node.start, node.inner_start, "<dl>"
        for item in node.children:
            inner = item.children[0]
            term = html[item.inner_start : inner.start].strip()
            if term.startswith("<p>") and term.find("</p>") == len(term) - 4:
                term = term[3:-4]
            yield item.start, inner.inner_start, f"<dt>{term}</dt>"
            for one in inner.children:
                yield one.start, *_definition(html, one)
                yield from _edits(html, one.children)
                yield one.inner_end, one.end, "</dd>"
            yield inner.inner_end, item.end, ""
        yield node.inner_end, node.end, "</dl>"


def _is_defined(html: str, item: _Node) -> bool:
    """Return whether all children of an item are definitions."""
    if len(item.children) != 1 or _DEFINES.match(html, item.start):
        return False
    if html[item.children[0].end : item.inner_end].strip():
        return False
    return all(_DEFINES.match(html, one.start) for one in item.children[0].children)


def _definition(html: str, item: _Node) -> tuple[int, str]:
    found = _DEFINES.match(html, item.start)
    assert found is not None  # noqa: S101 — checked by _is_defined
    return found.end(), f"<dd>{found[1] or ''}"

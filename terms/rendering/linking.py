"""Names in a Markdown text, and links on them, before there is HTML.

The parser reports where its text stands in the source. Names are looked for there alone:
not in headings, code, links, pictures or raw HTML. A name becomes an inline link of the
source; what then is rendered is sanitised like all else.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any, NamedTuple, cast

import pyromark

from .macros import readable
from .names import Found, Names
from .parsing import OPTIONS, Closed, event_of


class Place(NamedTuple):
    """Where a name stands: bytes ``start`` to ``end`` of the source, its macros replaced,
    spelled ``label``."""

    start: int
    end: int
    label: str
    found: Found


class Link(NamedTuple):
    start: int
    end: int
    href: str


@dataclass
class _Run:
    """Text that reads on without a border, in pieces: place in it, place in the source."""

    text: str = ""
    pieces: list[tuple[int, int, str, bool]] = field(default_factory=list)

    def add(self, text: str, start: int, verbatim: bool) -> None:
        self.pieces.append((len(self.text), start, text, verbatim))
        self.text += text

    def source(self, offset: int, is_end: bool) -> int | None:
        """The source's byte for a place in the text; None within an entity."""
        for begins, start, text, verbatim in self.pieces:
            inside = offset - begins
            if (0 < inside <= len(text)) if is_end else (0 <= inside < len(text)):
                return start + len(text[:inside].encode()) if verbatim else None
        return None


def places(markdown: str, names: Names) -> list[Place]:
    """All places where ``markdown`` speaks of ``names`` and a link can be, in order."""
    markdown = readable(markdown)
    source = markdown.encode()
    placed = []
    for run in _runs(markdown, source):
        for found in names.find(run.text):
            start = run.source(found.start, False)
            end = run.source(found.end, True)
            if start is None or end is None or _changes_reading(source, start, end):
                continue
            label = run.text[found.start : found.end]
            placed.append(Place(start, end, label, found))
    return placed


def _runs(markdown: str, source: bytes) -> Iterator[_Run]:
    run = _Run()
    closed = Closed()
    events = pyromark.events_with_range(markdown, options=OPTIONS)
    for event, range_ in cast("Iterable[tuple[Any, dict[str, int]]]", events):
        kind, value = event_of(event)
        if kind == "Text" and not (closed.elements or closed.html):
            text = cast("str", value)
            run.add(text, range_["start"], source[range_["start"] : range_["end"]] == text.encode())
            continue
        if closed.note(kind, value):
            pass
        elif kind in _BREAKS and run.text:
            run.add(_BREAKS[kind], range_["start"], False)
            continue
        if run.text:
            yield run
            run = _Run()
    if run.text:
        yield run


_BREAKS = {"SoftBreak": " ", "HardBreak": "\n"}


_MARK = '<a class="ref" href="'
_DELIMITERS = b"*_~"


def without_links(html: str) -> str:
    before, *marked = html.split(_MARK)
    parts = [before]
    for rest in marked:
        tail = rest.partition('"')[2]
        label, end, behind = tail.partition("</a>")
        parts += [label[1:], behind] if end and tail[0] == ">" else [_MARK, rest]
    return "".join(parts)


def linked(markdown: str, links: Sequence[Link]) -> tuple[str, list[Link]]:
    """The raw HTML of ``markdown`` with ``links``, and those of them that could be made.

    A link that would change how anything else is read is left out.
    """
    plain = with_links(markdown, ())
    if not links:
        return plain, []
    html = with_links(markdown, links)
    bare = without_links(plain)
    if without_links(html) == bare:
        return html, list(links)
    made = [link for link in links if without_links(with_links(markdown, [link])) == bare]
    html = with_links(markdown, made)
    return (html, made) if without_links(html) == bare else (plain, [])


def with_links(markdown: str, links: Sequence[Link]) -> str:
    """The raw HTML of ``markdown`` with ``links``, whatever they do to it."""
    source = readable(markdown).encode()
    parts = []
    reached = 0
    for start, end, href in links:
        tag = f'<a class="ref" href="{escape(href)}">'.encode()
        parts += [source[reached:start], tag, source[start:end], b"</a>"]
        reached = end
    parts.append(source[reached:])
    return pyromark.html(b"".join(parts).decode(), options=OPTIONS)


def _changes_reading(source: bytes, start: int, end: int) -> bool:
    """A tag is punctuation, so ``a*Flask*b`` would lose its emphasis; ``\\<`` is no tag."""
    before, behind = source[start - 1 : start], source[end : end + 1]
    if before == b"\\":
        return True
    if before and before in _DELIMITERS and source[:start].rstrip(_DELIMITERS)[-1:].isalnum():
        return True
    return bool(behind and behind in _DELIMITERS and source[end:].lstrip(_DELIMITERS)[:1].isalnum())


BORDER = "\x1f"  # between two parts of what looks like one word


def plain_text(markdown: str) -> str:
    """The words of a Markdown text, for searching: no markup, each block on its own line."""
    parts: list[str] = []
    events = pyromark.events(readable(markdown), options=OPTIONS, merge_text=True)
    for event in cast("Iterable[Any]", events):
        kind, value = event_of(event)
        if kind == "Text":
            parts.append(cast("str", value))
        elif kind == "Code":
            parts += [BORDER, cast("str", value), BORDER]
        elif kind in ("SoftBreak", "HardBreak"):
            parts.append(" ")
        elif kind == "End" and (not isinstance(value, str) or value not in _INLINE):
            parts.append("\n")
        else:
            parts.append(BORDER)
    return "".join(parts).strip()


_INLINE = frozenset({"Emphasis", "Strong", "Strikethrough", "Link", "Image"})

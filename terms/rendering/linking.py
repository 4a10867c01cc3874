"""Finds names in a Markdown text and links them, before rendering.

The parser reports the position of its text in the source. Names are searched for only there:
not in headings, code, links, pictures or raw HTML. A name becomes an inline HTML link in the
source, which is then rendered and sanitised as usual.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from html import escape
from typing import NamedTuple, cast

from .macros import expand_macros
from .names import FoundName, Names
from .parsing import Closed, event_of, events, events_with_range, html_of


class Occurrence(NamedTuple):
    """A name at bytes ``start`` to ``end`` of the source with its macros expanded, spelled
    ``label``."""

    start: int
    end: int
    label: str
    found: FoundName


class Link(NamedTuple):
    start: int
    end: int
    href: str


class _Run:
    """Continuous text, in pieces."""

    def __init__(self) -> None:
        self.length = 0
        self._begins: list[int] = []  # start of each piece in the text
        self._pieces: list[tuple[int, str, bool]] = []  # position in source, text, is verbatim
        self._reached = (-1, 0, 0)  # last result: index of a piece, characters, their bytes

    @property
    def text(self) -> str:
        return "".join([text for _, text, _ in self._pieces])

    def add(self, text: str, start: int, verbatim: bool) -> None:
        if text:
            self._begins.append(self.length)
            self._pieces.append((start, text, verbatim))
            self.length += len(text)

    def source(self, offset: int, is_end: bool) -> int | None:
        """Return the byte in the source for an offset in the text; None within an entity. Is
        fast for increasing offsets."""
        find = bisect_left if is_end else bisect_right
        number = find(self._begins, offset) - 1
        start, text, verbatim = self._pieces[number]
        if not verbatim:
            return None
        inside = offset - self._begins[number]
        if text.isascii():
            return start + inside
        piece, characters, size = self._reached
        if piece != number or characters > inside:
            characters = size = 0
        size += len(text[characters:inside].encode())
        self._reached = (number, inside, size)
        return start + size


def places(markdown: str, names: Names) -> list[Occurrence]:
    """Return all occurrences of ``names`` in ``markdown`` that can be links, in order."""
    return occurrences(expand_macros(markdown), names)


def occurrences(markdown: str, names: Names) -> list[Occurrence]:
    """Like ``places``, with the bytes of ``markdown`` itself; names in macros are left out."""
    source = markdown.encode()
    placed = []
    for run in _runs(markdown, source):
        text = run.text
        for found in names.find(text):
            start = run.source(found.start, False)
            end = run.source(found.end, True)
            if start is None or end is None or _changes_reading(source, start, end):
                continue
            label = text[found.start : found.end]
            placed.append(Occurrence(start, end, label, found))
    return placed


def _runs(markdown: str, source: bytes) -> Iterator[_Run]:
    run = _Run()
    closed = Closed()
    for event, range_ in events_with_range(markdown):
        kind, value = event_of(event)
        if kind == "Text" and not (closed.elements or closed.html):
            text = cast("str", value)
            run.add(text, range_["start"], source[range_["start"] : range_["end"]] == text.encode())
            continue
        if closed.note(kind, value):
            pass
        elif kind in _BREAKS and run.length:
            run.add(_BREAKS[kind], range_["start"], False)
            continue
        if run.length:
            yield run
            run = _Run()
    if run.length:
        yield run


_BREAKS = {"SoftBreak": " ", "HardBreak": "\n"}


_MARK = '<a class="ref" href="'
_DELIMITERS = b"*_~"
MOST_TRIED = 40  # sets of links, if some links change how a text is parsed


def without_links(html: str) -> str:
    before, *marked = html.split(_MARK)
    parts = [before]
    for rest in marked:
        tail = rest.partition('"')[2]
        label, end, behind = tail.partition("</a>")
        parts += [label[1:], behind] if end and tail[0] == ">" else [_MARK, rest]
    return "".join(parts)


def linked(markdown: str, links: Sequence[Link]) -> tuple[str, list[Link]]:
    """Return the raw HTML of ``markdown`` with ``links``, and the links that could be made.

    A link that would change how other text is parsed is left out.
    """
    plain = with_links(markdown, ())
    if not links:
        return plain, []
    html = with_links(markdown, links)
    bare = without_links(plain)
    if without_links(html) == bare:
        return html, list(links)
    made = _harmless(markdown, links, bare)
    html = with_links(markdown, made)
    return (html, made) if without_links(html) == bare else (plain, [])


def _harmless(markdown: str, links: Sequence[Link], bare: str) -> list[Link]:
    """Return the ``links`` that change nothing else, found by trying halves. After
    ``MOST_TRIED`` attempts the remaining links are left out."""
    made: list[Link] = []
    left = MOST_TRIED
    waiting = [list(links)]
    while waiting and left:
        some = waiting.pop()
        left -= 1
        if without_links(with_links(markdown, some)) == bare:
            made += some
        elif len(some) > 1:
            half = len(some) // 2
            waiting += [some[half:], some[:half]]
    return made


def with_links(markdown: str, links: Sequence[Link]) -> str:
    """Return the raw HTML of ``markdown`` with all ``links``, without a check of the result."""
    source = expand_macros(markdown).encode()
    parts = []
    reached = 0
    for start, end, href in links:
        tag = f'<a class="ref" href="{escape(href)}">'.encode()
        parts += [source[reached:start], tag, source[start:end], b"</a>"]
        reached = end
    parts.append(source[reached:])
    return html_of(b"".join(parts).decode())


def _changes_reading(source: bytes, start: int, end: int) -> bool:
    """Return whether a tag changes parsing: ``a*Flask*b`` loses emphasis, ``\\<`` is no tag."""
    before, behind = source[start - 1 : start], source[end : end + 1]
    if before == b"\\":
        return True
    if before and before in _DELIMITERS:
        while start and source[start - 1] in _DELIMITERS:
            start -= 1
        if source[start - 1 : start].isalnum():
            return True
    if behind and behind in _DELIMITERS:
        while end < len(source) and source[end] in _DELIMITERS:
            end += 1
        return source[end : end + 1].isalnum()
    return False


BORDER = "\x1f"  # between parts that would look like one word


def plain_text(markdown: str) -> str:
    """Return a Markdown text for search: without markup, each block on its own line."""
    parts: list[str] = []
    for event in events(expand_macros(markdown)):
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

"""Names in a Markdown text and links on them, before rendering.

The parser reports where its text stands in the source. Names are looked for there alone:
not in headings, code, links, pictures or raw HTML. A name becomes an inline link of the
source; what then is rendered is sanitised like all else.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from html import escape
from typing import NamedTuple, cast

from .macros import expand_macros
from .names import FoundName, Names
from .parsing import Closed, event_of, events, events_with_range, html_of


class Occurrence(NamedTuple):
    """Where a name stands: bytes ``start`` to ``end`` of the source, its macros replaced,
    spelled ``label``."""

    start: int
    end: int
    label: str
    found: FoundName


class Link(NamedTuple):
    start: int
    end: int
    href: str


class _Run:
    """Text that reads on without a border, in pieces."""

    def __init__(self) -> None:
        self.length = 0
        self._begins: list[int] = []  # where each piece begins in the text
        self._pieces: list[tuple[int, str, bool]] = []  # place in the source, text, is verbatim
        self._reached = (-1, 0, 0)  # number of a piece, characters of it, bytes that they are

    @property
    def text(self) -> str:
        return "".join([text for _, text, _ in self._pieces])

    def add(self, text: str, start: int, verbatim: bool) -> None:
        if text:
            self._begins.append(self.length)
            self._pieces.append((start, text, verbatim))
            self.length += len(text)

    def source(self, offset: int, is_end: bool) -> int | None:
        """The source's byte for a place in the text, of those asked for in order; None within
        an entity."""
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
    """All places where ``markdown`` speaks of ``names`` and a link can be, in order."""
    markdown = expand_macros(markdown)
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
MOST_TRIED = 40  # sets of links, of a text in which some change how it is read


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
    made = _harmless(markdown, links, bare)
    html = with_links(markdown, made)
    return (html, made) if without_links(html) == bare else (plain, [])


def _harmless(markdown: str, links: Sequence[Link], bare: str) -> list[Link]:
    """Those of ``links`` that change nothing: halves are tried until they do not. After
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
    """The raw HTML of ``markdown`` with ``links``, whatever they do to it."""
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
    """A tag is punctuation, so ``a*Flask*b`` would lose its emphasis; ``\\<`` is no tag."""
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


BORDER = "\x1f"  # between two parts of what looks like one word


def plain_text(markdown: str) -> str:
    """The words of a Markdown text, for searching: no markup, each block on its own line."""
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

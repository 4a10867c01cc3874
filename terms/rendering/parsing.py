"""The supported Markdown: CommonMark with tables, footnotes, task lists, strikethrough,
definition lists, and GitHub's alerts."""

import re
from bisect import bisect_left
from collections.abc import Iterable
from typing import Any, cast

import pyromark

OPTIONS = (
    pyromark.Options.ENABLE_TABLES
    | pyromark.Options.ENABLE_STRIKETHROUGH
    | pyromark.Options.ENABLE_TASKLISTS
    | pyromark.Options.ENABLE_FOOTNOTES
    | pyromark.Options.ENABLE_DEFINITION_LIST
    | pyromark.Options.ENABLE_GFM
)


MAX_BODY = 100_000  # characters
SHORT = 10_000  # characters; the parser is fast on any text of this length
MAX_NESTING = 100  # nested elements; the sanitiser takes quadratic time
MOST_CELLS = 50_000  # of a table
MOST_LINES = 300  # of a link's title; the parser takes quadratic time


class CannotRender(ValueError):
    """The text is too long or too complex to render; the message gives the reason."""


NESTED = f"More than {MAX_NESTING} lists, quotes or HTML elements are nested."
_MANY_MARKERS = re.compile(
    r"^(?:[ \t]*+(?:[-+*](?=[ \t])|>|\d{1,9}+[.)](?=[ \t])))" rf"{{{MAX_NESTING + 1}}}",
    re.MULTILINE,
)
_DELIMITER_ROW = re.compile(r"^[ \t>]*+\|?+[ \t]*+:?+-++:?+[ \t]*+\|[ \t:|-]*+$", re.MULTILINE)
_DASHES = re.compile("-++")
_TITLE = re.compile(
    r"\]\((<[^<>\n]*+>|(?:(?!\]\()[^\s<>])*+)[ \t]*+(?:\n[ \t>]*+)?(?<=[ \t\n>])([\"'(])"
)


def check_text(markdown: str) -> None:
    """Raise CannotRender if a text is too long, or would take the parser too long."""
    if len(markdown) > MAX_BODY:
        raise CannotRender(
            f"The text has {len(markdown):,} characters; at most {MAX_BODY:,} can be published."
        )
    _check_shape(markdown)


def _check_shape(markdown: str) -> None:
    if len(markdown) <= SHORT:
        return
    if _MANY_MARKERS.search(markdown):
        raise CannotRender(NESTED)
    if "|" in markdown and _has_huge_table(markdown):
        raise CannotRender(f"A table has more than {MOST_CELLS:,} cells.")
    if (line := _line_of_long_title(markdown)) is not None:
        raise CannotRender(
            f"The title of the link in line {line} of the text goes on for more than"
            f" {MOST_LINES} lines."
        )


def _has_huge_table(markdown: str) -> bool:
    """Return whether a table has too many cells; the parser fills up short rows.

    Blank lines end tables. Of a block, the widest delimiter row counts.
    """
    for block in markdown.split("\n\n"):
        if rows := list(_DELIMITER_ROW.finditer(block)):
            columns = max(len(_DASHES.findall(row[0])) for row in rows)
            if columns * block.count("\n", rows[0].end()) > MOST_CELLS:
                return True
    return False


def _line_of_long_title(markdown: str) -> int | None:
    """Return the line of a link whose title spans too many lines, closed or not, or None."""
    breaks = [found.start() for found in re.finditer("\n", markdown)]
    next_places = {'"': 0, "'": 0, ")": 0, "\n\n": 0}  # text → next position

    def following(text: str, start: int) -> int:
        if next_places[text] < start:
            place = markdown.find(text, start)
            next_places[text] = place if place >= 0 else len(markdown)
        return next_places[text]

    for title in _TITLE.finditer(markdown):
        if title[1].count(")") > title[1].count("("):
            continue  # the link ends earlier
        closing = ")" if title[2] == "(" else title[2]
        end = min(following(closing, title.end()), following("\n\n", title.end()))
        line = bisect_left(breaks, title.start())
        if bisect_left(breaks, end) - line > MOST_LINES:
            return line + 1
    return None


def html_of(markdown: str) -> str:
    """Return the parser's HTML. Raises CannotRender."""
    _check_shape(markdown)
    return pyromark.html(markdown, options=OPTIONS)


def events(markdown: str) -> "Iterable[Any]":
    """Return the parser's events; empty if the text cannot be rendered."""
    try:
        _check_shape(markdown)
    except CannotRender:
        return ()
    return cast("Iterable[Any]", pyromark.events(markdown, options=OPTIONS, merge_text=True))


def events_with_range(markdown: str) -> "Iterable[tuple[Any, dict[str, int]]]":
    """Return the parser's events, each with its range in bytes of the source."""
    try:
        _check_shape(markdown)
    except CannotRender:
        return ()
    found = pyromark.events_with_range(markdown, options=OPTIONS)
    return cast("Iterable[tuple[Any, dict[str, int]]]", found)


def event_of(event: Any) -> tuple[str, Any]:
    """Return the kind and the value of a parser event. Empties the event."""
    return event.popitem() if isinstance(event, dict) else (event, None)


_NO_NAMES = frozenset({"Heading", "CodeBlock", "Link", "Image", "HtmlBlock", "MetadataBlock"})
_NO_NAMES_HTML = re.compile(
    r"<(/?)(a|code|pre|kbd|samp|var|button|h[1-6]|script|style|textarea|title|svg)\b[^>]*?(/?)>",
    re.IGNORECASE,
)


class Closed:
    """Tracks whether the parser is in an element in which names are not linked."""

    def __init__(self) -> None:
        self.elements = 0
        self.html = 0

    def note(self, kind: str, value: Any) -> bool:
        if kind in ("Start", "End"):
            element = value if isinstance(value, str) else next(iter(value))
            if element in _NO_NAMES:
                self.elements += 1 if kind == "Start" else -1
            elif element == "Paragraph":
                self.html = 0  # an unclosed element ends with its block
        elif kind == "InlineHtml" and (tag := _NO_NAMES_HTML.match(value)):
            self.html = max(0, self.html + (-1 if tag[1] else 0 if tag[3] else 1))
        return bool(self.elements or self.html)

"""What of Markdown is read: CommonMark with tables, footnotes, task lists, strikethrough,
definition lists, and GitHub's alerts."""

import re
from typing import Any

import pyromark

OPTIONS = (
    pyromark.Options.ENABLE_TABLES
    | pyromark.Options.ENABLE_STRIKETHROUGH
    | pyromark.Options.ENABLE_TASKLISTS
    | pyromark.Options.ENABLE_FOOTNOTES
    | pyromark.Options.ENABLE_DEFINITION_LIST
    | pyromark.Options.ENABLE_GFM
)


def event_of(event: Any) -> tuple[str, Any]:
    """The kind of one of the parser's events, and what it carries. Takes the event apart."""
    return event.popitem() if isinstance(event, dict) else (event, None)


_NO_NAMES = frozenset({"Heading", "CodeBlock", "Link", "Image", "HtmlBlock", "MetadataBlock"})
_NO_NAMES_HTML = re.compile(
    r"<(/?)(a|code|pre|kbd|samp|var|button|h[1-6]|script|style|textarea|title|svg)\b[^>]*?(/?)>",
    re.IGNORECASE,
)


class Closed:
    """Whether the place of the parser is one where no names are looked for."""

    def __init__(self) -> None:
        self.elements = 0
        self.html = 0

    def note(self, kind: str, value: Any) -> bool:
        if kind in ("Start", "End"):
            element = value if isinstance(value, str) else next(iter(value))
            if element in _NO_NAMES:
                self.elements += 1 if kind == "Start" else -1
            elif element == "Paragraph":
                self.html = 0  # what was left open ends with its block
        elif kind == "InlineHtml" and (tag := _NO_NAMES_HTML.match(value)):
            self.html = max(0, self.html + (-1 if tag[1] else 0 if tag[3] else 1))
        return bool(self.elements or self.html)

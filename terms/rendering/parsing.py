"""What of Markdown is read: CommonMark with tables, footnotes, task lists, strikethrough,
definition lists, and GitHub's alerts."""

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

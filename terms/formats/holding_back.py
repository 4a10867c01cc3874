"""The header keys by which site generators hold a page back, such as ``draft: true``."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from .yaml_nodes import Data

_TRUE = ("true", "yes", "on", "y", "1")
_FALSE = ("false", "no", "off", "n", "0")
_STATES = ("draft", "unpublished", "private", "pending", "hidden")

# Keys in lower case without - and _ → the values that hold the page back.
_MARKS: Mapping[str, tuple[str, ...]] = {
    "draft": _TRUE,  # Hugo, Jekyll, Docusaurus, Astro, Zola
    "published": _FALSE,  # Jekyll, Decap, Grav
    "publish": _FALSE,  # Obsidian
    "private": _TRUE,
    "hidden": _TRUE,
    "unlisted": _TRUE,  # Docusaurus
    "headless": _TRUE,  # Hugo
    "render": _FALSE,  # Zola
    "routable": _FALSE,  # Grav
    "permalink": _FALSE,  # Eleventy
    "eleventyexcludefromcollections": _TRUE,
    "status": _STATES,  # Pelican, WordPress
    "state": _STATES,
}
_IN_BUILD = {"render": (*_FALSE, "never", "link"), "list": (*_FALSE, "never")}  # Hugo
_BEGINS = ("publishdate", "pubdate")  # Hugo, Grav
_ENDS = ("expirydate", "unpublishdate")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


def held_back_by(data: Mapping[str, Data], now: datetime) -> str:
    """Return the header line by which its author holds the page back, or an empty string."""
    for key, value in data.items():
        name = re.sub("[-_]", "", key[:60]).lower()
        if name == "build" and isinstance(value, dict):
            for inner, marks in _IN_BUILD.items():
                if found := _one_of(value.get(inner, ""), marks):
                    return f"{key}: {inner}: {found}"
        elif found := _one_of(value, _MARKS.get(name, ())) or _outside(name, value, now):
            return f"{key}: {found}"
    return ""


def _one_of(value: Data, marks: tuple[str, ...]) -> str:
    items = value if isinstance(value, list) else [value]
    texts = (item for item in items if isinstance(item, str))
    return next((text for text in texts if text.strip().lower() in marks), "")


def _outside(name: str, value: Data, now: datetime) -> str:
    """Return the date if the page appears later, or has expired."""
    if name not in (*_BEGINS, *_ENDS) or not isinstance(value, str):
        return ""
    date = _date(value.strip())
    if date is None or (date <= now if name in _BEGINS else date > now):
        return ""
    return value


def _date(text: str) -> datetime | None:
    found = _DATE.match(text)
    for written in (text, found[0] if found else ""):
        try:
            date = datetime.fromisoformat(written)
        except ValueError:
            continue
        return date if date.tzinfo else date.replace(tzinfo=UTC)
    return None

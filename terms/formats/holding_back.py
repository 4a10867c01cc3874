"""The header keys by which site generators hold a page back, such as ``draft: true``."""

import re
from collections.abc import Iterator, Mapping
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


def marks_of_holding_back(
    data: Mapping[str, Data], now: datetime, even_later: bool = False
) -> Iterator[str]:
    """Yield the header lines by which its author holds the page back.

    With ``even_later``, a date on which the page appears by itself does not count.
    """
    for key, value in data.items():
        name = _name(key)
        if name == "build" and isinstance(value, dict):
            for inner, marks in _IN_BUILD.items():
                if found := _one_of(value.get(inner, ""), marks):
                    yield f"{key}: {inner}: {found}"
        elif found := _one_of(value, _MARKS.get(name, ())):
            yield f"{key}: {found}"
        elif not (even_later and name in _BEGINS) and _is_outside(name, value, now):
            yield f"{key}: {value}"


def without_marks(data: Mapping[str, Data], now: datetime) -> dict[str, Data]:
    """Return the header without the values by which its author holds the page back."""
    return {
        key: kept
        for key, value in data.items()
        if (kept := _kept(_name(key), value, now)) or not value
    }


def _kept(name: str, value: Data, now: datetime) -> Data:
    """Return the value of a key without marks, empty if nothing is left."""
    marks = _MARKS.get(name, ())
    if name == "build" and isinstance(value, dict):
        return {
            inner: one for inner, one in value.items() if not _one_of(one, _IN_BUILD.get(inner, ()))
        }
    if isinstance(value, list):
        return [item for item in value if isinstance(item, list) or not _one_of(item, marks)]
    return "" if _one_of(value, marks) or _is_outside(name, value, now) else value


def _name(key: str) -> str:
    return re.sub("[-_]", "", key[:60]).lower()


def _one_of(value: Data, marks: tuple[str, ...]) -> str:
    items = value if isinstance(value, list) else [value]
    texts = (item for item in items if isinstance(item, str))
    return next((text for text in texts if text.strip().lower() in marks), "")


def _is_outside(name: str, value: Data, now: datetime) -> bool:
    """Return whether the value is a date by which the page appears later, or has expired."""
    if name not in (*_BEGINS, *_ENDS) or not isinstance(value, str):
        return False
    date = _date(value.strip())
    return date is not None and (date > now if name in _BEGINS else date <= now)


def _date(text: str) -> datetime | None:
    found = _DATE.match(text)
    for written in (text, found[0] if found else ""):
        try:
            date = datetime.fromisoformat(written)
        except ValueError:
            continue
        return date if date.tzinfo else date.replace(tzinfo=UTC)
    return None

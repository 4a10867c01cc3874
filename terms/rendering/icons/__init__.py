"""The Material Design Icons by Pictogrammers (Apache-2.0, see LICENSE-mdi), by ``mdi:`` name,
from the data file next to this module."""

import json
from functools import cache
from importlib import resources
from typing import Any

PREFIX = "mdi:"
DEFAULT = "mdi:book-open-page-variant"
MAX_FOUND = 96


@cache
def _set() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(resources.files(__name__).joinpath("mdi.json").read_text())
    return found


def icon_body(name: str) -> str | None:
    """Return the SVG elements of an icon on a 24 x 24 grid, or None for an unknown name."""
    key = name.removeprefix(PREFIX)
    icons, aliases = _set()["icons"], _set()["aliases"]
    if key in aliases:
        key = aliases[key]["parent"]
    return icons[key]["body"] if key in icons else None


@cache
def icon_svg(name: str) -> str:
    """Return an icon as decorative inline SVG; the default icon if ``name`` is unknown."""
    body = (name and icon_body(name)) or icon_body(DEFAULT)
    return (
        f'<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">{body}</svg>'
    )


def find_icons(query: str) -> list[str]:
    """Return names that contain all words of ``query``; matches at the start come first."""
    words = query.lower().removeprefix(PREFIX).replace("-", " ").split()
    found = [
        name
        for group in ("icons", "aliases")
        for name in _set()[group]
        if all(word in name for word in words)
    ]
    first = words[0] if words else ""
    found.sort(key=lambda name: (not name.startswith(first), len(name) if words else 0))
    return [PREFIX + name for name in found[:MAX_FOUND]]

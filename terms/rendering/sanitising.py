"""The HTML that authors may use. Later steps of rendering add only our own markup.

Addresses may be http, https, mailto or relative; ``//host`` is allowed in links, as nothing
is loaded from it.
"""

import re
from typing import Any

import nh3

from .colouring import CLASSES

ID_PREFIX = "s-"  # keeps authors' ids apart from the other ids of a page

_INLINE = (
    "a abbr b br cite code del dfn em i img ins kbd mark q s samp small span strong sub sup u var"
)
_BLOCK = (
    "blockquote caption col colgroup dd details div dl dt figcaption figure h1 h2 h3 h4 h5 h6 hr"
    " li ol p pre summary table tbody td tfoot th thead tr ul"
)
_CELL = {"align", "colspan", "rowspan"}

# The beginning of an external address, as browsers read it: a scheme, or two slashes.
_ELSEWHERE = re.compile(r"[\x00-\x20]*(?:[a-z][a-z0-9+.-]*:|[/\\]{2})", re.IGNORECASE)


# Tags that browsers read as a picture: also <image>, in capitals or with control characters.
_PICTURE = re.compile("<i[^a-z]*m", re.IGNORECASE)


def is_elsewhere(address: str) -> bool:
    """Return whether browsers would leave the site for ``address``."""
    return bool(_ELSEWHERE.match(re.sub(r"[\t\n\r]", "", address)))


def _kept(element: str, attribute: str, value: str) -> str | None:
    """Drop addresses of external pictures, which would reveal who reads what."""
    is_picture = element == "img" and attribute == "src"
    return None if is_picture and is_elsewhere(value) else value


_RULES: dict[str, Any] = {
    "tags": {*_INLINE.split(), *_BLOCK.split()},
    "attributes": {
        "*": {"dir", "lang"},
        "a": {"href", "title"},
        "abbr": {"title"},
        "div": {"id"},
        "img": {"src", "alt", "title", "width", "height"},
        "ol": {"start", "reversed"},
        "td": _CELL,
        "th": _CELL | {"scope"},
    },
    "allowed_classes": {"a": {"ref"}, "span": set(CLASSES)},
    "url_schemes": {"http", "https", "mailto"},
    "id_prefix": ID_PREFIX,
    "link_rel": None,  # links open no windows, and the referrer policy covers them
}
AMPERSAND, MANY = "&amp;", 2_000
_PRIVATE = [chr(code) for code in range(0xE000, 0xF900)]  # no text contains all of these
_cleaner = nh3.Cleaner(**_RULES)
# The filter is called for each attribute, which doubles the time.
_cleaner_of_pictures = nh3.Cleaner(**_RULES, attribute_filter=_kept)


def sanitise(html: str) -> str:
    """Return ``html`` without scripts, external content and conflicting ids."""
    cleaner = _cleaner_of_pictures if _PICTURE.search(html) else _cleaner
    if html.count(AMPERSAND) < MANY:
        return cleaner.clean(html)
    # nh3 takes quadratic time to write so many of them.
    stand_in = next((char for char in _PRIVATE if char not in html), AMPERSAND)
    return cleaner.clean(html.replace(AMPERSAND, stand_in)).replace(stand_in, AMPERSAND)

"""The HTML that authors may use. Sanitising is the last step of rendering.

Addresses: http, https, mailto and relative ones; ``//host`` is a link like any other, as
nothing is loaded from it.
"""

import re
from typing import Any

import nh3

from .colouring import CLASSES

ID_PREFIX = "s-"  # an author's id must not take the name of anything else on the page

_INLINE = (
    "a abbr b br cite code del dfn em i img ins kbd mark q s samp small span strong sub sup u var"
)
_BLOCK = (
    "blockquote caption col colgroup dd details div dl dt figcaption figure h1 h2 h3 h4 h5 h6 hr"
    " li ol p pre summary table tbody td tfoot th thead tr ul"
)
_CELL = {"align", "colspan", "rowspan"}

# What browsers take for the beginning of an address elsewhere: a scheme, or two slashes.
_ELSEWHERE = re.compile(r"[\x00-\x20]*(?:[a-z][a-z0-9+.-]*:|[/\\]{2})", re.IGNORECASE)


# What browsers make a picture of: also <image>, in capitals, or with control characters in it.
_PICTURE = re.compile("<i[^a-z]*m", re.IGNORECASE)


def is_elsewhere(address: str) -> bool:
    """Whether browsers would leave the site for ``address``."""
    return bool(_ELSEWHERE.match(re.sub(r"[\t\n\r]", "", address)))


def _kept(element: str, attribute: str, value: str) -> str | None:
    """Pictures are this site's own: to load one from elsewhere would tell who reads what."""
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
    "link_rel": None,  # no link opens a window, and the referrer policy holds for all
}
AMPERSAND, MANY = "&amp;", 2_000
_PRIVATE = [chr(code) for code in range(0xE000, 0xF900)]  # no text needs all of these
_cleaner = nh3.Cleaner(**_RULES)
# It asks for each attribute, which takes as long as all else.
_cleaner_of_pictures = nh3.Cleaner(**_RULES, attribute_filter=_kept)


def sanitise(html: str) -> str:
    """``html`` with nothing in it that runs, loads from elsewhere or takes another's id."""
    cleaner = _cleaner_of_pictures if _PICTURE.search(html) else _cleaner
    if html.count(AMPERSAND) < MANY:
        return cleaner.clean(html)
    # Writing so many of them takes the library time by their square.
    stand_in = next((char for char in _PRIVATE if char not in html), AMPERSAND)
    return cleaner.clean(html.replace(AMPERSAND, stand_in)).replace(stand_in, AMPERSAND)

"""Paths of readers' pages below the site's root, and relative links between them.

Pages contain only relative links, so that they work under any prefix. The names of a
glossary's own pages are reserved: categories cannot have them, and a term whose address would
be one of them is below ``-``.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit

SEARCH, LETTERS, CHANGES, ELSEWHERE = "search", "letters", "changes", "-"
SUGGESTION = "suggestion"
NAMES = "names"
RESERVED = frozenset({SEARCH, SUGGESTION, "suggest", LETTERS, CHANGES, NAMES, ELSEWHERE})
# Suffixes of files that a built site may have next to the folders of terms.
_FILES = (".html", ".gz", ".md", ".json", ".jsonld", ".xml", ".atom", ".txt", ".map")
SYMBOLS_PAGE = "symbols"
MAX_SLUG = 255  # characters


def home_path(glossary: str) -> str:
    return f"/{glossary}/"


def list_path(glossary: str, category: str = "", vertical: str = "") -> str:
    return home_path(glossary) + "".join(f"{slug}/" for slug in (category, vertical) if slug)


def letter_path(listing: str, letter: str, section: str = "") -> str:
    """Return the path of a letter's page below the path ``listing``."""
    parts = [LETTERS, SYMBOLS_PAGE if letter == "#" else letter, *([section] if section else [])]
    return listing + "".join(f"{part.replace('/', '-')}/" for part in parts)


def term_path(glossary: str, category: str, vertical: str, slug: str) -> str:
    if slug.lower().endswith(_FILES) or slug == "_redirects":
        return f"/{glossary}/{ELSEWHERE}/{slug}/"
    if category and vertical:
        return f"/{glossary}/{category}/{vertical}/{slug}/"
    if slug in RESERVED or slug == category:
        return f"/{glossary}/{ELSEWHERE}/{slug}/"
    return f"/{glossary}/{slug}/"


def beside(path: str, suffix: str) -> str:
    """Return the path of a term in another format: ``/glossary/flask.json``."""
    return f"{path.removesuffix('/')}.{suffix}"


_NO_FILE = re.compile(r"[a-z][a-z0-9+.-]*:|//|[#?]|$|/media/", re.IGNORECASE)


class Origin(NamedTuple):
    """The site that the files were written for, and the path of its terms:
    ``https://example.org`` and ``/docs/glossary/``. Both are empty if unknown."""

    site: str = ""
    home: str = ""

    @classmethod
    def of(cls, address: str) -> "Origin":
        parts = urlsplit(address)
        if not parts.netloc:
            return cls()
        return cls(f"{parts.scheme}://{parts.netloc}", parts.path.rstrip("/") + "/")

    def path(self, address: str) -> str:
        """Return ``address`` from the root of the site if it is on the site, else unchanged."""
        is_own = self.site and address.startswith(f"{self.site}/")
        return address[len(self.site) :] if is_own else address

    def whole(self, address: str) -> str:
        """Return the absolute address of a link from the root of the site."""
        is_rooted = address.startswith("/") and not address.startswith("//")
        return self.site + address if is_rooted else address


NOWHERE = Origin()


def linked_file(address: str, glossary: str, origin: Origin = NOWHERE) -> str:
    """Return the name, without suffix, of the file to which an author's link refers: a file in
    the folder or a page of ``origin``. Return an empty string for other links."""
    address = origin.path(address)
    if origin.site and address.startswith("/"):
        address = address.removeprefix(origin.home) if address.startswith(origin.home) else ""
    if _NO_FILE.match(address) or address.startswith(home_path(glossary)):
        return ""
    path = unquote(address.partition("#")[0].partition("?")[0]).replace("\0", "")
    name = without_ending(path.rstrip("/").rpartition("/")[2])
    return "" if name in (".", "..") else name[:MAX_SLUG]


def without_ending(name: str) -> str:
    """Return the slug of a term from the name of its file or page."""
    return name.removesuffix(".md").removesuffix(".html")


def to_root(path: str) -> str:
    """Return the relative address of the root: ``../../`` from ``/glossary/flask/``."""
    return "../" * (path.count("/") - 1) or "./"


quoted = lru_cache(maxsize=10_000)(quote)


def way_from(path: str) -> Callable[[str], str]:
    """Return a function that makes paths relative to the page at ``path``."""
    return _way_from(path[: path.find("/", 1) + 1] or "/", to_root(path))


@lru_cache(maxsize=8)
def _way_from(home: str, up: str) -> Callable[[str], str]:
    near = up[3:] or "./"

    @lru_cache(maxsize=20_000)  # a term's address is on many pages of the same depth
    def way(other: str) -> str:
        if other.startswith(home) and home != "/":
            return near + quoted(other[len(home) :])
        return up + quoted(other[1:])

    return way

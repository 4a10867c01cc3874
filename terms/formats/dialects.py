"""Dialects: tables of columns and the header keys that contain them.

Unknown keys are kept and shown. A dialect is recognised by its keys for the name.
"""

from collections.abc import Iterable, Mapping

from .yaml_nodes import Data

DEFAULT_KEYS: Mapping[str, tuple[str, ...]] = {
    "name": ("term",),
    "icon": ("icon",),
    "category": ("category",),
    "vertical": ("vertical",),
    "description": ("description",),
    "aliases": ("aliases",),
    "details": ("details",),
}


class Dialect:
    """The keys of one kind of term files.

    ``keys``: column → the keys that may hold it. A new value is written under the first one.
    Columns without keys have those of DEFAULT_KEYS. Raises ValueError for an unknown column.
    """

    def __init__(self, keys: Mapping[str, tuple[str, ...]]):
        if unknown := set(keys) - set(DEFAULT_KEYS):
            raise ValueError(f"Terms have no column: {', '.join(sorted(unknown))}.")
        self.keys = {column: keys.get(column) or DEFAULT_KEYS[column] for column in DEFAULT_KEYS}

    def key_for(self, column: str, data: Mapping[str, Data]) -> str:
        keys = self.keys[column]
        return next((key for key in keys if key in data), keys[0])


GLOSSARY = Dialect(DEFAULT_KEYS)

# Hugo uses `aliases` for former addresses, so alternative names have other keys.
SITE_GENERATOR = Dialect(
    {
        "name": ("title", "Title"),
        "icon": ("icon",),
        "category": ("category", "Category"),
        "vertical": ("vertical", "industry"),
        "description": ("description", "short_description", "hoverSnippet", "summary"),
        "aliases": ("aka", "synonyms", "synonym"),
        "details": ("details",),
    }
)

# Titles of `details` rows that repeat the value of a column, and the title of a new row.
REPEATS = {"Category": "category", "Industry": "vertical", "Vertical": "vertical"}
DETAIL_TITLES = {"category": "Category", "vertical": "Industry"}
RELATED = "Related Terms"


BUILT_IN = (GLOSSARY, SITE_GENERATOR)
_known: tuple[Dialect, ...] = BUILT_IN


def add_dialects(added: Iterable[Dialect]) -> None:
    """Use these dialects with precedence over the built-in ones; replaces earlier additions."""
    global _known
    _known = (*added, *BUILT_IN)


def dialect_of(data: Mapping[str, Data]) -> Dialect:
    """Return the first dialect with a name key in the header, or ``GLOSSARY``."""
    for dialect in _known:
        if any(key in data for key in dialect.keys["name"]):
            return dialect
    return GLOSSARY

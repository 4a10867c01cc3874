"""Dialects: tables of header keys and the columns that they hold.

Keys that no table names are kept and shown. A dialect is found by the key of the name.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from .yaml_nodes import Data


@dataclass(frozen=True, slots=True)
class Dialect:
    """``keys``: column → the keys that may hold it; the first one is written when none is there."""

    keys: Mapping[str, tuple[str, ...]]

    def key_for(self, column: str, data: Mapping[str, Data]) -> str:
        keys = self.keys[column]
        return next((key for key in keys if key in data), keys[0])


GLOSSARY = Dialect(
    {
        "name": ("term",),
        "icon": ("icon",),
        "category": ("category",),
        "vertical": ("vertical",),
        "description": ("description",),
        "aliases": ("aliases",),
        "details": ("details",),
    }
)

# Hugo's `aliases` are former addresses, so names of other kinds have other keys here.
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

# Rows of `details` that say again what a key says, by their titles.
REPEATS = {"Category": "category", "Industry": "vertical", "Vertical": "vertical"}
RELATED = "Related Terms"


def dialect_of(data: Mapping[str, Data]) -> Dialect:
    if "term" not in data and any(key in data for key in SITE_GENERATOR.keys["name"]):
        return SITE_GENERATOR
    return GLOSSARY

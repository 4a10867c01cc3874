"""Texts of readers' pages in the language of their glossary.

The texts are in ``locale``, with the context ``readers``; dates and numbers follow CLDR.
"""

import gettext
import re
from datetime import date
from functools import cache, lru_cache
from pathlib import Path

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal

from .collation import is_traditional

READERS = "readers"
ENGLISH = "en"
LOCALE = Path(__file__).parents[1] / "locale"
_COMMAS = {"ar": "، ", "ja": "、", "zh": "、"}


@cache
def _catalogues() -> dict[str, gettext.NullTranslations]:
    """Return the compiled catalogues by language, in Django's spelling: ``zh-hans``."""
    found: dict[str, gettext.NullTranslations] = {ENGLISH: gettext.NullTranslations()}
    for file in LOCALE.rglob("readers.mo"):
        name = file.parts[-3]
        language = name.lower().replace("_", "-")
        found[language] = gettext.translation("readers", LOCALE, [name])
    return found


def languages() -> frozenset[str]:
    """Return the languages into which readers' pages are translated."""
    return frozenset(_catalogues())


_TAG = re.compile(r"(?=.{2,35}$)([a-z]{2,8}|x(?=-))(-[a-z0-9]{1,8})*", re.IGNORECASE | re.ASCII)


def is_tag(tag: str) -> bool:
    """Return whether ``tag`` has the form of a language tag (BCP 47)."""
    return bool(_TAG.fullmatch(tag))


def english_name(language: str) -> str:
    """Return the English name of one of ``languages()``."""
    return Locale.parse(language, sep="-").get_display_name(ENGLISH) or language


class Wording:
    """The texts in one of ``languages()``."""

    def __init__(self, language: str):
        self.language = language
        self._catalogue = _catalogues()[language]
        # British English puts the day first: 27 November 2026.
        self._locale = "en_GB" if language == ENGLISH else Locale.parse(language, sep="-")

    @property
    def comma(self) -> str:
        """The separator between two names."""
        return _COMMAS.get(self.language.partition("-")[0], ", ")

    def say(self, text: str) -> str:
        return self._catalogue.pgettext(READERS, text)

    def counted(self, count: int, one: str, many: str) -> str:
        """Return the plural form for ``count``, with the number in place of %s."""
        return self._catalogue.npgettext(READERS, one, many, count) % self.number(count)

    def number(self, number: int) -> str:
        return format_decimal(number, locale=self._locale)

    @lru_cache(maxsize=1_000)  # noqa: B019 — one instance per language
    def day(self, day: date) -> str:
        return format_date(day, "long", locale=self._locale)


def wording(tag: str) -> Wording:
    """Return the texts for a BCP 47 tag; English if it is not translated."""
    return _wording(_known(tag.lower()))


@cache
def _wording(language: str) -> Wording:
    return Wording(language)


@lru_cache(maxsize=100)
def _known(tag: str) -> str:
    language = tag.partition("-")[0]
    if language == "zh":
        language = "zh-hant" if is_traditional(tag) else "zh-hans"
    return language if language in languages() else ENGLISH

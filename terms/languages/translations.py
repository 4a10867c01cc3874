"""Texts of readers' pages in the language of their glossary.

The texts are in ``locale``, with the context ``readers``; months and numbers are CLDR's.
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
    """The compiled catalogues by their languages, as Django writes them: ``zh-hans``."""
    found: dict[str, gettext.NullTranslations] = {ENGLISH: gettext.NullTranslations()}
    for file in LOCALE.rglob("django.mo"):
        name = file.parts[-3]
        language = name.lower().replace("_", "-")
        found[language] = gettext.translation("django", LOCALE, [name])
    return found


def languages() -> frozenset[str]:
    """The languages that readers' pages are translated into."""
    return frozenset(_catalogues())


_TAG = re.compile(r"(?=.{2,35}$)([a-z]{2,8}|x(?=-))(-[a-z0-9]{1,8})*", re.IGNORECASE | re.ASCII)


def is_tag(tag: str) -> bool:
    """Whether ``tag`` has the form of a language tag (BCP 47)."""
    return bool(_TAG.fullmatch(tag))


def english_name(language: str) -> str:
    """What English calls one of ``languages()``."""
    return Locale.parse(language, sep="-").get_display_name(ENGLISH) or language


class Wording:
    """The texts of one of ``languages()``."""

    def __init__(self, language: str):
        self.language = language
        self._catalogue = _catalogues()[language]
        # Days come first in English, too: 27 November 2026.
        self._locale = "en_GB" if language == ENGLISH else Locale.parse(language, sep="-")

    @property
    def comma(self) -> str:
        """Between two names in a row."""
        return _COMMAS.get(self.language.partition("-")[0], ", ")

    def say(self, text: str) -> str:
        return self._catalogue.pgettext(READERS, text)

    def counted(self, count: int, one: str, many: str) -> str:
        """``one`` or ``many`` with the number for its %s, as the language counts."""
        return self._catalogue.npgettext(READERS, one, many, count) % self.number(count)

    def number(self, number: int) -> str:
        return format_decimal(number, locale=self._locale)

    @lru_cache(maxsize=1_000)  # noqa: B019 — there are as many of these as languages
    def day(self, day: date) -> str:
        return format_date(day, "long", locale=self._locale)


def wording(tag: str) -> Wording:
    """That of a language by its BCP 47 tag; English where there is none."""
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

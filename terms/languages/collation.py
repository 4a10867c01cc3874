"""Alphabetical order and index letters of names, by language.

The additional letters of languages and their positions are from the collations of the Unicode
CLDR (https://cldr.unicode.org/). Other accents are ignored. Chinese is sorted by sound: by
pinyin, or by zhuyin in traditional characters. Japanese kana are grouped into the ten rows of
the gojūon; kanji, whose readings are unknown, follow.
"""

import re
import unicodedata
from functools import cache, lru_cache
from importlib.util import find_spec
from itertools import takewhile

DIGITS = "0-9"
SYMBOLS = "#"
FOLLOWING = 3  # letters after the first, to divide an index letter with many names

_LETTERS = {
    "az": "c<ç e<ə g<ğ h<x<ı k<q o<ö s<ş u<ü",
    "bs": "c<č<ć d<dž<đ l<lj n<nj s<š z<ž",
    "cs": "c<č h<ch r<ř s<š z<ž",
    "cy": "c<ch d<dd f<ff g<ng l<ll p<ph r<rh t<th",
    "da": "z<æ<ø<å",
    "eo": "c<ĉ g<ĝ h<ĥ j<ĵ s<ŝ u<ŭ",
    "es": "n<ñ",
    "et": "s<š<z<ž w<õ<ä<ö<ü",
    "fi": "z<å<ä<ö",
    "hu": "c<cs d<dz<dzs g<gy l<ly n<ny o<ö s<sz t<ty u<ü z<zs",
    "is": "a<á d<ð e<é i<í o<ó u<ú y<ý z<þ<æ<ö<å",
    "lt": "c<č s<š z<ž",
    "lv": "c<č g<ģ k<ķ l<ļ n<ņ s<š z<ž",
    "nb": "z<æ<ø<å",
    "pl": "a<ą c<ć e<ę l<ł n<ń o<ó s<ś z<ź<ż",
    "ro": "a<ă<â i<î s<ș t<ț",
    "sk": "a<ä c<č h<ch o<ô s<š z<ž",
    "sl": "c<č<ć d<đ s<š z<ž",
    "sq": "c<ç d<dh e<ë g<gj l<ll n<nj r<rr s<sh t<th x<xh z<zh",
    "sv": "z<å<ä<ö",
    "tr": "c<ç g<ğ h<ı o<ö s<ş u<ü",
    "vi": "a<ă<â d<đ e<ê o<ô<ơ u<ư",
}
_LETTERS |= {"hr": _LETTERS["bs"], "nn": _LETTERS["nb"], "no": _LETTERS["nb"]}
LONGEST = 1_000  # characters of a name that affect its order
_EVERYWHERE = {"й": "и\U0010ff01", "ё": "е\U0010ff01", "ї": "і\U0010ff01"}
# Letters without decomposition, for languages that do not have them.
_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i", "ð": "d",
                        "þ": "th", "ə": "e"})  # fmt: skip

_KANA_ROWS = {
    "あ": "ぁ",
    "か": "か",
    "さ": "さ",
    "た": "た",
    "な": "な",
    "は": "は",
    "ま": "ま",
    "や": "ゃ",
    "ら": "ら",
    "わ": "ゎ",
}  # fmt: skip — row → its first kana
KANJI = "漢字"

_INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"


def _base(language: str) -> str:
    return language.partition("-")[0].lower()


@cache
def _letters_of(language: str) -> dict[str, str]:
    """Return the additional letters of a language → their sort keys."""
    found = dict(_EVERYWHERE)
    for chain in _LETTERS.get(_base(language), "").split():
        base, *letters = chain.split("<")
        for rank, letter in enumerate(letters, 1):
            found[letter] = base[0] + chr(0x10FF00 + rank)
    return found


def own_letters(language: str) -> list[str]:
    """Return A to Z and the additional letters of a language, sorted and as index letters."""
    own = {key: letter for letter, key in _letters_of(language).items() if key[0] < "\x7f"}
    latin = {chr(code): chr(code) for code in range(ord("a"), ord("z") + 1)}
    latin = {k: v for k, v in latin.items() if v not in own.values()}
    return [_title(letter, language) for _, letter in sorted({**latin, **own}.items())]


@lru_cache(maxsize=16)  # letter, section and key of a name are computed in a row
def _pieces(name: str, language: str) -> list[tuple[str, str]]:
    """Return the letters of ``name`` and their sort keys, without case and foreign accents."""
    own = _letters_of(language)
    if name.isascii() and len(own) == len(_EVERYWHERE):
        return [(letter, letter) for letter in name.lower()]
    name = unicodedata.normalize("NFC", name[:LONGEST])
    if (base := _base(language)) == "zh":
        name = _sounds(name, is_traditional(language))
    elif base == "ja":
        name = unicodedata.normalize("NFKC", name).translate(_HIRAGANA)
    name = name.replace("İ", "i").replace("I", "ı") if _base(language) in ("tr", "az") else name
    name = name.casefold()
    sizes = (3, 2, 1) if len(own) > len(_EVERYWHERE) else (1,)
    found: list[tuple[str, str]] = []
    place = 0
    while place < len(name):
        size = next((n for n in sizes if name[place : place + n] in own), 0)
        letter = name[place : place + (size or 1)]
        place += size or 1
        if size:
            found.append((letter, own[letter]))
            continue
        if letter.isascii():
            found.append((letter, letter))
            continue
        for character in unicodedata.normalize("NFKD", letter.translate(_PLAIN)).casefold():
            is_accent = unicodedata.combining(character) and ord(character) <= 0x36F
            if not (is_accent or character in _VOICING):
                found.append((character, character))
    return found


def is_traditional(language: str) -> bool:
    """Return whether a Chinese language tag means traditional characters."""
    tags = set(language.lower().split("-"))
    return "hant" in tags or ("hans" not in tags and bool(tags & {"tw", "hk", "mo"}))


def why_not_sorted(language: str) -> str:
    """Return the reason why names in ``language`` (BCP 47) cannot be sorted, or an empty string."""
    if _base(language) == "zh" and find_spec("pypinyin") is None:
        return "The order of Chinese names needs pypinyin: pip install 'glossary-cms[chinese]'"
    return ""


def _sounds(name: str, in_zhuyin: bool) -> str:
    """Return a Chinese name as syllables without tones; other text is unchanged."""
    try:
        from pypinyin import Style, lazy_pinyin  # 60 MB, not needed for other languages
    except ImportError:
        return name
    if not in_zhuyin:
        return " ".join(lazy_pinyin(name, v_to_u=True))
    return " ".join(lazy_pinyin(name, style=Style.BOPOMOFO)).translate(_NO_TONES)


_NO_TONES = dict.fromkeys(map(ord, "ˊˇˋ˙"))
_VOICING = "\u3099\u309a"  # marks of kana; が is sorted as か
_HIRAGANA = {code: code - 0x60 for code in range(ord("ァ"), ord("ヶ") + 1)}


def _first(pieces: list[tuple[str, str]]) -> int:
    return next((i for i, (letter, _) in enumerate(pieces) if letter[0].isalnum()), len(pieces))


def sort_key(name: str, language: str = "en", tie: str = "") -> str:
    """Return the sort key of a name, in hexadecimal digits so that every database sorts it alike.

    Numbers are sorted by size; ``tie`` orders equal names.
    """
    pieces = _pieces(name, language)
    primary = "".join(key for _, key in pieces[_first(pieces) :] or pieces)
    primary = _NUMBER.sub(lambda number: _by_size(number[1]), primary)
    whole = "\0".join((primary[:150], name[:60], tie))
    return whole.encode(errors="replace").hex()[:600]


_NUMBER = re.compile(r"0*([0-9]+)")


def _by_size(digits: str) -> str:
    """Prefix numbers with their count of digits, so that 9 sorts before 10."""
    nines, rest = divmod(len(digits), 9)
    return f"{'9' * nines}{rest}{digits}"


def letter_of(name: str, language: str = "en") -> str:
    """Return the index letter of a name, from its first letter or digit."""
    pieces = _pieces(name, language)
    letter = next((letter for letter, _ in pieces if letter[0].isalnum()), "")
    if not letter:
        return SYMBOLS
    if letter.isdigit():
        return DIGITS
    if _base(language) == "ja":
        letter = _in_japanese(letter)
    return _title(_initial(letter), language)


def section_of(name: str, language: str = "en") -> str:
    """Return the index letter and up to three more letters: ``Flas`` for Flask."""
    pieces = _pieces(name, language)
    following = [letter for letter, _ in pieces[_first(pieces) :]][: 1 + FOLLOWING]
    letters = list(takewhile(lambda letter: letter[0].isalnum(), following))
    first = letter_of(name, language)
    if first in (SYMBOLS, DIGITS):
        return "".join(letters)[: 1 + FOLLOWING] or first
    if first in _KANA_ROWS or first == KANJI:
        return "".join(letters)[: 1 + FOLLOWING]
    if first in _INITIALS or _is_han(first):
        return first
    return first + "".join(letters[1:])[:FOLLOWING]


def starts_of(letter: str, section: str) -> list[str]:
    """Return the parts of an index letter that contain ``section``, from the largest:
    ``Fl``, ``Fla``, ``Flas``."""
    first = len(letter) if section.startswith(letter) else 0
    return [section[:end] for end in range(first + 1, len(section) + 1)]


def _in_japanese(letter: str) -> str:
    if "ぁ" <= letter[0] <= "ゖ":
        return max(row for row, first in _KANA_ROWS.items() if first <= letter[0])
    return KANJI if _is_han(letter) else letter


def _is_han(letter: str) -> bool:
    return unicodedata.name(letter[0], "").startswith("CJK")


def _initial(letter: str) -> str:
    """Return the first consonant of a Korean syllable, or ``letter``."""
    # NFKD has split the syllable into letters that no index shows.
    if "\u1100" <= letter[0] <= "\u1112":
        return _INITIALS[ord(letter[0]) - 0x1100]
    return letter


def _title(letter: str, language: str) -> str:
    if letter == "i" and _base(language) in ("tr", "az"):
        return "İ"
    return letter[:1].upper()[:1] + letter[1:]

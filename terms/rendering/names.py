"""Finds names in a text, also in plural and possessive forms; the longest match wins."""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from posixpath import commonprefix
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick, Implementation

from .words import other_number, stream_safe, words

SHORT = 3  # characters; names up to this length are case-sensitive, like acronyms
PAYING = 4  # names per text, up to which the faster automaton is worth building


class FoundName(NamedTuple):
    """A name at ``text[start:end]``; an ambiguous name has several ``targets``.

    ``key`` is the name in lower case as spelled by its term, not as in the text.
    """

    start: int
    end: int
    key: str
    targets: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Spelling:
    text: str
    target: str
    keeps_case: bool


_ABBREVIATED = re.compile(r"(.+?) \(([^()\s]{1,12})\)")


def spellings(name: str) -> tuple[str, ...]:
    """Return the spellings of a name: ``Lifetime Value (LTV)`` and each of its two parts."""
    name = " ".join(name.split())
    if (parts := _ABBREVIATED.fullmatch(name)) and _is_short_for(parts[2], parts[1]):
        return (name, parts[1], parts[2])
    return (name,) if name else ()


def _is_short_for(short: str, name: str) -> bool:
    """Return whether ``short`` abbreviates ``name``: in ``Lifetime Value (LTV)``, but not in
    ``Boolean (JavaScript)``."""
    if not any(c.isupper() for c in short):
        return False
    if " " in name or not name.isascii():  # may be short for a foreign name: Entrega Continua (CD)
        return not name.isascii() or any(
            word[0] in fold_case(short) for word in fold_case(name).split()
        )
    left = iter(fold_case(name))
    return all(c in left for c in fold_case(short.rstrip("s")) if c.isalpha())


def keeps_case(spelling: str) -> bool:
    """Return whether a spelling is case-sensitive: ``LTV`` and ``Go``, not ``Load Balancer``."""
    return len(spelling) <= SHORT or not any(c.islower() for c in spelling)


def fold_case(text: str) -> str:
    """Return ``text`` in lower case, without changing its length."""
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def forms(folded: str) -> Iterator[str]:
    """Yield a name and its other forms, except forms with an added ending."""
    yield folded
    is_plural = len(folded) > SHORT + 1 and folded.endswith("s") and folded[-2] not in "aius"
    if is_plural:
        yield folded[:-1]
    if (is_plural or folded.endswith("y")) and (other := other_number(folded)):
        yield other


_HANGUL = re.compile("[\u1100-\u11ff\uac00-\ud7a3]")


def bucket(word: str) -> str:
    """Return the prefix that all forms of a word share, as a key for an index."""
    hangul = _HANGUL.search(word)  # particles follow a name without a space
    if hangul:
        word = word[: hangul.start()] or word[0]
    return word.rstrip("seiy")


def buckets(text: str) -> set[str]:
    """Return the buckets of all words of ``text``; each name in it begins with one of them."""
    return {bucket(word) for word in words(text)}


def phrases(name: str) -> list[list[str]]:
    """Return phrases, each ending in a prefix; a text with ``name`` contains one of them."""
    found = []
    for text in spellings(name):
        row = words(text)
        if row:
            endings = [words(form)[-1:] for form in forms(fold_case(text))]
            row[-1] = commonprefix([ending[0] for ending in endings if ending] + row[-1:])
            found.append(row)
    return found


# Endings of a name: the plural ending belongs to the name, the possessive ending does not.
_ENDING = re.compile(r"(e?s)?(?:['’]s?)?(?!['’])")
_TAKES_ES = ("s", "x", "z", "ch", "sh", "o")


MOST_WORDS, MOST_LETTERS = 16, 80  # of a name, and of one of its words
LONG = 20_000  # characters of a text
_ENDLESS = re.compile(rf"[a-z0-9]{{{MOST_LETTERS + 4},}}")  # longer than a name with its plural

_tuple = tuple.__new__  # creates a FoundName in half the time
_Meaning = tuple[str, frozenset[str]]


def _composed(name: str) -> Iterable[str]:
    """Return the spellings of a name, with composed and decomposed accents."""
    if name.isascii():
        return spellings(name)
    name = stream_safe(name)
    ways = (name, *(unicodedata.normalize(form, name) for form in ("NFC", "NFD")))
    return {text for way in ways for text in spellings(way)}


class Names:
    """All names of a glossary. The time of ``find`` depends on the text, not on their number.

    For many ``texts`` a faster automaton is used. It takes longer to build and a kilobyte
    per name, and scans a text in two thirds of the time.
    """

    def __init__(self, names: Iterable[tuple[str, str]], texts: int = 1):
        patterns: dict[str, list[_Spelling]] = {}
        for name, target in names:
            for text in _composed(name):
                if not _can_be_found(text):
                    continue
                exact = keeps_case(text)
                spelling = _Spelling(text, target, exact)
                for form in (fold_case(text),) if exact else forms(fold_case(text)):
                    patterns.setdefault(form, []).append(spelling)
        self._meanings = list(patterns.values())
        self._only = [_only(spellings) for spellings in self._meanings]
        kind = Implementation.DFA if texts * PAYING >= len(patterns) else None
        self._automaton = AhoCorasick(list(patterns), implementation=kind) if patterns else None

    def find(self, text: str) -> list[FoundName]:
        """Return the names in ``text``, in order and without overlaps."""
        if self._automaton is None:
            return []
        folded = fold_case(text)
        if len(text) > LONG:
            folded = _ENDLESS.sub(lambda run: "\0" * len(run[0]), folded)
        matches = self._automaton.find_matches_as_indexes(folded, overlapping=True)
        if not matches:
            return []
        # Most matches are inside a word; these are dropped first, with a cheap check.
        padded, is_ascii = f" {text} ", text.isascii()
        begun = [
            (start, end, number)
            for number, start, end in matches
            if not ((before := padded[start]) in _WORD and (is_ascii or text[start] in _WORD))
            and (before in _OPEN or not joined_before(text, start, end - start))
        ]
        if ":" in text and "://" in text:  # one character is found much faster
            begun = _outside([found.span() for found in _ADDRESS.finditer(text)], begun)
        if "{" in text and "{{" in text:
            begun = _outside(list(_macros(text)), begun)
        begun.sort(key=_first_and_longest)
        found = []
        meaning = cache(self._meant)
        reached = 0
        for start, end, number in begun:
            if start < reached:
                continue
            whole = end if padded[end + 1] in _CLOSED else _end_of_word(text, start, end)
            meant = whole and (self._only[number] or meaning(number, text[start:end]))
            if meant:
                found.append(_tuple(FoundName, (start, whole, *meant)))
                reached = whole
        return found

    def _meant(self, number: int, written: str) -> _Meaning | None:
        """Return the key and targets of an ambiguous or case-sensitive name, or None."""
        meant = [s for s in self._meanings[number] if not s.keeps_case or s.text == written]
        # An exact spelling wins: REST over rest.
        meant = [s for s in meant if s.text == written] or meant
        # The key must not depend on the order of the names.
        key = min((fold_case(s.text) for s in meant), default="")
        return (key, frozenset(s.target for s in meant)) if meant else None


def _first_and_longest(match: tuple[int, int, int]) -> tuple[int, int]:
    start, end, _ = match
    return start, -end


def _outside(
    spans: list[tuple[int, int]], begun: list[tuple[int, int, int]]
) -> list[tuple[int, int, int]]:
    """Return the matches that begin outside all ``spans``, which are sorted and disjoint."""
    if not spans:
        return begun
    starts = [start for start, _ in spans]
    ends = [0, *(end for _, end in spans)]
    return [m for m in begun if m[0] >= ends[bisect_right(starts, m[0])]]


def _macros(text: str) -> Iterator[tuple[int, int]]:
    """Yield the start and end of each site generator macro."""
    start = text.find("{{")
    while start >= 0:
        end = text.find("}}", start + 2, start + 304)
        if end >= 0 and "\n" not in text[start:end]:
            yield start, end + 2
            start = text.find("{{", end + 2)
        else:
            start = text.find("{{", start + 1)


def _only(meanings: list[_Spelling]) -> _Meaning | None:
    """Return the key and target of a name with one meaning in any capitalisation, or None."""
    if len(meanings) > 1 or meanings[0].keeps_case:
        return None
    return fold_case(meanings[0].text), frozenset([meanings[0].target])


def _can_be_found(name: str) -> bool:
    """Return whether a name is searched for in texts.

    Single letters are mostly words or section numbers. Overlong names are excluded: if many
    are prefixes of one another, all of them would match at each position.
    """
    if not any(c.isalnum() for c in name) or (len(name) == 1 and name.isascii()):
        return False
    parts = name.split()
    return len(parts) <= MOST_WORDS and max(map(len, parts)) <= MOST_LETTERS


def _end_of_word(text: str, start: int, end: int) -> int:
    """Return the end of a name with its plural ending; 0 if it is part of a longer word."""
    if end == len(text):
        return end
    if not text[end].isalpha() and text[end] not in "'’":
        return 0 if joined_behind(text, end, end - start) else end
    ending = _ENDING.match(text, end)
    if ending and ending.end() > end and (text[end - 1].isalnum() or _is_mark(text[end - 1])):
        plural = end + len(ending[1] or "")
        fits = ending[1] != "es" or (
            end - start > SHORT and text[end - 2 : end].lower().endswith(_TAKES_ES)
        )
        if fits and not joined_behind(text, ending.end(), end - start):
            return plural
    return 0 if joined_behind(text, end, end - start) else end


# Word boundaries. In scripts without spaces, each position is a boundary unless it splits a
# syllable or a run of katakana.

_SPACELESS = re.compile(
    "[\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
_SYLLABLES = re.compile("[\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff]")  # Thai, Lao, Burmese …
_KATAKANA = re.compile("[\u30a1-\u30fa\u30fc-\u30ff]")
_LEADING_VOWELS = frozenset("เแโใไເແໂໃໄ")
_FOLLOWING_VOWELS = frozenset("ะาำๅๆຯະາຳ")
_OPEN, _CLOSED = frozenset(" \n("), frozenset(" \n,)")
_WORD = frozenset(filter(str.isalnum, map(chr, range(128))))
_GLUE_BEFORE = frozenset("-_+#@&$\\")
_GLUE_BEHIND = frozenset("_+#@")
_ADDRESS = re.compile(r"(?<!\w)\w{1,40}+://\S++")


def _is_mark(character: str) -> bool:
    return unicodedata.category(character)[0] == "M"


def _one_word(before: str, behind: str, length: int) -> bool:
    if before.isascii() and behind.isascii():
        return before.isalnum() and behind.isalnum()
    if _is_mark(behind):
        return True
    if not behind.isalnum() or not (before.isalnum() or _is_mark(before)):
        return False
    if _SPACELESS.match(before) or _SPACELESS.match(behind):
        both = _KATAKANA.match(before) and _KATAKANA.match(behind)
        if length <= SHORT and _SYLLABLES.match(before) and _SYLLABLES.match(behind):
            return True  # such a short name is part of many words
        return bool(both) or before in _LEADING_VOWELS or behind in _FOLLOWING_VOWELS
    return True


def joined_before(text: str, start: int, length: int) -> bool:
    """Return whether a name of ``length`` characters at ``start`` continues a word."""
    if start == 0:
        return False
    before = text[start - 1]
    if before in _OPEN:
        return False
    if before in _GLUE_BEFORE:
        return True
    if before == ".":
        return start > 1 and text[start - 2].isalnum()
    if not text[start].isalnum():  # .NET in ASP.NET
        return before.isalnum() or _is_mark(before)
    return _one_word(before, text[start], length)


def joined_behind(text: str, end: int, length: int) -> bool:
    """Return whether the word continues after a name of ``length`` characters at ``end``."""
    if end == len(text):
        return False
    behind = text[end]
    if behind in _CLOSED:
        return False
    if behind in _GLUE_BEHIND:
        return True
    if behind == "." or (behind == "-" and length < SHORT):
        return end + 1 < len(text) and text[end + 1].isalnum()
    if _HANGUL.match(behind):
        return False  # particles are written without a space
    return _one_word(text[end - 1], behind, length)

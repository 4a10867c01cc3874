"""The words of a text for search, without case and accents."""

import re
import unicodedata

_LATIN_MARKS = re.compile("[\u0300-\u036f]")
_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i", "ð": "d",
                        "þ": "th"})  # fmt: skip
_SPACELESS = (
    "\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_MARKS = "\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0dff"
# In scripts without spaces, each character is a word and people search for phrases. C++ and
# C# are words.
_WORD = re.compile(rf"[{_SPACELESS}]|(?:(?![{_SPACELESS}])[^\W_][{_MARKS}]*)+[+#]*")
_ONE = re.compile(f"[{_SPACELESS}]")
TOKEN = re.compile(rf"(?!{_ONE.pattern})[^\W_](?:(?!{_ONE.pattern})[\w+#])*")  # a word as written
_ASCII_WORD = re.compile(r"[a-z0-9]+[+#]*")
_BLANKS = {code: " " for code in range(128) if not chr(code).isalnum()}
MAX_WORD = 60  # characters


# Possible marks are neither ASCII nor word characters; no language has so many in a row.
_HIDDEN_MARKS = "\u0f73\u0f75\u0f81\uff9e\uff9f"  # become marks when decomposed
_MANY_MARKS = re.compile(rf"(?:[^\x00-\x7f\w\s]|[{_HIDDEN_MARKS}]){{31}}")
MOST_MARKS = 30


def stream_safe(text: str) -> str:
    """Return ``text`` with at most 30 marks in a row, as normalising takes quadratic time
    (https://unicode.org/reports/tr15/#Stream_Safe_Text_Format)."""
    if text.isascii() or not _MANY_MARKS.search(text):
        return text
    kept: list[str] = []
    row = 0
    for character in text:
        is_mark = unicodedata.combining(character) or character in _HIDDEN_MARKS
        row = row + 1 if is_mark else 0
        if row <= MOST_MARKS:
            kept.append(character)
    return "".join(kept)


def folded(text: str) -> str:
    if text.isascii():
        return text.lower()
    # Case is folded twice, as ™ becomes TM only when normalised.
    text = stream_safe(text.casefold())
    text = unicodedata.normalize("NFKD", text).casefold().translate(_PLAIN)
    return unicodedata.normalize("NFC", _LATIN_MARKS.sub("", text))


def _apart(text: str) -> str | None:
    """Return folded ``text`` with spaces between words, or None if that needs patterns."""
    if text.isascii() and "+" not in text and "#" not in text:
        return text.translate(_BLANKS)
    return None


def words(text: str) -> list[str]:
    """Return the words of ``text``: ``Café, C++ und 数据`` → cafe, c++, und, 数, 据."""
    text = folded(text)
    if (apart := _apart(text)) is not None:
        found = apart.split()
    else:
        found = (_ASCII_WORD if text.isascii() else _WORD).findall(text)
    if max(map(len, found), default=0) > MAX_WORD:
        return [word[:MAX_WORD] for word in found]
    return found


def sought(text: str) -> list[tuple[str, ...]]:
    """Return the phrases of a query: single words, and runs of a script without spaces:
    ``API 数据库`` → (api), (数, 据, 库)."""
    if text.isascii():
        return [(word,) for word in words(text)]
    found: list[tuple[str, ...]] = []
    place = -1  # end of the current phrase
    for word in _WORD.finditer(folded(text)):
        is_part = bool(_ONE.match(word[0]))
        if is_part and word.start() == place:
            found[-1] += (word[0],)
        else:
            found.append((word[0][:MAX_WORD],))
        place = word.end() if is_part else -1
    return found


_LETTERS = str.maketrans({chr(code): "x" for code in range(128) if chr(code).isalnum()})
_TOO_LONG = "x" * (MAX_WORD + 1)


def spaced(text: str) -> str:
    """Return the words of a text with spaces between them, for the index."""
    apart = _apart(folded(text))
    if apart is not None and _TOO_LONG not in apart.translate(_LETTERS):
        return apart  # the index ignores repeated spaces
    return " ".join(words(text))


_Y = re.compile(r"[^\Waeiou\d_]y$")  # after a consonant
_ES = re.compile(r"(?:[sxz]|ch|sh)es$")


def other_number(word: str) -> str:
    """Return the singular or plural that differs by more than an s, or an empty string:
    ``policies`` ⇄ ``policy``, ``classes`` → ``class``."""
    if word.endswith("ies"):
        return word[:-3] + "y"
    if _ES.search(word):
        return word[:-2]
    return word[:-1] + "ies" if _Y.search(word) else ""


def stems(word: str) -> tuple[str, ...]:
    """Return prefixes that match singular and plural: ``policies`` → policies, policy."""
    found = [word]
    if len(word) > 3 and word.isascii():
        if other := other_number(word):
            found.append(other)
        elif word.endswith("s") and word[-2] != "s":
            found.append(word[:-1])  # also for "status", which then matches a few more words
    return tuple(found)

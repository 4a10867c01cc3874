"""Differences between two rendered texts, word by word, marked in the HTML of the later one."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from .alignment import Work, opcodes

# An attribute's value may hold “>”. Pictures and formulas are compared as words.
_PART = re.compile(
    r"(?P<word><(?P<whole>svg|math)\b.*?</(?P=whole)>|<img\b(?:[^<>\"']|\"[^\"]*+\"|'[^']*+')*+>"
    r"|&\#?\w+;|\w+|[^\w\s<])"
    r"|(?P<tag></?(?P<name>[a-z][\w-]*+)(?:[^<>\"']|\"[^\"]*+\"|'[^']*+')*+>)"
    r"|(?P<space>\s+)|(?P<other><)",
    re.DOTALL,
)
_INLINE = frozenset(
    [
        *("a", "abbr", "b", "cite", "code", "del", "dfn", "em", "i", "ins", "kbd", "mark", "q"),
        *("s", "samp", "small", "span", "strong", "sub", "sup", "time", "u", "var"),
    ]
)
_NEW, _GONE = '<ins class="changed">', '<del class="changed">'


class Part(NamedTuple):
    """``kind`` is “word”, “tag” or “space”."""

    kind: str
    text: str
    ends_block: bool = False


@dataclass
class _Change:
    """Words ``old[i1:i2]`` became ``new[j1:j2]``."""

    i1: int
    i2: int
    j1: int
    j2: int

    @property
    def size(self) -> int:
        return max(self.i2 - self.i1, self.j2 - self.j1)


class _Words:
    """The words of an HTML text. ``gaps[n]`` is before word n: nothing, a space or a break."""

    def __init__(self, parts: list[Part]):
        self.texts: list[str] = []
        self.gaps: list[str] = []
        gap = ""
        for part in parts:
            if part.kind == "word":
                self.texts.append(part.text)
                self.gaps.append(gap)
                gap = ""
            elif part.ends_block:
                gap = "<br>"
            elif part.kind == "space" and not gap:
                gap = " "

    def gone(self, start: int, end: int) -> str:
        """Return the HTML of removed words, without the markup that they had."""
        first, *others = range(start, end)
        rest = (self.gaps[n] + self.texts[n] for n in others)
        return f"{_GONE}{self.texts[first]}{''.join(rest)}</del>"


def mark_changes(before: str, after: str) -> str:
    """Return ``after`` with new words in ``ins`` and those of ``before`` that are gone in ``del``.

    Both are sanitised HTML of one renderer. Changes of markup alone are not marked. The marks
    have the class “changed”.
    """
    parts = list(parts_of(after))
    old, new = _Words(list(parts_of(before))), _Words(parts)
    changes = _merged(old.texts, new.texts)
    return _Marking(old, new, changes).html(parts)


def parts_of(html: str) -> Iterator[Part]:
    """Yield the tags, spaces and words of sanitised HTML; a picture or formula is one word."""
    for found in _PART.finditer(html):
        if found["tag"]:
            yield Part("tag", found[0], found["name"] not in _INLINE)
        elif found["space"]:
            yield Part("space", found[0])
        else:
            yield Part("word", found[0])


def _merged(old: list[str], new: list[str]) -> list[_Change]:
    """Return the changes. A few words that stay between two longer changes belong to them."""
    found: list[_Change] = []
    for tag, *places in opcodes(old, new, Work()):
        if tag == "equal":
            continue
        change = _Change(*places)
        if found and _is_one(found[-1], change, new[found[-1].j2 : change.j1]):
            found[-1].i2, found[-1].j2 = change.i2, change.j2
        else:
            found.append(change)
    return found


def _is_one(first: _Change, second: _Change, between: list[str]) -> bool:
    if not any(word[0].isalnum() for word in between):
        return True
    return 2 * len(between) < min(first.size, second.size)


class _Marking:
    def __init__(self, old: _Words, new: _Words, changes: list[_Change]):
        self.new = {n for change in changes for n in range(change.j1, change.j2)}
        self.before: dict[int, str] = {}  # number of a word → removed words before it
        self.behind: dict[int, str] = {}
        self.last = ""
        count = len(new.texts)
        for change in changes:
            if change.i1 == change.i2:
                continue
            html, gap = old.gone(change.i1, change.i2), old.gaps[change.i1]
            starts_block = gap == "<br>" or change.j1 == 0
            if not starts_block:
                self.behind[change.j1 - 1] = gap + html
            elif change.j1 < count:
                ends_block = change.i2 < len(old.texts) and old.gaps[change.i2] == "<br>"
                is_alone = ends_block and change.j1 == change.j2
                self.before[change.j1] = html + ("<br>" if is_alone else " ")
            else:
                self.last = f"<p>{html}</p>"

    def html(self, parts: list[Part]) -> str:
        shown: list[str] = []
        number, is_open, space = 0, False, ""
        for part in parts:
            if part.kind == "space":
                space += part.text
                continue
            is_new = part.kind == "word" and number in self.new
            gone = part.kind == "word" and self.before.get(number, "")
            if is_open and (not is_new or gone):
                shown.append("</ins>")
                is_open = False
            shown += [space, gone or ""]
            space = ""
            if is_new and not is_open:
                shown.append(_NEW)
                is_open = True
            shown.append(part.text)
            if part.kind == "word":
                if number in self.behind:
                    shown.append(("</ins>" if is_open else "") + self.behind[number])
                    is_open = False
                number += 1
        return "".join([*shown, "</ins>" if is_open else "", space, self.last])

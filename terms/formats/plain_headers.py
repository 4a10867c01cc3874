"""A fast reader for headers in simple YAML, as most are.

``read_plain`` reads lines of ``key: value`` with a value on one line or in a block without
blank lines, and lists of these one level deeper. It leaves other and invalid headers to
``yaml_nodes``. Its results equal those of ``yaml_nodes`` (``tests/formats/test_laws.py``)
and take a fifth of the time.
"""

import re

from .yaml_nodes import NULLS, Data

LONGEST = 16 * 1024  # characters; too few to exceed MAX_NODES of yaml_nodes

_ODD = re.compile(
    r"[^\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010fffd]"
)
_PAIR = r"([A-Za-z_][A-Za-z0-9_-]{0,60}):(?: ++([^\n]++))?"
_ENTRY = re.compile(_PAIR + r"\n((?:(?: |- )[^\n]*\n)*)")  # with the lines that belong to it
_IN_ITEM = re.compile(_PAIR)
_SINGLE = re.compile("'((?:[^']|'')*)'")
_DOUBLE = re.compile(r'"([^"\\]*)"')
_NOT_FIRST = frozenset(" -?:,[]{}#&*!|>'\"%@`\xa0")
_BLOCKS = {">-": (" ", ""), ">": (" ", "\n"), "|-": ("\n", ""), "|": ("\n", "\n")}


def read_plain(header: str) -> dict[str, Data] | None:
    """Return the data of ``header``, or None if it needs the full parser."""
    if len(header) > LONGEST or header[-1:] != "\n" or _ODD.search(header):
        return None
    data: dict[str, Data] = {}
    place = 0
    while place < len(header):
        entry = _ENTRY.match(header, place)
        if entry is None or entry[1] in data:
            return None
        value = _value(entry[2], entry[3])
        if value is None:
            return None
        data[entry[1]] = value
        place = entry.end()
    return data


def _value(text: str | None, below: str) -> Data | None:
    if not below:
        return _scalar(text)
    if text is None:
        return _items(below)
    return _block(*_BLOCKS[text], below) if text in _BLOCKS else None


def _scalar(text: str | None) -> str | None:
    if text is None:
        return ""
    if text[0] not in _NOT_FIRST:
        is_plain = ": " not in text and " #" not in text and text[-1] not in " :"
        return NULLS.get(text, text) if is_plain else None
    if found := _SINGLE.fullmatch(text):
        return found[1].replace("''", "'")
    found = _DOUBLE.fullmatch(text)
    return found[1] if found else None


def _block(between: str, end: str, below: str) -> str | None:
    lines = below[:-1].split("\n")
    indent = len(lines[0]) - len(lines[0].lstrip(" "))
    margin = " " * indent
    for line in lines:
        is_plain = line.startswith(margin) and line[indent:].strip(" ") == line[indent:] != ""
        if not (indent and is_plain):
            return None
    return between.join([line[indent:] for line in lines]) + end


def _items(below: str) -> list[Data] | None:
    lines = below[:-1].split("\n")
    before, dash, _ = lines[0].partition("- ")
    if before.strip(" ") or not dash:
        return None
    dash = before + dash
    indent = len(dash)
    margin = " " * indent
    items: list[Data] = []
    item: dict[str, Data] | None = None
    for line in lines:
        rest = line[indent:]
        pair = _IN_ITEM.fullmatch(rest)
        if line.startswith(dash):
            item = {} if pair else None
            value = _scalar(rest or None) if pair is None else ""
            if value is None or not rest:
                return None
            items.append(item if item is not None else value)
        elif item is None or not line.startswith(margin):
            return None
        if pair and item is not None:
            value = _scalar(pair[2])
            if value is None or pair[1] in item:
                return None
            item[pair[1]] = value
        elif item is not None:
            return None
    return items

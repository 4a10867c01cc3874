"""Candidates for a text as a YAML scalar, best first.

The style of the old value is kept if it can represent the new text. The caller reads a
candidate back before using it, so the rules here can be simple.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import yaml

WIDTH = 80
MIN_WIDTH = 20


@dataclass(frozen=True, slots=True)
class ScalarPlace:
    """The place of a scalar in the source."""

    indent: int  # of continuation lines
    column: int = 0  # of the first character
    flow: bool = False  # inside [ ] or { }
    key: bool = False


_FIRST = re.compile(r"[^\s\-?:,\[\]{}#&*!|>'\"%@`]|[\-?:](?=[^\s,\[\]{}])")
_NEEDS_QUOTES = re.compile(r":(?:\s|$)|\s#|[\n\r\t]|^\s|\s$|^(?:---|\.\.\.)(?:\s|$)")
_NEEDS_ESCAPES = re.compile(
    r"[^\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_FLOW_INDICATORS = re.compile(r"[,\[\]{}]")
# Inside [ ] and { }, PyYAML and ruamel end a plain text at any ?; libyaml does not.
_NOT_IN_FLOW = re.compile(r"[,\[\]{}?]|^:")

_CORE_TYPES = re.compile(  # YAML 1.2 (§10.3.2), and the booleans of YAML 1.1
    r"(?P<int>[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)"
    r"|(?P<float>[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))"
    r"|(?P<bool>y|Y|n|N|yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE"
    r"|on|On|ON|off|Off|OFF)"
    r"|(?P<null>null|Null|NULL|~|)"
)


def type_of(text: str) -> str:
    """Return the type that other YAML readers give to unquoted ``text``."""
    found = _CORE_TYPES.fullmatch(text)
    if found and found.lastgroup:
        return found.lastgroup
    for tag, pattern in yaml.SafeLoader.yaml_implicit_resolvers.get(text[:1], ()):
        if pattern.match(text):
            return str(tag).rpartition(":")[2]
    return "str"


def can_be_plain(text: str, place: ScalarPlace) -> bool:
    return bool(
        _FIRST.match(text)
        and not _NEEDS_QUOTES.search(text)
        and not _NEEDS_ESCAPES.search(text)
        and not (place.flow and _NOT_IN_FLOW.search(text))
    )


def new_scalar(text: str, place: ScalarPlace) -> Iterator[str]:
    """Yield candidates for a new value, in the usual style of YAML writers."""
    if "\n" not in text and place.column + len(text) > WIDTH and not (place.flow or place.key):
        yield from block(text, ">", place, WIDTH)
    if "\n" in text and not (place.flow or place.key):
        yield from block(text, "|", place, WIDTH)
    if can_be_plain(text, place) and type_of(text) == "str" and not _FLOW_INDICATORS.search(text):
        yield text
    yield from quote_scalar(text, "'")
    yield double_quoted(text)


def rewritten(text: str, old: str, old_value: str, style: str, place: ScalarPlace) -> Iterator[str]:
    """Yield candidates to replace ``old``, the source of ``old_value`` in ``style``."""
    if style in ("|", ">"):
        yield from _rewritten_block(text, old, old_value, style, place)
    elif style == '"':
        yield from _wrapped(text, old, '"', place)
        yield double_quoted(text)
        return
    elif style == "'":
        yield from _wrapped(text, old, "'", place)
        yield from quote_scalar(text, "'")
    elif can_be_plain(text, place) and type_of(text) in ("str", type_of(old_value)):
        yield from _wrapped(text, old, "", place)
        yield text
    yield from new_scalar(text, place)


def quote_scalar(text: str, quote: str) -> Iterator[str]:
    if "\n" not in text and not _NEEDS_ESCAPES.search(text):
        yield quote + text.replace("'", "''") + quote


_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def double_quoted(text: str) -> str:
    body = re.sub(r'[\\"\n\t\r]', lambda found: _ESCAPES[found[0]], text)
    return '"' + _NEEDS_ESCAPES.sub(_escape, body) + '"'


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


# Block scalars


def block(
    text: str, style: str, place: ScalarPlace, width: int, rest: str = "", chomp: str | None = None
) -> Iterator[str]:
    """Yield ``text`` as a block scalar without its last line end, if that is possible.

    ``rest`` follows the indicators on the first line (a comment). With ``>``, lines are
    folded at spaces to ``width`` columns.
    """
    body = text.rstrip("\n")
    ends = len(text) - len(body)
    if not body or body[0] in " \t\n" or _NEEDS_ESCAPES.search(re.sub(r"[\n\t]", "", body)):
        return
    lines = body.split("\n")
    if style == ">":
        if any(line[:1] in (" ", "\t") for line in lines if line):
            return
        lines = _fold_lines(lines, max(width - place.indent, MIN_WIDTH))
    if chomp is None or (chomp == "-") != (ends == 0) or (chomp == "" and ends != 1):
        chomp = "-" if ends == 0 else "" if ends == 1 else "+"
    margin = " " * place.indent
    source = "\n".join(margin + line if line else "" for line in lines)
    extra = "\n" * (ends - 1) if chomp == "+" else ""
    yield f"{style}{chomp}{rest}\n{source}{extra}"


def _fold_lines(lines: list[str], width: int) -> list[str]:
    """Fold each line; a line end inside the text becomes a blank line."""
    folded: list[str] = []
    for number, line in enumerate(lines):
        if number:
            folded.append("")
        if line:
            folded.extend(fold_line(line, width))
    return folded


_FOLD_POINT = re.compile(r"(?<=\S) (?=\S)")


def fold_line(line: str, width: int, first: int | None = None) -> list[str]:
    """Cut ``line`` at single spaces, greedily, into pieces of at most ``width`` characters.

    ``first`` is the width of the first piece, if it differs.
    """
    pieces: list[str] = []
    room = width if first is None else first
    begin = last = 0
    for found in _FOLD_POINT.finditer(line):
        if found.start() - begin > room and last > begin:
            pieces.append(line[begin : last - 1])
            begin = last
            room = width
        last = found.end()
    if len(line) - begin > room and last > begin:
        pieces.append(line[begin : last - 1])
        begin = last
    pieces.append(line[begin:])
    return pieces


_BLOCK_HEAD = re.compile(r"[|>](?P<chomp>[+-]?)[1-9]?[+-]?(?P<rest>[^\n]*)\n")


def _rewritten_block(
    text: str, old: str, old_value: str, style: str, place: ScalarPlace
) -> Iterator[str]:
    head = _BLOCK_HEAD.match(old)
    if head is None:
        return
    lines = old[head.end() :].split("\n")
    inside = [line for line in lines if line.strip()]
    if inside:
        indent = len(inside[0]) - len(inside[0].lstrip(" "))
        place = ScalarPlace(indent, place.column)
    width = _width_of(inside, old_value, place.indent)
    yield from block(text, style, place, width, head["rest"], head["chomp"])
    if style == ">":
        yield from block(text, "|", place, width, head["rest"], head["chomp"])


def _width_of(lines: list[str], value: str, indent: int) -> int:
    """Return the width at which ``value`` was folded into ``lines``."""
    longest = max((len(line) for line in lines), default=WIDTH)
    shown = [line[indent:] for line in lines]
    texts = [line for line in value.split("\n") if line]
    for width in (WIDTH, longest, 72, 100, 120):
        room = max(width - indent, MIN_WIDTH)
        if [piece for line in texts for piece in fold_line(line, room)] == shown:
            return width
    return longest


# Plain and quoted scalars over several lines


def _wrapped(text: str, old: str, quote: str, place: ScalarPlace) -> Iterator[str]:
    """Yield ``text`` over several lines, like ``old``; a blank line represents a line end."""
    if "\n" not in old or not text or text != text.strip() or re.search(r"\s\n|\n\s", text):
        return
    lines = old.split("\n")
    inside = next((line for line in lines[1:] if line.strip()), "")
    margin = inside[: len(inside) - len(inside.lstrip())]
    width = max(max(len(line) for line in lines[1:]), place.column + len(lines[0]))
    width = WIDTH if width <= WIDTH else width
    room, first = width - len(margin), width - place.column - len(quote)
    out: list[str] = []
    for number, line in enumerate(text.split("\n")):
        if quote == '"':
            line = double_quoted(line)[1:-1]
        elif quote == "'":
            line = line.replace("'", "''")
        if number:
            out.append("")
        out.extend(fold_line(line, max(room, MIN_WIDTH), max(first, 1) if not number else None))
    source = "\n".join([out[0], *(margin + line if line else "" for line in out[1:])])
    yield quote + source + quote

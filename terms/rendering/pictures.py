"""Addresses of pictures in the source of a Markdown text."""

import html as html_entities
import re
from collections.abc import Iterator, Mapping

from .markdown import picture_addresses
from .parsing import event_of, events_with_range

_BLANK = r"[ \t]*+\n?+[ \t]*+"
_INSIDE = r"(?:[^()\s<>]|\([^()\s<>]*+\))"
_DESTINATION = re.compile(rf"\]\({_BLANK}(?:<([^<>\n]{{1,2000}})>|({_INSIDE}{{1,2000}}+))")
_DEFINITION = re.compile(
    rf"^[ >]{{0,20}}+\[([^\[\]\n]{{1,999}}+)\]:{_BLANK}"
    r"(?:<([^<>\n]{1,2000}+)>|([^\s<>]{1,2000}+))",
    re.MULTILINE,
)
_SOURCE = re.compile(
    r"""\bsrc[ \t]*+=[ \t]*+(?:"([^"<>]{1,2000})"|'([^'<>]{1,2000})'|([^\s"'<>]{1,2000}+))""",
    re.IGNORECASE,
)
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_TRIES = 20  # brackets that are looked at for the address of one picture


def referred_addresses(text: str) -> Iterator[str]:
    """Yield the addresses that a Markdown text may refer to, also in code, without parsing it."""
    for pattern in (_DESTINATION, _DEFINITION, _SOURCE):
        for found in pattern.finditer(text):
            yield _read(next(filter(None, found.groups()[-3 if pattern is _SOURCE else -2 :])))


def _read(written: str) -> str:
    return html_entities.unescape(_ESCAPE.sub(r"\1", written))


def with_picture_addresses(text: str, addresses: Mapping[str, str]) -> str:
    """Return ``text`` with other addresses of its pictures: as read → to write.

    If the text cannot be changed so that only these addresses differ, it is returned unchanged.
    """
    before = picture_addresses(text)
    wanted = [addresses.get(address, address) for address in before]
    if wanted == before:
        return text
    source = text.encode()
    for start, end, address in sorted(set(_places(text, source, addresses)), reverse=True):
        source = source[:start] + address.encode() + source[end:]
    changed = source.decode()
    return changed if picture_addresses(changed) == wanted else text


def _places(
    text: str, source: bytes, addresses: Mapping[str, str]
) -> Iterator[tuple[int, int, str]]:
    """Yield the ranges of addresses in bytes, and the addresses to write there."""
    definitions: dict[str, list[tuple[int, int, str]]] | None = None
    for event, range_ in events_with_range(text):
        kind, value = event_of(event)
        start = range_["start"]
        if kind in ("Html", "InlineHtml"):
            for found in _SOURCE.finditer(value):
                yield from _place(found, value, start, addresses)
        elif kind == "Start" and isinstance(value, dict) and "Image" in value:
            image = value["Image"]
            if image["dest_url"] not in addresses:
                continue
            if image["link_type"] == "Inline":
                piece = source[start : range_["end"]].decode()
                yield from _inline(piece, image["dest_url"], start, addresses)
                continue
            if definitions is None:
                definitions = _definitions(text, addresses)
            yield from definitions.get(_label(image["id"]), ())


def _inline(
    piece: str, address: str, start: int, addresses: Mapping[str, str]
) -> Iterator[tuple[int, int, str]]:
    at = len(piece)
    for _ in range(_TRIES):
        at = piece.rfind("](", 0, at)
        if at < 0:
            return
        found = _DESTINATION.match(piece, at)
        if found and _read(found[1] or found[2]) == address:
            yield from _place(found, piece, start, addresses)
            return


def _definitions(text: str, addresses: Mapping[str, str]) -> dict[str, list[tuple[int, int, str]]]:
    found: dict[str, list[tuple[int, int, str]]] = {}
    offset, seen = 0, 0
    for definition in _DEFINITION.finditer(text):
        offset += len(text[seen : definition.start()].encode())
        seen = definition.start()
        places = _place(definition, text[seen : definition.end()], offset, addresses, seen)
        found.setdefault(_label(definition[1]), []).extend(places)
    return found


def _label(text: str) -> str:
    return " ".join(text.split()).casefold()


def _place(
    found: re.Match[str], piece: str, start: int, addresses: Mapping[str, str], shift: int = 0
) -> Iterator[tuple[int, int, str]]:
    group = next(n for n in range(found.re.groups, 0, -1) if found[n])
    if (new := addresses.get(_read(found[group]))) is not None:
        before = start + len(piece[: found.start(group) - shift].encode())
        yield before, before + len(found[group].encode()), new

"""YAML nodes with their positions in the text.

Every scalar is kept as text: ``No``, ``0123`` and ``2024-01-02`` are strings. Only null, without
quotes, is no text: it is read as an empty value. Limits are
checked on the parser's events, before nodes are composed: merge keys and aliases of a few
hundred bytes take a loader seconds, and deeply nested brackets crash its C code.

The C parser implements YAML 1.1. Where YAML 1.2 (https://yaml.org/spec/1.2.2/) differs
(U+0085, U+2028, U+2029 are not line ends), this module follows 1.2.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import yaml
from yaml._yaml import CParser

from .problems import FORBIDDEN, HeaderProblem, describe_yaml_problem, problem_at

MAX_HEADER = 64 * 1024  # characters
MAX_DEPTH = 8
MAX_NODES = 10_000


@dataclass(slots=True)
class Scalar:
    """``value`` is the text; ``style`` is '' (plain), ``'``, ``"``, ``|`` or ``>``."""

    value: str
    style: str
    start: int
    end: int


@dataclass(slots=True)
class Sequence:
    items: "list[Node]"
    flow: bool
    start: int
    end: int


@dataclass(slots=True)
class Mapping:
    pairs: "list[tuple[Scalar, Node]]"
    flow: bool
    start: int
    end: int

    def get(self, key: str) -> "Node | None":
        return next((node for name, node in self.pairs if name.value == key), None)


Node: TypeAlias = Scalar | Sequence | Mapping
Data: TypeAlias = str | list["Data"] | dict[str, "Data"]


class Null(str):
    """The empty value of ``null`` or ``~`` without quotes; ``written`` is how the file has it."""

    __slots__ = ("written",)
    written: str

    def __new__(cls, written: str) -> "Null":
        null = super().__new__(cls)
        null.written = written
        return null


NULLS = {text: Null(text) for text in ("null", "Null", "NULL", "~")}


def to_data(node: Node) -> Data:
    """Return the node as strings, lists and dicts; null is an empty string."""
    if isinstance(node, Scalar):
        return node.value if node.style else NULLS.get(node.value, node.value)
    if isinstance(node, Sequence):
        return [to_data(item) for item in node.items]
    return {key.value: to_data(value) for key, value in node.pairs}


def compose(header: str, first_line: int = 1) -> Mapping:
    """Return the mapping in ``header``. Raises HeaderProblem with the line in the file."""
    problem = problem_at(header, first_line)
    if len(header) > MAX_HEADER:
        raise problem(f"The header is longer than {MAX_HEADER:,} characters.", 0)
    if header.startswith("\ufeff"):
        raise problem("A byte order mark (U+FEFF) stands here; it belongs before the first ---.", 0)
    found = FORBIDDEN.search(header)
    if found:
        raise problem(f"The control character {_name(found[0])} is not allowed.", found.start())
    try:
        return _Composer(header, problem).compose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        if str(error.problem).startswith(_UNCLOSED) and error.context_mark:
            mark = error.context_mark  # where it was opened
        index = min(mark.index, len(header)) if mark else 0
        reason = describe_yaml_problem(
            error.problem or "", error.context or "", header[index : index + 1]
        )
        raise problem(reason, index) from None
    except yaml.YAMLError as error:
        raise problem(f"This is not valid YAML ({error}).", 0) from None


_UNCLOSED = (
    "found unexpected end of stream",
    "did not find expected ',' or ']'",
    "did not find expected ',' or '}'",
)


def _name(character: str) -> str:
    return f"U+{ord(character):04X}"


_SEPARATORS = "\x85\u2028\u2029"


_QUOTE = "; a text that begins so needs quotes."
# Private-use characters replace the extra line ends of YAML 1.1 during parsing.
_STAND_INS = "\U000ffffb\U000ffffc\U000ffffd"
_HIDE = str.maketrans(_SEPARATORS, _STAND_INS)
_SHOW = str.maketrans(_STAND_INS, _SEPARATORS)


# Invalid YAML that libyaml accepts: a tab as indentation, a comment without a space
# before it, a comment right after a block scalar that contains only spaces.
_INVALID_LAYOUT = re.compile(r"""["'].*\n\t|[|>][-+0-9]*\#""", re.DOTALL)
_INVALID_BEHIND = re.compile(r"""["']\#|(?<= )\n +\#""")


class _Composer:
    """Composes nodes in one pass over the parser's events and checks the limits."""

    def __init__(self, header: str, problem: Callable[[str, int], HeaderProblem]):
        self.problem = problem
        self.header = header
        self.translated = any(separator in header for separator in _SEPARATORS)
        self.parser = CParser(header.translate(_HIDE) if self.translated else header)
        self.root: Mapping | None = None
        self.open: list[_Open] = []
        self.count = 0

    def compose(self) -> Mapping:
        get_event: Callable[[], Any] = self.parser.get_event
        while True:
            event = get_event()
            kind = type(event)
            if kind is yaml.ScalarEvent:
                self._attach(self._scalar(event), event)
            elif kind is yaml.MappingStartEvent:
                self._enter(Mapping([], bool(event.flow_style), event.start_mark.index, 0), event)
            elif kind is yaml.SequenceStartEvent:
                self._enter(Sequence([], bool(event.flow_style), event.start_mark.index, 0), event)
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                node = self.open.pop().node
                node.end = event.end_mark.index if node.flow else _end_of(node)
            elif kind is yaml.StreamEndEvent:
                return self.root or Mapping([], False, 0, 0)
            else:
                self._check_document(event)

    def _scalar(self, event: Any) -> Scalar:
        if event.anchor is not None or event.tag is not None:
            self._refuse_marks(event)
        value: str = event.value
        if self.translated:
            value = value.translate(_SHOW)
        if event.style == '"' and (found := FORBIDDEN.search(value)):
            raise self._at(f"The control character {_name(found[0])} is not allowed.", event)
        start, end = event.start_mark.index, event.end_mark.index
        if event.style and (
            _INVALID_LAYOUT.match(self.header[start:end])
            or _INVALID_BEHIND.match(self.header, end - 1)
        ):
            raise self._at("Quotes, | and > need a blank before # and blanks as indent.", event)
        return Scalar(value, event.style or "", start, end)

    def _enter(self, node: Sequence | Mapping, event: Any) -> None:
        self._refuse_marks(event)
        if len(self.open) == MAX_DEPTH:
            raise self._at(f"More than {MAX_DEPTH} levels are nested here.", event)
        self._attach(node, event)
        self.open.append(_Open(node))

    def _attach(self, node: Node, event: Any) -> None:
        self.count += 1
        if self.count > MAX_NODES:
            raise self._at(f"The header has more than {MAX_NODES:,} values.", event)
        if not self.open:
            if not isinstance(node, Mapping):
                raise self._at("The header is not a list of “key: value” lines.", event)
            self.root = node
            return
        level = self.open[-1]
        if isinstance(level.node, Sequence):
            level.node.items.append(node)
        elif level.key is not None:
            level.node.pairs.append((level.key, node))
            level.key = None
        elif not isinstance(node, Scalar):
            raise self._at("A value that begins with [ or { and goes on needs quotes.", event)
        elif level.node.flow and self.header[node.start - 1] == "?":
            raise self._at("A key that begins with ? needs quotes.", event)
        elif node.value in level.names:
            raise self._at(f"The key “{node.value}” is used a second time here.", event)
        else:
            level.names.add(node.value)
            level.key = node

    def _refuse_marks(self, event: Any) -> None:
        if event.anchor is not None:
            raise self._at(f"References (&{event.anchor}) are not supported{_QUOTE}", event)
        if event.tag is not None:
            raise self._at(f"Type tags ({event.tag}) are not supported{_QUOTE}", event)

    def _check_document(self, event: Any) -> None:
        if isinstance(event, yaml.AliasEvent):
            raise self._at(f"References (*{event.anchor}) are not supported{_QUOTE}", event)
        if isinstance(event, yaml.DocumentStartEvent) and (event.explicit or self.root is not None):
            raise self._at("The header holds more than one YAML document.", event)

    def _at(self, reason: str, event: Any) -> HeaderProblem:
        return self.problem(reason, event.start_mark.index)


class _Open:
    """An unfinished collection; ``key`` is the key whose value comes next."""

    __slots__ = ("key", "names", "node")

    def __init__(self, node: Sequence | Mapping):
        self.node = node
        self.key: Scalar | None = None
        self.names: set[str] = set()


def _end_of(node: Sequence | Mapping) -> int:
    """Return the end of a block collection; the parser's end mark is at the next token."""
    if isinstance(node, Sequence):
        return node.items[-1].end if node.items else node.start
    return node.pairs[-1][1].end if node.pairs else node.start

"""The sidecar of a folder: what its term files do not hold, as YAML, with an entry for each term.

Entries are read one by one, so that a broken one does not hide the others. An entry that does not
change keeps its text; one that changes keeps its comments and unknown keys.
"""

import re
from bisect import bisect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, cast

from .line_ends import normalise, usual_end
from .problems import CannotSplice, HeaderProblem
from .scalars import double_quoted
from .splice import splice
from .yaml_nodes import Data, compose, to_data

MAX_SIDECAR = 5 * 1024 * 1024  # bytes
PREAMBLE = "# What the term files do not hold. Glossary CMS reads and writes this file.\n\n"
VALUES = ("owner", "review_by", "linked")  # keys with one value
LISTS = ("aliases", "links", "unrelated")  # keys with values by name
KEYS = (*VALUES, *LISTS)


class Item(NamedTuple):
    """A value of the sidecar: the path of the term, a key, and for LISTS a name."""

    path: str
    key: str
    name: str = ""


Items = dict[Item, str]
Nested = dict[str, dict[str, Data]]  # path → key → value, or values by name


def nested(items: Mapping[Item, str]) -> Nested:
    """Return the items as they are written: sorted by path, then in the order of KEYS."""
    found: Nested = {}
    for item in sorted(items, key=lambda item: (item.path, KEYS.index(item.key), item.name)):
        entry = found.setdefault(item.path, {})
        if item.key in VALUES:
            entry[item.key] = items[item]
        else:
            values = cast("dict[str, Data]", entry.setdefault(item.key, {}))
            values[item.name] = items[item]
    return found


def flat(entries: Mapping[str, Mapping[str, Data]]) -> Items:
    """Return the items of ``nested`` again."""
    found: Items = {}
    for path, entry in entries.items():
        for key, value in entry.items():
            if isinstance(value, dict):
                found |= {Item(path, key, name): str(text) for name, text in value.items()}
            else:
                found[Item(path, key)] = str(value)
    return found


class SidecarProblem(NamedTuple):
    line: int
    reason: str


@dataclass
class _Block:
    """The lines of an entry; ``lead`` are the comments above it. A broken one has no data."""

    lead: str
    text: str
    line: int
    path: str = ""
    data: dict[str, Data] | None = None
    items: Items = field(default_factory=dict)


class SidecarText:
    """The text of a sidecar, its items, and the problems with it."""

    def __init__(self, text: str):
        self.is_new = not text.strip()
        self.end = usual_end(text)
        self.mark = "\ufeff" if text.startswith("\ufeff") else ""
        self.problems: list[SidecarProblem] = []
        self.preamble, self.blocks = _divided(normalise(text.removeprefix("\ufeff")))
        self.items: Items = {}
        seen: set[str] = set()
        for block in self.blocks:
            self._read(block, seen)
            self.items |= block.items

    def _read(self, block: _Block, seen: set[str]) -> None:
        try:
            root = cast("dict[str, Data]", to_data(compose(block.text, block.line)))
        except HeaderProblem as problem:
            self.problems.append(SidecarProblem(problem.line, problem.reason))
            return
        path, data = next(iter(root.items()), ("", ""))
        if not isinstance(data, dict) or path in seen:
            said = f"“{path}” is here a second time." if path in seen else "This is no entry."
            self.problems.append(SidecarProblem(block.line, said))
            return
        seen.add(path)
        block.path, block.data = path, data
        for key in KEYS:
            self._read_key(block, key, data.get(key, ""))

    def _read_key(self, block: _Block, key: str, value: Data) -> None:
        if key in VALUES and isinstance(value, str):
            if value:
                block.items[Item(block.path, key)] = value
        elif key in LISTS and isinstance(value, dict):
            for name, text in value.items():
                if isinstance(text, str) and name:
                    block.items[Item(block.path, key, name)] = text
                else:
                    said = f"“{key}” of “{block.path}” has no text for “{name}”."
                    self.problems.append(SidecarProblem(block.line, said))
        elif value != "":
            shape = "one value" if key in VALUES else "names with values"
            said = f"“{key}” of “{block.path}” has to be {shape}."
            self.problems.append(SidecarProblem(block.line, said))

    def changed(self, items: Mapping[Item, str]) -> str:
        """Return the text with ``items``. Broken entries stay as they are."""
        wanted = nested(items)
        known = {block.path for block in self.blocks if block.data is not None}
        new = [path for path in wanted if path not in known]  # sorted
        texts = [PREAMBLE if self.is_new else self.preamble]
        at = 0
        for block in self.blocks:
            while at < len(new) and block.data is not None and new[at] < block.path:
                texts += _emitted({new[at]: wanted[new[at]]}, 0)
                at += 1
            texts.append(_changed_block(block, wanted.get(block.path, {})))
        for path in new[at:]:
            texts += _emitted({path: wanted[path]}, 0)
        return self.mark + "".join(texts).replace("\n", self.end)


_KEY = re.compile(r"[^\s#]")


def _divided(text: str) -> tuple[str, list[_Block]]:
    """Return the lines before the first entry up to the last blank one, and the entries."""
    lead: list[str] = []
    blocks: list[_Block] = []
    preamble = ""
    for number, line in enumerate(_lines_of(text), 1):
        if line.startswith("---") and not blocks and not line.rstrip("\n").strip("-"):
            preamble, lead = "".join([*lead, line]), []
        elif _KEY.match(line):
            if not blocks:
                blank = max((n for n, above in enumerate(lead, 1) if not above.strip()), default=0)
                preamble, lead = preamble + "".join(lead[:blank]), lead[blank:]
            blocks.append(_Block("".join(lead), line, number))
            lead = []
        elif blocks and line[:1] in (" ", "\t") and line.strip():
            blocks[-1].text += "".join(lead) + line
            lead = []
        else:
            lead.append(line)
    if blocks:
        blocks[-1].text += "".join(lead)
        return preamble, blocks
    return preamble + "".join(lead), []


def _lines_of(text: str) -> list[str]:
    # ``splitlines`` would also divide at U+2028 and others.
    *lines, last = text.split("\n")
    return [*(f"{line}\n" for line in lines), *([last] if last else [])]


def _changed_block(block: _Block, entry: Mapping[str, Data]) -> str:
    """Return the lines of an entry with other values; none if no value is left."""
    text = block.text if block.text.endswith("\n") else f"{block.text}\n"
    if block.data is None or flat({block.path: entry}) == block.items:
        return block.lead + text
    data = _with_entry(block.data, entry)
    return block.lead + _rewritten(text, block.path, data) if data else ""


def _with_entry(data: Mapping[str, Data], entry: Mapping[str, Data]) -> dict[str, Data]:
    """Return ``data`` with the known keys of ``entry``, and its own unknown ones."""
    found: dict[str, Data] = {}
    for key, value in data.items():
        if key not in KEYS:
            found[key] = value
        elif key in entry:
            found[key] = _in_order(value, entry[key])
    for key in KEYS:
        if key in entry and key not in found:
            before = [other for other in found if other in KEYS[: KEYS.index(key)]]
            names = list(found)
            at = names.index(before[-1]) + 1 if before else 0
            rest = {name: found.pop(name) for name in names[at:]}
            found[key] = entry[key]
            found |= rest
    return found


def _in_order(before: Data, after: Data) -> Data:
    """Return ``after`` with the names that ``before`` has in its order, new ones sorted in."""
    if not (isinstance(before, dict) and isinstance(after, dict)):
        return after
    names = [name for name in before if name in after]
    for name in after:
        if name not in before:
            names.insert(bisect(names, name), name)
    return {name: after[name] for name in names}


# Quotes that ``splice`` writes for readers of other types than text.
_NEEDLESS = re.compile(r"^(  (?:review_by|linked): )'(\d{4}-\d\d-\d\d|false)'$", re.MULTILINE)


def _rewritten(text: str, path: str, data: dict[str, Data]) -> str:
    try:
        changed = splice(text, {path: data})
        return _NEEDLESS.sub(r"\1\2", changed)
    except CannotSplice:
        return "".join(_emitted({path: data}, 0))


_PLAIN = re.compile(r"[A-Za-z](?:[\w ./@+<>-]*[\w.>+-])?|\d{4}-\d\d-\d\d")
_NO_TEXT = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})


def _emitted(data: Mapping[str, Data], indent: int) -> Iterator[str]:
    blanks = " " * indent
    for key, value in data.items():
        if isinstance(value, dict) and value:
            yield f"{blanks}{_scalar(key)}:\n"
            yield from _emitted(value, indent + 2)
        elif isinstance(value, list) and value:
            yield f"{blanks}{_scalar(key)}:\n"
            for item in value:
                yield f"{blanks}  - {_in_flow(item)}\n"
        else:
            text = "false" if (key, value) == ("linked", "false") else _in_flow(value)
            yield f"{blanks}{_scalar(key)}: {text}\n"


def _in_flow(value: Data) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_in_flow, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_scalar(k)}: {_in_flow(v)}' for k, v in value.items())}}}"
    return _scalar(value)


def _scalar(text: str) -> str:
    is_plain = _PLAIN.fullmatch(text) and text.lower() not in _NO_TEXT
    return text if is_plain else double_quoted(text)

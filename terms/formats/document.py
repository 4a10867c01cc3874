"""Conversion between the text of a term file and the columns of a term."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from .conflicts import UNRESOLVED, line_of_conflict
from .dialects import RELATED, REPEATS, Dialect, dialect_of
from .front_matter import FrontMatter, parse
from .holding_back import marks_of_holding_back, without_marks
from .line_ends import normalise
from .paths import NO_TERM, slug_of
from .problems import CannotSplice, HeaderProblem
from .related import write_names
from .spans import has_comments_beside_rows
from .yaml_nodes import Data, Null

MAX_NAME = 300  # characters; a longer value is cut and can only be edited in the file
TEXT_COLUMNS = ("name", "icon", "category", "vertical", "description")


@dataclass(frozen=True, slots=True)
class DetailRow:
    """A detail row. ``follows`` names the column whose value it repeats, or ``related``.

    ``origin`` is its index in the file, or None for a new row.
    """

    title: str
    value: str
    url: str = ""
    origin: int | None = None
    follows: str = ""


@dataclass(frozen=True, slots=True)
class TermDocument:
    """The content of a term file. Columns in ``fixed`` can only be edited in the file."""

    source: FrontMatter
    path: str
    dialect: Dialect
    name: str
    icon: str = ""
    category: str = ""
    vertical: str = ""
    description: str = ""
    body: str = ""
    rows: tuple[DetailRow, ...] = ()
    aliases: tuple[str, ...] = ()
    extra: Mapping[str, Data] = field(default_factory=dict)
    fixed: frozenset[str] = frozenset()

    @property
    def text(self) -> str:
        return self.source.text

    @property
    def problem(self) -> HeaderProblem | None:
        return self.source.problem

    @property
    def related(self) -> str:
        """The relation string as written in the file."""
        return next((row.value for row in self.rows if row.follows == "related"), "")

    @property
    def status(self) -> str:
        """The value of ``status``, in lower case."""
        return str(self.source.data.get("status", "")).strip().casefold()

    @property
    def is_deprecated(self) -> bool:
        """Whether the header has ``status: deprecated`` or ``deprecated: true``."""
        flag = str(self.source.data.get("deprecated", "")).casefold()
        return self.status == "deprecated" or flag in ("true", "yes")

    @property
    def is_merged(self) -> bool:
        """Whether the header has ``status: merged``: the term is now part of ``replaced_by``."""
        return self.status == "merged"

    @property
    def replaced_by(self) -> str:
        """The name of the term to read instead."""
        name = self.source.data.get("replaced_by", "")
        return name.strip() if isinstance(name, str) else ""

    @property
    def why_no_term(self) -> str:
        """The reason why the file cannot be published as a term, or an empty string."""
        if line := line_of_conflict(self.text):
            return f"line {line}: {UNRESOLVED}"
        if self.problem:
            return f"Its header cannot be read: {self.problem}"
        if self.path.rpartition("/")[2].startswith(NO_TERM):
            return "Its name begins with _: it is a section's page or a template, not a term."
        if self.source.data.get("layout") == "search":
            return "It is the search page of a site, not a term."
        name = self.source.data.get(self.dialect.key_for("name", self.source.data), "")
        if not (name or _name_of_null(name, self.path)):
            return "Its header has no name."
        return ""

    def why_held_back(self, now: datetime, even_later: bool = False) -> str:
        """Return the reason why its author does not want it published, or an empty string.

        With ``even_later``, a date on which it appears by itself is no reason.
        """
        mark = next(marks_of_holding_back(self.source.data, now, even_later), "")
        return mark and f"{mark} in its header; take this out of the file to publish it."


def read_document(text: str, path: str) -> TermDocument:
    """Return the content of a term file. Never raises; see ``problem`` and ``fixed``."""
    source = parse(text)
    data = source.data
    dialect = dialect_of(data)
    columns: dict[str, str] = {}
    fixed: set[str] = set()
    used: set[str] = set()
    for column in TEXT_COLUMNS:
        key = dialect.key_for(column, data)
        value = data.get(key, "")
        if isinstance(value, str):
            used.add(key)
            columns[column] = value
            if column != "description" and len(value) > MAX_NAME:
                columns[column] = value[:MAX_NAME]
                fixed.add(column)
        else:
            fixed.add(column)
    for column, reader in (("details", _readable_rows), ("aliases", _readable_names)):
        key = dialect.key_for(column, data)
        if reader(data.get(key, [])):
            used.add(key)
        else:
            fixed.add(column)
    details = data.get(dialect.key_for("details", data), [])
    if not columns.get("name"):
        null = _name_of_null(data.get(dialect.key_for("name", data), ""), path)
        columns["name"] = null or slug_of(path)[:MAX_NAME] or "(no name)"
    return TermDocument(
        source,
        path,
        dialect,
        body=source.body,
        rows=() if "details" in fixed else _rows(details, columns),
        aliases=() if "aliases" in fixed else _names(data.get(dialect.key_for("aliases", data))),
        extra={key: value for key, value in data.items() if key not in used},
        fixed=frozenset(fixed),
        **columns,
    )


def _name_of_null(value: Data, path: str) -> str:
    """Return the name of the term Null: ``term: Null`` in the file ``null.md``."""
    if isinstance(value, Null) and value.written.lower() == slug_of(path):
        return value.written
    return ""


def line_of_name(document: TermDocument) -> int:
    """Return the line of the term's name, from 1; 1 if the header has no name."""
    key = document.dialect.key_for("name", document.source.data)
    header = normalise(document.source.header)
    found = re.search(rf"^ *['\"]?{re.escape(key)}['\"]? *:", header, re.MULTILINE)
    return header.count("\n", 0, found.start()) + 2 if found else 1


def _readable_rows(value: Data) -> bool:
    return value == "" or (
        isinstance(value, list)
        and all(
            isinstance(row, dict)
            and isinstance(row.get("title"), str)
            and all(isinstance(row.get(key, ""), str) for key in ("value", "url"))
            for row in value
        )
    )


def _readable_names(value: Data) -> bool:
    return isinstance(value, str) or (
        isinstance(value, list) and all(isinstance(name, str) for name in value)
    )


def _names(value: Data | None) -> tuple[str, ...]:
    names = [value] if isinstance(value, str) else cast("list[str]", value or [])
    return tuple(name for name in names if name)


def _rows(details: Data, columns: Mapping[str, str]) -> tuple[DetailRow, ...]:
    rows: list[DetailRow] = []
    for origin, detail in enumerate(cast("list[dict[str, str]]", details or [])):
        title, value = detail["title"], detail.get("value", "")
        column = REPEATS.get(title, "")
        follows = column if column and value == columns.get(column) else ""
        if title == RELATED and not any(row.follows == "related" for row in rows):
            follows = "related"
        rows.append(DetailRow(title, value, detail.get("url", ""), origin, follows))
    return tuple(rows)


# Changes


def changed(
    document: TermDocument,
    columns: Mapping[str, str] | None = None,
    rows: Sequence[DetailRow] | None = None,
    related: Sequence[str] | None = None,
    aliases: Sequence[str] | None = None,
    body: str | None = None,
    keys: Mapping[str, str] | None = None,
    released_at: datetime | None = None,
) -> str:
    """Return the text with new values; None keeps the old one. Raises CannotSplice.

    Rows that repeat a column change with it. ``keys`` are header keys that are not columns;
    an empty value removes the key. ``released_at``: remove what holds the page back at that time.
    """
    data = dict(document.source.data)
    if released_at:
        data = without_marks(data, released_at)
    for key, text in (keys or {}).items():
        data[key] = text
        if not text:
            del data[key]
    columns = {
        column: value
        for column, value in (columns or {}).items()
        if value != getattr(document, column)
    }
    _refuse_fixed(document, columns, rows, related, aliases)
    for column, value in columns.items():
        _put(document.dialect, data, column, value)
    if "details" not in document.fixed:
        details = _details(document, columns, rows, related)
        if details != (data.get(document.dialect.key_for("details", data)) or []):
            _put(document.dialect, data, "details", cast("Data", details))
    if aliases is not None and tuple(aliases) != document.aliases:
        _put_aliases(document, data, list(aliases))
    return document.source.replaced(data, body)


def _refuse_fixed(
    document: TermDocument,
    columns: Mapping[str, str],
    rows: Sequence[DetailRow] | None,
    related: Sequence[str] | None,
    aliases: Sequence[str] | None,
) -> None:
    asked = set(columns)
    asked |= {"details"} if rows is not None or related is not None else set()
    asked |= {"aliases"} if aliases is not None else set()
    for column in sorted(asked & document.fixed):
        raise CannotSplice(f"“{column}” can only be edited in the file.")


def _put(dialect: Dialect, data: dict[str, Data], column: str, value: Data) -> None:
    """Set a column. A new key is inserted after the keys that usually precede it."""
    key = dialect.key_for(column, data)
    if key in data:
        data[key] = value
        return
    order = list(dialect.keys)
    before = {name for other in order[: order.index(column)] for name in dialect.keys[other]}
    names = list(data)
    index = max((names.index(name) + 1 for name in names if name in before), default=0)
    rest = {name: data.pop(name) for name in names[index:]}
    data[key] = value
    data.update(rest)


def _put_aliases(document: TermDocument, data: dict[str, Data], names: list[str]) -> None:
    key = document.dialect.key_for("aliases", data)
    if not names and has_comments_beside_rows(normalise(document.source.header), key):
        data[key] = []
    elif not names:
        data.pop(key, None)
    elif len(names) == 1 and data.get(key) and isinstance(data[key], str):
        data[key] = names[0]
    else:
        _put(document.dialect, data, "aliases", cast("Data", names))


def _details(
    document: TermDocument,
    columns: Mapping[str, str],
    rows: Sequence[DetailRow] | None,
    related: Sequence[str] | None,
) -> list[dict[str, Data]]:
    data = document.source.data
    old = cast("list[dict[str, Data]]", data.get(document.dialect.key_for("details", data)) or [])
    kept = list(document.rows if rows is None else rows)
    if related and not any(row.follows == "related" for row in kept):
        kept.append(DetailRow(RELATED, "", follows="related"))
    details: list[dict[str, Data]] = []
    for row in kept:
        value = columns.get(row.follows, row.value)
        if row.follows == "related" and related is not None:
            value = write_names(list(related))
        detail = dict(old[row.origin]) if row.origin is not None else {}
        detail["title"] = row.title
        if value or "value" in detail or row.origin is None:
            detail["value"] = value
        if row.url or "url" in detail:
            detail["url"] = row.url
        details.append(detail)
    return details

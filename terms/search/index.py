"""The search index: words and prefixes of words, by column.

SQLite's FTS5 and PostgreSQL's tsvector contain the same words, split by
``rendering.words``, so that both treat ``C++``, ``café`` and ``数据`` alike. Rows are
written here, not by triggers, which SQLite drops when a table is rebuilt.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from django.db import connection

from terms.rendering import spaced, stems, words

NAME, ALIASES, DESCRIPTION, BODY = "name", "aliases", "description", "body"
COLUMNS = (NAME, ALIASES, DESCRIPTION, BODY)
_WEIGHTS = {NAME: "A", ALIASES: "B", DESCRIPTION: "C", BODY: "D"}  # of PostgreSQL, as stored
MAX_WORDS = 12  # of a query
MAX_POSITION = 16_383  # of a word in a tsvector
MAX_PLACES = 200  # positions of one word
_LONG = "\x01long"  # marks a tsvector with positions left out


class IndexRow(NamedTuple):
    """The searchable texts of the published term ``pk``."""

    pk: int
    name: str
    aliases: str
    description: str
    body: str


def index_rows(rows: Iterable[IndexRow]) -> None:
    """Write rows, replacing those of the same terms."""
    rows = list(rows)
    remove_rows([row.pk for row in rows])
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.executemany(
                "INSERT INTO terms_search (rowid, name, aliases, description, body)"
                " VALUES (%s, %s, %s, %s, %s)",
                [(pk, *(spaced(text) for text in texts)) for pk, *texts in rows],
            )
        else:
            cursor.executemany(
                "INSERT INTO terms_search (id, document) VALUES (%s, %s::tsvector)",
                [(pk, _tsvector([words(text) for text in texts])) for pk, *texts in rows],
            )


def remove_rows(pks: Sequence[int]) -> None:
    key = "rowid" if connection.vendor == "sqlite" else "id"
    with connection.cursor() as cursor:
        cursor.executemany(
            f"DELETE FROM terms_search WHERE {key} = %s",  # noqa: S608 — one of two constants
            [(pk,) for pk in pks],
        )


def _tsvector(columns: Sequence[Sequence[str]]) -> str:
    """Return the words with position and weight, as PostgreSQL writes them: 'flask':1A,7D."""
    places: dict[str, list[str]] = {}
    place = 0
    for weight, column in zip(_WEIGHTS.values(), columns, strict=True):
        for word in column:
            place += 1
            where = places.setdefault(word, [])
            if len(where) == MAX_PLACES or place > MAX_POSITION:
                places[_LONG] = ["1D"]
            else:
                where.append(f"{place}{weight}")
        place += 5  # so that no phrase spans two columns
    return " ".join(f"{_quoted(word)}:{','.join(p)}" for word, p in places.items() if p)


def _quoted(word: str) -> str:
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"


Phrase = Sequence[str]  # words in their order


def find_ids(
    glossary: int, query: Sequence[Phrase], columns: Sequence[str], limit: int
) -> list[int]:
    """Return the ids of published terms with all phrases of ``query`` in ``columns``; the last
    word of a phrase is a prefix. Of more than ``limit``, the first published are returned."""
    if not query:
        return []
    groups = [
        [phrase] if len(phrase) > 1 else [(stem,) for stem in stems(phrase[0])]
        for phrase in query[:MAX_WORDS]
    ]
    if connection.vendor == "sqlite":
        condition = " AND ".join(f"({' OR '.join(map(_in_fts5, group))})" for group in groups)
        return _sqlite(glossary, f"{{{' '.join(columns)}}} : ({condition})", limit)
    weights = "".join(_WEIGHTS[column] for column in columns)
    condition = " & ".join(
        f"({' | '.join(_in_tsquery(phrase, weights) for phrase in group)})" for group in groups
    )
    return _postgresql(glossary, condition, limit)


def _in_fts5(phrase: Phrase) -> str:
    return " + ".join([*map(_exact, phrase[:-1]), _prefix(phrase[-1])])


def _in_tsquery(phrase: Phrase, weights: str) -> str:
    words = [*(f"{_quoted(w)}:{weights}" for w in phrase[:-1]), f"{_quoted(phrase[-1])}:*{weights}"]
    return f"({' <-> '.join(words)})"


class Name(NamedTuple):
    """A name that readers may search for; ``own`` is the main name of its term."""

    name: str
    path: str
    own: str
    description: str


def names_from(glossary: int, key: str, limit: int) -> list[Name]:
    """Return names that begin with ``key``, in alphabetical order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT CASE WHEN n.is_alias THEN n.name ELSE t.name END, t.path, t.name,"
            " substr(t.description, 1, 500)"
            " FROM terms_publishedname n"
            " JOIN terms_publishedterm t ON t.id = n.term_id"
            " WHERE n.glossary_id = %s AND n.key >= %s AND n.key < %s AND NOT n.is_hidden"
            " ORDER BY n.key, n.id LIMIT %s",
            (glossary, key, key + "\U0010ffff", limit),
        )
        return [Name(*row) for row in cursor]


def own_names(pks: Sequence[int]) -> list[Name]:
    """Return the main names of terms, in the order of ``pks``."""
    if not pks:
        return []
    with connection.cursor() as cursor:
        marks = ", ".join(["%s"] * len(pks))
        cursor.execute(
            "SELECT id, name, path, name, substr(description, 1, 500)"  # noqa: S608 — only %s
            " FROM terms_publishedterm"
            f" WHERE id IN ({marks})",
            list(pks),
        )
        rows = {pk: Name(*row) for pk, *row in cursor}
    return [rows[pk] for pk in pks if pk in rows]


def beginning(glossary: int, start: str) -> list[int]:
    """Return the ids of published terms with a word in a name that begins with ``start``."""
    if connection.vendor == "sqlite":
        return _sqlite(glossary, f"{{{NAME} {ALIASES}}} : {_prefix(start)}", -1)
    return _postgresql(glossary, f"{_quoted(start)}:*AB", -1)


def speaking_of(glossary: int, phrases: Iterable[Sequence[str]], limit: int = -1) -> list[int]:
    """Return the ids of published terms whose body contains one of ``phrases``, with their last
    word as a prefix. On PostgreSQL, rows with positions left out always match."""
    phrases = [phrase for phrase in phrases if phrase]
    if not phrases:
        return []
    if connection.vendor == "sqlite":
        condition = " OR ".join(map(_in_fts5, phrases))
        return _sqlite(glossary, f"{{{BODY}}} : ({condition})", limit)
    condition = " | ".join(_in_tsquery(phrase, "D") for phrase in phrases)
    return _postgresql(glossary, f"{condition} | {_quoted(_LONG)}", limit)


def _exact(word: str) -> str:
    return '"' + word.replace('"', '""') + '"'


def _prefix(word: str) -> str:
    return f"{_exact(word)}*"


def _sqlite(glossary: int, condition: str, limit: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.id FROM terms_search CROSS JOIN terms_publishedterm t"
            " ON t.id = terms_search.rowid"
            " WHERE terms_search MATCH %s AND t.glossary_id = %s LIMIT %s",
            (condition, glossary, limit),
        )
        return [row[0] for row in cursor]


def _postgresql(glossary: int, condition: str, limit: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.id FROM terms_search s JOIN terms_publishedterm t ON t.id = s.id"
            " WHERE s.document @@ %s::tsquery AND t.glossary_id = %s ORDER BY t.id LIMIT %s",
            (condition, glossary, None if limit < 0 else limit),
        )
        return [row[0] for row in cursor]


def everything() -> list[tuple]:
    """Return all rows as stored, for comparison."""
    columns = (
        "rowid, name, aliases, description, body"
        if connection.vendor == "sqlite"
        else "id, document::text"
    )
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM terms_search ORDER BY 1")  # noqa: S608 — constants
        return cursor.fetchall()

"""What SQLite is to know of the tables before it chooses how to answer a query.

Without statistics it takes it that a glossary has ten terms, and reads all of a glossary where
a few rows by their keys are asked for: publishing a large one would take time by the square of
its size. Statistics that are measured come too late, as a first import fills empty tables in
one transaction. So it is told of a large glossary from the start (sqlite_stat1,
https://www.sqlite.org/fileformat2.html#stat1tab); what is right there does no harm in a small
one. PostgreSQL measures by itself.
"""

from typing import Any

from django.apps import AppConfig

ROWS, FEW = 100_000, 100
# How many values a column has; others have as many as there are rows, or nearly.
_VALUES = {
    "glossary_id": 1, "folder": 1, "is_linked": 2, "kind": 4, "state": 4, "person_id": 20,
    "category_id": 10, "vertical_id": 30, "category_slug": 10, "vertical_slug": 10, "letter": 30,
    "section": 10, "bucket": 1_000, "changed_at": 1_000, "at": 1_000,
    # Nothing where a name is not written yet, which may be many.
    "target_id": 2_000, "target_uid": 2_000,
}  # fmt: skip
_FEW = {"term_waiting", "notice_waiting", "page_moved"}  # indexes of what is soon done


def write_statistics(app: AppConfig, connection: Any) -> None:
    """Describe the tables of ``app``; of other databases than SQLite nothing is asked."""
    if connection.vendor != "sqlite":
        return
    rows = []
    with connection.cursor() as cursor:
        present = set(connection.introspection.table_names(cursor))
        tables = {model._meta.db_table for model in app.get_models(include_auto_created=True)}
        if not tables <= present:
            return  # only a part of the migrations has run
        for table in sorted(tables):
            cursor.execute(f"PRAGMA index_list({table})")
            for _, index, is_unique, _, is_partial in cursor.fetchall():
                cursor.execute(f"PRAGMA index_info({index})")
                columns = [name for *_, name in cursor.fetchall()]
                # Half is what SQLite itself takes of a partial index; with all rows it would
                # rather go through the whole table.
                count = FEW if index in _FEW else ROWS // 2 if is_partial else ROWS
                rows.append((table, index, _statistics(columns, bool(is_unique), count)))
        cursor.execute(f"ANALYZE {min(tables)}")  # makes the table of statistics
        cursor.executemany(
            "DELETE FROM sqlite_stat1 WHERE tbl = %s", [(table,) for table in tables]
        )
        cursor.executemany("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (%s, %s, %s)", rows)
        cursor.execute("ANALYZE sqlite_schema")  # has them read


def _statistics(columns: list[str | None], is_unique: bool, count: int) -> str:
    """How many rows there are, then how many have the same first column, first two, …"""
    found = [count]
    for column in columns:
        found.append(max(1, found[-1] // _VALUES.get(column or "", ROWS)))
    if is_unique:
        found[-1] = 1
    return " ".join(map(str, found))

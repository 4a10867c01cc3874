"""Statistics of the tables for the query planner of SQLite.

Without statistics, SQLite assumes that a glossary has ten terms and reads all rows of a glossary
instead of a few by key. Publishing a large glossary would then take quadratic time. Measured
statistics come too late, since a first import fills empty tables in one transaction. Therefore
statistics of a large glossary are written from the start (sqlite_stat1,
https://www.sqlite.org/fileformat2.html#stat1tab); they do no harm in a small one. PostgreSQL
measures its own.
"""

from typing import Any

from django.apps import AppConfig

ROWS, FEW = 100_000, 100
# Distinct values of a column; other columns have about as many as there are rows.
_VALUES = {
    "glossary_id": 1, "folder": 1, "is_linked": 2, "kind": 4, "state": 4, "person_id": 20,
    "category_id": 10, "vertical_id": 30, "category_slug": 10, "vertical_slug": 10, "letter": 30,
    "section": 10, "bucket": 1_000, "changed_at": 1_000, "at": 1_000,
    # NULL for names without a term yet, of which there may be many.
    "target_id": 2_000, "target_uid": 2_000,
}  # fmt: skip
_FEW = {"term_waiting", "notice_waiting", "page_moved"}  # indexes with few rows at any time


def write_statistics(app: AppConfig, connection: Any) -> None:
    """Write the statistics of the tables of ``app``. Other databases are left alone."""
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
                # SQLite itself assumes half of the rows for a partial index. With all rows, it
                # would rather scan the table.
                count = FEW if index in _FEW else ROWS // 2 if is_partial else ROWS
                rows.append((table, index, _statistics(columns, bool(is_unique), count)))
        cursor.execute(f"ANALYZE {min(tables)}")  # creates the table of statistics
        cursor.executemany(
            "DELETE FROM sqlite_stat1 WHERE tbl = %s", [(table,) for table in tables]
        )
        cursor.executemany("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (%s, %s, %s)", rows)
        cursor.execute("ANALYZE sqlite_schema")  # loads the statistics


def _statistics(columns: list[str | None], is_unique: bool, count: int) -> str:
    """Return the row count, then the rows per value of the first column, the first two, …"""
    found = [count]
    for column in columns:
        found.append(max(1, found[-1] // _VALUES.get(column or "", ROWS)))
    if is_unique:
        found[-1] = 1
    return " ".join(map(str, found))

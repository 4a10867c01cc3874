"""Searching: Q1, Q2, Q3."""

from collections.abc import Iterator

from django.db import connection

from terms.models import PublishedName
from terms.rendering import words
from terms.search import index as search_index
from terms.search import readers

from .measure import Result, compare, wall_seconds
from .room import Room
from .servers import Missing


class Searching(Room):
    IDS = ("Q1", "Q2", "Q3")

    def prepare(self) -> None:
        self.glossary = self.ground.filled()

    def q1(self) -> Iterator[Result]:
        typed = [name[:4] for name in PublishedName.objects.values_list("name", flat=True)[:200]]

        def theirs() -> None:
            with connection.cursor() as cursor:
                for text in typed:
                    cursor.execute(
                        "SELECT rowid FROM terms_search WHERE terms_search MATCH %s LIMIT 8",
                        [f'{{name aliases}} : "{words(text)[0]}"*'],
                    )
                    cursor.fetchall()

        def ours() -> None:
            for text in typed:
                readers.suggest_names(self.glossary, text)

        yield compare(
            "Q1", "a suggestion while typing / the raw FTS5 query", "at most 3", len(typed),
            ours, theirs,
        )  # fmt: skip

    def q2(self) -> Iterator[Result]:
        def theirs() -> None:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT rowid FROM terms_search WHERE terms_search MATCH %s"
                    " ORDER BY bm25(terms_search) LIMIT 50",
                    ['"system"*'],
                )
                cursor.fetchall()

        yield compare(
            "Q2", "the commonest word / an unbounded bm25 ranking", "at most 0.1", 1,
            lambda: search_index.find_ids(self.glossary.pk, ["system"], search_index.COLUMNS, readers.RANKED),
            theirs, times=5,
        )  # fmt: skip

    def q3(self) -> Iterator[Result]:
        if connection.vendor == "sqlite":
            raise Missing("pg_trgm is PostgreSQL's; set BENCH_DATABASE_URL")
        with connection.cursor() as cursor:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        readers.alike(self.glossary, "warm", 8)

        def theirs() -> None:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT name, similarity(name, %s) s FROM terms_publishedname"
                    " ORDER BY s DESC LIMIT 8", ["Kalorentos sytem"],
                )  # fmt: skip
                cursor.fetchall()

        yield compare(
            "Q3", "a name with a typo / pg_trgm's similarity, wall time", "at most 0.2", 1,
            lambda: readers.alike(self.glossary, "Kalorentos sytem", 8), theirs, times=5,
            clock=wall_seconds,
        )  # fmt: skip

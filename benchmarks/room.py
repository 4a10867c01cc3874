"""The start of all measurements: a glossary of generated files, empty or published."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import frontmatter
from django.core.management.color import no_style
from django.db import connection

from terms.files.import_plan import plan_import
from terms.files.importing import apply_import
from terms.models import Detail, Glossary, Term
from terms.publishing.publish import publish

from .generated import texts, write
from .measure import Result
from .servers import Missing

SMALL = 1_000  # terms in the glossary that a large one is compared with


class Ground:
    """``count`` files in ``source``, and the only glossary of the database."""

    def __init__(self, folder: Path, count: int):
        self.folder = folder
        self.count = count
        self.source = folder / "source"
        self.files = texts(count) if self.source.exists() else write(self.source, count)
        self._is_filled = folder / "filled"  # a file, so that a kept folder is filled once

    def emptied(self) -> Glossary:
        self._is_filled.unlink(missing_ok=True)
        tables = [t for t in connection.introspection.table_names() if t.startswith("terms_")]
        # The tables of SQLite's search can only be emptied through it.
        tables = [t for t in tables if t != "terms_search" and not t.startswith("terms_search_")]
        flush = connection.ops.sql_flush(no_style(), tables, allow_cascade=True)
        connection.ops.execute_sql_flush(flush)
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM terms_search")
        return Glossary.objects.create(slug="glossary")

    def fill(self) -> Glossary:
        """Empty the glossary, then import and publish everything."""
        glossary = self.emptied()
        apply_import(plan_import(glossary, self.source))
        publish(glossary, Term.objects.all())
        self._is_filled.touch()
        return glossary

    def fill_as_usual(self, glossary: Glossary, body_of: Callable[[str], str]) -> None:
        """Insert only the rows of the files, as a typical script does."""
        for name, _ in self.files:
            post = frontmatter.load(str(self.source / name))
            term, _ = Term.objects.update_or_create(
                glossary=glossary,
                path=name,
                defaults={
                    "name": post["term"], "description": post["description"],
                    "body": body_of(post.content),
                    "version": 1, "changed_at": "2026-01-01T00:00:00Z", "slug": name,
                },
            )  # fmt: skip
            for position, row in enumerate(post["details"]):
                Detail.objects.update_or_create(
                    term=term, position=position,
                    defaults={"title": row["title"], "value": row["value"]},
                )  # fmt: skip

    def filled(self) -> Glossary:
        """Return the glossary with all of ``source`` published, possibly by another measurement."""
        return Glossary.objects.get() if self._is_filled.exists() else self.fill()

    def small_costs(self, id: str) -> Any:
        """Return the room's ``…_costs`` in a glossary of SMALL terms, from a separate process.

        The process has its own folder. On PostgreSQL it uses the same database, which is then
        refilled.
        """
        if connection.vendor != "sqlite":
            self._is_filled.unlink(missing_ok=True)
        command = [sys.executable, "-m", "benchmarks", "--terms", str(SMALL), "--costs", id]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        return json.loads(done.stdout.splitlines()[-1])


class Room:
    """Related measurements, each a method named by its number."""

    IDS: tuple[str, ...] = ()

    def __init__(self, ground: Ground):
        self.ground = ground
        self.count = ground.count
        self.folder = ground.folder / type(self).__name__.lower()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        self.prepare()

    def prepare(self) -> None:
        """Set up what all measurements of this room need."""

    def run(self, only: set[str] | None) -> Iterator[Result]:
        for id in self.IDS:
            if only is None or id in only:
                try:
                    yield from getattr(self, id.lower())()
                except Missing as error:
                    print(f"| {id} | not measured: {error} | | | |", flush=True)

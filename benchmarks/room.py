"""What all measurements start from: a glossary of generated files, empty or published."""

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

SMALL = 1_000  # terms of the glossary that a large one is compared with


class Ground:
    """``count`` files in ``source``, and the one glossary of the database."""

    def __init__(self, folder: Path, count: int):
        self.folder = folder
        self.count = count
        self.source = folder / "source"
        self.files = texts(count) if self.source.exists() else write(self.source, count)
        self._is_filled = folder / "filled"  # a file, so that a kept folder is filled once

    def emptied(self) -> Glossary:
        self._is_filled.unlink(missing_ok=True)
        tables = [t for t in connection.introspection.table_names() if t.startswith("terms_")]
        # SQLite's search keeps tables of its own, which only it may empty.
        tables = [t for t in tables if t != "terms_search" and not t.startswith("terms_search_")]
        flush = connection.ops.sql_flush(no_style(), tables, allow_cascade=True)
        connection.ops.execute_sql_flush(flush)
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM terms_search")
        return Glossary.objects.create(slug="glossary")

    def fill(self) -> Glossary:
        """Import and publish everything, whatever there is."""
        glossary = self.emptied()
        apply_import(plan_import(glossary, self.source))
        publish(glossary, Term.objects.all())
        self._is_filled.touch()
        return glossary

    def fill_as_usual(self, glossary: Glossary, body_of: Callable[[str], str]) -> None:
        """What a script does that puts such files into a database: no more than their rows."""
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
        """With all of ``source`` published, as another measurement may have left it."""
        return Glossary.objects.get() if self._is_filled.exists() else self.fill()

    def small_costs(self, id: str) -> Any:
        """What the room's ``…_costs`` gives in a glossary of SMALL terms, by a process with a
        folder of its own; on PostgreSQL it uses the same database, which is filled anew then."""
        if connection.vendor != "sqlite":
            self._is_filled.unlink(missing_ok=True)
        command = [sys.executable, "-m", "benchmarks", "--terms", str(SMALL), "--costs", id]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        return json.loads(done.stdout.splitlines()[-1])


class Room:
    """Measurements that belong together, each a method named by its number."""

    IDS: tuple[str, ...] = ()

    def __init__(self, ground: Ground):
        self.ground = ground
        self.count = ground.count
        self.folder = ground.folder / type(self).__name__.lower()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        self.prepare()

    def prepare(self) -> None:
        """What all measurements of this room need."""

    def run(self, only: set[str] | None) -> Iterator[Result]:
        for id in self.IDS:
            if only is None or id in only:
                try:
                    yield from getattr(self, id.lower())()
                except Missing as error:
                    print(f"| {id} | not measured: {error} | | | |", flush=True)

"""What all measurements start from: a glossary of generated files, empty or published."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from django.core.management.color import no_style
from django.db import connection

from terms.importing import apply_import, plan_import
from terms.models import Glossary, Term
from terms.publishing import publish

from .generated import write
from .measure import Result
from .servers import Missing


class Ground:
    """``count`` files in ``source``, and the one glossary of the database."""

    def __init__(self, folder: Path, count: int):
        self.folder = folder
        self.count = count
        self.source = folder / "source"
        self.files = write(self.source, count)
        self._filled = False

    def emptied(self) -> Glossary:
        self._filled = False
        tables = [t for t in connection.introspection.table_names() if t.startswith("terms_")]
        # SQLite's search keeps tables of its own, which only it may empty.
        tables = [t for t in tables if t != "terms_search" and not t.startswith("terms_search_")]
        flush = connection.ops.sql_flush(no_style(), tables, allow_cascade=True)
        connection.ops.execute_sql_flush(flush)
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM terms_search")
        return Glossary.objects.create(slug="glossary")

    def fill(self, source: Path | None = None) -> Glossary:
        """Import and publish everything, whatever there is."""
        glossary = self.emptied()
        apply_import(plan_import(glossary, source or self.source))
        publish(glossary, Term.objects.all())
        self._filled = source is None
        return glossary

    def filled(self) -> Glossary:
        """With all of ``source`` published, as another measurement may have left it."""
        return Glossary.objects.get() if self._filled else self.fill()

    def small(self, count: int) -> Glossary:
        folder = self.folder / "small"
        shutil.rmtree(folder, ignore_errors=True)
        write(folder, count)
        return self.fill(folder)


class Room:
    """Measurements that belong together, each a method named by its number."""

    IDS: tuple[str, ...] = ()

    def __init__(self, ground: Ground):
        self.ground = ground
        self.count = ground.count
        self.folder = ground.folder / type(self).__name__.lower()
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

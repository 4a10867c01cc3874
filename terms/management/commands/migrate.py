from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.core.management.commands.migrate import Command as Migrate
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from terms.management.backups import copy_of_sqlite

KEPT = 5  # backups from before migrations


class Command(Migrate):
    """Django's command, which first copies a SQLite database that it will change."""

    def execute(self, *labels, **options):
        # Before the checks, which open the database.
        self._say_where(connections[options["database"]], options)
        return super().execute(*labels, **options)

    def handle(self, *labels, **options):
        connection = connections[options["database"]]
        if connection.vendor == "sqlite" and not (options["plan"] or options["check_unapplied"]):
            self._keep(connection, options)
        return super().handle(*labels, **options)

    def _say_where(self, connection, options):
        if connection.vendor != "sqlite":
            return
        place = Path(connection.settings_dict["NAME"])
        if not place.exists() and "memory" not in str(place):
            place.parent.mkdir(parents=True, exist_ok=True)
            if options["verbosity"]:
                self.stdout.write(f"A new database: {place}")

    def _keep(self, connection, options):
        source = Path(connection.settings_dict["NAME"])
        executor = MigrationExecutor(connection)
        applied = executor.loader.applied_migrations
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if not (source.is_file() and applied and plan) or "memory" in str(source):
            return
        folder = settings.DATA_DIR / "backups"
        folder.mkdir(mode=0o700, exist_ok=True)
        copy = folder / f"before-{plan[0][0].name}-{datetime.now():%Y%m%d-%H%M%S-%f}.sqlite3"
        copy_of_sqlite(source, copy)
        for old in sorted(folder.glob("before-*.sqlite3"), key=lambda f: f.stat().st_mtime)[:-KEPT]:
            old.unlink()
        if options["verbosity"]:
            self.stdout.write(f"The database before migrating is kept: {copy}")

"""Restoring a backup, and verifying it."""

from pathlib import Path
from typing import Any

from django.db import connection
from django.db.migrations.loader import MigrationLoader

from terms.media.atomic_files import working_folder
from terms.media.originals import keep_original
from terms.media.pictures import is_named_after, write_picture

from .archive import ORIGINAL, PICTURE, BackupError, opened
from .postgresql import restore_postgresql, verify_postgresql
from .proof import is_empty
from .sqlite import extract_sqlite, restore_sqlite

WAITING = 21.0  # seconds in which running requests end or give up


def verify(path: Path) -> dict[str, Any]:
    """Restore the backup in a separate place, check it and discard it. Raises BackupError."""
    with opened(path) as (archive, manifest):
        _check_vendor(manifest)
        _check_version(manifest)
        if connection.vendor == "sqlite":
            with working_folder(path.parent, ".verify-") as folder:
                extract_sqlite(archive, manifest, folder / "database.sqlite3")
        else:
            verify_postgresql(archive, manifest)
    return manifest


def restore_backup(path: Path, replace: bool = False, waiting: float = WAITING) -> dict[str, Any]:
    """Replace the database with the backup. It must be empty unless ``replace`` is set.

    Raises BackupError; the database is then unchanged. The former content is kept: for SQLite next
    to the database, for PostgreSQL as a dump in DATA_DIR/backups.
    """
    with opened(path) as (archive, manifest):
        _check_vendor(manifest)
        _check_version(manifest)
        if not (replace or is_empty()):
            raise BackupError(
                "There is a glossary here already. Name an empty place (DATA_DIR, DATABASE_URL),"
                " or have it replaced with --replace."
            )
        for name in manifest["members"]:  # first: a place with pictures only still counts as empty
            if PICTURE.fullmatch(name):
                content = archive.read(name)
                if is_named_after(Path(name), content):  # others are damaged
                    write_picture(name.removeprefix("media/"), content)
            elif ORIGINAL.fullmatch(name):
                keep_original(archive.read(name))
        if connection.vendor == "sqlite":
            restore_sqlite(archive, manifest, waiting)
        else:
            restore_postgresql(archive, manifest)
    return manifest


def _check_vendor(manifest: dict) -> None:
    if manifest["vendor"] != connection.vendor:
        raise BackupError(
            f"It is of a {manifest['vendor']} database, and DATABASE_URL names a"
            f" {connection.vendor} one."
        )


def _check_version(manifest: dict) -> None:
    known = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    unknown = [tuple(one) for one in manifest["migrations"] if tuple(one) not in known]
    if any(app == "terms" for app, _ in unknown):
        raise BackupError("It was made by a newer version of this program: upgrade first.")

"""Backups of a SQLite database."""

import contextlib
import shutil
import sqlite3
import zipfile
from datetime import datetime
from pathlib import Path
from time import sleep
from typing import Any
from urllib.parse import quote

from django.db import connection

from terms.media.atomic_files import sync_folder, whole_file
from terms.pages.change_marks import generation_of

from .archive import DATABASES, BackupError
from .proof import NOT_KEPT, check_proof, proof_of


def copy_of_sqlite(source: Path, copy: Path) -> None:
    """Copy the current database with SQLite's backup API (https://www.sqlite.org/backup.html).

    A copy of the file alone would lack the content of its log.
    """
    copy.touch(0o600)
    with (
        contextlib.closing(sqlite3.connect(f"file:{quote(str(source))}?mode=ro", uri=True)) as old,
        contextlib.closing(sqlite3.connect(copy)) as new,
    ):
        old.backup(new)
        new.execute("PRAGMA journal_mode=DELETE")


def copy_sqlite(copy: Path) -> dict[str, Any]:
    copy_of_sqlite(Path(connection.settings_dict["NAME"]), copy)
    with contextlib.closing(sqlite3.connect(copy)) as found:
        for table in NOT_KEPT:
            found.execute(f"DELETE FROM {table}")  # noqa: S608 — our own names
        found.commit()
        found.execute("VACUUM")
        return proof_of(found.execute)


def extract_sqlite(archive: zipfile.ZipFile, manifest: dict, target: Path) -> None:
    with archive.open(DATABASES["sqlite"]) as member, whole_file(target, 0o600) as file:
        shutil.copyfileobj(member, file, 1 << 20)
    with contextlib.closing(
        sqlite3.connect(f"file:{quote(str(target))}?mode=ro", uri=True)
    ) as found:
        try:
            if found.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
                raise BackupError("The database in the backup is damaged.")
            others = "SELECT count(*) FROM sqlite_master WHERE type IN ('view', 'trigger')"
            if found.execute(others).fetchone()[0]:
                raise BackupError("Its database has views or triggers, which no glossary has.")
            check_proof(manifest, found.execute)
        except (sqlite3.Error, UnicodeError) as error:
            raise BackupError(f"The database in the backup cannot be read: {error}.") from error


def restore_sqlite(archive: zipfile.ZipFile, manifest: dict, waiting: float) -> None:
    place = Path(connection.settings_dict["NAME"])
    place.parent.mkdir(parents=True, exist_ok=True)
    fresh = place.with_name(f".{place.name}.restored.partial")
    try:
        extract_sqlite(archive, manifest, fresh)
        connection.close()
        if place.exists():
            _replace(place, fresh, waiting)
        else:
            fresh.replace(place)
            sync_folder(place.parent)
    finally:
        fresh.unlink(missing_ok=True)
    if generation := generation_of(str(place)):
        generation.end(generation.begin())  # makes readers look at once


def _replace(place: Path, fresh: Path, waiting: float) -> None:
    """Replace the old database with the new one.

    At each moment the name refers to one of them, without a log of the other. Writers that wait for
    the old one give up meanwhile.
    """
    kept = place.with_name(f"{place.name}.before-{datetime.now():%Y%m%d-%H%M%S}")
    with contextlib.closing(sqlite3.connect(place, timeout=20, isolation_level=None)) as old:
        try:
            old.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            old.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error as error:
            raise BackupError(f"The database is in use: {error}.") from error
        copy_of_sqlite(place, kept)
        for log in ("-wal", "-shm"):
            place.with_name(place.name + log).unlink(missing_ok=True)
        fresh.replace(place)
        sync_folder(place.parent)
        if generation := generation_of(str(place)):
            generation.end(generation.begin())
        sleep(waiting)

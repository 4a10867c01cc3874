"""Backup and restore: a consistent copy of the database with all pictures, and its verification.

The file is a ZIP archive: ``manifest.json`` says what is in it, by SHA-256, and what the database
held: rows by table, a digest of all terms, one of their history. Sessions and the secret key are
not in it.
"""

import contextlib
import hashlib
import json
import os
import re
import secrets
import shutil
import sqlite3
import subprocess
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import sleep
from typing import IO, Any
from urllib.parse import quote

from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from terms.media.atomic_files import sweep, sync_folder, whole_file, working_folder
from terms.media.pictures import is_named_after, is_whole, pictures_kept, write_picture
from terms.pages.change_marks import generation_of

FORMAT = 1
MANIFEST = "manifest.json"
DATABASES = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}
NOT_KEPT = ("django_session",)  # who is logged in
_PICTURE = re.compile(r"media/terms/[0-9a-f]{32}\.(?:png|jpg|webp|gif)")
MOST_MEMBERS, MOST_MANIFEST = 1_000_000, 16 * 1024 * 1024
WAITING = 21.0  # seconds in which requests that have begun are over, or give up

_TERMS = "SELECT uid, version, fingerprint, live_fingerprint FROM terms_term ORDER BY uid"
_HISTORY = (
    "SELECT t.uid, r.number, r.fingerprint FROM terms_revision r"
    " JOIN terms_term t ON t.id = r.term_id ORDER BY t.uid, r.number"
)
_TEXTS = "SELECT text, fingerprint FROM terms_revision"


class BackupError(Exception):
    """The backup cannot be made or used; it says why."""


def backup(path: Path) -> tuple[dict[str, Any], list[str]]:
    """Write everything to ``path``: its manifest, and pictures that are damaged and left out.

    Other processes go on writing meanwhile; what was committed before is in it.
    """
    damaged = []
    if path.suffix:  # of a name by the day, none writes the same again
        sweep(path.parent, f"*{path.suffix}")
    with working_folder(path.parent, ".backup-") as folder:
        copy = folder / DATABASES[connection.vendor]
        proof = _copy_sqlite(copy) if connection.vendor == "sqlite" else _copy_postgres(copy)
        manifest = {
            "format": FORMAT,
            "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "vendor": connection.vendor,
            "migrations": sorted(map(list, MigrationRecorder(connection).applied_migrations())),
            "settings": sorted(name for name in settings.KNOWN_VARIABLES if name in os.environ),
            "proof": proof,
            "members": {},
        }
        with whole_file(path, 0o600) as file, zipfile.ZipFile(file, "w") as archive:
            _add(archive, manifest, copy.name, copy, zipfile.ZIP_DEFLATED)
            for picture in pictures_kept():
                name = f"media/terms/{picture.name}"
                if is_whole(picture) and _PICTURE.fullmatch(name):
                    _add(archive, manifest, name, picture, zipfile.ZIP_STORED)
                else:
                    damaged.append(picture.name)
            archive.writestr(MANIFEST, json.dumps(manifest, indent=1))
    return manifest, damaged


def _add(archive: zipfile.ZipFile, manifest: dict, name: str, path: Path, kind: int) -> None:
    info = zipfile.ZipInfo.from_file(path, name)
    info.compress_type, info.external_attr = kind, 0o600 << 16
    digest = hashlib.sha256()
    with path.open("rb") as source, archive.open(info, "w", force_zip64=True) as target:
        while chunk := source.read(1 << 20):
            digest.update(chunk)
            target.write(chunk)
    manifest["members"][name] = {"size": path.stat().st_size, "sha256": digest.hexdigest()}


def copy_of_sqlite(source: Path, copy: Path) -> None:
    """The database as of now, by SQLite's own copying (https://www.sqlite.org/backup.html): a
    copy of the file alone would lack what is in the log beside it."""
    copy.touch(0o600)
    with (
        contextlib.closing(sqlite3.connect(f"file:{quote(str(source))}?mode=ro", uri=True)) as old,
        contextlib.closing(sqlite3.connect(copy)) as new,
    ):
        old.backup(new)
        new.execute("PRAGMA journal_mode=DELETE")


def _copy_sqlite(copy: Path) -> dict[str, Any]:
    copy_of_sqlite(Path(connection.settings_dict["NAME"]), copy)
    with contextlib.closing(sqlite3.connect(copy)) as found:
        for table in NOT_KEPT:
            found.execute(f"DELETE FROM {table}")  # noqa: S608 — our own names
        found.commit()
        found.execute("VACUUM")
        return proof_of(found.execute)


def _copy_postgres(copy: Path) -> dict[str, Any]:
    """The dump and its proof are of one moment: both read the same snapshot."""
    with connection.cursor() as cursor:
        cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        try:
            cursor.execute("SELECT pg_export_snapshot()")
            snapshot = cursor.fetchone()[0]
            left_out = [f"--exclude-table-data={table}" for table in NOT_KEPT]
            _postgres("pg_dump", "-Fc", f"--snapshot={snapshot}", *left_out, f"--file={copy}")
            return proof_of(_executing(cursor))
        finally:
            cursor.execute("ROLLBACK")


def _executing(cursor: Any) -> Callable[[str], Iterator[tuple]]:
    def execute(query: str) -> Iterator[tuple]:
        cursor.execute(query)
        while rows := cursor.fetchmany(1000):
            yield from rows

    return execute


def _postgres(program: str, *words: str, database: str = "") -> None:
    """Run one of PostgreSQL's programs on our database; the password goes by the environment."""
    found = connection.get_connection_params()
    given = {
        "PGHOST": found.get("host"), "PGPORT": found.get("port"), "PGUSER": found.get("user"),
        "PGPASSWORD": found.get("password"), "PGDATABASE": database or found.get("dbname"),
        "PGSSLMODE": found.get("sslmode"),
    }  # fmt: skip
    environ = {**os.environ, **{name: str(value) for name, value in given.items() if value}}
    if shutil.which(program) is None:
        raise BackupError(f"“{program}” is not installed: it comes with PostgreSQL's client.")
    done = subprocess.run(  # noqa: S603 — our own words
        [program, *words], env=environ, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BackupError(f"{program}: {done.stderr.strip()[:2000]}")


# The proof


def proof_of(execute: Callable[[str], Any]) -> dict[str, Any]:
    """What a database holds: rows by table, a digest of all terms and one of their history."""
    tables = [
        name
        for name in sorted(connection.introspection.django_table_names(include_views=False))
        if name not in NOT_KEPT
    ]
    there = _tables_there(execute)
    return {
        "rows": {
            name: next(iter(execute(f"SELECT count(*) FROM {name}")))[0]  # noqa: S608 — our own
            for name in tables
            if name in there
        },
        "terms": _digest(execute(_TERMS)),
        "history": _digest(execute(_HISTORY)),
    }


def _tables_there(execute: Callable[[str], Any]) -> set[str]:
    if connection.vendor == "sqlite":
        query = "SELECT name FROM sqlite_master WHERE type = 'table'"
    else:
        query = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
    return {name for (name,) in execute(query)}


def _digest(rows: Any) -> str:
    digest = hashlib.sha256()
    for row in rows:
        digest.update("\0".join(str(value).replace("-", "") for value in row).encode() + b"\n")
    return digest.hexdigest()


def _check_proof(manifest: dict, execute: Callable[[str], Any]) -> None:
    found = proof_of(execute)
    for part in ("rows", "terms", "history"):
        if found[part] != manifest["proof"][part]:
            raise BackupError(f"What the backup holds is not what it says it holds ({part}).")
    for text, fingerprint in execute(_TEXTS):
        if not isinstance(text, str) or hashlib.sha256(text.encode()).hexdigest() != fingerprint:
            raise BackupError("A text of the history is damaged in the backup.")


# Reading a backup


@contextmanager
def opened(path: Path) -> Iterator[tuple[zipfile.ZipFile, dict[str, Any]]]:
    """The archive and its manifest, each member checked; raises BackupError."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive, _checked(archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise BackupError(f"“{path}” is not a whole backup.") from error
    except OSError as error:
        raise BackupError(f"“{path}” cannot be read: {error.strerror or error}.") from error


def _checked(archive: zipfile.ZipFile) -> dict[str, Any]:
    manifest = _manifest(archive)
    members = manifest["members"]
    wanted = {MANIFEST, *members}
    names = [info.filename for info in archive.infolist()]
    if len(names) > MOST_MEMBERS or sorted(names) != sorted(wanted):
        raise BackupError("It has other members than its manifest names.")
    database = DATABASES.get(manifest["vendor"])
    for name, said in members.items():
        if name != database and not _PICTURE.fullmatch(name):
            raise BackupError(f"It has a member “{name[:100]}”, which no backup has.")
        with archive.open(name) as member:
            if _hash(member, said["size"]) != said["sha256"]:
                raise BackupError(f"Its member “{name}” is damaged.")
    if database not in members:
        raise BackupError("It has no database.")
    return manifest


def _manifest(archive: zipfile.ZipFile) -> dict[str, Any]:
    try:
        with archive.open(MANIFEST) as member:
            manifest = json.loads(member.read(MOST_MANIFEST))
        if manifest["format"] != FORMAT:
            raise BackupError("It was made by another version of this program.")
        _check_shape(manifest)
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise BackupError("It has no manifest: it is not a backup of a glossary.") from error
    return manifest


def _check_shape(manifest: Any) -> None:
    """Raise an error of Python's own where it is not what ``backup`` writes."""
    sizes = [said["size"] for said in manifest["members"].values()]
    words = [said["sha256"] for said in manifest["members"].values()]
    words += [manifest["vendor"], manifest["made_at"]]
    words += [word for app, name in manifest["migrations"] for word in (app, name)]
    proof = manifest["proof"]
    words += [proof["terms"], proof["history"]]
    sizes += [proof["rows"]["terms_term"], proof["rows"]["terms_revision"]]
    sizes += proof["rows"].values()
    if not all(isinstance(word, str) for word in words):
        raise TypeError("a word is none")
    if not all(type(size) is int and size >= 0 for size in sizes):
        raise TypeError("a number is none")


def _hash(file: IO[bytes], size: int) -> str:
    digest = hashlib.sha256()
    left = size + 1
    while left > 0 and (chunk := file.read(min(1 << 20, left))):
        digest.update(chunk)
        left -= len(chunk)
    return digest.hexdigest()


# Restoring


def verify(path: Path) -> dict[str, Any]:
    """Restore the backup to a place of its own, prove it, and forget it; raises BackupError."""
    with opened(path) as (archive, manifest):
        _check_vendor(manifest)
        _check_version(manifest)
        if connection.vendor == "sqlite":
            with working_folder(path.parent, ".verify-") as folder:
                _extract_sqlite(archive, manifest, folder / "database.sqlite3")
        else:
            _verify_postgres(archive, manifest)
    return manifest


def restore_backup(path: Path, replace: bool = False, waiting: float = WAITING) -> dict[str, Any]:
    """Put the backup in the place of the database, which is empty or to be replaced.

    Raises BackupError, with nothing changed. What was there is kept: on SQLite beside the
    database, on PostgreSQL as a dump in DATA_DIR/backups.
    """
    with opened(path) as (archive, manifest):
        _check_vendor(manifest)
        _check_version(manifest)
        if not (replace or is_empty()):
            raise BackupError(
                "There is a glossary here already. Name an empty place (DATA_DIR, DATABASE_URL),"
                " or have it replaced with --replace."
            )
        for name in manifest["members"]:  # first: a place with pictures only is still empty
            if _PICTURE.fullmatch(name):
                content = archive.read(name)
                if is_named_after(Path(name), content):  # others are damaged
                    write_picture(name.removeprefix("media/"), content)
        if connection.vendor == "sqlite":
            _restore_sqlite(archive, manifest, waiting)
        else:
            _restore_postgres(archive, manifest)
    return manifest


def is_empty() -> bool:
    """Whether the database holds no glossary and no account."""
    if connection.vendor == "sqlite" and not Path(connection.settings_dict["NAME"]).exists():
        return True
    tables = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for table in ("terms_glossary", "terms_term", "auth_user"):
            if table in tables:
                cursor.execute(f"SELECT 1 FROM {table} LIMIT 1")  # noqa: S608 — our own names
                if cursor.fetchone():
                    return False
    return True


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


def _extract_sqlite(archive: zipfile.ZipFile, manifest: dict, target: Path) -> None:
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
            _check_proof(manifest, found.execute)
        except (sqlite3.Error, UnicodeError) as error:
            raise BackupError(f"The database in the backup cannot be read: {error}.") from error


def _restore_sqlite(archive: zipfile.ZipFile, manifest: dict, waiting: float) -> None:
    place = Path(connection.settings_dict["NAME"])
    place.parent.mkdir(parents=True, exist_ok=True)
    fresh = place.with_name(f".{place.name}.restored.partial")
    try:
        _extract_sqlite(archive, manifest, fresh)
        connection.close()
        if place.exists():
            _replace_sqlite(place, fresh, waiting)
        else:
            fresh.replace(place)
            sync_folder(place.parent)
    finally:
        fresh.unlink(missing_ok=True)
    if generation := generation_of(str(place)):
        generation.end(generation.begin())  # readers look at once


def _replace_sqlite(place: Path, fresh: Path, waiting: float) -> None:
    """At each moment the name is that of the old database or of the new one, and no log of the
    other is beside it. Writers that wait for the old one give up meanwhile."""
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


def _verify_postgres(archive: zipfile.ZipFile, manifest: dict) -> None:
    name = f"glossary_verify_{secrets.token_hex(6)}"
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
    try:
        with _extracted(archive) as dump:
            words = ("--no-owner", "--exit-on-error", f"--dbname={name}", str(dump))
            _postgres("pg_restore", *words, database=name)
        parameters = {**connection.get_connection_params(), "dbname": name}
        other = connection.Database.connect(**parameters)
        with contextlib.closing(other), other.cursor() as cursor:
            _check_proof(manifest, _executing(cursor))
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')


def _restore_postgres(archive: zipfile.ZipFile, manifest: dict) -> None:
    """What was there is kept as a dump; where the backup does not prove, it is brought back."""
    kept = None if is_empty() else _kept_postgres()
    with _extracted(archive) as dump:
        _replace_postgres(dump)
    try:
        with connection.cursor() as cursor:
            _check_proof(manifest, _executing(cursor))
    except BackupError:
        if kept:
            _replace_postgres(kept)
        raise


def _kept_postgres() -> Path:
    folder = Path(settings.DATA_DIR) / "backups"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = folder / f"before-restore-{datetime.now():%Y%m%d-%H%M%S-%f}.dump"
    _postgres("pg_dump", "-Fc", f"--file={kept}")
    kept.chmod(0o600)
    return kept


def _replace_postgres(dump: Path) -> None:
    name = str(connection.get_connection_params()["dbname"])
    connection.close()
    options = ("--clean", "--if-exists", "--no-owner", "--single-transaction")
    _postgres("pg_restore", *options, f"--dbname={name}", str(dump))


@contextmanager
def _extracted(archive: zipfile.ZipFile) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="glossary-") as folder:
        dump = Path(folder) / DATABASES["postgresql"]
        with archive.open(dump.name) as member, dump.open("wb") as file:
            shutil.copyfileobj(member, file, 1 << 20)
        yield dump

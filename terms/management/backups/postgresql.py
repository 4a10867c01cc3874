"""Backups of a PostgreSQL database, with PostgreSQL's own programs."""

import contextlib
import os
import secrets
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from .archive import DATABASES, BackupError
from .proof import NOT_KEPT, check_proof, is_empty, proof_of


def copy_postgresql(copy: Path) -> dict[str, Any]:
    """Dump the database and return its proof. Both read the same snapshot."""
    with connection.cursor() as cursor:
        cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        try:
            cursor.execute("SELECT pg_export_snapshot()")
            snapshot = cursor.fetchone()[0]
            left_out = [f"--exclude-table-data={table}" for table in NOT_KEPT]
            _run("pg_dump", "-Fc", f"--snapshot={snapshot}", *left_out, f"--file={copy}")
            return proof_of(_executing(cursor))
        finally:
            cursor.execute("ROLLBACK")


def _executing(cursor: Any) -> Callable[[str], Iterator[tuple]]:
    def execute(query: str) -> Iterator[tuple]:
        cursor.execute(query)
        while rows := cursor.fetchmany(1000):
            yield from rows

    return execute


def _run(program: str, *words: str, database: str = "") -> None:
    """Run a PostgreSQL program on our database; the environment passes the password."""
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


def verify_postgresql(archive: zipfile.ZipFile, manifest: dict) -> None:
    name = f"glossary_verify_{secrets.token_hex(6)}"
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
    try:
        with _extracted(archive) as dump:
            words = ("--no-owner", "--exit-on-error", f"--dbname={name}", str(dump))
            _run("pg_restore", *words, database=name)
        parameters = {**connection.get_connection_params(), "dbname": name}
        other = connection.Database.connect(**parameters)  # type: ignore[attr-defined]
        with contextlib.closing(other), other.cursor() as cursor:
            check_proof(manifest, _executing(cursor))
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')


def restore_postgresql(archive: zipfile.ZipFile, manifest: dict) -> None:
    """Restore the dump. The former content is kept as a dump, and restored if the proof fails."""
    kept = None if is_empty() else _keep()
    with _extracted(archive) as dump:
        _replace(dump)
    try:
        with connection.cursor() as cursor:
            check_proof(manifest, _executing(cursor))
    except BackupError:
        if kept:
            _replace(kept)
        raise


def _keep() -> Path:
    folder = Path(settings.DATA_DIR) / "backups"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = folder / f"before-restore-{datetime.now():%Y%m%d-%H%M%S-%f}.dump"
    _run("pg_dump", "-Fc", f"--file={kept}")
    kept.chmod(0o600)
    return kept


def _replace(dump: Path) -> None:
    name = str(connection.get_connection_params()["dbname"])
    connection.close()
    options = ("--clean", "--if-exists", "--no-owner", "--single-transaction")
    _run("pg_restore", *options, f"--dbname={name}", str(dump))


@contextmanager
def _extracted(archive: zipfile.ZipFile) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="glossary-") as folder:
        dump = Path(folder) / DATABASES["postgresql"]
        with archive.open(dump.name) as member, dump.open("wb") as file:
            shutil.copyfileobj(member, file, 1 << 20)
        yield dump

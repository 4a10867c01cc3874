"""Backups, also under load, and restores (D1, D2, D8), on the configured database."""

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import threading
import zipfile
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from tests.web.running import ROOT, environment, fill, manage, prepare, serving

PAGE = "/glossary/web-platform/protocols/http/"


@pytest.fixture
def place(tmp_path):
    """A folder and the settings of a new database, SQLite or PostgreSQL, for one test."""
    with _database(tmp_path) as values:
        yield tmp_path, values


@contextmanager
def _database(folder):
    if connection.vendor == "sqlite":
        yield {"DATABASE_URL": f"sqlite:///{folder}/glossary.sqlite3"}
        return
    if shutil.which("pg_dump") is None:
        pytest.skip("needs PostgreSQL's client programs")
    name = f"backup_{os.getpid()}_{folder.name.replace('-', '_')[:30]}"
    found = {**connection.get_connection_params(), "dbname": "postgres"}
    with psycopg.connect(**_plain(found), autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')
        try:
            yield {"DATABASE_URL": _url(found, name)}
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _plain(found):
    return {
        key: found[key] for key in ("dbname", "user", "password", "host", "port") if found.get(key)
    }


def _url(found, name):
    user = found.get("user") or "postgres"
    secret = f":{found['password']}" if found.get("password") else ""
    return f"postgres://{user}{secret}@{found.get('host') or '127.0.0.1'}:{found.get('port') or 5432}/{name}"


def run(place, *command, code=0):
    folder, values = place
    done = manage(folder, *command, **values)
    assert done.returncode == code, done.stderr + done.stdout
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def write_terms(place, *names, body="Text."):
    folder, _ = place
    files = folder / "files"
    files.mkdir(exist_ok=True)
    for name in names:
        text = f"---\nterm: {name}\ncategory: Test\nvertical: Test\ndescription: What {name} is.\n---\n{body}\n"
        (files / f"{name.lower()}.md").write_text(text)
    run(place, "import_terms", files, "--publish", "--verbosity", 0)


def exported(place, name):
    out = place[0] / name
    run(place, "export_terms", out)
    return {file.name: file.read_bytes() for file in out.iterdir() if file.suffix == ".md"}


def built(place):
    site = place[0] / "site"
    run(place, "build_site", site)
    return sorted(file.stem for file in site.glob("glossary/test/test/*.md"))


def test_backup_is_restored_completely(place):
    folder, values = place
    fill(folder, **values)
    before = exported(place, "before")
    file = folder / "all.zip"
    output = run(place, "backup", file)
    assert re.search(r"44 terms with 44 versions", output)
    assert file.stat().st_mode & 0o777 == 0o600
    assert not [p for p in folder.iterdir() if p.name.endswith(".partial") or ".backup-" in p.name]
    manifest = json.loads(zipfile.ZipFile(file).read("manifest.json"))
    assert manifest["proof"]["rows"]["terms_term"] == 44
    assert "DATABASE_URL" in manifest["settings"]
    assert b"only for tests" not in file.read_bytes()  # the secret key
    assert "can be restored" in run(place, "restore", file, "--verify")
    assert "glossary here already" in run(place, "restore", file, code=1)
    write_terms(place, "Later")
    run_replacing(place, file)
    assert exported(place, "after") == before
    assert "agree" in run(place, "check_glossary", folder / "after")


def run_replacing(place, file):
    """Restore ``file`` over the database without waiting for requests of a running server."""
    folder, values = place
    code = (
        "import sys; from django.core.management import call_command; import django; django.setup();"
        "from pathlib import Path; from terms.management.backups import restore_backup;"
        "restore_backup(Path(sys.argv[1]), replace=True, waiting=float(sys.argv[2]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(file), "0"], env=environment(folder, **values),
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


class TestBuiltSite:  # its own scope, so that workers share slow tests
    def test_site_is_built_from_restored_database(self, place):
        """D1: three new terms get the same ids as three terms that the restore removed."""
        fill_empty(place)
        write_terms(place, "First")
        run(place, "backup", place[0] / "b.zip")
        write_terms(place, "One", "Two", "Three")
        assert built(place) == ["first", "one", "three", "two"]
        run_replacing(place, place[0] / "b.zip")
        for name in ("one", "two", "three"):
            (place[0] / "files" / f"{name}.md").unlink()
        write_terms(place, "Four", "Five", "Six")
        for _ in range(3):
            assert built(place) == ["first", "five", "four", "six"]
        assert "0 files written" in run(place, "build_site", place[0] / "site")


def fill_empty(place):
    folder, values = place
    prepare(folder, **values)


def test_running_server_shows_restored_texts(place):
    """D2: without a restart, even for pages in its cache."""
    folder, values = place
    fill_empty(place)
    write_terms(place, "Word", body="The first text.")
    run(place, "backup", folder / "b.zip")
    path = "/glossary/test/test/word/"
    with serving(folder, **values) as server:
        assert b"The first text." in server.get(path)[2]
        write_terms(place, "Word", body="The second text.")
        assert b"The second text." in server.get(path)[2]
        run_replacing(place, folder / "b.zip")
        assert b"The first text." in server.get(path)[2]
        write_terms(place, "Word", body="The third text.")
        assert b"The third text." in server.get(path)[2]


def backed_up(place):
    """Create a glossary of one term. Return its exported files and a backup of it."""
    fill_empty(place)
    write_terms(place, "First")
    before = exported(place, "before")
    file = place[0] / "b.zip"
    run(place, "backup", file)
    return before, file


class TestUnderLoad:  # its own scope, so that workers share slow tests
    def test_backup_under_load_has_everything_saved_before_it(self, place):
        fill_empty(place)
        write_terms(place, "First")
        acknowledged, done = [], threading.Event()

        def write():
            number = 0
            while not done.is_set():
                number += 1
                write_terms(place, f"Load{number}")
                acknowledged.append(f"load{number}.md")

        writer = threading.Thread(target=write)
        writer.start()
        try:
            backups = []
            for number in range(3):
                known = list(acknowledged)
                file = place[0] / f"load-{number}.zip"
                run(place, "backup", file)
                backups.append((file, known))
        finally:
            done.set()
            writer.join()
        for file, known in backups:
            run_replacing(place, file)
            found = exported(place, f"out-{file.stem}")
            assert set(known) <= found.keys()


class TestDamaged:  # its own scope, so that workers share slow tests
    def test_damaged_backup_is_refused_and_changes_nothing(self, place):
        before, file = backed_up(place)
        whole = file.read_bytes()
        for damage in (
            whole[: len(whole) // 2],
            whole[:200] + b"\0\0\0\0" + whole[204:],
            b"",
            b"PK",
        ):
            file.write_bytes(damage)
            assert "Nothing was restored" in run(place, "restore", file, "--replace", code=1)
        other = place[0] / "other.zip"
        for members in (
            {"manifest.json": b"{}"},
            {"x": b"y"},
            {"manifest.json": json.dumps({"format": 99}).encode()},
            _with_member(whole, place[0], "../evil"),
        ):
            with zipfile.ZipFile(other, "w") as archive:
                for name, content in members.items():
                    archive.writestr(name, content)
            assert "Nothing was restored" in run(place, "restore", other, "--replace", code=1)
        assert not (place[0].parent / "evil").exists()
        assert exported(place, "after") == before


class TestHostile:  # its own scope, so that workers share slow tests
    def test_invalid_manifest_is_refused_without_traceback(self, place):
        before, file = backed_up(place)
        whole = _members(file)
        manifest = json.loads(whole["manifest.json"])
        name = next(iter(manifest["members"]))
        for change in (
            {"vendor": ["sqlite"]},
            {"migrations": [["terms", "9999_later"]]},
            {"migrations": "x"},
            {"made_at": 1},
            {"members": {name: {"size": "12", "sha256": "x"}}},
            {"members": {name: {**manifest["members"][name], "size": float("inf")}}},
            {"proof": {**manifest["proof"], "terms": "0" * 64}},
        ):
            hostile = place[0] / "hostile.zip"
            with zipfile.ZipFile(hostile, "w") as archive:
                for member, content in whole.items():
                    if member == "manifest.json":
                        content = json.dumps({**manifest, **change})
                    archive.writestr(member, content)
            for option in ("--verify", "--replace"):
                output = run(place, "restore", hostile, option, code=1)
                assert "Nothing was restored" in output
                assert "Traceback" not in output
        assert exported(place, "after") == before

    def test_leftovers_of_killed_backup_are_removed(self, place):
        fill_empty(place)
        for name in (".backup-left", ".verify-left"):
            (place[0] / name).mkdir()
        run(place, "backup", place[0] / "b.zip")
        run(place, "restore", place[0] / "b.zip", "--verify")
        left = [path.name for path in place[0].glob(".backup-*")]
        assert left == []
        if connection.vendor == "sqlite":
            assert not (place[0] / ".verify-left").exists()


def _members(file):
    with zipfile.ZipFile(file) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def _with_member(whole, folder, name):
    copy = folder / "copy.zip"
    copy.write_bytes(whole)
    with zipfile.ZipFile(copy) as archive:
        found = {info.filename: archive.read(info) for info in archive.infolist()}
    return {**found, name: b"evil"}


@pytest.mark.skipif(
    "connection.vendor != 'sqlite'", reason="PostgreSQL has backups of its own kind"
)
def test_database_is_copied_before_migration(tmp_path):
    assert manage(tmp_path, "migrate", "terms", "0007", "-v0").returncode == 0
    with closing(sqlite3.connect(tmp_path / "glossary.sqlite3")) as database, database:
        database.execute(
            "INSERT INTO terms_glossary (slug, name, approvals_needed, rules, takes_suggestions, language, origin) VALUES ('kept', 'Kept', 0, '{}', 0, 'en', '')"
        )
    done = manage(tmp_path, "migrate")
    assert "The database before migrating is kept: " in done.stdout
    (copy,) = (tmp_path / "backups").iterdir()
    assert copy.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(copy)) as database:
        assert database.execute("SELECT slug FROM terms_glossary").fetchall() == [("kept",)]
    assert "kept" not in manage(tmp_path, "migrate").stdout


def test_damaged_picture_is_reported_and_left_out(place):
    folder, _ = place
    fill_empty(place)
    pictures = folder / "media" / "terms"
    pictures.mkdir(parents=True)
    (pictures / ("0" * 32 + ".png")).write_bytes(b"half of a picture")
    output = run(place, "backup", folder / "b.zip", code=1)
    assert f"damaged and left out: {'0' * 32}.png" in output
    assert Path(folder / "b.zip").exists()

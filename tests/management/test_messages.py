"""Common failures are reported in one sentence with advice (D9 to D12)."""

import signal
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import pytest
from django.db import connection  # noqa: F401 — used in skipif conditions

from terms.management.commands.serve import free_socket
from tests.web.running import ROOT, environment, fill, manage, prepare, serving


def error_of(done, code=1):
    """Return the error output of a command that failed without a traceback."""
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("DATABASE_URL", "foo", "not the address of a database"),
        ("DATABASE_URL", "mysql://x/y", "not the address of a database"),
        ("EMAIL_URL", "bad", "not the address of a mail server"),
        ("EMAIL_URL", "smtp://a:b@c:port", "not the address of a mail server"),
        ("TIME_ZONE", "Nowhere/None", "is not a time zone"),
        ("LANGUAGE_CODE", "../x", "is not a valid language tag"),
        ("HTTPS", "maybe", "neither true nor false"),
        ("DEBUG", "2", "neither true nor false"),
        ("SITE_URL", "foo", "is not an address"),
        ("SITE_URL", "https://a.example?x", "has a query"),
        ("CSRF_TRUSTED_ORIGINS", "words.example", "is not an address"),
        ("TRUSTED_PROXIES", "many", "neither a number of proxies"),
        ("BEHIND_PROXY", "on", "TRUSTED_PROXIES now"),
        ("SECURITY_CONTACT", "me", "must be mailto:"),
        ("SECURITY_CONTACT", "mailto:me@example.org\nContact: x", "must be mailto:"),
        ("LANGUAGE_CODE", "xx", "is not a language that the admin can speak"),
        ("ALLOWED_HOSTS", "https://words.example", "is not the name of a host"),
        ("ALLOWED_HOSTS", "127.0.0.1:8000", "is not the name of a host"),
        ("SITE_URL", "http://a b/", "is not an address"),
        ("MAIL_FROM", "foo", "is not an email address"),
        ("TRUSTED_PROXIES", "0.0.0.0/0", "all addresses are no network"),
    ],
)
def test_invalid_setting_is_named(tmp_path, variable, value, words):
    done = manage(tmp_path, "check", **{variable: value})
    assert f"(glossary.E001) {variable}: " in error_of(done)
    assert words in done.stderr


def test_missing_database_is_reported_and_not_created(tmp_path):
    for command in (["export_terms", tmp_path / "x"], ["check_glossary"], ["run_due"]):
        done = manage(tmp_path / "typo", *command)
        assert "There is no database at" in error_of(done)
        assert "manage.py migrate" in done.stderr
    assert not (tmp_path / "typo").exists()
    done = manage(tmp_path / "new", "migrate", "contenttypes")
    assert "A new database: " in done.stdout


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgres://nobody@127.0.0.1:1/none", "does not answer as it should"),
        ("postgres://nobody@no-such-host.invalid/none", "does not answer as it should"),
        ("sqlite:////proc/none/glossary.sqlite3", "There is no database at"),
    ],
)
def test_unreachable_database_is_reported(tmp_path, url, words):
    assert words in error_of(manage(tmp_path, "check_glossary", DATABASE_URL=url))


def test_unmigrated_database_is_reported(tmp_path):
    with closing(sqlite3.connect(tmp_path / "glossary.sqlite3")) as database, database:
        database.execute("CREATE TABLE other (x)")
    assert "Run: manage.py migrate" in error_of(manage(tmp_path, "check_glossary"))


def test_unwritable_folder_is_reported(tmp_path):
    fill(tmp_path)
    done = manage(tmp_path, "export_terms", "/proc/none")
    assert "cannot be written to" in error_of(done)
    assert "/proc/none" in error_of(manage(tmp_path, "backup", "/proc/none/b.zip"))


def test_unready_site_is_not_served(tmp_path):
    errors = error_of(manage(tmp_path, "serve", SECRET_KEY="", ALLOWED_HOSTS="", HTTPS=""))
    for number in (2, 3, 5, 6):
        assert f"glossary.E00{number}: " in errors
    assert "The site was not started." in errors
    assert manage(tmp_path, "migrate", "terms", "0007", "-v0").returncode == 0
    assert "glossary.E008: The database is of an older version." in error_of(
        manage(tmp_path, "serve")
    )


def test_second_server_on_a_port_is_refused(tmp_path):
    fill(tmp_path)
    with serving(tmp_path) as server:
        done = manage(tmp_path, "serve", "--port", server.port)
        assert f"Cannot listen on 127.0.0.1:{server.port}" in error_of(done)
        assert all(server.get("/glossary/")[0] == 200 for _ in range(30))
    for words in (["--port", "99999"], ["--host", "no-such-host.invalid"], ["--workers", "0"]):
        error_of(manage(tmp_path, "serve", *words))


def test_unusable_socket_is_reported(tmp_path):
    fill(tmp_path)
    file = tmp_path / "file"
    file.touch()
    for path, words in ((file, "is not a socket"), (tmp_path / "no" / "x", "there is no folder")):
        assert words in error_of(manage(tmp_path, "serve", "--socket", path))
    with socket.socket(socket.AF_UNIX) as taken:
        taken.bind(str(tmp_path / "taken"))
        taken.listen()
        done = manage(tmp_path, "serve", "--socket", tmp_path / "taken")
        assert "another server answers" in error_of(done)


def test_socket_of_killed_server_is_removed(tmp_path):
    path = tmp_path / "left"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    free_socket(path)
    assert not path.exists()


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="of a SQLite file")
def test_server_does_not_create_a_database_when_it_is_missing(tmp_path):
    fill(tmp_path)
    place = tmp_path / "glossary.sqlite3"
    with serving(tmp_path) as server:
        for file in tmp_path.glob("glossary.sqlite3*"):
            file.rename(tmp_path / f"away-{file.name}")
        assert server.get("/glossary/search?q=a")[0] == 503
        assert not place.exists()
        for file in tmp_path.glob("away-*"):
            file.rename(tmp_path / file.name.removeprefix("away-"))
        assert server.get("/glossary/search?q=a")[0] == 200


def test_empty_secret_key_file_is_replaced(tmp_path):
    fill(tmp_path)
    (tmp_path / "secret-key").touch()
    done = manage(tmp_path, "run_demo", ROOT / "fixtures" / "glossary", "--no-serve", SECRET_KEY="")
    assert done.returncode == 0, done.stderr
    assert len((tmp_path / "secret-key").read_text()) > 50
    assert (tmp_path / "secret-key").stat().st_mode & 0o777 == 0o600


def test_demo_runs_in_empty_folder_without_settings(tmp_path):
    command = [sys.executable, str(ROOT / "manage.py"), "run_demo"]
    command += [str(ROOT / "fixtures" / "glossary"), "--port", "{port}"]
    nothing = {"SECRET_KEY": "", "HTTPS": "", "ALLOWED_HOSTS": "", "DATABASE_URL": ""}
    with serving(tmp_path, command=command, **nothing) as server:
        assert server.get("/glossary/web-platform/protocols/http/")[0] == 200
        assert server.get("/admin/login/")[0] == 200
        assert "shown this once" in server.log.read_text()  # the password


def test_backup_on_full_disk_is_reported_and_leaves_no_file(tmp_path):
    fill(tmp_path)
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000));"
    limit += "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
    limit += "import sys; sys.argv = ['manage.py', *sys.argv[1:]];"
    limit += "import runpy; runpy.run_path('manage.py', run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-c", limit, "backup", str(tmp_path / "b.zip")],
        env=environment(tmp_path), cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    error_of(done)
    assert not (tmp_path / "b.zip").exists()
    assert not list(tmp_path.glob(".*.partial"))


def test_interrupted_command_shows_no_traceback(tmp_path):
    prepare(tmp_path)
    files = tmp_path / "files"
    files.mkdir()
    for number in range(4_000):
        (files / f"t{number}.md").write_text(f"---\nterm: T{number}\n---\nText.\n")
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "manage.py"), "import_terms", str(files), "--publish"],
        env=environment(tmp_path), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
        # Background processes of a shell ignore it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    time.sleep(2.5)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert (process.returncode, "Traceback" in error) == (130, False), error
    assert "Stopped." in error
    assert manage(tmp_path, "import_terms", files).returncode == 0

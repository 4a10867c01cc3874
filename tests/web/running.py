"""A server run by ``manage.py serve``, with its own process and database."""

import atexit
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def environment(folder, **values):
    return {
        **os.environ,
        "DATA_DIR": str(folder),
        "DATABASE_URL": f"sqlite:///{folder}/glossary.sqlite3",
        "DJANGO_SETTINGS_MODULE": "glossary_cms.settings",
        "SECRET_KEY": "only for tests",
        "HTTPS": "false",
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "PYTHONPATH": str(ROOT),
        **values,
    }


def manage(folder, *command, **values):
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *map(str, command)],
        env=environment(folder, **values),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def succeed(folder, *command, **values):
    done = manage(folder, *command, **values)
    assert done.returncode == 0, done.stderr


def prepare(folder, **values):
    """Create the database and the static files of a new site in ``folder``."""
    if _is_on_sqlite(values):
        shutil.copytree(_empty_site(), folder, dirs_exist_ok=True)
    else:
        _create(folder, **values)


def fill(folder, **values):
    """Create a site in ``folder`` with the published demo glossary."""
    if _is_on_sqlite(values):
        shutil.copytree(_demo_site(), folder, dirs_exist_ok=True)
    else:
        _create(folder, **values)
        _import_demo(folder, **values)


def _is_on_sqlite(values):
    return values.get("DATABASE_URL", "sqlite:").startswith("sqlite:")


# Migrating takes seconds, so a process does it once and copies the files.


@cache
def _empty_site():
    folder = _temporary_folder()
    _create(folder)
    return folder


@cache
def _demo_site():
    folder = _temporary_folder()
    prepare(folder)
    _import_demo(folder)
    return folder


def _temporary_folder():
    folder = Path(tempfile.mkdtemp(prefix="glossary-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _create(folder, **values):
    succeed(folder, "migrate", "-v0", **values)
    succeed(folder, "collectstatic", "--noinput", "-v0", **values)


def _import_demo(folder, **values):
    demo = ROOT / "fixtures" / "glossary"
    succeed(folder, "import_terms", demo, "--publish", "--verbosity", 0, **values)


class Running:
    def __init__(self, process, port, log):
        self.process = process
        self.port = port
        self.log = log
        self.address = f"http://127.0.0.1:{port}"

    def get(self, path, timeout=30, **headers):
        """Return status, headers and body, also of error responses."""
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(self.address + path, headers=names)
        try:
            with urllib.request.build_opener(_NoRedirect).open(request, timeout=timeout) as found:
                return found.status, found.headers, found.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, error.read()

    def raw(self, data, seconds=5):
        """Send ``data``. Return the response until the connection closes or a read times out."""
        with socket.create_connection(("127.0.0.1", self.port), seconds) as one:
            one.sendall(data)
            found = b""
            try:
                while piece := one.recv(65536):
                    found += piece
            except TimeoutError:
                pass
            return found

    def times(self, path, count):
        """Request ``path`` ``count`` times. Return the sorted response times in seconds."""
        found = []
        for _ in range(count):
            began = time.perf_counter()
            assert self.get(path)[0] == 200
            found.append(time.perf_counter() - began)
        return sorted(found)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args):
        return None


@contextmanager
def serving(folder, *options, command=None, ready="/glossary/", **values):
    port = free_port()
    command = command or [sys.executable, str(ROOT / "manage.py"), "serve", "--port", "{port}"]
    log = Path(folder) / "server.log"
    with log.open("w") as out:
        process = subprocess.Popen(
            [part.replace("{port}", str(port)) for part in [*command, *map(str, options)]],
            env=environment(folder, SITE_URL=f"http://127.0.0.1:{port}", **values),
            cwd=ROOT,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    running = Running(process, port, log)
    try:
        deadline = time.monotonic() + 60
        while True:
            assert process.poll() is None, log.read_text()
            try:
                running.get(ready, timeout=5)
                break
            except OSError:
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.05)
        yield running
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class SlowClients:
    """Sockets that send half a request or do not read the response."""

    def __init__(self, port, kind, count):
        self.sockets = []
        for _ in range(count):
            one = socket.socket()
            if kind == "read":
                one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
            one.connect(("127.0.0.1", port))
            one.sendall(REQUESTS[kind])
            self.sockets.append(one)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        for one in self.sockets:
            one.close()


REQUESTS = {
    "head": b"GET /glossary/ HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ",
    "body": b"POST /admin/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 50000\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n\r\nu",
    "read": b"GET /glossary/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 50,
}

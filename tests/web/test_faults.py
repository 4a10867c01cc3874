"""PostgreSQL stops, hangs and restarts while the server is running (D7)."""

import selectors
import socket
import threading
import time
from contextlib import contextmanager

import psycopg
import pytest
from django.db import connection

from tests.management.test_backups import _plain, _url

from .running import fill, free_port, serving

pytestmark = pytest.mark.skipif(
    "connection.vendor != 'postgresql'", reason="needs PostgreSQL (DATABASE_URL)"
)
PAGE = "/glossary/web-platform/protocols/http/"


class Wire:
    """A proxy between the server and its database that can hang, be cut and be mended."""

    def __init__(self, host, port):
        self.target = (host, int(port))
        self.port = free_port()
        self.is_hung = False
        self._pairs = {}
        self._listening = None
        self._selector = selectors.DefaultSelector()
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self.mend()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def mend(self):
        self.is_hung = False
        if self._listening is None:
            listening = socket.create_server(("127.0.0.1", self.port), reuse_port=False)
            with self._lock:
                self._listening = listening
                self._selector.register(listening, selectors.EVENT_READ)

    def cut(self):
        """Close the port and all connections, as when the database server stops."""
        with self._lock:
            self._selector.unregister(self._listening)
            self._listening.close()
            self._listening = None
            for one in list(self._pairs):
                self._drop(one)

    def _drop(self, one):
        other = self._pairs.pop(one, None)
        if other is not None:
            self._pairs.pop(other, None)
            for end in (one, other):
                self._selector.unregister(end)
                end.close()

    def _run(self):
        while not self._ended.is_set():
            if self.is_hung:
                self._ended.wait(0.02)
                continue
            for key, _ in self._selector.select(0.05):
                with self._lock:
                    self._serve(key.fileobj)

    def _serve(self, one):
        if one is self._listening:
            near, _ = one.accept()
            far = socket.create_connection(self.target)
            self._pairs |= {near: far, far: near}
            for end in (near, far):
                self._selector.register(end, selectors.EVENT_READ)
        elif one in self._pairs:
            try:
                data = one.recv(65536)
                self._pairs[one].sendall(data)
            except OSError:
                data = b""
            if not data:
                self._drop(one)

    def close(self):
        self._ended.set()
        self._thread.join(5)
        for one in (*self._pairs, self._listening):
            one.close()
        self._selector.close()


@contextmanager
def database():
    found = {**connection.get_connection_params(), "dbname": "postgres"}
    name = f"faults_{free_port()}"
    with psycopg.connect(**_plain(found), autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')
        try:
            yield found, name
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("faults")
    with database() as (found, name):
        fill(folder, DATABASE_URL=_url(found, name))
        wire = Wire(found.get("host") or "127.0.0.1", found.get("port") or 5432)
        try:
            url = _url({**found, "host": "127.0.0.1", "port": wire.port}, name)
            with serving(folder, DATABASE_URL=url) as server:
                yield server, wire
        finally:
            wire.close()


def is_stale(server, path=PAGE):
    status, headers, body = server.get(path)
    assert status == 200
    assert b"<dfn>" in body
    return "database-away" in headers.get("Cache-Status", "")


@pytest.mark.parametrize(("fault", "cold"), [("cut", "tls"), ("hung", "dns")])
def test_cached_pages_are_served_and_others_return_503(site, fault, cold):
    server, wire = site
    cold = f"/glossary/web-platform/protocols/{cold}/"  # a page that is not in the cache
    assert not is_stale(server)
    if fault == "cut":
        wire.cut()
    else:
        wire.is_hung = True
    server.get(PAGE)  # the first request waits for the timeout
    waited = []
    for _ in range(100):
        began = time.monotonic()
        assert is_stale(server)
        waited.append(time.monotonic() - began)
    assert sorted(waited)[94] < 0.5
    for path in (cold, "/glossary/search?q=http", "/admin/login/"):
        began = time.monotonic()
        status, headers, body = server.get(path)
        assert (status, headers["Retry-After"]) == (503, "5"), path
        assert b"Not available at the moment" in body
        assert time.monotonic() - began < 5
    posted = server.raw(
        b"POST /admin/terms/term/add/ HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: session=x\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 43\r\n"
        b"Connection: close\r\n\r\nname=Flask&body=First+line%0D%0A%3Cb%3E+2nd"
    )
    assert posted.startswith(b"HTTP/1.1 503 ")
    assert b"First line\r\n&lt;b&gt; 2nd</textarea>" in posted
    wire.mend()
    began = time.monotonic()
    while is_stale(server) or server.get("/glossary/search?q=http")[0] != 200:
        assert time.monotonic() - began < 5
        time.sleep(0.05)
    assert server.get(cold)[0] == 200

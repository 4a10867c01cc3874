"""Readers do not wait for clients that send or read slowly, or for Django (S1)."""

import asyncio
import re
import socket
import time
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from terms.files.archives import MAX_ARCHIVE
from terms.web.bodies import EDITORS, IMPORTS, MOST_OF_ONE, VISITORS, Bodies, BodyRefused
from terms.web.server import bounds_of

from .running import SlowClients, fill, manage, serving

PAGE = "/glossary/web-platform/protocols/http/"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("served")
    fill(folder)
    made = manage(
        folder, "createsuperuser", "--noinput", "--username=ann", "--email=ann@example.org",
        DJANGO_SUPERUSER_PASSWORD="ann-secret-1",
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    with serving(folder) as running:
        yield running


@pytest.mark.parametrize("count", [1, 10, 200])
@pytest.mark.parametrize("kind", ["head", "body", "read"])
def test_readers_do_not_wait_for_slow_clients(server, kind, count):
    with SlowClients(server.port, kind, count):
        server.times(PAGE, 50)
        waited = server.times(PAGE, 100)
        assert server.get("/glossary/search?q=http")[0] == 200
    # A blocked server takes minutes. Benchmarks measure exact times (S9).
    assert waited[94] < 0.5


def test_incomplete_body_times_out(server):
    began = time.monotonic()
    answer = server.raw(
        b"POST /glossary/suggestion HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\na", 20
    )
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert time.monotonic() - began < 15


def test_overlong_body_is_refused_before_it_is_read(server):
    head = b"POST /admin/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    assert b" 413 " in server.raw(head + b"Content-Length: 70000\r\n\r\na")[:20]


@pytest.mark.parametrize("end", [b"0\r\n\r\n", b"", b"zz\r\n"])
def test_chunked_body_is_refused(server, end):
    """Without a length, a truncated body looks like a complete one."""
    head = b"POST /glossary/suggestion HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    pieces = b"Transfer-Encoding: chunked\r\n\r\n3\r\na=b\r\n" + end
    assert b" 411 " in server.raw(head + pieces)[:20]


@pytest.mark.parametrize(
    "lines",
    [
        b"X: y",
        b"Host: w\xc3\xb6rter.example",
        b"Host: 127.0.0.1\r\nHost: evil.example",
        b"Host: evil.example",
        b"Host: a:b@127.0.0.1",
    ],
)
def test_wrong_or_second_host_is_refused(server, lines):
    for path in (PAGE.encode(), b"/glossary/search"):
        answer = server.raw(
            b"GET " + path + b" HTTP/1.1\r\n" + lines + b"\r\nConnection: close\r\n\r\n"
        )
        assert answer.startswith(b"HTTP/1.1 400 "), answer[:80]


class TestEditors:  # its own scope, so that workers share slow tests
    def test_invalid_session_cookie_does_not_use_threads_of_editors(self, server):
        """Ninety clients with invalid session cookies wait for the visitors' threads."""
        claim = (
            b"GET /glossary/search?q=%d HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            b"Cookie: session=abcdefghijklmnopqrstuvwxyz012345\r\n\r\n"
        )
        with log_in(server) as editor:
            sockets = []
            for number in range(90):
                one = socket.create_connection(("127.0.0.1", server.port), 5)
                one.sendall(claim % number * 3)
                sockets.append(one)
            statuses = [editor.open(f"{server.address}/admin/").status for _ in range(6)]
            for one in sockets:
                one.close()
        assert statuses == [200] * 6


@contextmanager
def log_in(server):
    cookies = urllib.request.HTTPCookieProcessor()
    opener = urllib.request.build_opener(cookies)
    page = opener.open(f"{server.address}/admin/login/").read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
    fields = {"username": "ann", "password": "ann-secret-1", "csrfmiddlewaretoken": token}
    data = urllib.parse.urlencode(fields).encode()
    assert opener.open(f"{server.address}/admin/login/?next=/admin/", data).url.endswith("/admin/")
    yield opener


def test_clients_of_one_network_share_a_limit_of_bodies():
    bodies = Bodies()

    async def read():
        held = [asyncio.ensure_future(one(f"2001:db8::{n}")) for n in range(MOST_OF_ONE)]
        await asyncio.sleep(0)
        with pytest.raises(BodyRefused) as refused:
            await one("2001:db8::ffff")
        for task in held:
            task.cancel()
        return refused.value.status

    async def one(address):
        await bodies.read(Silent(), "5", address, VISITORS)

    with ThreadPoolExecutor() as threads:  # browser tests have an event loop in this thread
        assert threads.submit(lambda: asyncio.run(read())).result() == 503


class Silent:
    def __aiter__(self):
        return self

    async def __anext__(self):
        await asyncio.sleep(60)


def test_header_with_underscores_is_not_accepted_for_another(tmp_path):
    fill(tmp_path)
    with serving(tmp_path, HTTPS="true", TRUSTED_PROXIES="1") as server:
        assert server.get(PAGE)[0] == 301
        assert server.get(PAGE, X_Forwarded_Proto="https")[0] == 200
        line = b"GET /glossary/ HTTP/1.1\r\nHost: 127.0.0.1\r\nX_Forwarded_Proto: https\r\nConnection: close\r\n\r\n"
        assert server.raw(line).startswith(b"HTTP/1.1 301 ")


def test_pages_and_static_files_are_served_with_headers(server):
    """The layer in front of Django serves them."""
    status, headers, body = server.get(PAGE)
    assert status == 200
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    style = next(part for part in body.decode().split('"') if "site." in part and ".css" in part)
    path = "/" + style.replace("../", "")
    status, headers, body = server.get(path, Accept_Encoding="gzip")
    assert (status, headers["Content-Type"].split(";")[0]) == (200, "text/css")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert server.get(path, If_None_Match=headers["ETag"])[0] == 304
    assert server.get("/media/terms/0123456789abcdef0123456789abcdef.png")[0] == 404


def test_only_imports_of_editors_may_be_large():
    address = "/words/admin/terms/glossary/1/import/"
    assert bounds_of(address, is_editor=True) == IMPORTS
    assert IMPORTS.size > MAX_ARCHIVE
    assert bounds_of(address, is_editor=False) == VISITORS
    assert bounds_of(address + "x/", is_editor=True) == EDITORS

"""Readers do not wait for clients that send or read slowly, nor for Django (S1)."""

import time

import pytest

from .running import SlowClients, fill, serving

PAGE = "/glossary/web-platform/protocols/http/"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("served")
    fill(folder)
    with serving(folder) as running:
        yield running


@pytest.mark.parametrize("count", [1, 10, 200])
@pytest.mark.parametrize("kind", ["head", "body", "read"])
def test_readers_do_not_wait_for_slow_clients(server, kind, count):
    with SlowClients(server.port, kind, count):
        server.times(PAGE, 50)
        waited = server.times(PAGE, 100)
        assert server.get("/glossary/search?q=http")[0] == 200
    # They waited for minutes; how long it takes otherwise is measured by benchmarks (S9).
    assert waited[94] < 0.5


def test_half_a_body_is_cut_off(server):
    began = time.monotonic()
    answer = server.raw(
        b"POST /glossary/suggestion HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\na", 20
    )
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert time.monotonic() - began < 15


def test_what_is_too_long_is_refused_before_it_is_read(server):
    head = b"POST /admin/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    assert b" 413 " in server.raw(head + b"Content-Length: 70000\r\n\r\na")[:20]
    pieces = b"Transfer-Encoding: chunked\r\n\r\n" + (b"4000\r\n" + b"a" * 0x4000 + b"\r\n") * 6
    assert b" 413 " in server.raw(head + pieces)[:20]


@pytest.mark.parametrize(
    "lines",
    [b"Host: 127.0.0.1\r\nHost: evil.example", b"Host: evil.example", b"Host: a:b@127.0.0.1"],
)
def test_a_wrong_or_second_host_is_refused(server, lines):
    for path in (PAGE.encode(), b"/glossary/search"):
        answer = server.raw(
            b"GET " + path + b" HTTP/1.1\r\n" + lines + b"\r\nConnection: close\r\n\r\n"
        )
        assert answer.startswith(b"HTTP/1.1 400 "), answer[:80]


def test_a_header_with_an_underscore_does_not_pass_for_another(tmp_path):
    fill(tmp_path)
    with serving(tmp_path, HTTPS="true", TRUSTED_PROXIES="1") as server:
        assert server.get(PAGE)[0] == 301
        assert server.get(PAGE, X_Forwarded_Proto="https")[0] == 200
        line = b"GET /glossary/ HTTP/1.1\r\nHost: 127.0.0.1\r\nX_Forwarded_Proto: https\r\nConnection: close\r\n\r\n"
        assert server.raw(line).startswith(b"HTTP/1.1 301 ")


def test_pages_static_files_and_pictures_need_no_django(server):
    """All threads of Django's wait; the loop still sends what readers need."""
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

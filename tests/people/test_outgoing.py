"""Which hosts may be reached from here."""

import socket
import threading
from contextlib import contextmanager, suppress

import pytest

from terms.people.outgoing import (
    OutgoingAllowed,
    OutgoingRefused,
    check_outgoing,
    post,
    read_web_address,
)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.1", "2130706433", "0x7f.1", "localhost", "10.0.0.1", "172.16.3.4",
        "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255",
        "::1", "::", "64:ff9b:1::101:101", "fe80::1", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
        "64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::", "2002:a00:1::1", "::127.0.0.1",
    ],
)  # fmt: skip
def test_hosts_that_are_not_public_are_refused(host):
    with pytest.raises(OutgoingRefused):
        check_outgoing(host, 443)


@pytest.mark.parametrize("host", ["1.1.1.1", "2606:4700::1111", "64:ff9b::101:101"])
def test_public_addresses_are_returned(host):
    assert check_outgoing(host, 443) == [host]


@pytest.mark.parametrize(
    ("allowed", "host"),
    [
        ("127.0.0.0/8", "127.0.0.1"), ("10.1.2.3", "10.1.2.3"), ("::1", "::1"),
        (" LOCALHOST. , git.example.org", "localhost"), ("localhost", "LocalHost."),
    ],
)  # fmt: skip
def test_named_hosts_and_networks_are_allowed(settings, allowed, host):
    settings.OUTGOING_ALLOWED = OutgoingAllowed.read(allowed)
    assert check_outgoing(host, 22)


@pytest.mark.parametrize("allowed", ["10.0.0.0/8", "example.org", ""])
def test_others_stay_refused(settings, allowed):
    settings.OUTGOING_ALLOWED = OutgoingAllowed.read(allowed)
    with pytest.raises(OutgoingRefused, match="which is not public"):
        check_outgoing("127.0.0.1", 80)


@pytest.mark.parametrize("text", ["10.0.0.0/33", "https://x", "a b", "10.0.0.1/8"])
def test_setting_that_cannot_be_read_is_refused(text):
    with pytest.raises(ValueError, match="neither a host nor a network"):
        OutgoingAllowed.read(text)


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_wrong_port_is_refused(port):
    with pytest.raises(OutgoingRefused, match="is not a port"):
        check_outgoing("1.1.1.1", port)


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 300, "", "\udcff"])
def test_unknown_host_is_refused(host):
    with pytest.raises(OutgoingRefused):
        check_outgoing(host, 443)


@pytest.mark.parametrize(
    "text",
    [
        "", "x", "ftp://example.org/", "file:///etc/passwd", "https://", "https://a b/",
        "https://me:secret@example.org/", "https://example.org/#x", "https://example.org:99999/",
        "https://example.org/\r\nX: y", "https://example.org\\@127.0.0.1/", "https://[::1",
    ],
)  # fmt: skip
def test_address_is_refused(text):
    with pytest.raises(OutgoingRefused):
        read_web_address(text)


def test_address_is_read():
    assert read_web_address("https://Example.org/hook?x=1") == (
        "https", "example.org", 443, "/hook?x=1",
    )  # fmt: skip


def test_plain_http_is_only_for_allowed_hosts(settings):
    with pytest.raises(OutgoingRefused, match="Only https"):
        post("http://1.1.1.1/", b"", {})


@contextmanager
def peer(act):
    """Run a server that treats one connection with ``act``. Yield its port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve():
            connection, _ = listening.accept()
            with connection:
                act(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listening.getsockname()[1]
        thread.join(30)


@pytest.fixture
def local(settings, monkeypatch):
    settings.OUTGOING_ALLOWED = OutgoingAllowed.read("127.0.0.1")
    monkeypatch.setattr("terms.people.outgoing.SECONDS", 1)


def test_peer_that_sends_a_byte_now_and_then_is_left(local):
    over = threading.Event()

    def drip(connection):
        connection.recv(1000)
        connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
        while not over.wait(0.2):
            try:
                connection.sendall(b"x")
            except OSError:
                break

    with peer(drip) as port:
        with pytest.raises(OutgoingRefused, match="no answer within 1 seconds"):
            post(f"http://127.0.0.1:{port}/", b"{}", {})
        over.set()


def test_silent_peer_is_left(local):
    def read(connection):
        while connection.recv(1000):
            pass

    with peer(read) as port, pytest.raises(OutgoingRefused, match="no answer within"):
        post(f"http://127.0.0.1:{port}/", b"{}", {})


@pytest.mark.parametrize("said", [b"", b"SSH-2.0\r\n\r\n", b"HTTP/1.1 x\r\n\r\n"])
def test_peer_that_speaks_otherwise_is_left(local, said):
    def act(connection):
        connection.recv(1000)
        connection.sendall(said)

    with peer(act) as port, pytest.raises(OutgoingRefused, match="No answer"):
        post(f"http://127.0.0.1:{port}/", b"{}", {})


def test_long_answer_is_cut(local):
    def act(connection):
        connection.recv(1000)
        with suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + b"a\0" * 5_000_000)

    with peer(act) as port:
        found = post(f"http://127.0.0.1:{port}/", b"{}", {})
    assert (found.status, len(found.body)) == (200, 1_000)
    assert "\0" not in found.body


def test_certificate_is_checked(local):
    plain = peer(lambda connection: connection.sendall(b"no TLS"))
    with plain as port, pytest.raises(OutgoingRefused, match="encryption failed"):
        post(f"https://127.0.0.1:{port}/", b"{}", {})

"""Requests to other hosts: which addresses may be reached, checked when the connection is made.

Someone who may enter an address must not reach services behind the firewall with it. Names are
resolved here and the connection is made to the addresses that were checked, as a second answer of
the name server may be another one.
"""

import re
import socket
import ssl
import threading
from collections.abc import Iterable
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from time import monotonic
from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

SECONDS = 10  # of a whole request
MOST_READ = 1_000  # bytes of a response
_HOST = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63}){0,20}\.?")
# NAT64: IPv6 addresses that lead to the IPv4 address in their last 32 bits.
_TRANSLATED = IPv6Network("64:ff9b::/96")


class OutgoingRefused(Exception):
    """The host must not or cannot be reached; the message is the reason."""


class OutgoingAllowed:
    """Hosts and networks that may be reached although they are not public."""

    def __init__(
        self, hosts: Iterable[str] = (), networks: Iterable[IPv4Network | IPv6Network] = ()
    ):
        self.hosts = frozenset(hosts)
        self.networks = tuple(networks)

    @classmethod
    def read(cls, text: str) -> "OutgoingAllowed":
        """Parse hosts and networks, separated by commas. Raises ValueError with the reason."""
        hosts, networks = [], []
        for part in (part.strip().lower() for part in text.split(",")):
            try:
                networks.append(ip_network(part))
            except ValueError:
                if "/" in part or (part and not _HOST.fullmatch(part)):
                    raise ValueError(f"“{part}” is neither a host nor a network") from None
                hosts += [part.rstrip(".")] if part else []
        return cls(hosts, networks)

    def names(self, host: str) -> bool:
        return host.lower().rstrip(".") in self.hosts

    def covers(self, address: str) -> bool:
        found = ip_address(address)
        return any(found in network for network in self.networks)


def check_outgoing(host: str, port: int) -> list[str]:
    """Return the IP addresses of ``host`` to connect to. Raises OutgoingRefused.

    All of them are public, or allowed by ``OUTGOING_ALLOWED``.
    """
    allowed: OutgoingAllowed = settings.OUTGOING_ALLOWED
    if not 0 < port < 65536:
        raise OutgoingRefused(_("{port} is not a port.").format(port=port))
    try:
        found = socket.getaddrinfo(host.rstrip("."), port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        text = _("The host “{host}” was not found.")
        raise OutgoingRefused(text.format(host=host)) from error
    addresses = list(dict.fromkeys(str(row[4][0]).partition("%")[0] for row in found))
    if allowed.names(host):
        return addresses
    for address in addresses:
        if not (_is_public(address) or allowed.covers(address)):
            text = _(
                "The host “{host}” has the address {address}, which is not public."
                " OUTGOING_ALLOWED can allow it."
            )
            raise OutgoingRefused(text.format(host=host, address=address))
    return addresses


def may_be_plain(host: str, addresses: Iterable[str]) -> bool:
    """Return whether ``host`` may be reached without encryption: it is allowed by name."""
    allowed: OutgoingAllowed = settings.OUTGOING_ALLOWED
    return allowed.names(host) or all(map(allowed.covers, addresses))


def _is_public(text: str) -> bool:
    address = ip_address(text)
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in _TRANSLATED:
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return _is_public(str(inner))
    return address.is_global and not (address.is_multicast or address.is_reserved)


class WebAddress(NamedTuple):
    """The parts of an address that requests are sent to."""

    scheme: str
    host: str
    port: int
    target: str  # path and query


def read_web_address(text: str) -> WebAddress:
    """Parse an http or https address. Raises OutgoingRefused with the reason."""
    try:
        parts = urlsplit(text)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise OutgoingRefused(_("This is not an address: https://host/path.")) from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise OutgoingRefused(_("This is not an address: https://host/path."))
    if not re.fullmatch(r"[!-~]+", text) or "\\" in text:
        raise OutgoingRefused(_("Write it without spaces and special characters."))
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise OutgoingRefused(_("Leave out the user, the password and the part after “#”."))
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return WebAddress(parts.scheme, parts.hostname, port, target)


class Answer(NamedTuple):
    """The answer of another host. ``body`` is its beginning."""

    status: int
    body: str


def post(text: str, body: bytes, headers: dict[str, str]) -> Answer:
    """Send ``body`` to an address, without following redirects. Raises OutgoingRefused."""
    address = read_web_address(text)
    addresses = check_outgoing(address.host, address.port)
    if address.scheme == "http" and not may_be_plain(address.host, addresses):
        raise OutgoingRefused(_("Only https is possible for this host."))
    connection = _Checked(address, addresses)
    # A peer that sends a byte now and then would not meet the time-out of a single read.
    clock = threading.Timer(SECONDS, connection.give_up)
    clock.start()
    try:
        connection.request("POST", address.target, body, headers)
        response = connection.getresponse()
        answer = Answer(response.status, _beginning(response))
        if connection.is_late:  # what was cut off then can pass for an answer
            raise TimeoutError
        return answer
    except (OSError, HTTPException, ValueError, AttributeError) as error:
        raise OutgoingRefused(_reason(connection, error)) from error
    finally:
        clock.cancel()
        connection.close()


def _beginning(response: HTTPResponse) -> str:
    return response.read(MOST_READ).decode(errors="replace").replace("\0", "�")


def _reason(connection: "_Checked", error: Exception) -> str:
    if connection.is_late or isinstance(error, TimeoutError):
        return _("There was no answer within {seconds} seconds.").format(seconds=SECONDS)
    if isinstance(error, ssl.SSLError):
        reason = getattr(error, "verify_message", "") or error.reason or error
        return _("The encryption failed: {reason}.").format(reason=reason)
    reason = (isinstance(error, OSError) and error.strerror) or error or type(error).__name__
    return _("No answer: {reason}.").format(reason=reason)


class _Checked(HTTPConnection):
    """A connection to one of the checked addresses of a host."""

    def __init__(self, address: WebAddress, addresses: list[str]):
        super().__init__(address.host, address.port, timeout=SECONDS)
        self.addresses = addresses
        self.is_late = False
        self._is_encrypted = address.scheme == "https"
        self._until = monotonic() + SECONDS

    def connect(self) -> None:
        self.sock = self._first()
        if self._is_encrypted:
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(
                self.sock, server_hostname=self.host, do_handshake_on_connect=False
            )
            self.sock.do_handshake()  # when ``give_up`` already finds the socket

    def _first(self) -> socket.socket:
        """Connect to the first address that answers."""
        failure: OSError = TimeoutError()
        for address in self.addresses:
            left = self._until - monotonic()
            if left <= 0:
                break
            try:
                return socket.create_connection((address, self.port), left)
            except OSError as error:
                failure = error
        raise failure

    def give_up(self) -> None:
        self.is_late = True
        sock: socket.socket | None = self.sock
        if sock is not None:
            with suppress(OSError):  # it was closed meanwhile
                sock.shutdown(socket.SHUT_RDWR)

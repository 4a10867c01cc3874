"""The client of a request that came through proxies.

``X-Forwarded-For`` and ``X-Forwarded-Proto`` are used only as far as trusted proxies wrote them
(https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/X-Forwarded-For).
"""

from collections.abc import Callable, Iterable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any, NamedTuple

from terms.people.networks import address_in

MOST_HOPS = 20
Network = IPv4Network | IPv6Network


class Client(NamedTuple):
    address: str
    scheme: str


class TrustedProxies:
    """``hops`` proxies, each of which adds its client's address, or all proxies in ``networks``.

    Without either, no proxy is trusted.
    """

    def __init__(self, hops: int = 0, networks: Iterable[Network] = ()):
        self.hops = hops
        self.networks = tuple(networks)
        self._is_trusted = lru_cache(maxsize=1_000)(self._is_in_networks)

    def __bool__(self) -> bool:
        return bool(self.hops or self.networks)

    @classmethod
    def read(cls, text: str) -> "TrustedProxies":
        """Parse a number, or networks separated by commas. Raises ValueError with the reason."""
        parts = [part.strip() for part in text.split(",") if part.strip()]
        if not parts:
            return cls()
        if len(parts) == 1 and parts[0].isascii() and parts[0].isdigit():
            if int(parts[0]) > MOST_HOPS:
                raise ValueError(f"{parts[0]} proxies are more than {MOST_HOPS}")
            return cls(int(parts[0]))
        networks = [ip_network(part) for part in parts]
        if any(network.prefixlen == 0 for network in networks):
            raise ValueError("all addresses are no network of proxies")
        return cls(networks=networks)

    def client(self, peer: str, scheme: str, forwarded: str, proto: str) -> Client:
        """Return the client of a request; ``forwarded`` has all of X-Forwarded-For."""
        if not self or (self.networks and not self._is_trusted(peer)):
            return Client(peer, scheme)
        chain = [part.strip() for part in forwarded.split(",")[-MOST_HOPS:]] if forwarded else []
        if proto:
            scheme = "https" if proto.rpartition(",")[2].strip().lower() == "https" else "http"
        if self.hops:
            found = chain[-self.hops :][:1]
        else:
            found = [a for a in reversed(chain) if not self._is_trusted(a)][:1] or chain[:1]
        return Client((address_in(found[0]) if found else "") or peer, scheme)

    def _is_in_networks(self, address: str) -> bool:
        known = address_in(address)
        return bool(known) and any(ip_address(known) in network for network in self.networks)


class BehindProxies:
    """WSGI middleware that sets the client's own address and scheme.

    A server that accepts header names with underscores must drop them first, as nginx does.
    """

    def __init__(self, application: Any, trusted: TrustedProxies):
        self.application = application
        self.trusted = trusted

    def __call__(self, environ: dict[str, Any], start_response: Callable) -> Iterable[bytes]:
        if self.trusted:
            environ["REMOTE_ADDR"], environ["wsgi.url_scheme"] = self.trusted.client(
                environ.get("REMOTE_ADDR", ""),
                environ["wsgi.url_scheme"],
                environ.get("HTTP_X_FORWARDED_FOR", ""),
                environ.get("HTTP_X_FORWARDED_PROTO", ""),
            )
        return self.application(environ, start_response)

    def close(self) -> None:
        self.application.close()

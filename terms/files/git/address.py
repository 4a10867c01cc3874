"""Addresses of repositories, and the credentials for them."""

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit, urlunsplit

PROTOCOLS = ("https", "ssh", "file")
PLAIN = "http"  # only for hosts that the setting OUTGOING_ALLOWED names
_PORTS = {"ssh": 22, PLAIN: 80}
_SSH = re.compile(r"(?:[\w.-]+@)?[\w.-]+:(?!//)[^\s:][^\s]*")
_HELPER = re.compile(r"[\w+.-]*::")
_PLAIN_URL = re.compile(r"[!-~]+")


@dataclass(frozen=True)
class Remote:
    """The address of a repository, without credentials. ``credentials``: addresses with them.

    ``addresses``: the IP addresses of its host, if it was checked which ones it has.
    """

    url: str
    credentials: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()

    def environment(self) -> dict[str, str]:
        """Return the variables for credentials and addresses: git's arguments are seen by all."""
        pairs = [*self._resolved(), *self._authorization()]
        found = {"GIT_CONFIG_COUNT": str(len(pairs))}
        for number, (key, value) in enumerate(pairs):
            found |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
        return found

    def _resolved(self) -> Iterator[tuple[str, str]]:
        """Keep git from asking the name server again, which may give another answer."""
        host, port = host_of(self.url)
        if self.addresses and self.url.startswith("http"):
            yield "http.curloptResolve", f"{host}:{port}:{','.join(self.addresses)}"

    def _authorization(self) -> Iterator[tuple[str, str]]:
        for found in self.credentials:
            parts = urlsplit(found)
            place = urlunsplit((parts.scheme, _host(found), parts.path, "", ""))
            if _is_below(self.url, place):
                pair = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
                value = base64.b64encode(pair.encode()).decode()
                yield f"http.{place}.extraHeader", f"Authorization: Basic {value}"
                return


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2]


def _is_below(url: str, place: str) -> bool:
    return url == place or url.startswith(place if place.endswith("/") else f"{place}/")


def why_not_remote(url: str) -> str:
    """Return the reason why ``url`` is not the address of a repository, or an empty string.

    https, ssh (also as git@host:path), and paths on this machine are. Names of git's remote
    helpers, and words that git would read as options, are not.
    """
    if url.startswith("-") or _HELPER.match(url) or not _PLAIN_URL.fullmatch(url):
        return "is not the address of a repository: https://example.org/words.git"
    if url.startswith("/"):
        return ""
    if "://" not in url:
        return "" if _SSH.fullmatch(url) else "is not an address with https:// or ssh://."
    try:
        parts = urlsplit(url)
        has_host = bool(parts.hostname) and not (parts.hostname or "").startswith("-")
        _ = parts.port
    except ValueError:
        return "is not an address."
    if parts.scheme not in (*PROTOCOLS, PLAIN):
        return f"has the protocol “{parts.scheme}”; https, ssh and file are possible."
    if parts.scheme != "file" and not has_host:
        return "has no host."
    if parts.password or (parts.username and parts.scheme in ("https", PLAIN)):
        return "has credentials in it; set them in the environment: GIT_CREDENTIALS."
    return "" if not (parts.query or parts.fragment) else "has a query or fragment."


def host_of(url: str) -> tuple[str, int]:
    """Return host and port of a repository, or an empty host for one on this machine."""
    if url.startswith(("/", "file:")):
        return "", 0
    if "://" not in url:
        return url.partition(":")[0].rpartition("@")[2], 22
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 443)

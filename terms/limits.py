"""Bounds on how often a client may ask for what costs something. Each process counts for itself."""

import hashlib
from ipaddress import IPv6Address, ip_address
from typing import Any

from django.core.cache import cache


class TooMany(Exception):
    """More requests than are taken in a while."""


def limit(key: str, most: int, seconds: int = 60) -> None:
    """Count a request; raises TooMany after ``most`` of the same ``key`` in ``seconds``."""
    cache.add(key, 0, seconds)
    try:
        made = cache.incr(key)
    except ValueError:  # the time is over
        made = 1
    if made > most:
        raise TooMany


def client_of(request: Any) -> str:
    """Who asks, as far as an address tells: of IPv6 the network, all of which one client has."""
    address = request.META.get("REMOTE_ADDR", "")
    try:
        found = ip_address(address)
    except ValueError:
        return ""
    if isinstance(found, IPv6Address) and not found.ipv4_mapped:
        return found.exploded[:19]
    return str(getattr(found, "ipv4_mapped", None) or found)


def digest(text: str) -> str:
    """``text`` as a part of a key, however long it is."""
    return hashlib.blake2b(text.encode(errors="replace"), digest_size=12).hexdigest()

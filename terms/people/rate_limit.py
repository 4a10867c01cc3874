"""Rate limits for costly requests. Each process has its own counters."""

import hashlib
from typing import Any

from django.core.cache import cache

from .networks import network_of


class TooMany(Exception):
    """More requests than the limit allows."""


def limit(key: str, most: int, seconds: int = 60) -> None:
    """Count a request. Raises TooMany after ``most`` with the same ``key`` in ``seconds``."""
    cache.add(key, 0, seconds)
    try:
        made = cache.incr(key)
    except ValueError:  # the key has expired
        made = 1
    if made > most:
        raise TooMany


def client_of(request: Any) -> str:
    """Return the network of the client, as far as its address is known."""
    return network_of(request.META.get("REMOTE_ADDR", ""))


def digest(text: str) -> str:
    """Return a short hash of ``text`` for a cache key."""
    return hashlib.blake2b(text.encode(errors="replace"), digest_size=12).hexdigest()

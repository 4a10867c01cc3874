"""Rate limits for costly requests. Each process counts for itself."""

import hashlib
from typing import Any

from django.core.cache import cache

from .networks import network_of


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
    """Who asks, as far as an address tells."""
    return network_of(request.META.get("REMOTE_ADDR", ""))


def digest(text: str) -> str:
    """``text`` as a part of a key, however long it is."""
    return hashlib.blake2b(text.encode(errors="replace"), digest_size=12).hexdigest()

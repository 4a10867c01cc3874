"""Bounds on how often somebody without account may ask for what costs something."""

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

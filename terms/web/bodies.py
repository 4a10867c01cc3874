"""Reads request bodies on the event loop, with limits on size, time and number.

A slow client holds a few kilobytes here and nothing else.
"""

import asyncio
from collections import Counter
from typing import Any, NamedTuple

from terms.people.networks import network_of


class Bounds(NamedTuple):
    """``size`` in bytes, ``seconds`` for the whole body, ``pause`` seconds between two pieces."""

    size: int
    seconds: float
    pause: float


VISITORS = Bounds(64 * 1024, 10, 5)  # a suggestion or a password is far shorter
EDITORS = Bounds(6 * 1024 * 1024, 120, 15)  # a picture over a slow connection
IMPORTS = Bounds(49 * 1024 * 1024, 600, 15)  # an archive of MAX_ARCHIVE bytes, and its form
MOST_AT_ONCE = 256  # bodies read at the same time
MOST_OF_ONE = 24  # of these, from one network
MEMORY = 128 * 1024 * 1024  # bytes of all bodies


class BodyRefused(Exception):
    """The body is not read; ``status`` and the message are the response."""

    def __init__(self, status: int, words: str):
        super().__init__(words)
        self.status = status


class Bodies:
    """The bodies that a process is reading, of visitors or of editors."""

    def __init__(self) -> None:
        self._by_address: Counter[str] = Counter()
        self._count = 0
        self._memory = 0

    async def read(self, protocol: Any, length: str | None, address: str, bounds: Bounds) -> bytes:
        """Return the whole body of the request behind ``protocol``. Raises BodyRefused.

        ``length`` is the Content-Length header. Without it, a truncated body would look complete.
        """
        if length == "0":
            return b""
        announced = _number(length)
        if announced > bounds.size:
            raise BodyRefused(413, f"That is more than {bounds.size // 1024:,} kB.")
        address = network_of(address)
        if self._count >= MOST_AT_ONCE or self._by_address[address] >= MOST_OF_ONE:
            raise BodyRefused(
                503, "Too many requests are being sent at once. Try again in a moment."
            )
        self._count += 1
        self._by_address[address] += 1
        try:
            return await self._pieces(protocol, announced, bounds)
        finally:
            self._count -= 1
            self._by_address[address] -= 1
            if not self._by_address[address]:
                del self._by_address[address]

    async def _pieces(self, protocol: Any, announced: int, bounds: Bounds) -> bytes:
        pieces: list[bytes] = []
        size = 0
        now = asyncio.get_running_loop().time
        end = now() + bounds.seconds
        try:
            async with asyncio.timeout_at(now() + bounds.pause) as deadline:
                # Not anext(…, default): its awaitable crashes CPython under this server.
                async for piece in protocol:
                    deadline.reschedule(min(end, now() + bounds.pause))
                    size += len(piece)
                    self._memory += len(piece)
                    pieces.append(piece)
                    if size > bounds.size:
                        raise BodyRefused(413, f"That is more than {bounds.size // 1024:,} kB.")
                    if self._memory > MEMORY:
                        raise BodyRefused(
                            503, "Too much is being sent at once. Try again in a moment."
                        )
        except TimeoutError as error:
            raise BodyRefused(408, "The request was not sent in time.") from error
        finally:
            self._memory -= size
        if size != announced:
            raise BodyRefused(400, "The request ended before it was whole.")
        return b"".join(pieces)


def _number(length: str | None) -> int:
    if length is None:
        raise BodyRefused(411, "The request does not say how long it is.")
    if not (length.isascii() and length.isdigit() and len(length) < 16):
        raise BodyRefused(400, "The length of the request is not a number.")
    return int(length)

"""Runs Django, as a WSGI callable, in threads beside an event loop.

Requests wait in a queue that is bounded; one that finds it full is refused at once.
"""

import asyncio
import sys
import tempfile
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from typing import IO, Any, NamedTuple

from .page_server import Environ
from .proxies import Client

IN_MEMORY = 1024 * 1024  # bytes of an answer; what is longer waits in a file for its reader
PATIENCE = 0.02  # seconds; most requests take less


class Busy(Exception):
    """All threads have work, and as many requests as may wait do so."""


class Response(NamedTuple):
    """What Django answered: its body in memory, or in a file that is to be closed."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    file: IO[bytes] | None = None


@dataclass(eq=False)
class _Asked:
    """Something that a thread is to do, and the answer that is waited for."""

    act: Callable
    values: tuple
    answer: asyncio.Future


class DjangoThreads:
    """Begins one request after another: threads that compute at the same time hinder each other.
    Only where one takes longer than ``PATIENCE`` another thread begins the next."""

    def __init__(self, application: Callable, threads: int, most_waiting: int, name: str):
        self.application = application
        self.most = threads + most_waiting
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._free = threads
        self._taken = 0
        self._waiting: deque[_Asked] = deque()
        self._begun: _Asked | None = None  # the one that has begun last, unless it takes long

    @property
    def is_full(self) -> bool:
        return self._taken >= self.most

    async def answer(self, environ: Environ) -> Response:
        """What the application answers; raises Busy."""
        response: Response = await self.run(self._run, environ)
        return response

    async def run(self, act: Callable, *values: Any) -> Any:
        """What ``act`` returns; raises Busy."""
        if self.is_full:
            raise Busy
        self._taken += 1
        asked = _Asked(act, values, asyncio.get_running_loop().create_future())
        self._waiting.append(asked)
        self._begin()
        # A request that is given up does not stop work that has begun.
        return await asyncio.shield(asked.answer)

    def _begin(self) -> None:
        if self._begun or not (self._waiting and self._free):
            return
        loop = asyncio.get_running_loop()
        asked = self._begun = self._waiting.popleft()
        self._free -= 1
        try:
            done = loop.run_in_executor(self._threads, asked.act, *asked.values)
        except RuntimeError as error:  # the system gives no thread
            done = loop.create_future()
            done.set_exception(error)
        timer = loop.call_later(PATIENCE, self._pass, asked)
        done.add_done_callback(partial(self._end, asked, timer))

    def _pass(self, asked: _Asked) -> None:
        """Wait for it no longer before the next one begins."""
        if self._begun is asked:
            self._begun = None
            self._begin()

    def _end(self, asked: _Asked, timer: asyncio.TimerHandle, done: asyncio.Future) -> None:
        timer.cancel()
        self._taken -= 1
        self._free += 1
        if done.cancelled() or asked.answer.done():
            asked.answer.cancel()
        elif error := done.exception():
            asked.answer.set_exception(error)
            asked.answer.exception()  # marks it as seen, where nothing awaits it any more
        else:
            asked.answer.set_result(done.result())
        self._pass(asked)
        self._begin()

    def close(self) -> None:
        """Wait for what has begun; the rest is dropped."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _run(self, environ: Environ) -> Response:
        told: list[Any] = []

        def start_response(status: str, headers: list, exc_info: Any = None) -> None:
            told[:] = [int(status.split(" ", 1)[0]), headers]

        pieces = self.application(environ, start_response)
        try:
            body, file = _gathered(pieces)
        finally:
            if hasattr(pieces, "close"):
                pieces.close()
        status, headers = told
        return Response(status, headers, body, file)


def _gathered(pieces: Iterable[bytes]) -> tuple[bytes, IO[bytes] | None]:
    """All pieces, in memory or in a file: no client is waited for in a thread."""
    found: list[bytes] = []
    size = 0
    pieces = iter(pieces)
    for piece in pieces:
        found.append(piece)
        size += len(piece)
        if size > IN_MEMORY:
            file = tempfile.TemporaryFile()  # noqa: SIM115 — closed once it was sent
            file.writelines(found)
            file.writelines(pieces)
            file.seek(0)
            return b"", file
    return b"".join(found), None


def environ_of(scope: Any, body: bytes, client: Client, prefix: str = "") -> Environ:
    """The WSGI environment (PEP 3333) of a request of RSGI with this ``body``.

    Headers whose names have an underscore are left out: they would pass for others.
    """
    environ: Environ = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": prefix,
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": client.address,
        "CONTENT_LENGTH": str(len(body)) if body else "",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": client.scheme,
        "wsgi.input": BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    server, _, port = scope.server.rpartition(":")
    environ["SERVER_NAME"], environ["SERVER_PORT"] = server or "localhost", port or "80"
    for name, value in scope.headers.items():
        if "_" in name or name in ("content-length", "transfer-encoding"):
            continue
        key = "CONTENT_TYPE" if name == "content-type" else f"HTTP_{name.upper().replace('-', '_')}"
        if key in environ:
            value = f"{environ[key]}{'; ' if name == 'cookie' else ','}{value}"
        environ[key] = value
    if scope.authority:
        environ["HTTP_HOST"] = scope.authority
    return environ

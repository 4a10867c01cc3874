"""Runs Django, as a WSGI callable, in threads next to an event loop.

Requests wait in a bounded queue; a request that finds it full is refused at once.
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

IN_MEMORY = 1024 * 1024  # bytes; a longer response waits in a file until it is sent
PATIENCE = 0.02  # seconds; most requests take less


class Busy(Exception):
    """All threads are busy and the queue is full."""


class Response(NamedTuple):
    """Django's response: its body in memory, or in a file that the receiver closes."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    file: IO[bytes] | None = None


@dataclass(eq=False)
class _Asked:
    """A task for a thread, and the future of its result."""

    act: Callable
    values: tuple
    answer: asyncio.Future


class DjangoThreads:
    """Starts one request after another, as computing threads slow each other down.

    Only if a request takes longer than ``PATIENCE``, another thread starts the next one.
    """

    def __init__(self, application: Callable, threads: int, most_waiting: int, name: str):
        self.application = application
        self.most = threads + most_waiting
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._free = threads
        self._taken = 0
        self._waiting: deque[_Asked] = deque()
        self._begun: _Asked | None = None  # the last one started, unless it takes long

    @property
    def is_full(self) -> bool:
        return self._taken >= self.most

    async def answer(self, environ: Environ) -> Response:
        """Return the application's response. Raises Busy."""
        response: Response = await self.run(self._run, environ)
        return response

    async def run(self, act: Callable, *values: Any) -> Any:
        """Return the result of ``act``. Raises Busy."""
        if self.is_full:
            raise Busy
        self._taken += 1
        asked = _Asked(act, values, asyncio.get_running_loop().create_future())
        self._waiting.append(asked)
        self._begin()
        # Cancelling a request does not stop work that has begun.
        return await asyncio.shield(asked.answer)

    def _begin(self) -> None:
        if self._begun or not (self._waiting and self._free):
            return
        loop = asyncio.get_running_loop()
        asked = self._begun = self._waiting.popleft()
        self._free -= 1
        try:
            done = loop.run_in_executor(self._threads, asked.act, *asked.values)
        except RuntimeError as error:  # the system has no thread to give
            done = loop.create_future()
            done.set_exception(error)
        timer = loop.call_later(PATIENCE, self._pass, asked)
        done.add_done_callback(partial(self._end, asked, timer))

    def _pass(self, asked: _Asked) -> None:
        """Let the next task start without waiting for this one."""
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
            asked.answer.exception()  # marks it as retrieved if nothing awaits it any more
        else:
            asked.answer.set_result(done.result())
        self._pass(asked)
        self._begin()

    def close(self) -> None:
        """Wait for running tasks and drop the queue."""
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
    """Return all pieces, in memory or in a file, so that no thread waits for a client."""
    found: list[bytes] = []
    size = 0
    pieces = iter(pieces)
    for piece in pieces:
        found.append(piece)
        size += len(piece)
        if size > IN_MEMORY:
            file = tempfile.TemporaryFile()  # noqa: SIM115 — closed after it is sent
            file.writelines(found)
            file.writelines(pieces)
            file.seek(0)
            return b"", file
    return b"".join(found), None


def environ_of(scope: Any, body: bytes, client: Client, prefix: str = "") -> Environ:
    """Return the WSGI environment (PEP 3333) of an RSGI request with this ``body``.

    Headers with an underscore in their name are dropped: they would pass for others.
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

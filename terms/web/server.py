"""The server's event loop, which serves public pages independently of everything else.

An RSGI application (https://github.com/emmett-framework/granian/blob/master/docs/spec/RSGI.md). The
loop sends stored pages, static files and pictures. For other requests it first reads the body,
within limits. Django then answers in threads, separate ones for visitors and editors. Scheduled
work and mail have their own threads.
"""

import asyncio
import re
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from terms.people.networks import address_in

from . import unavailable
from .bodies import EDITORS, IMPORTS, VISITORS, Bodies, BodyRefused, Bounds
from .django_threads import Busy, DjangoThreads, environ_of
from .editors import Editors
from .files import Files
from .freshness import Freshness
from .headers import Acceptable
from .page_cache import Kept, Pages
from .page_server import READING, answer, pages_of_database
from .proxies import Client, TrustedProxies

THREADS, MOST_WAITING = 4, 64  # for visitors, and as many for editors
CHUNK = 256 * 1024  # bytes
_IMPORT = re.compile(r"/admin/terms/glossary/\d{1,19}/import/\Z", re.ASCII)
SLOW = 60  # seconds in which a client must accept a chunk
LOOK_AGAIN = 2.0  # seconds between checks of the database during a long request


class Away(Exception):
    """The database does not answer."""


class Server:
    """``application`` is Django as a WSGI callable; ``due`` runs background work."""

    def __init__(self, application: Callable, due: Any = None, pages: Pages | None = None):
        self.application = application
        self.due = due
        self.pages = pages or pages_of_database()
        self.accepts = Acceptable()
        self.trusted: TrustedProxies = settings.TRUSTED_PROXIES
        self.known = Editors()
        # SQLite answers from memory and a file; a database server may take long.
        self._asks_inline = connection.vendor == "sqlite"

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.files = Files(self.pages.headers)
        self.bodies_of_visitors, self.bodies_of_editors = Bodies(), Bodies()
        self.sessions = DjangoThreads(self.application, 1, MOST_WAITING, "sessions")
        self.visitors = DjangoThreads(self.application, THREADS, MOST_WAITING, "visitors")
        self.editors = DjangoThreads(self.application, THREADS, MOST_WAITING, "editors")
        self._readers = ThreadPoolExecutor(2, thread_name_prefix="pages")
        self.freshness = Freshness(self.pages, self._readers)
        if self.due is not None:
            self.due.start()

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        if self.due is not None:
            self.due.stop()
        self.sessions.close()
        self.visitors.close()
        self.editors.close()
        self._readers.shutdown(wait=False, cancel_futures=True)

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        # Each read of ``scope`` crosses into the server's native code, so there are few.
        method = scope.method
        if method in READING:
            path = scope.path
            kept = self.pages.find(path) if self._asks_inline else await self.freshness.find(path)
            headers = scope.headers
            if self._is_good(scope, headers):
                if kept is not None:
                    if kept.has_forms and (accept := headers.get("accept")):
                        kept = await self._form_of(kept, accept)
                    _send(protocol, kept, method == "HEAD", headers)
                    return
                if self.files.send(scope, protocol):
                    return
        if scope.proto != "http":
            protocol.close(None)
            return
        await self._answer_by_django(scope, protocol)

    def _is_good(self, scope: Any, headers: Any) -> bool:
        hosts = headers.get_all("host")
        if len(hosts) != 1:
            return False
        scheme = self._client(scope).scheme if self.trusted else scope.scheme
        return self.accepts(hosts[0], scheme)

    def _client(self, scope: Any) -> Client:
        """Return the client of the request. The peer of a Unix socket is a proxy."""
        peer = address_in(scope.client.rpartition(":")[0])
        if not self.trusted:
            return Client(peer, scope.scheme)
        headers = scope.headers
        forwarded = ",".join(headers.get_all("x-forwarded-for"))
        proto = ",".join(headers.get_all("x-forwarded-proto"))
        return self.trusted.client(peer, scope.scheme, forwarded, proto)

    async def _form_of(self, kept: Kept, accept: str) -> Kept:
        if self._asks_inline:
            return self.pages.form_of(kept, accept)
        return await self.freshness.run(self.pages.form_of, kept, accept)

    # Django

    async def _answer_by_django(self, scope: Any, protocol: Any) -> None:
        client = self._client(scope)
        body = b""
        try:
            _refuse_ambiguous(scope)
            is_editor = await self._is_editor(scope)
            if scope.method not in READING:
                bodies = self.bodies_of_editors if is_editor else self.bodies_of_visitors
                bounds = bounds_of(scope.path, is_editor)
                length = scope.headers.get("content-length")
                body = await bodies.read(protocol, length, client.address, bounds)
            threads = self.editors if is_editor else self.visitors
            response = await self._ask(threads.answer(environ_of(scope, body, client)))
        except BodyRefused as refused:
            headers = [("Content-Type", "text/plain; charset=utf-8"), ("Connection", "close")]
            if refused.status == 503:
                headers.append(("Retry-After", str(unavailable.RETRY)))
            protocol.response_str(refused.status, headers, f"{refused}\n")
        except (Busy, Away) as error:
            reason = unavailable.AWAY if isinstance(error, Away) else unavailable.BUSY
            posted = unavailable.Posted.read(body, scope.headers.get("content-type") or "")
            protocol.response_bytes(
                503, unavailable.HEADERS, unavailable.unavailable_page(reason, posted)
            )
        else:
            if response.file is None:
                protocol.response_bytes(response.status, response.headers, response.body)
            else:
                await _send_file(protocol, response.status, response.headers, response.file)

    async def _is_editor(self, scope: Any) -> bool:
        """Return whether a person is logged in.

        While the database is away, any session cookie counts, so that submitted text is kept.
        """
        key = self.known.key_of(scope.headers.get("cookie"))
        if not key or self.known.knows(key):
            return bool(key)
        try:
            return bool(await self._ask(self.sessions.run(self.known.look_up, key)))
        except Busy:
            return self.known.knew(key)
        except (Away, DatabaseError, InterfaceError):
            return True

    async def _ask(self, asking: Coroutine[Any, Any, Any]) -> Any:
        """Return the result of a thread. Raises Busy, or Away if its database does not answer."""
        if self._asks_inline:
            return await asking
        self.freshness.glance()
        if self.pages.is_away:
            asking.close()
            raise Away
        asked = asyncio.ensure_future(asking)
        while not (await asyncio.wait({asked}, timeout=LOOK_AGAIN))[0]:
            self.freshness.glance()
            if self.pages.is_away:
                raise Away
        return asked.result()


def _send(protocol: Any, kept: Kept, is_head: bool, headers: Any) -> None:
    status, sent, body = answer(
        kept,
        is_head,
        headers.get("accept-encoding"),
        headers.get("if-none-match"),
        headers.get("if-modified-since"),
    )
    if body:
        protocol.response_bytes(status, sent, body)
    else:
        protocol.response_empty(status, sent)


def bounds_of(path: str, is_editor: bool) -> Bounds:
    """Return the bounds of a request's body."""
    if not is_editor:
        return VISITORS
    return IMPORTS if _IMPORT.search(path) else EDITORS


def _refuse_ambiguous(scope: Any) -> None:
    """Refuse a request without a host, or with several hosts or lengths, which is ambiguous."""
    if not (scope.authority or scope.headers.get("host") or scope.http_version == "1.0"):
        raise BodyRefused(400, "The request does not name the site.")
    for name in ("host", "content-length"):
        if len(scope.headers.get_all(name)) > 1:
            raise BodyRefused(400, f"The request has more than one {name.title()} header.")


async def _send_file(protocol: Any, status: int, headers: list, file: IO[bytes]) -> None:
    with file:
        transport = protocol.response_stream(status, headers)
        while chunk := file.read(CHUNK):
            async with asyncio.timeout(SLOW):
                await transport.send_bytes(chunk)

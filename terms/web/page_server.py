"""A thin WSGI layer in front of Django that answers with stored pages.

Django answers all other requests.
"""

import gzip
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from django.db import connection

from .headers import Acceptable, security_headers
from .negotiation import takes_gzip
from .page_cache import CACHE_BYTES, Headers, Kept, Pages, brief
from .page_reader import PageStore, SqlitePages

Environ = dict[str, Any]
Answer = tuple[int, Headers, bytes]
Application = Callable[[Environ, Callable], Iterable[bytes]]

READING = frozenset({"GET", "HEAD"})
STATUS_LINES = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}


def answer(
    kept: Kept, is_head: bool, encoding: str | None, tags: str | None, since: str | None
) -> Answer:
    """Return the response of ``kept`` to a request with these headers.

    The headers are Accept-Encoding, If-None-Match and If-Modified-Since.
    """
    as_kept = not kept.is_packed or takes_gzip(encoding or "")
    headers = kept.headers if as_kept else kept.other
    if (tags is not None or since is not None) and _is_known(kept, tags, since):
        return 304, kept.brief if as_kept else brief(headers), b""
    if is_head:
        return kept.status, headers, b""
    return kept.status, headers, kept.body if as_kept else gzip.decompress(kept.body)


def _is_known(kept: Kept, tags: str | None, since: str | None) -> bool:
    """Return whether the client already has the page (RFC 9110, 13.1).

    A time must equal the one sent before, as clocks may be set back.
    """
    if kept.status != HTTPStatus.OK:
        return False
    if tags is None:
        return since == kept.modified
    if tags in kept.tags or tags.strip() == "*":
        return True
    return any(tag.strip().removeprefix("W/") in kept.tags for tag in tags.split(",", 50))


class PageServer:
    """Answers with stored pages, and through ``application`` without one."""

    def __init__(self, application: Application, pages: Pages, accepts: Acceptable):
        self.application = application
        self.pages = pages
        self.accepts = accepts

    def __call__(self, environ: Environ, start_response: Callable) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        kept = self._find(environ["PATH_INFO"]) if method in READING else None
        if kept is None or not self.accepts(
            environ.get("HTTP_HOST") or environ["SERVER_NAME"], environ["wsgi.url_scheme"]
        ):
            return self.application(environ, start_response)
        if kept.has_forms and (accept := environ.get("HTTP_ACCEPT")):
            kept = self.pages.form_of(kept, accept)
        status, headers, body = answer(
            kept,
            method == "HEAD",
            environ.get("HTTP_ACCEPT_ENCODING"),
            environ.get("HTTP_IF_NONE_MATCH"),
            environ.get("HTTP_IF_MODIFIED_SINCE"),
        )
        start_response(STATUS_LINES[status], headers)
        # A list: servers send it at once, and other iterables piece by piece.
        return [body] if body else []

    def _find(self, path: str) -> Kept | None:
        if not path.isascii():
            try:  # PEP 3333: UTF-8 bytes as Latin-1 characters
                path = path.encode("latin-1").decode()
            except UnicodeError:
                return None
        return self.pages.find(path)

    def close(self) -> None:
        self.pages.close()


def serve_pages(application: Application, limit: int = CACHE_BYTES) -> PageServer:
    """Put the stored pages of its database in front of ``application``, which is Django."""
    return PageServer(application, pages_of_database(limit), Acceptable())


def pages_of_database(limit: int = CACHE_BYTES) -> Pages:
    return Pages(stored_pages, security_headers(), limit)


def stored_pages() -> PageStore:
    if connection.vendor == "sqlite":
        return SqlitePages(connection.settings_dict["NAME"])
    from .page_reader_postgresql import PostgresPages

    parameters = connection.get_connection_params()
    wanted = ("dbname", "user", "password", "host", "port", "sslmode", "options")
    return PostgresPages({key: parameters[key] for key in wanted if key in parameters})

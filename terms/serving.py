"""A thin layer of WSGI in front of Django: it answers the paths of stored pages.

Right for every request, in every process: nothing is kept longer than nothing was written.
Everything that is no stored page goes on to Django.
"""

import gzip
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import cached_property, lru_cache
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import quote

from django.db import connection

from .addresses import beside
from .models.glossary import RESERVED_SLUGS
from .public_headers import acceptable, security_headers
from .site.store import FORMS
from .stored_pages import DATABASE_ERRORS, PostgresPages, Row, SqlitePages, readable_paths

Environ = dict[str, Any]
Headers = list[tuple[str, str]]
Application = Callable[[Environ, Callable], Iterable[bytes]]

CACHE_BYTES = 128 * 1024 * 1024  # of 20,000 terms all pages
_ROW_BYTES = 1_500  # what a kept page takes besides its bytes
_READING = frozenset({"GET", "HEAD"})
FRESH = "public, no-cache"  # may be kept anywhere, and is to be asked for each time
SUFFIXES = {kind.partition(";")[0]: suffix for suffix, kind in FORMS.items()}


class Kept(NamedTuple):
    """A page ready to be sent. ``body`` is its smallest form; ``other`` headers go with the
    uncompressed bytes, which are made of it for those who do not take gzip."""

    path: str
    status: str
    tags: frozenset[str]  # those of its forms, as a client that has one sends it
    changed: int  # seconds
    is_packed: bool
    headers: Headers
    brief: Headers  # of a 304
    other: Headers
    body: bytes
    has_forms: bool
    size: int


class PageServer:
    """``application`` answers what is not stored; ``headers`` go with every page."""

    def __init__(
        self,
        application: Application,
        pages: Callable[[], SqlitePages | PostgresPages],
        headers: Headers,
        accepts: Callable[[Environ], bool],
        limit: int = CACHE_BYTES,
    ):
        self.application = application
        self._open = pages
        self.headers = headers
        self.accepts = accepts
        self.limit = limit
        self._lock = threading.Lock()
        # A plain dict would look for its oldest page past the places of all that are gone.
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._size = 0
        self._version: Any = None
        self._renewals = 0
        self._sequence = -1

    def __call__(self, environ: Environ, start_response: Callable) -> Iterable[bytes]:
        kept = self._find(environ["PATH_INFO"]) if environ["REQUEST_METHOD"] in _READING else None
        if kept is None or not self.accepts(environ):
            return self.application(environ, start_response)
        if kept.has_forms and (form := wanted_form(environ.get("HTTP_ACCEPT", ""))):
            kept = self._form(kept, form)
        return self._send(kept, environ, start_response)

    @property
    def kept_bytes(self) -> int:
        """What the kept pages take, at most ``limit``."""
        return self._size

    def close(self) -> None:
        self.pages.close()

    # Keeping

    @cached_property
    def pages(self) -> SqlitePages | PostgresPages:
        """Opened by the first request, as a process that was forked needs its own."""
        return self._open()

    def _find(self, path: str) -> Kept | None:
        if path not in self._kept and _is_djangos(path):
            return None
        try:
            version = self.pages.version()
            if version != self._version:
                self._renew(version)
            return self._kept.get(path) or self._read(path)
        except DATABASE_ERRORS:  # no database, or none of ours: Django says so
            return None

    def _renew(self, version: Any) -> None:
        """Forget what has changed since the last look, which ``version`` comes before."""
        with self._lock:
            sequence = self.pages.sequence()
            if sequence != self._sequence:
                changed = self.pages.changed_since(self._sequence) if self._sequence >= 0 else []
                if self._sequence < 0 or len(changed) == 1000:
                    self._kept, self._size = OrderedDict(), 0
                for path in readable_paths(changed):
                    if gone := self._kept.pop(path, None):
                        self._size -= gone.size
                self._sequence = sequence
            self._version = version
            self._renewals += 1

    def _read(self, path: str) -> Kept | None:
        try:
            text = path if path.isascii() else path.encode("latin-1").decode()
        except UnicodeError:
            return None
        renewals = self._renewals
        row = self.pages.row(text) if "\0" not in text else None
        if row is None:
            return None
        kept = kept_page(text, row, self.headers)
        with self._lock:
            # Another thread may have looked since: then this row may be an old one.
            if self._renewals == renewals and kept.size <= self.limit:
                self._keep(path, kept)
        return kept

    def _keep(self, path: str, kept: Kept) -> None:
        if former := self._kept.pop(path, None):
            self._size -= former.size
        while self._size + kept.size > self.limit:
            self._size -= self._kept.popitem(last=False)[1].size
        self._kept[path] = kept
        self._size += kept.size

    def _form(self, kept: Kept, form: str) -> Kept:
        path = beside(kept.path, form)
        spelled = path.encode().decode("latin-1")
        other = self._kept.get(spelled) or self._read(spelled)
        if other is None or not other.status.startswith("200"):
            return kept  # a list, say, where a term was once
        place = ("Content-Location", "../" + quote(path.rsplit("/", 1)[1]))

        def negotiated(headers: Headers) -> Headers:
            varying = [(name, value) for name, value in headers if name != "Vary"]
            return [*varying, ("Vary", "Accept, Accept-Encoding"), place]

        headers = negotiated(other.headers)
        return other._replace(
            headers=headers, brief=_brief(headers), other=negotiated(other.other), has_forms=False
        )

    # Sending

    def _send(self, kept: Kept, environ: Environ, start_response: Callable) -> Iterable[bytes]:
        is_kept = not kept.is_packed or takes_gzip(environ.get("HTTP_ACCEPT_ENCODING", ""))
        headers = kept.headers if is_kept else kept.other
        if _is_known(kept, environ):
            start_response("304 Not Modified", kept.brief if is_kept else _brief(headers))
            return []
        start_response(kept.status, headers)
        if environ["REQUEST_METHOD"] == "HEAD":
            return []
        # A list: servers send that as it is, other iterables piece by piece.
        return [kept.body if is_kept else gzip.decompress(kept.body)]


_ON_304 = frozenset({"ETag", "Cache-Control", "Vary", "Last-Modified", "Content-Location"})


def _brief(headers: Headers) -> Headers:
    return [header for header in headers if header[0] in _ON_304]


def _is_djangos(path: str) -> bool:
    return path[1 : path.find("/", 1)] in RESERVED_SLUGS


def kept_page(path: str, row: Row, shared: Headers) -> Kept:
    packed = bool(row.gzip)
    body = bytes(row.gzip or row.body)
    changed, modified = _time(row.changed_at)
    has_forms = row.type.startswith("text/html") and row.status == 200 and path.count("/") > 2
    common: Headers = [
        ("Content-Type", row.type),
        ("Cache-Control", FRESH),
        ("Vary", "Accept, Accept-Encoding" if has_forms else "Accept-Encoding"),
        ("Last-Modified", modified),
        *([("Location", row.location)] if row.location else []),
        *shared,
    ]
    plain = [*common, ("ETag", f'"{row.etag}"'), ("Content-Length", str(row.size))]
    zipped = [
        *common,
        ("ETag", f'"{row.etag}-gzip"'),
        ("Content-Encoding", "gzip"),
        ("Content-Length", str(len(body))),
    ]
    return Kept(
        path,
        f"{row.status} {HTTPStatus(row.status).phrase}",
        frozenset({f'"{row.etag}"', f'"{row.etag}-gzip"'}),
        changed,
        packed,
        zipped if packed else plain,
        _brief(zipped if packed else plain),
        plain,
        body,
        has_forms,
        len(body) + _ROW_BYTES,
    )


@lru_cache(maxsize=1_000)  # many pages change at the same moment
def _time(changed: str | datetime) -> tuple[int, str]:
    """In seconds, and as HTTP writes it; SQLite gives text, which is UTC."""
    if isinstance(changed, str):
        changed = datetime.fromisoformat(changed).replace(tzinfo=UTC)
    changed = changed.astimezone(UTC)
    return int(changed.timestamp()), format_datetime(changed, usegmt=True)


def _is_known(kept: Kept, environ: Environ) -> bool:
    """Whether the client has the page already (RFC 9110, 13.1)."""
    tags = environ.get("HTTP_IF_NONE_MATCH")
    since = environ.get("HTTP_IF_MODIFIED_SINCE")
    if (tags is None and since is None) or not kept.status.startswith("200"):
        return False
    if tags is not None:
        if tags in kept.tags or tags.strip() == "*":
            return True
        return any(tag.strip().removeprefix("W/") in kept.tags for tag in tags.split(",", 50))
    try:
        return kept.changed <= parsedate_to_datetime(since or "").timestamp()
    except (ValueError, TypeError, OverflowError):
        return False


@lru_cache(maxsize=200)  # clients are of few kinds
def takes_gzip(accepted: str) -> bool:
    accepted = accepted.lower()
    if "gzip" not in accepted or "q=0" not in accepted:  # as with nearly all
        return "gzip" in accepted
    parts = [part.partition(";") for part in accepted[:500].split(",")]
    return any(name.strip() == "gzip" and _weight(rest) > 0 for name, _, rest in parts)


@lru_cache(maxsize=200)
def wanted_form(accept: str) -> str:
    """The form of a term that a client prefers to the page for people; none for browsers."""
    if "/" not in accept:
        return ""
    weights: dict[str, float] = {}
    for part in accept[:500].split(","):
        name, _, rest = part.partition(";")
        weights[name.strip().lower()] = _weight(rest)
    pages = ("text/html", "application/xhtml+xml", "text/*", "*/*")
    page = next((weights[name] for name in pages if name in weights), 0)
    best = max(SUFFIXES, key=lambda name: weights.get(name, 0))
    weight = weights.get(best, 0)
    return SUFFIXES[best] if weight > 0 and weight > page else ""


def _weight(parameters: str) -> float:
    for parameter in parameters.split(";"):
        name, _, value = parameter.strip().partition("=")
        if name.strip().lower() == "q":
            try:
                return min(max(float(value), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0


def serve_pages(application: Application, limit: int = CACHE_BYTES) -> PageServer:
    """``application``, which is Django, behind the stored pages of its database."""
    return PageServer(application, stored_pages, security_headers(), acceptable(), limit)


def stored_pages() -> SqlitePages | PostgresPages:
    if connection.vendor == "sqlite":
        return SqlitePages(connection.settings_dict["NAME"])
    parameters = connection.get_connection_params()
    wanted = ("dbname", "user", "password", "host", "port", "sslmode", "options")
    return PostgresPages({key: parameters[key] for key in wanted if key in parameters})

"""Stored pages in memory, kept until they change."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import cached_property, lru_cache
from http import HTTPStatus
from time import monotonic
from typing import Any, NamedTuple
from urllib.parse import quote

from terms.addresses import beside
from terms.models.glossary import RESERVED_SLUGS

from .negotiation import wanted_form
from .page_reader import DATABASE_ERRORS, PageStore, StoredPage

Headers = list[tuple[str, str]]

CACHE_BYTES = 128 * 1024 * 1024  # all pages of 20,000 terms
_ROW_BYTES = 1_500  # memory of a kept page in addition to its body
FRESH = "public, no-cache"  # any cache may store it, and must revalidate it each time
STALE_FOR = 3600.0  # seconds to send kept pages while the database does not answer
ASK_AGAIN = 1.0  # seconds until a database that did not answer is queried again


class Kept(NamedTuple):
    """A page ready to be sent. ``body`` is its smallest form.

    ``other`` headers belong to the uncompressed body, for clients that do not accept gzip.
    """

    path: str
    status: int
    tags: frozenset[str]  # of all its forms, as in If-None-Match
    modified: str  # in HTTP format
    is_packed: bool
    headers: Headers
    brief: Headers  # for a 304
    other: Headers
    body: bytes
    has_forms: bool
    size: int


class Pages:
    """Stored pages by path, current for every request while the database answers.

    While it does not, kept pages are sent for up to ``STALE_FOR`` seconds, marked as stale.
    """

    def __init__(
        self,
        open_store: Callable[[], PageStore],
        headers: Headers,
        limit: int = CACHE_BYTES,
        clock: Callable[[], float] = monotonic,
    ):
        self._open = open_store
        self.headers = headers
        self.limit = limit
        self._clock = clock
        self._lock = threading.Lock()
        # In a plain dict, finding the oldest page would scan the slots of removed pages.
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._size = 0
        self._version: Any = None
        self._renewals = 0
        self._mark = ""
        self._seen_at = clock()  # time of the database's last answer
        self._is_away = False
        self._ask_at = 0.0  # time to query a database that did not answer

    @cached_property
    def store(self) -> PageStore:
        """Opened by the first request, as a forked process needs its own."""
        return self._open()

    def close(self) -> None:
        self.store.close()

    @property
    def kept_bytes(self) -> int:
        """Bytes of the kept pages, at most ``limit``."""
        return self._size

    @property
    def is_away(self) -> bool:
        """Whether the database did not answer the last query."""
        return self._is_away

    @property
    def may_ask(self) -> bool:
        """Whether a database that is away may be queried again."""
        return self._clock() >= self._ask_at

    # Finding

    def find(self, path: str) -> Kept | None:
        """Return the page at ``path`` as it is now, or a stale one while the database is away."""
        if path not in self._kept and is_djangos(path):
            return None
        if self._is_away and not self.may_ask:
            return self.stale(path)
        try:
            version = self.store.version()
            if version != self._version:
                self.renew(version)
            found = self._kept.get(path) or self.read(path)
        except DATABASE_ERRORS:  # no database, or not ours: Django reports it
            self.note_away()
            return self.stale(path)
        if self._is_away:
            self.note_back()
        return found

    def kept(self, path: str) -> Kept | None:
        """Return the page in memory, current or not."""
        return self._kept.get(path)

    def stale(self, path: str) -> Kept | None:
        """Return the kept page, marked as stale, or None if it is too old."""
        kept = self._kept.get(path)
        age = int(self._clock() - self._seen_at)
        if kept is None or age > STALE_FOR:
            return None
        # RFC 9211: time since the page was known to be current.
        note = ("Cache-Status", f"glossary; hit; ttl=-{age}; detail=database-away")
        return kept._replace(
            headers=[*kept.headers, note], brief=[*kept.brief, note], other=[*kept.other, note]
        )

    def ask_later(self) -> None:
        self._ask_at = self._clock() + ASK_AGAIN

    def note_away(self) -> None:
        self._is_away = True
        self.ask_later()

    def note_back(self) -> None:
        self._is_away, self._seen_at = False, self._clock()

    def renew(self, version: Any) -> None:
        """Drop the pages that changed since the last look. ``version`` was read before this one."""
        with self._lock:
            mark = self.store.mark()
            if mark != self._mark:
                changed = self.store.changed_since(self._mark) if self._mark else None
                if changed is None:
                    self._kept, self._size = OrderedDict(), 0
                for path in changed or ():
                    if gone := self._kept.pop(path, None):
                        self._size -= gone.size
                self._mark = mark
            self._version = version
            self._renewals += 1
            self._seen_at = self._clock()

    def look(self) -> None:
        """Query the database for new writes. Raises one of DATABASE_ERRORS."""
        version = self.store.version()
        if version != self._version:
            self.renew(version)
        self.note_back()

    def read(self, path: str) -> Kept | None:
        """Return the page from the database, and keep it."""
        renewals = self._renewals
        row = self.store.row(path) if "\0" not in path else None
        if row is None:
            return None
        kept = kept_page(path, row, self.headers)
        with self._lock:
            # Another thread may have looked since, and this row may be outdated.
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

    def form_of(self, kept: Kept, accept: str) -> Kept:
        """Return the form of a term that ``accept`` prefers, or ``kept`` if there is none."""
        form = wanted_form(accept)
        other = self.find(beside(kept.path, form)) if form else None
        if other is None or other.status != HTTPStatus.OK:
            return kept  # for example, a list has replaced the term
        return _negotiated(other)


def _negotiated(other: Kept) -> Kept:
    place = ("Content-Location", "../" + quote(other.path.rsplit("/", 1)[1]))

    def headers(given: Headers) -> Headers:
        varying = [(name, value) for name, value in given if name != "Vary"]
        return [*varying, ("Vary", "Accept, Accept-Encoding"), place]

    own = headers(other.headers)
    return other._replace(
        headers=own, brief=brief(own), other=headers(other.other), has_forms=False
    )


def is_djangos(path: str) -> bool:
    return path[1 : path.find("/", 1)] in RESERVED_SLUGS


_ON_304 = frozenset(
    {"ETag", "Cache-Control", "Vary", "Last-Modified", "Content-Location", "Cache-Status"}
)


def brief(headers: Headers) -> Headers:
    return [header for header in headers if header[0] in _ON_304]


def kept_page(path: str, row: StoredPage, shared: Headers) -> Kept:
    packed = bool(row.gzip)
    body = bytes(row.gzip or row.body)
    modified = _http_time(row.changed_at)
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
        row.status,
        frozenset({f'"{row.etag}"', f'"{row.etag}-gzip"'}),
        modified,
        packed,
        zipped if packed else plain,
        brief(zipped if packed else plain),
        plain,
        body,
        has_forms,
        len(body) + _ROW_BYTES,
    )


@lru_cache(maxsize=1_000)  # many pages change at the same moment
def _http_time(changed: str | datetime) -> str:
    """Return the time in HTTP format; SQLite stores it as UTC text."""
    if isinstance(changed, str):
        changed = datetime.fromisoformat(changed).replace(tzinfo=UTC)
    return format_datetime(changed.astimezone(UTC), usegmt=True)

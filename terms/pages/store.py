"""Stored pages: only changed rows are written, all with one change number."""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import uuid4

from django.db import connection
from django.utils import timezone
from isal import isal_zlib

from terms.models import Glossary, Page, PageWrite, Site
from terms.models.bulk import batches
from terms.models.site import GZIP

from . import layout
from .change_marks import announce

HTML = "text/html; charset=utf-8"
MARKDOWN = "text/markdown; charset=utf-8"
JSON = "application/json"
JSON_LD = "application/ld+json"
FORMS = {"md": MARKDOWN, "json": JSON, "jsonld": JSON_LD}  # next to a term's page
SECOND = timedelta(seconds=1)
GONE = 404  # status of a row whose page was removed
SMALL = 1_000  # bytes; such a page and its headers fit in one packet, compressed or not
KNOWN_WRITES = 10_000  # older copies of pages are rebuilt in full
LEVEL = 2  # a tenth larger than zlib's best level, in a sixth of the time

_COLUMNS = (
    "path", "glossary_id", "status", "type", "etag", "location", "changed_at", "sequence",
    "body", "gzip",
)  # fmt: skip


class Built(NamedTuple):
    """The response for ``path``; ``location`` is relative to it and empty without a redirect."""

    path: str
    body: bytes
    type: str = HTML
    status: int = 200
    location: str = ""


class Store:
    """Writes the pages of a glossary, or with None those of the whole site."""

    def __init__(self, glossary: Glossary | None):
        self.glossary = glossary
        self._sequence = 0
        self.now = timezone.now()
        self.lists: dict[Any, Any] = {}  # read in this transaction

    @property
    def sequence(self) -> int:
        """The number of this change. The row stays locked until the transaction ends."""
        if not self._sequence:
            site = _site(Site.objects.select_for_update())
            announce()
            self._sequence = site.sequence = site.sequence + 1
            site.mark = uuid4().hex
            PageWrite.objects.update_or_create(sequence=site.sequence, defaults={"mark": site.mark})
            PageWrite.objects.filter(sequence__lte=site.sequence - KNOWN_WRITES).delete()
            if site.chrome != layout.fingerprint():
                site.chrome = ""  # from now on pages are of different versions
            site.save(update_fields=["sequence", "mark", "chrome"])
        return self._sequence

    def begin(self) -> None:
        """Count this transaction as a change, even if it writes no page."""
        self.sequence  # noqa: B018 — reading it takes the number

    def write(self, pages: Iterable[Built]) -> set[str]:
        """Store the pages that changed; return the paths of all ``pages``."""
        paths: set[str] = set()
        batch: list[Built] = []
        for page in pages:
            if page.path not in paths:
                paths.add(page.path)
                batch.append(page)
            if len(batch) == 200:
                self._write(batch)
                batch = []
        self._write(batch)
        return paths

    def _write(self, batch: list[Built]) -> None:
        known: dict[str, tuple] = {}
        columns = ("path", "changed_at", "etag", "status", "location", "type", "glossary_id")
        stored = Page.objects.filter(path__in=[page.path for page in batch])
        for path, changed_at, *rest in stored.values_list(*columns):
            known[path] = (changed_at, rest)
        rows = []
        for page in batch:
            etag = etag_of(page.body)
            owner = self.glossary and self.glossary.pk
            is_now = [etag, page.status, page.location, page.type, owner]
            before, was = known.get(page.path, (None, None))
            if was != is_now:
                packed = compressed(page.body)
                rows.append(
                    (page.path, owner, page.status, page.type, etag, page.location,
                     self._time_after(before), self.sequence,
                     b"" if packed else page.body, packed)
                )  # fmt: skip
        self._replace(rows)

    def _time_after(self, before: datetime | None) -> datetime:
        """Return the time of the change, at least a second after ``before``.

        The clock may be set back, and clients identify a version by the second of its write.
        """
        return self.now if before is None else max(self.now, before + SECOND)

    def gone(self, paths: Iterable[str]) -> None:
        """Mark the pages at ``paths`` as gone; the rows stay for processes that keep copies."""
        for some in batches(paths):
            rows = Page.objects.filter(path__in=some).exclude(status=GONE)
            found = list(rows.values_list("path", "glossary_id", "changed_at"))
            self._replace(
                [
                    (path, owner, GONE, HTML, "", "", self._time_after(before), self.sequence,
                     b"", b"")
                    for path, owner, before in found
                ]
            )  # fmt: skip

    def _replace(self, rows: list[tuple]) -> None:
        if not rows:
            return
        changed = ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS[1:])
        if connection.vendor == "sqlite":
            rows = [
                (*row[:6], row[6].isoformat(" ").removesuffix("+00:00"), *row[7:]) for row in rows
            ]
        with connection.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO terms_page ({', '.join(_COLUMNS)})"  # noqa: S608 — our own names
                f" VALUES ({', '.join(['%s'] * len(_COLUMNS))})"
                f" ON CONFLICT (path) DO UPDATE SET {changed}",
                rows,
            )


def etag_of(body: bytes) -> str:
    return hashlib.blake2b(body, digest_size=12).hexdigest()


def compressed(body: bytes) -> bytes:
    """Return reproducible gzip data, or empty bytes if compression does not help."""
    if len(body) < SMALL:
        return b""
    packed = isal_zlib.compress(body, LEVEL, GZIP)
    return packed if len(packed) < len(body) * 0.9 else b""


def _site(sites) -> Site:
    """Return the only row. A new one has the current fingerprint, as no page exists yet."""
    defaults = {"uid": uuid4(), "chrome": layout.fingerprint()}
    return sites.get_or_create(pk=1, defaults=defaults)[0]


def is_of_today() -> bool:
    """Return whether the pages were made with the current templates, code and SITE_URL."""
    site = Site.objects.first()
    return site is not None and site.chrome == layout.fingerprint()


def note_chrome() -> None:
    Site.objects.filter(pk=_site(Site.objects.all()).pk).update(chrome=layout.fingerprint())

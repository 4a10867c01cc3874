"""A glossary as a zip archive: term files, the pictures beside them, and a manifest.

The manifest has the fingerprints of the texts, so that an import of the archive knows from which
texts its files were made. The archive is made while it is sent: one file is in memory at a time.
"""

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from terms.files.archives import MANIFEST
from terms.files.exporting import texts
from terms.media.originals import exported_content
from terms.media.pictures import file_beside
from terms.models import Glossary, Picture, Revision
from terms.models.bulk import batches
from terms.rendering import picture_addresses

AT_ONCE = 100  # texts read with one query
EPOCH = datetime(1980, 1, 1, tzinfo=UTC)  # zip has no earlier date


def archive_of(glossary: Glossary, live: bool) -> Iterator[bytes]:
    """Yield the parts of an archive with the newest texts, or with ``live`` the published ones.

    The same texts give the same bytes.
    """
    columns = ("pk", "term__path", "fingerprint", "created_at")
    rows = list(texts(glossary, live).values_list(*columns))
    rows.sort(key=lambda row: row[1])
    sink = _Sink()
    shown: set[str] = set()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        manifest = {"glossary": glossary.slug, "files": {row[1]: row[2] for row in rows}}
        _add(archive, MANIFEST, json.dumps(manifest, indent=0).encode(), EPOCH)
        for some in batches(rows, AT_ONCE):
            found = Revision.objects.filter(pk__in=[row[0] for row in some])
            by_id = dict(found.values_list("pk", "text"))
            for pk, path, _fingerprint, at in some:
                if pk in by_id:  # or its term was deleted for good meanwhile
                    _add(archive, path, by_id[pk].encode(), at)
                    shown.update(_pictures_of(path, by_id[pk]))
                    yield sink.taken()
        for path, content in _pictures(glossary, shown - {row[1] for row in rows}):
            _add(archive, path, content, EPOCH)
            yield sink.taken()
    yield sink.taken()


class _Sink(io.RawIOBase):
    """A file that can only be written; what was written is taken away."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        self._parts.append(bytes(content))
        return len(self._parts[-1])

    def taken(self) -> bytes:
        content = b"".join(self._parts)
        self._parts.clear()
        return content


def _add(archive: zipfile.ZipFile, path: str, content: bytes, at: datetime) -> None:
    at = max(at.astimezone(UTC), EPOCH)
    info = zipfile.ZipInfo(path, at.timetuple()[:6])
    info.compress_type = zipfile.ZIP_DEFLATED
    info.create_system = 3  # Unix
    info.external_attr = 0o100644 << 16
    archive.writestr(info, content)


def _pictures_of(path: str, text: str) -> Iterator[str]:
    if "![" in text or "<img" in text.lower():
        for address in picture_addresses(text):
            if file := file_beside(path, address):
                yield file


def _pictures(glossary: Glossary, paths: set[str]) -> Iterator[tuple[str, bytes]]:
    """Yield the path and the bytes of the pictures beside term files, as an export writes them."""
    for some in batches(sorted(paths)):
        for picture in Picture.objects.filter(glossary=glossary, path__in=some).order_by("path"):
            try:
                yield picture.path, exported_content(picture)
            except OSError:
                continue  # ``check_glossary`` reports it

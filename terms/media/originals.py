"""The bytes of imported pictures, kept unchanged for exports.

Readers get re-encoded copies without metadata; originals are outside MEDIA_ROOT.
"""

import hashlib
from pathlib import Path
from typing import NamedTuple

from django.conf import settings

from terms.models import Picture

from .atomic_files import write_whole
from .pictures import store_picture


class StoredPicture(NamedTuple):
    """The columns of a ``Picture`` that describe its content."""

    file: str
    original: str
    fingerprint: str


def fingerprint_of_picture(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def store_imported(content: bytes) -> StoredPicture:
    """Store a picture from a folder: a copy for readers, and the bytes. Raises BadPicture."""
    file = store_picture(content)
    fingerprint = keep_original(content)
    return StoredPicture(file, fingerprint, fingerprint)


def store_uploaded(content: bytes) -> StoredPicture:
    """Store a picture of an editor, of which only the pixels are kept. Raises BadPicture."""
    file = store_picture(content)
    return StoredPicture(file, "", fingerprint_of_picture(content_of_served(file)))


def keep_original(content: bytes) -> str:
    """Store the bytes of a picture, and return their name, which is their fingerprint."""
    name = fingerprint_of_picture(content)
    if not is_whole_original(name):
        original_path(name).parent.mkdir(parents=True, exist_ok=True)
        write_whole(original_path(name), content, 0o600)
    return name


def originals_kept() -> list[str]:
    """Return the names of the originals of all pictures, stored or not."""
    rows = Picture.objects.exclude(original="").order_by("original")
    return list(rows.values_list("original", flat=True).distinct())


def original_path(name: str) -> Path:
    return Path(settings.ORIGINALS_ROOT) / name


def is_whole_original(name: str) -> bool:
    """Return whether an original is stored, and matches its name."""
    try:
        return fingerprint_of_picture(original_path(name).read_bytes()) == name
    except OSError:
        return False


def exported_content(picture: Picture) -> bytes:
    """Return the bytes that an export writes. Raises OSError."""
    if picture.original:
        return original_path(picture.original).read_bytes()
    return content_of_served(picture.file)


def content_of_served(file: str) -> bytes:
    """Return the bytes of a copy for readers. Raises OSError."""
    return (Path(settings.MEDIA_ROOT) / file).read_bytes()

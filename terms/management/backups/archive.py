"""The archive of a backup: its content, and the checks before it is used."""

import hashlib
import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

FORMAT = 1
MANIFEST = "manifest.json"
DATABASES = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}
PICTURE = re.compile(r"media/terms/[0-9a-f]{32}\.(?:png|jpg|webp|gif)")
ORIGINAL = re.compile(r"originals/[0-9a-f]{64}")
MOST_MEMBERS, MOST_MANIFEST = 1_000_000, 16 * 1024 * 1024


class BackupError(Exception):
    """The backup cannot be made or used; the message is the reason."""


@contextmanager
def opened(path: Path) -> Iterator[tuple[zipfile.ZipFile, dict[str, Any]]]:
    """Yield the archive and its manifest after checking each member. Raises BackupError."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive, _checked(archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise BackupError(f"“{path}” is not a whole backup.") from error
    except OSError as error:
        raise BackupError(f"“{path}” cannot be read: {error.strerror or error}.") from error


def _checked(archive: zipfile.ZipFile) -> dict[str, Any]:
    manifest = _manifest(archive)
    members = manifest["members"]
    wanted = {MANIFEST, *members}
    names = [info.filename for info in archive.infolist()]
    if len(names) > MOST_MEMBERS or sorted(names) != sorted(wanted):
        raise BackupError("It has other members than its manifest names.")
    database = DATABASES.get(manifest["vendor"])
    for name, said in members.items():
        if name != database and not (PICTURE.fullmatch(name) or ORIGINAL.fullmatch(name)):
            raise BackupError(f"It has a member “{name[:100]}”, which no backup has.")
        with archive.open(name) as member:
            if _hash(member, said["size"]) != said["sha256"]:
                raise BackupError(f"Its member “{name}” is damaged.")
    if database not in members:
        raise BackupError("It has no database.")
    return manifest


def _manifest(archive: zipfile.ZipFile) -> dict[str, Any]:
    try:
        with archive.open(MANIFEST) as member:
            manifest = json.loads(member.read(MOST_MANIFEST))
        if manifest["format"] != FORMAT:
            raise BackupError("It was made by another version of this program.")
        _check_shape(manifest)
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise BackupError("It has no manifest: it is not a backup of a glossary.") from error
    return manifest


def _check_shape(manifest: Any) -> None:
    """Raise one of Python's own errors if ``backup`` does not write such a manifest."""
    sizes = [said["size"] for said in manifest["members"].values()]
    words = [said["sha256"] for said in manifest["members"].values()]
    words += [manifest["vendor"], manifest["made_at"]]
    words += [word for app, name in manifest["migrations"] for word in (app, name)]
    proof = manifest["proof"]
    words += [proof["terms"], proof["history"]]
    sizes += [proof["rows"]["terms_term"], proof["rows"]["terms_revision"]]
    sizes += proof["rows"].values()
    if not all(isinstance(word, str) for word in words):
        raise TypeError("a word is none")
    if not all(type(size) is int and size >= 0 for size in sizes):
        raise TypeError("a number is none")


def _hash(file: IO[bytes], size: int) -> str:
    digest = hashlib.sha256()
    left = size + 1
    while left > 0 and (chunk := file.read(min(1 << 20, left))):
        digest.update(chunk)
        left -= len(chunk)
    return digest.hexdigest()

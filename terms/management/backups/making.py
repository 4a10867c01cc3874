"""Making a backup."""

import hashlib
import json
import os
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from terms.media.atomic_files import sweep, whole_file, working_folder
from terms.media.originals import is_whole_original, original_path, originals_kept
from terms.media.pictures import is_whole, pictures_kept

from .archive import DATABASES, FORMAT, MANIFEST, PICTURE
from .postgresql import copy_postgresql
from .sqlite import copy_sqlite


def backup(path: Path) -> tuple[dict[str, Any], list[str]]:
    """Write a backup to ``path``. Return its manifest and the damaged pictures, which are left out.

    Other processes may go on writing; the backup has everything committed before it began.
    """
    damaged = []
    if path.suffix:  # with dated names, no later backup replaces a partial file
        sweep(path.parent, f"*{path.suffix}")
    with working_folder(path.parent, ".backup-") as folder:
        copy = folder / DATABASES[connection.vendor]
        proof = copy_sqlite(copy) if connection.vendor == "sqlite" else copy_postgresql(copy)
        manifest = {
            "format": FORMAT,
            "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "vendor": connection.vendor,
            "migrations": sorted(map(list, MigrationRecorder(connection).applied_migrations())),
            "settings": sorted(name for name in settings.KNOWN_VARIABLES if name in os.environ),
            "proof": proof,
            "members": {},
        }
        with whole_file(path, 0o600) as file, zipfile.ZipFile(file, "w") as archive:
            _add(archive, manifest, copy.name, copy, zipfile.ZIP_DEFLATED)
            for picture in pictures_kept():
                name = f"media/terms/{picture.name}"
                if is_whole(picture) and PICTURE.fullmatch(name):
                    _add(archive, manifest, name, picture, zipfile.ZIP_STORED)
                else:
                    damaged.append(picture.name)
            for name in originals_kept():
                if is_whole_original(name):
                    path = original_path(name)
                    _add(archive, manifest, f"originals/{name}", path, zipfile.ZIP_STORED)
                else:
                    damaged.append(name)
            archive.writestr(MANIFEST, json.dumps(manifest, indent=1))
    return manifest, damaged


def _add(archive: zipfile.ZipFile, manifest: dict, name: str, path: Path, kind: int) -> None:
    info = zipfile.ZipInfo.from_file(path, name)
    info.compress_type, info.external_attr = kind, 0o600 << 16
    digest = hashlib.sha256()
    with path.open("rb") as source, archive.open(info, "w", force_zip64=True) as target:
        while chunk := source.read(1 << 20):
            digest.update(chunk)
            target.write(chunk)
    manifest["members"][name] = {"size": path.stat().st_size, "sha256": digest.hexdigest()}

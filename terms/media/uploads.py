"""Paths of pictures beside the files, and links to them from texts."""

import posixpath
import re
import unicodedata
from collections.abc import Collection
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from django.conf import settings
from django.db import transaction
from PIL import Image

from terms.models import Glossary, Picture, PictureFile

from .originals import store_uploaded
from .pictures import FORMATS, file_beside

MAX_STEM = 80  # characters
# Names that programs give to pictures from the clipboard.
UNNAMED = frozenset({"", "blob", "image", "picture", "photo", "unnamed", "untitled"})
_PLAIN = re.compile(r"[^\w./-]")


def add_picture(glossary: Glossary, content: bytes, name: str, instead: str = "") -> Picture:
    """Store an uploaded picture beside the files, and return it. Raises BadPicture.

    It is called ``name``, or ``instead`` if that says nothing. A picture with the same content
    is used again.
    """
    stored = store_uploaded(content)
    with transaction.atomic():
        Glossary.objects.lock(glossary.pk)
        same = Picture.objects.filter(glossary=glossary, fingerprint=stored.fingerprint)
        if found := same.order_by("pk").first():
            return found
        path = free_picture_path(glossary, stored.file, name, instead)
        return Picture.objects.create(glossary=glossary, path=path, **stored._asdict())


def free_picture_path(
    glossary: Glossary, file: str, name: str, instead: str = "", others: Collection[str] = ()
) -> str:
    """Return an unused path for the stored picture ``file``, regardless of case.

    ``others`` are taken, too, in folded case.
    """
    stem = picture_stem(name)
    if stem in UNNAMED:
        stem = picture_stem(instead) or "picture"
    beginning, suffix = glossary.picture_folder + stem, PurePosixPath(file).suffix
    taken = {*others} | {
        path.casefold()
        for model in (Picture, PictureFile)
        for path in model.objects.filter(
            glossary=glossary, path__istartswith=beginning
        ).values_list("path", flat=True)
    }
    paths = (
        f"{beginning}{suffix}" if n == 1 else f"{beginning}-{n}{suffix}" for n in range(1, 10**6)
    )
    return next(path for path in paths if path.casefold() not in taken)


def picture_facts(file: str) -> tuple[int, int, int] | None:
    """Return width, height and bytes of a copy for readers, or None if it is not stored."""
    path = Path(settings.MEDIA_ROOT) / file
    try:
        with Image.open(path, formats=[*FORMATS]) as picture:
            return picture.width, picture.height, path.stat().st_size
    except (OSError, ValueError):
        return None


def picture_stem(name: str) -> str:
    """Return the name of an upload as it is used in paths, without a suffix."""
    text = unicodedata.normalize("NFC", PurePosixPath(name[:300]).stem).lower()
    return re.sub(r"[\W_]+", "-", text)[:MAX_STEM].strip("-")


def link_between(path: str, file: str) -> str:
    """Return the relative link to ``file`` from the text at ``path``, encoded where needed."""
    link = posixpath.relpath(file, posixpath.dirname(path) or ".")
    return _PLAIN.sub(lambda found: quote(found[0]), link)


def link_after_move(address: str, before: str, after: str) -> str:
    """Return ``address`` in a text that moves from the path ``before`` to ``after``."""
    file = file_beside(before, address)
    if not file or file == file_beside(after, address):
        return address
    end = re.search(r"[?#].*", address, re.DOTALL)
    return link_between(after, file) + (end[0] if end else "")

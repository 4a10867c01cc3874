"""Pictures in texts, from editors and from the folders of term files: re-encoding, storage,
and their addresses for readers."""

import contextlib
import hashlib
import io
import posixpath
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from django.conf import settings
from django.urls import get_script_prefix
from django.utils.translation import gettext as _
from PIL import Image, ImageCms, ImageOps, ImageSequence, UnidentifiedImageError

from terms.models import FormerPath, Glossary, Picture, Term
from terms.models.term import PATH_LENGTH
from terms.rendering import is_elsewhere, picture_addresses, render, with_pictures

from .atomic_files import write_whole

MAX_BYTES = 5 * 1024 * 1024
MAX_PIXELS = 25_000_000  # of all frames
MOST_FORMER = 20  # paths of a term that are tried
FORMATS = {"PNG": ".png", "JPEG": ".jpg", "WEBP": ".webp", "GIF": ".gif"}


class BadPicture(ValueError):
    """The content cannot be stored as a picture; the message gives the reason."""


def store_picture(content: bytes) -> str:
    """Re-encode and store a picture; return its path in ``MEDIA_ROOT``.

    Raises BadPicture.
    """
    if len(content) > MAX_BYTES:
        text = _("The picture has more than {most} MB.")
        raise BadPicture(text.format(most=MAX_BYTES // 1024**2))
    encoded, suffix = _re_encoded(content)
    path = f"terms/{_name_of(encoded)}{suffix}"
    write_picture(path, encoded)
    return path


def picture_suffix(path: str) -> str:
    """Return the suffix of a path as in FORMATS, or another one in lower case."""
    suffix = posixpath.splitext(path)[1].lower()
    return ".jpg" if suffix in (".jpeg", ".jfif") else suffix


def _name_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]


def write_picture(path: str, content: bytes) -> None:
    """Store ``content`` in ``MEDIA_ROOT``, unless a complete copy is already stored."""
    file = Path(settings.MEDIA_ROOT) / path
    if not is_whole(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, content)


def is_whole(file: Path) -> bool:
    """Return whether the content of a picture matches its name."""
    try:
        return is_named_after(file, file.read_bytes())
    except OSError:
        return False


def is_named_after(file: Path, content: bytes) -> bool:
    """Return whether ``content`` matches the hash in the name of ``file``."""
    return _name_of(content) == file.stem


def pictures_kept() -> list[Path]:
    """Return all stored pictures, complete or not."""
    folder = Path(settings.MEDIA_ROOT) / "terms"
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    return [file for file in files if file.suffix in FORMATS.values() and file.is_file()]


def _re_encoded(content: bytes) -> tuple[bytes, str]:
    out = io.BytesIO()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=[*FORMATS]) as picture:
                kind = picture.format or ""
                if picture.width * picture.height * getattr(picture, "n_frames", 1) > MAX_PIXELS:
                    raise _too_large()
                if kind == "GIF":
                    _save_frames(picture, out)
                else:
                    _plain(ImageOps.exif_transpose(picture), kind).save(out, kind)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_large() from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError) as error:
        if isinstance(error, BadPicture):
            raise
        raise BadPicture(_("This is not a whole PNG, JPEG, WebP or GIF picture.")) from None
    return out.getvalue(), FORMATS[kind]


def _too_large() -> BadPicture:
    text = _("The picture has more than {most} pixels.")
    return BadPicture(text.format(most=f"{MAX_PIXELS:,}"))


def _plain(picture: Image.Image, kind: str) -> Image.Image:
    """Return the picture in sRGB, without metadata."""
    mode = "RGBA" if kind != "JPEG" and _has_alpha(picture) else "RGB"
    if (profile := picture.info.get("icc_profile")) and picture.mode in ("RGB", "RGBA", "CMYK"):
        with contextlib.suppress(ImageCms.PyCMSError, OSError):
            target = "RGBA" if picture.mode == "RGBA" else "RGB"
            own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(
                picture, own, ImageCms.createProfile("sRGB"), outputMode=target
            )
            picture = converted or picture
    plain = picture.convert(mode)
    plain.info = {}
    return plain


def _save_frames(picture: Image.Image, out: io.BytesIO) -> None:
    frames, times = [], []
    for frame in ImageSequence.Iterator(picture):
        frames.append(_plain(frame, "GIF").convert("RGBA"))
        times.append(frame.info.get("duration", 100))
    moving: dict[str, Any] = {"save_all": True, "append_images": frames[1:], "duration": times}
    loop = {"loop": picture.info["loop"]} if "loop" in picture.info else {}
    frames[0].save(out, "GIF", disposal=2, **loop, **(moving if frames[1:] else {}))


def _has_alpha(picture: Image.Image) -> bool:
    return "A" in picture.getbands() or "transparency" in picture.info


# Pictures in the folders of term files


def file_beside(path: str, address: str) -> str:
    """Return the file to which ``address`` in a text at ``path`` refers, or an empty string."""
    if is_elsewhere(address) or address.startswith(("/", "#", "?")):
        return ""
    name = unquote(address.partition("#")[0].partition("?")[0])
    if not name or "\0" in name or "\\" in name:
        return ""
    file = posixpath.normpath(posixpath.join(posixpath.dirname(path), name))
    return "" if file.startswith("../") or file in ("..", ".") else file[: PATH_LENGTH + 1]


def addresses_of(
    glossary: Glossary, path: str, body: str, term: int | None = None
) -> dict[str, str]:
    """Return the stored pictures of a text at ``path``: address as written → address from the
    root of this site.

    A text that was written before its ``term`` was renamed may mean a picture from there.
    """
    if "![" not in body and "<img" not in body.lower():
        return {}
    addresses = set(picture_addresses(body))
    found = _stored(glossary, path, addresses)
    if term and any(address not in found and _is_relative(address) for address in addresses):
        former = FormerPath.objects.filter(term=term).order_by("-pk")
        for before in former.values_list("path", flat=True)[:MOST_FORMER]:
            found = _stored(glossary, before, addresses) | found
    return found


def _is_relative(address: str) -> bool:
    return bool(file_beside("a", address)) or address.startswith("../")


def _stored(glossary: Glossary, path: str, addresses: Iterable[str]) -> dict[str, str]:
    files = {address: file_beside(path, address) for address in addresses}
    kept = Picture.objects.filter(glossary=glossary, path__in=set(files.values()))
    paths = dict(kept.values_list("path", "file"))
    return {address: f"/media/{paths[file]}" for address, file in files.items() if file in paths}


def rendered(
    body: str, term: Term | None, glossary: Glossary | None = None, path: str = "index.md"
) -> str:
    """Return the safe HTML of a text of ``term`` as readers see it. Raises CannotRender.

    The text of a new term is in ``glossary`` and will be saved at ``path``.
    """
    html = render(body)
    kept = {}
    if term:
        kept = addresses_of(term.glossary, term.path, body, term.pk)
    elif glossary:
        kept = addresses_of(glossary, path, body)
    up = get_script_prefix()
    return with_pictures(html, {written: up + to[1:] for written, to in kept.items()})

"""Pictures in texts: taken from editors as what they really are, given to readers as such."""

import hashlib
import io
import warnings
from pathlib import Path

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe
from django.views.static import serve
from PIL import Image, ImageOps, UnidentifiedImageError

MAX_BYTES = 5 * 1024 * 1024
MAX_PIXELS = 25_000_000
FORMATS = {"PNG": ".png", "JPEG": ".jpg", "WEBP": ".webp"}


class BadPicture(ValueError):
    """The upload is no picture that can be kept, and why."""


def keep_picture(content: bytes, name: str) -> str:
    """Store the picture, made anew from its pixels; the Markdown that shows it.

    Raises BadPicture. Neither the name nor the type that the client gives is believed.
    """
    if len(content) > MAX_BYTES:
        raise BadPicture(f"The picture has more than {MAX_BYTES // 1024**2} MB.")
    encoded, suffix = _re_encoded(content)
    path = f"terms/{hashlib.sha256(encoded).hexdigest()[:32]}{suffix}"
    if not default_storage.exists(path):
        path = default_storage.save(path, ContentFile(encoded))
    alt = " ".join("".join(c if c.isalnum() else " " for c in Path(name).stem[:80]).split())
    return f"![{alt}]({reverse('picture', args=[path])})"


def _re_encoded(content: bytes) -> tuple[bytes, str]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=[*FORMATS]) as picture:
                if picture.width * picture.height > MAX_PIXELS:
                    raise BadPicture(f"The picture has more than {MAX_PIXELS:,} pixels.")
                kind = picture.format
                upright = ImageOps.exif_transpose(picture)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise BadPicture(f"The picture has more than {MAX_PIXELS:,} pixels.") from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        if isinstance(error, BadPicture):
            raise
        raise BadPicture("This is not a whole PNG, JPEG or WebP picture.") from None
    mode = "RGB" if kind == "JPEG" else "RGBA" if _has_alpha(upright) else "RGB"
    out = io.BytesIO()
    upright.convert(mode).save(out, kind)
    return out.getvalue(), FORMATS[kind]


def _has_alpha(picture: Image.Image) -> bool:
    return "A" in picture.getbands() or "transparency" in picture.info


@require_safe
def picture(request: HttpRequest, path: str) -> HttpResponse:
    """An uploaded picture; its address holds the hash of its content."""
    response = serve(request, path, document_root=settings.MEDIA_ROOT)
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response

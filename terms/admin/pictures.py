"""Pictures in texts: uploads by editors, and the files that readers get."""

from pathlib import Path

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe
from django.views.static import serve

from terms.formats.paths import slug_of
from terms.media.uploads import add_picture, link_between
from terms.models import Glossary


def keep_picture(glossary: Glossary, path: str, content: bytes, name: str) -> str:
    """Store a picture for the text at ``path``, and return its Markdown. Raises BadPicture.

    The name and type that the client sends are not trusted.
    """
    added = add_picture(glossary, content, name, slug_of(path))
    return code_of(path, added.path, name)


def code_of(path: str, file: str, name: str) -> str:
    """Return the Markdown of a picture in the text at ``path``, with words of its ``name``."""
    alt = " ".join("".join(c if c.isalnum() else " " for c in Path(name).stem[:80]).split())
    return f"![{alt}]({link_between(path, file)})"


@require_safe
def picture(request: HttpRequest, path: str) -> HttpResponseBase:
    """Serve a picture; its address contains the hash of its content."""
    response = serve(request, path, document_root=str(settings.MEDIA_ROOT))
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response

"""Pictures in texts: uploads by editors, and the files that readers get."""

from pathlib import Path

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_safe
from django.views.static import serve

from terms.media.pictures import store_picture


def keep_picture(content: bytes, name: str) -> str:
    """Store the picture and return its Markdown. Raises BadPicture.

    The name and type that the client sends are not trusted.
    """
    path = store_picture(content)
    alt = " ".join("".join(c if c.isalnum() else " " for c in Path(name).stem[:80]).split())
    return f"![{alt}]({reverse('picture', args=[path])})"


@require_safe
def picture(request: HttpRequest, path: str) -> HttpResponseBase:
    """Serve a picture; its address contains the hash of its content."""
    response = serve(request, path, document_root=str(settings.MEDIA_ROOT))
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response

"""Static files and pictures, sent from the event loop without Django."""

import re
from pathlib import Path
from typing import Any

from django.conf import settings
from whitenoise.middleware import WhiteNoiseMiddleware

from .page_cache import Headers

# Named by their content in ``terms.media.pictures``.
PICTURE = re.compile(r"/media/(terms/([0-9a-f]{32})(\.png|\.jpg|\.webp|\.gif))")
TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp", ".gif": "image/gif"}
PICTURE_HEADERS = [
    ("Cache-Control", "public, max-age=31536000, immutable"),
    ("Content-Security-Policy", "default-src 'none'; sandbox"),
    ("X-Content-Type-Options", "nosniff"),
    ("Cross-Origin-Resource-Policy", "same-site"),
]
# Headers that WhiteNoise reads: WSGI name → HTTP name.
_ASKED = {
    "HTTP_ACCEPT_ENCODING": "accept-encoding",
    "HTTP_IF_NONE_MATCH": "if-none-match",
    "HTTP_IF_MODIFIED_SINCE": "if-modified-since",
    "HTTP_RANGE": "range",
}


class Files:
    def __init__(self, headers: Headers):
        self._headers = headers
        # In development files come and go; Django looks them up each time.
        self._static = {} if settings.DEBUG else WhiteNoiseMiddleware(lambda request: None).files
        self._media = Path(settings.MEDIA_ROOT)

    def send(self, scope: Any, protocol: Any) -> bool:
        """Send the file at the path of the request. Return whether there is one."""
        path = scope.path
        if (static := self._static.get(path)) is not None:
            self._send_static(static, scope, protocol)
            return True
        if found := PICTURE.fullmatch(path):
            return self._send_picture(self._media / found[1], found[2], found[3], scope, protocol)
        return False

    def _send_static(self, static: Any, scope: Any, protocol: Any) -> None:
        asked = {
            key: value
            for key, name in _ASKED.items()
            if (value := scope.headers.get(name)) is not None
        }
        response = static.get_response(scope.method, asked)
        headers = [*self._headers, *response.headers]
        if response.file is None:
            protocol.response_empty(int(response.status), headers)
            return
        with response.file as file:
            protocol.response_bytes(int(response.status), headers, file.read())

    def _send_picture(
        self, file: Path, digest: str, suffix: str, scope: Any, protocol: Any
    ) -> bool:
        if not file.is_file():
            return False
        headers = [*PICTURE_HEADERS, ("Content-Type", TYPES[suffix]), ("ETag", f'"{digest}"')]
        if scope.headers.get("if-none-match") == f'"{digest}"':
            protocol.response_empty(304, headers)
        elif scope.method == "HEAD":
            protocol.response_empty(200, headers)
        else:
            protocol.response_file(200, headers, str(file))
        return True

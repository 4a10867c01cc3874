"""Accepted hosts and response headers of stored pages, the same as Django's."""

from collections.abc import Callable

from csp.utils import build_policy
from django.conf import settings
from django.core.exceptions import BadRequest
from django.db import DataError
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port, validate_host

MOST_HOSTS = 100  # accepted host names to remember
_LOCAL = [".localhost", "127.0.0.1", "[::1]"]


def security_headers() -> list[tuple[str, str]]:
    headers = [
        ("Content-Security-Policy", build_policy()),
        ("X-Frame-Options", settings.X_FRAME_OPTIONS),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", settings.SECURE_REFERRER_POLICY),
        ("Cross-Origin-Opener-Policy", settings.SECURE_CROSS_ORIGIN_OPENER_POLICY),
        *settings.ISOLATION_HEADERS.items(),
    ]
    if settings.SECURE_HSTS_SECONDS:
        value = f"max-age={settings.SECURE_HSTS_SECONDS}"
        value += "; includeSubDomains" if settings.SECURE_HSTS_INCLUDE_SUBDOMAINS else ""
        value += "; preload" if settings.SECURE_HSTS_PRELOAD else ""
        headers.append(("Strict-Transport-Security", value))
    return headers


def isolated(get_response: Callable) -> Callable:
    """Middleware that adds the isolation headers of stored pages to Django's responses."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        for name, value in settings.ISOLATION_HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    return answer


class RefuseUnreadable:
    """Middleware that treats values which no database accepts as client errors."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> None:
        text = str(error)
        if isinstance(error, OverflowError) and "SQLite INTEGER" in text:
            raise BadRequest("A number in the request is too large.") from error
        if isinstance(error, ValueError | DataError) and ("NUL" in text or "out of range" in text):
            raise BadRequest("The request has a value that cannot be kept.") from error


class Acceptable:
    """Whether a request names an allowed host and uses HTTPS if it must.

    Django answers all other requests.
    """

    def __init__(self) -> None:
        self._hosts = settings.ALLOWED_HOSTS or (_LOCAL if settings.DEBUG else [])
        self._needs_https = settings.SECURE_SSL_REDIRECT
        self._good: set[str] = set()

    def __call__(self, host: str, scheme: str) -> bool:
        if self._needs_https and scheme != "https":
            return False
        if host in self._good:
            return True
        if not validate_host(split_domain_port(host)[0], self._hosts):
            return False
        if len(self._good) < MOST_HOSTS:
            self._good.add(host)
        return True

"""Whom stored pages are sent to, and with which headers: as Django does it for its own."""

from collections.abc import Callable
from typing import Any

from csp.utils import build_policy
from django.conf import settings
from django.http.request import split_domain_port, validate_host

MOST_HOSTS = 100  # names of the site that are remembered as good ones
_LOCAL = [".localhost", "127.0.0.1", "[::1]"]


def security_headers() -> list[tuple[str, str]]:
    headers = [
        ("Content-Security-Policy", build_policy()),
        ("X-Frame-Options", settings.X_FRAME_OPTIONS),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", settings.SECURE_REFERRER_POLICY),
        ("Cross-Origin-Opener-Policy", settings.SECURE_CROSS_ORIGIN_OPENER_POLICY),
    ]
    if settings.SECURE_HSTS_SECONDS:
        value = f"max-age={settings.SECURE_HSTS_SECONDS}"
        value += "; includeSubDomains" if settings.SECURE_HSTS_INCLUDE_SUBDOMAINS else ""
        value += "; preload" if settings.SECURE_HSTS_PRELOAD else ""
        headers.append(("Strict-Transport-Security", value))
    return headers


def acceptable() -> Callable[[dict[str, Any]], bool]:
    """Whether a request, by its WSGI environment, is one to the site under a name that it
    has, and over HTTPS if it has to; Django answers the others."""
    hosts = settings.ALLOWED_HOSTS or (_LOCAL if settings.DEBUG else [])
    needs_https = settings.SECURE_SSL_REDIRECT
    proxy_header, proxy_value = settings.SECURE_PROXY_SSL_HEADER or ("", "")
    good: set[str] = set()

    def accepts(environ: dict[str, Any]) -> bool:
        is_https = environ["wsgi.url_scheme"] == "https" or (
            proxy_header and environ.get(proxy_header, "").split(",")[0] == proxy_value
        )
        if needs_https and not is_https:
            return False
        host = environ.get("HTTP_HOST") or environ["SERVER_NAME"]
        if host in good:
            return True
        if not validate_host(split_domain_port(host)[0], hosts):
            return False
        if len(good) < MOST_HOSTS:
            good.add(host)
        return True

    return accepts

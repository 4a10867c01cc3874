"""The response while a request cannot be served: the reason and the submitted text.

The text can be sent again. Needs no database and no session.
"""

from html import escape
from typing import NamedTuple
from urllib.parse import parse_qsl

from django.http import HttpRequest, HttpResponse

from .page_cache import Headers

FORM = "application/x-www-form-urlencoded"
MOST_FIELDS = 5_000
MOST_TYPED = 4 * 1024 * 1024  # characters
RETRY = 5  # seconds
BUSY = "The site is very busy at the moment."
AWAY = "The glossary's database is not available at the moment."
HEADERS: Headers = [
    ("Content-Type", "text/html; charset=utf-8"),
    ("Cache-Control", "no-store"),
    ("Retry-After", str(RETRY)),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("X-Frame-Options", "DENY"),
    (
        "Content-Security-Policy",
        "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
]
_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>Not available at the moment</title>
<main>
<h1>Not available at the moment</h1>
<p>{reason} Please try again in a few seconds.</p>
{rest}
</main>
</html>
"""
_AGAIN = """<p>What you typed is on this page. “Send again” sends it as it is.</p>
<form method="post" action="">
{fields}
<p><button type="submit">Send again</button></p>
</form>
"""


class Posted(NamedTuple):
    """The fields of a form in the order in which they were sent."""

    fields: list[tuple[str, str]]

    @classmethod
    def read(cls, body: bytes, content_type: str) -> "Posted":
        if content_type.partition(";")[0].strip().lower() != FORM or len(body) > MOST_TYPED:
            return cls([])
        try:
            text = body.decode()
            return cls(parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS))
        except ValueError:
            return cls([])


def unavailable_page(reason: str, posted: Posted) -> bytes:
    """Return the page with ``reason``. A form with a password is not repeated."""
    rest = ""
    if posted.fields and not any("password" in name for name, _ in posted.fields):
        fields = "\n".join(_field(name, value) for name, value in posted.fields)
        rest = _AGAIN.format(fields=fields)
    return _PAGE.format(reason=escape(reason), rest=rest).encode(errors="replace")


def _field(name: str, value: str) -> str:
    """Return a visible field for long text, so that it can be copied, else a hidden one."""
    said, written = escape(name, quote=True), escape(value, quote=True)
    if "\n" in value or len(value) > 200:
        # A line break right after the tag is not part of the value.
        return (
            f'<p><label>{said}<br><textarea name="{said}" rows="12" cols="36" readonly>\n'
            f"{written}</textarea></label></p>"
        )
    return f'<input type="hidden" name="{said}" value="{written}">'


def answer_of_django(request: HttpRequest, reason: str) -> HttpResponse:
    """Return the page from within Django; files in a form are not sent again."""
    fields = [(name, value) for name, values in request.POST.lists() for value in values]
    response = HttpResponse(unavailable_page(reason, Posted(fields)), status=503)
    for name, value in HEADERS:
        response[name] = value
    return response

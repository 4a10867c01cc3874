from collections.abc import Iterable

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from terms.differences import Piece
from terms.site_templates import icon

register = template.Library()


@register.simple_tag
def pieces(found: Iterable[Piece]) -> SafeString:
    """A changed passage, with what is gone and what is new."""
    tags = {"gone": "<del>{}</del>", "new": "<ins>{}</ins>", "same": "{}"}
    parts = (format_html_join("", tags[piece.kind], [(piece.text,)]) for piece in found)
    return format_html_join("", "{}", ((part,) for part in parts))


@register.simple_tag
def icon_picture(name: str | None) -> SafeString | str:
    return SafeString(icon(name)) if name else ""

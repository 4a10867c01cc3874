"""The Markdown renderer of pages, previews and feeds. Returns safe HTML; uses no Django."""

from .linking import BORDER, Link, Occurrence, occurrences, places, plain_text
from .macros import MEANINGS, NAMED, named_term, with_named
from .markdown import (
    Heading,
    Rendered,
    check_renderable,
    link_addresses,
    links_made,
    on_page,
    picture_addresses,
    pictures_in,
    render,
    render_page,
    with_pictures,
)
from .names import Names, bucket, buckets, phrases, spellings
from .outline import Outline, outline
from .parsing import MAX_BODY, CannotRender
from .pictures import referred_addresses, with_picture_addresses
from .sanitising import is_elsewhere
from .sections import Section, as_section, divided, sections
from .sentence import first_sentence, shortened
from .words import TOKEN, folded, sought, spaced, stems, words

__all__ = [
    "BORDER",
    "MAX_BODY",
    "MEANINGS",
    "NAMED",
    "TOKEN",
    "CannotRender",
    "Heading",
    "Link",
    "Names",
    "Occurrence",
    "Outline",
    "Rendered",
    "Section",
    "as_section",
    "bucket",
    "buckets",
    "check_renderable",
    "divided",
    "first_sentence",
    "folded",
    "is_elsewhere",
    "link_addresses",
    "links_made",
    "named_term",
    "occurrences",
    "on_page",
    "outline",
    "phrases",
    "picture_addresses",
    "pictures_in",
    "places",
    "plain_text",
    "referred_addresses",
    "render",
    "render_page",
    "sections",
    "shortened",
    "sought",
    "spaced",
    "spellings",
    "stems",
    "with_named",
    "with_picture_addresses",
    "with_pictures",
    "words",
]  # fmt: skip

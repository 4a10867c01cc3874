"""Markdown → safe HTML. The one renderer of pages, previews and feeds. No Django."""

from .linking import BORDER, Link, Place, places, plain_text
from .markdown import (
    MAX_BODY,
    CannotRender,
    Heading,
    Rendered,
    check,
    links_made,
    render,
    render_page,
)
from .names import Names, bucket, buckets, phrases, spellings
from .outline import Outline, outline
from .words import folded, stems, words

__all__ = [
    "BORDER",
    "MAX_BODY",
    "CannotRender",
    "Heading",
    "Link",
    "Names",
    "Outline",
    "Place",
    "Rendered",
    "bucket",
    "buckets",
    "check",
    "folded",
    "links_made",
    "outline",
    "phrases",
    "places",
    "plain_text",
    "render",
    "render_page",
    "spellings",
    "stems",
    "words",
]  # fmt: skip

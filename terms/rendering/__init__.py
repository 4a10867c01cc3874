"""Markdown → safe HTML. The one renderer of pages, previews and feeds. No Django."""

from .markdown import MAX_BODY, CannotRender, Heading, Rendered, render, render_page

__all__ = ["MAX_BODY", "CannotRender", "Heading", "Rendered", "render", "render_page"]

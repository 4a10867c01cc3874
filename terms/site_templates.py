"""The Jinja2 environment of the readers' pages."""

from functools import cache
from typing import Any

from django.templatetags.static import static
from django.urls import reverse
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from .icons import DEFAULT, icon_body


@cache
def icon(name: str) -> Markup:
    """An icon as inline SVG, for the eye only; the default one where ``name`` is unknown."""
    body = (name and icon_body(name)) or icon_body(DEFAULT)
    return Markup(  # noqa: S704 — drawn from the vendored data file
        f'<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">{body}</svg>'
    )


def environment(**options: Any) -> Environment:
    env = Environment(**{**options, "undefined": StrictUndefined, "trim_blocks": True})  # noqa: S701
    env.globals.update(icon=icon, static=static, url=reverse)
    env.filters["safe_html"] = Markup  # what the renderer has sanitised, see PublishedTerm.html
    return env

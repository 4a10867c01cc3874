"""What all pages share: the templates' environment, absolute addresses, static files."""

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.template import engines
from jinja2 import Environment

from terms.addresses import to_root, way_from

ASSETS = (
    "terms/site.css",
    "terms/prose.css",
    "terms/site.js",
    "terms/offline.js",
    "terms/icon.svg",
)


def absolute(path: str) -> str:
    """The address of a page under the name that the site is known by (SITE_URL)."""
    return settings.SITE_URL + quote(path)


@cache
def environment() -> Environment:
    return engines["jinja2"].env


def render(template: str, path: str, **context: Any) -> bytes:
    """The page at ``path``; its links are relative to it."""
    text = (
        environment()
        .get_template(template)
        .render(up=to_root(path), way=way_from(path), path=path, **context)
    )
    return text.encode()


def fingerprint() -> str:
    """By what pages are made besides the terms: templates, static files, the site's name."""
    digest = hashlib.sha256(settings.SITE_URL.encode())
    folder = Path(settings.BASE_DIR) / "templates" / "site"
    for file in [*sorted(folder.glob("*.html")), *sorted(Path(__file__).parent.glob("*.py"))]:
        digest.update(file.read_bytes())
    env = environment()
    digest.update(json.dumps([env.globals["asset"]("", name) for name in ASSETS]).encode())
    return digest.hexdigest()

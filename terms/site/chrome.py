"""What all pages share: the templates' environment, absolute addresses, static files."""

import hashlib
import json
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.template import engines
from jinja2 import Environment

from terms.addresses import quoted, to_root, way_from
from terms.models import Glossary

ASSETS = (
    "terms/site.css",
    "terms/prose.css",
    "terms/lists.css",
    "terms/site.js",
    "terms/offline.js",
    "terms/icon.svg",
)


def absolute(path: str) -> str:
    """The address of a page under the name that the site is known by (SITE_URL)."""
    return settings.SITE_URL + quoted(path)


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


def render_in_frame(template: str, glossary: Glossary, path: str, **context: Any) -> bytes:
    """Like ``render``, for many pages: what all have in common is rendered once."""
    frame = _frame(glossary.slug, glossary.name, glossary.language, path.count("/"))
    parts = (
        environment()
        .get_template(template)
        .render(way=way_from(path), glossary=glossary, path=path, **context)
    )
    pieces = [
        piece
        for common, own in zip(frame, parts.split("\0"), strict=False)
        for piece in (common, own.encode())
    ]
    return b"".join([*pieces, frame[-1]])


@lru_cache(maxsize=32)
def _frame(slug: str, name: str, language: str, depth: int) -> list[bytes]:
    glossary = Glossary(slug=slug, name=name, language=language)
    path = f"/{slug}/" + "x/" * (depth - 2)
    return render("frame.html", path, glossary=glossary).split(b"\0")


def fingerprint() -> str:
    """By what pages are made besides the terms: templates, static files, the site's name."""
    digest = hashlib.sha256(settings.SITE_URL.encode() + _files())
    assets = [environment().globals["asset"]("", name) for name in ASSETS]
    digest.update(json.dumps(assets).encode())
    return digest.hexdigest()


@cache
def _files() -> bytes:
    """A digest of templates, code and icons, which a process reads once."""
    digest = hashlib.sha256()
    site, templates = Path(__file__).parent, Path(settings.BASE_DIR) / "templates" / "site"
    code = [f for folder in (site, site.parent / "rendering") for f in sorted(folder.glob("*.py"))]
    others = ("addresses.py", "alphabet.py", "site_templates.py", "icons/mdi.json")
    for file in [*sorted(templates.iterdir()), *code, *(site.parent / name for name in others)]:
        digest.update(file.read_bytes())
    return digest.digest()

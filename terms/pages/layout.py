"""The frame of all pages: template environment, absolute addresses, static files."""

import hashlib
import json
from functools import cache, lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from django.conf import settings
from django.template import engines
from jinja2 import Environment

from terms.addresses import quoted, to_root, way_from
from terms.languages.translations import ENGLISH, LOCALE, Wording, wording
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
    """Return the address of a page under SITE_URL."""
    return settings.SITE_URL + quoted(path)


# Texts of scripts that are not on the page.
OF_SCRIPTS = (
    "Terms", "No suggestions", "Suggestions: %s", "No longer used.",
    "No longer used; read %s instead.", "Read on", "%s found", "No term has “%s”.",
)  # fmt: skip


def speak(env: Environment, said: Wording) -> None:
    """Set the language of the templates of ``env``.

    A filter on a constant is evaluated once, when its template is compiled.
    """
    env.filters |= {"t": said.say, "counted": said.counted, "number": said.number, "day": said.day}
    env.globals["comma"] = said.comma
    words = {text: said.say(text) for text in OF_SCRIPTS} if said.language != ENGLISH else {}
    env.globals["words_of_scripts"] = json.dumps(words, ensure_ascii=False) if words else ""


@cache
def _environment(said: Wording) -> Environment:
    engine: Any = engines["jinja2"]  # as settings name it: Django's of Jinja2
    own = engine.env.overlay()
    own.filters, own.globals = dict(own.filters), dict(own.globals)
    speak(own, said)
    return own


def environment_for(glossary: Glossary | None = None) -> Environment:
    """Return the template environment in the language of ``glossary``."""
    return _environment(wording(glossary.language if glossary else ENGLISH))


def render_template(
    template: str, path: str, glossary: Glossary | None = None, **context: Any
) -> bytes:
    """Return the page at ``path``; its links are relative to it."""
    place = {"up": to_root(path), "way": way_from(path), "path": path, "glossary": glossary}
    text = environment_for(glossary).get_template(template).render(**place, **context)
    return text.encode()


def render_in_frame(template: str, glossary: Glossary, path: str, **context: Any) -> bytes:
    """Like ``render_template``, for many pages: their common parts are rendered once."""
    frame = _frame(glossary.slug, glossary.name, glossary.language, path.count("/"))
    own = environment_for(glossary).get_template(template)
    parts = own.render(way=way_from(path), glossary=glossary, path=path, **context)
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
    return render_template("frame.html", path, glossary).split(b"\0")


def asset_from_root(name: str) -> str:
    """The address of a static file, without the slash of the root."""
    address: Any = environment_for().globals["asset"]
    return address("", name)


def fingerprint() -> str:
    """Return a digest of all inputs of pages except terms: templates, static files, code,
    SITE_URL, dialects."""
    named = [settings.SITE_URL, *settings.DIALECTS]
    digest = hashlib.sha256("\n".join(named).encode() + _files())
    assets = [asset_from_root(name) for name in ASSETS]
    digest.update(json.dumps(assets).encode())
    return digest.hexdigest()


# Code that decides the content of pages, and the libraries that it uses.
ROOMS = ("formats", "languages", "media", "pages", "publishing", "rendering", "search")
LIBRARIES = ("babel", "jinja2", "nh3", "pygments", "pypinyin", "pyromark")


@cache
def _files() -> bytes:
    """Return a digest of templates, catalogues, code and libraries, read once per process."""
    digest = hashlib.sha256()
    terms, templates = Path(__file__).parents[1], settings.TEMPLATES_DIR / "site"
    code = [file for room in ROOMS for file in sorted((terms / room).rglob("*.py"))]
    other = [terms / "addresses.py", terms / "rendering" / "icons" / "mdi.json"]
    for file in [*sorted(templates.iterdir()), *code, *other, *sorted(LOCALE.rglob("*.mo"))]:
        digest.update(file.read_bytes())
    digest.update(" ".join(map(_version, LIBRARIES)).encode())
    return digest.digest()


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return ""  # an optional library

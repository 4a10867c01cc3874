"""Files of a built site that are not stored pages.

Static files, pictures, search pages, a 404 page and redirect maps.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote, urljoin, urlsplit

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage

from terms.addresses import SEARCH, home_path
from terms.models import Glossary

from . import layout


def extra_files(glossaries: Iterable[Glossary]) -> Iterator[tuple[str, bytes]]:
    for name in layout.ASSETS:
        url = layout.asset_from_root(name)
        if not urlsplit(url).netloc:
            yield f"/{url}", _static(url, name)
    for glossary in glossaries:
        path = f"{home_path(glossary.slug)}{SEARCH}/"
        body = layout.render_template(
            "search.html", path, glossary=glossary, results=None, too_long=False, is_built=True
        )
        yield f"{path}index.html", body
    # The page is shown at any depth, so its links begin at the site's root.
    body = layout.render_template("404.html", "/", base=f"{urlsplit(settings.SITE_URL).path}/")
    yield "/404.html", body


def _static(url: str, name: str) -> bytes:
    stored = Path(settings.STATIC_ROOT) / url.removeprefix(settings.STATIC_URL.lstrip("/"))
    if stored.is_file():
        return stored.read_bytes()
    found = finders.find(name)
    if found:
        return Path(found).read_bytes()
    with staticfiles_storage.open(name) as file:
        return file.read()


def media_files() -> Iterator[tuple[str, bytes]]:
    """Yield the pictures that editors uploaded."""
    root = Path(settings.MEDIA_ROOT)
    for file in sorted(root.rglob("*")) if root.is_dir() else ():
        if file.is_file() and not file.is_symlink():
            yield f"/media/{file.relative_to(root).as_posix()}", file.read_bytes()


def redirect_maps(pages: Iterable[tuple[str, int, str]]) -> Iterator[tuple[str, bytes]]:
    """Yield ``_redirects`` for Netlify and similar hosts, and two files to include in nginx:

    map $uri $moved { include redirects.map; }  map $uri $gone { include gone.map; }
    """
    base = urlsplit(settings.SITE_URL).path
    netlify, moved, gone = [], [], []
    for path, status, location in pages:
        here = base + quote(path)
        if location:
            target = urljoin(here, location)
            netlify.append(f"{here} {target} {status}\n")
            if status == 301:
                is_other_case = target.lower() == here.lower()
                moved.append(f'"{_nginx(base + path, is_other_case)}" "{target}";\n')
        else:
            shown = f"{here}index.html" if here.endswith("/") else here
            netlify.append(f"{here} {shown} {status}\n")
            gone.append(f'"{_nginx(base + path)}" {status};\n')
    yield "/_redirects", "".join(netlify).encode()
    yield "/redirects.map", "".join(moved).encode()
    yield "/gone.map", "".join(gone).encode()


def _nginx(path: str, by_case: bool = False) -> str:
    """Return ``path`` escaped for a quoted string in an nginx map.

    nginx compares the decoded path and ignores case; ``by_case`` makes it compare case.
    """
    if by_case:
        path = f"~^{re.escape(path)}$"
    return path.replace("\\", "\\\\").replace('"', '\\"')

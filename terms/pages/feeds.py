"""The page and feed of changes, sitemap, llms.txt and OpenSearch description."""

from collections.abc import Iterable, Iterator
from typing import Any
from xml.sax.saxutils import escape

from terms.addresses import CHANGES, SEARCH, beside, home_path
from terms.models import Glossary, Page, PublishedTerm

from . import layout
from .entries import Scope, gist
from .lists import Listing
from .store import GONE, Built

LATEST = 50  # entries of the feed and its page
CHUNK = 1_000  # term ids per sitemap; a change of a term rewrites only one sitemap
TEXT = "text/plain; charset=utf-8"
ATOM = "application/atom+xml; charset=utf-8"
XML = "application/xml; charset=utf-8"
OPENSEARCH = "application/opensearchdescription+xml; charset=utf-8"


def changes_pages(glossary: Glossary) -> Iterator[Built]:
    """Yield the page and the feed (RFC 4287) of the newest terms and changes."""
    newest = PublishedTerm.objects.of(glossary).order_by("-changed_at", "sort_key", "pk")
    found: list[Any] = list(newest.listed()[: LATEST + 1])  # with what the templates show besides
    is_cut = len(found) > LATEST
    terms = found[:LATEST]
    for term in terms:
        term.day = term.changed_at.date()
        term.is_new = term.changed_at == term.published_at
        term.gist = gist(term.description)
    home = home_path(glossary.slug)
    page = f"{home}{CHANGES}/"
    yield Built(
        page,
        layout.render_template("changes.html", page, glossary=glossary, terms=terms, is_cut=is_cut),
    )
    feed = f"{home}{CHANGES}.atom"
    body = layout.render_template(
        "changes.atom",
        feed,
        glossary=glossary,
        terms=terms,
        home=layout.absolute(home),
        itself=layout.absolute(feed),
    )
    yield Built(feed, body, ATOM)


def sitemaps(glossary: Glossary, chunks: Iterable[int]) -> Iterator[Built]:
    """Yield sitemaps (https://www.sitemaps.org/protocol.html) of the given chunks of term ids."""
    for chunk in sorted(set(chunks)):
        terms = PublishedTerm.objects.of(glossary).order_by("pk")
        terms = terms.filter(pk__gte=chunk * CHUNK, pk__lt=(chunk + 1) * CHUNK)
        rows = [
            f"<url><loc>{escape(layout.absolute(path))}</loc>"
            f"<lastmod>{changed:%Y-%m-%dT%H:%M:%SZ}</lastmod></url>\n"
            for path, changed in terms.values_list("path", "changed_at")
        ]
        if rows:
            text = f"{_URLSET}{''.join(rows)}</urlset>\n"
            yield Built(sitemap_path(glossary, chunk), text.encode(), XML)


def sitemap_of_lists(glossary: Glossary) -> Built:
    """Return the sitemap of home page, categories and verticals, which change with their terms."""
    home = Listing(glossary, Scope())
    categories = [slug for slug in home.starts("category_slug") if slug]
    scopes = [scope for slug in categories for scope in Listing(glossary, Scope(slug)).below()]
    paths = [home.path, *(Listing(glossary, scope).path for scope in scopes)]
    rows = (f"<url><loc>{escape(layout.absolute(path))}</loc></url>\n" for path in paths)
    path = f"{home_path(glossary.slug)}sitemap-lists.xml"
    return Built(path, f"{_URLSET}{''.join(rows)}</urlset>\n".encode(), XML)


_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_XMLNS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
_URLSET = f"{_HEAD}<urlset {_XMLNS}>\n"


def sitemap_path(glossary: Glossary, chunk: int) -> str:
    return f"{home_path(glossary.slug)}sitemap-{chunk}.xml"


def stored_sitemaps(glossary: Glossary) -> set[str]:
    start = f"{home_path(glossary.slug)}sitemap-"
    pages = Page.objects.filter(path__gte=start, path__lt=start[:-1] + ".", type=XML)
    return set(pages.exclude(status=GONE).values_list("path", flat=True))


def description(glossary: Glossary) -> Built:
    """Return the OpenSearch 1.1 description, which browsers need to search the glossary."""
    path = f"{home_path(glossary.slug)}opensearch.xml"
    search = f"{layout.absolute(home_path(glossary.slug))}{SEARCH}?q={{searchTerms}}"
    text = (
        f'{_HEAD}<OpenSearchDescription xmlns="http://a9.com/-/spec/opensearch/1.1/">\n'
        f"<ShortName>{escape(glossary.name[:16])}</ShortName>\n"
        f"<Description>{escape(glossary.name)}</Description>\n"
        f'<Url type="text/html" template="{escape(search)}"/>\n'
        "</OpenSearchDescription>\n"
    )
    return Built(path, text.encode(), OPENSEARCH)


def llms(glossary: Glossary) -> Built:
    """Return links to the terms' Markdown (https://llmstxt.org/), or to letters of a long list."""
    path = f"{home_path(glossary.slug)}llms.txt"
    lines = [f"# {glossary.name}", "", f"> Terms and definitions: {glossary.name}.", ""]
    listing = Listing(glossary, Scope())
    if listing.is_split:
        lines += ["## Letters", ""]
        lines += [
            f"- [{_plain(letter or name)}]({layout.absolute(page)})"
            for page, (name, letter) in listing.paths().items()
        ]
    else:
        lines += ["## Terms", ""]
        terms = listing.terms().order_by("sort_key", "pk")
        lines += [
            f"- [{_plain(name)}]({layout.absolute(beside(term, 'md'))}): {_plain(gist(text))}"
            for term, name, text in terms.values_list("path", "name", "description")
        ]
    return Built(path, "\n".join([*lines, ""]).encode(), TEXT)


def _plain(text: str) -> str:
    return " ".join(text.replace("[", "(").replace("]", ")").split())


# Pages of the whole site


def site_pages() -> Iterator[Built]:
    glossaries = list(Glossary.objects.order_by("slug"))
    yield _front(glossaries)
    yield _robots()
    maps = sorted(path for glossary in glossaries for path in stored_sitemaps(glossary))
    rows = "".join(
        f"<sitemap><loc>{escape(layout.absolute(path))}</loc></sitemap>\n" for path in maps
    )
    yield Built(
        "/sitemap.xml", f"{_HEAD}<sitemapindex {_XMLNS}>\n{rows}</sitemapindex>\n".encode(), XML
    )
    lines = [
        "# Glossaries",
        "",
        "> Terms and definitions, each as Markdown.",
        "",
        "## Glossaries",
        "",
    ]
    lines += [
        f"- [{_plain(g.name)}]({layout.absolute(home_path(g.slug) + 'llms.txt')})"
        for g in glossaries
    ]
    yield Built("/llms.txt", "\n".join([*lines, ""]).encode(), TEXT)


def _front(glossaries: list[Glossary]) -> Built:
    """Return a redirect to the only glossary, or a page with links to all glossaries."""
    if len(glossaries) == 1:
        home = home_path(glossaries[0].slug)
        body = layout.render_template("moved.html", "/", glossaries[0], target=home)
        return Built("/", body, status=302, location="." + home)
    body = layout.render_template("front.html", "/", glossaries=glossaries)
    return Built("/", body)


def _robots() -> Built:
    lines = ["User-agent: *", "Disallow: /admin/", ""]
    lines += [f"Sitemap: {layout.absolute('/sitemap.xml')}", ""]
    return Built("/robots.txt", "\n".join(lines).encode(), TEXT)

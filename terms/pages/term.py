"""The page of a term and its other forms: Markdown file, JSON, JSON-LD."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from html import escape, unescape
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

import orjson

from terms.addresses import Origin, beside, home_path, linked_file, list_path, to_root, way_from
from terms.languages.translations import wording
from terms.models import Glossary, PublishedTerm
from terms.models.bulk import batches
from terms.models.fields import Uid
from terms.rendering import MEANINGS, NAMED, Link, on_page, render_page, with_named, with_pictures
from terms.rendering.icons import icon_body

from . import layout
from .entries import gist
from .facts import SHOWN, Facts, links_to
from .neighbourhood import picture_of
from .store import JSON, JSON_LD, MARKDOWN, Built
from .surroundings import RelatedLink, Surroundings, surroundings_of

_Way = Callable[[str], str]  # from one address to another
_AUTHORS = re.compile(r'<a (?!class=)([^<>]*?)href="([^"]*)"')
_ROOTED = re.compile(r'(<(img [^<>]*?src|a [^<>]*?href)=")(/[^"]*)')


def term_pages(
    glossary: Glossary, uids: Collection[Uid], known: Mapping[Uid, Facts] = MappingProxyType({})
) -> Iterator[Built]:
    """Yield all forms of the pages of published terms among ``uids``.

    ``known``: facts that need not be read again.
    """
    for some in batches(uids, 200):
        # Not filtered by glossary as well: SQLite would scan the whole glossary each time.
        terms = list(PublishedTerm.objects.filter(uid__in=some).order_by("pk"))
        around = surroundings_of(terms, known)
        for term in terms:
            yield from _forms(glossary, term, around[term.uid])


def page_html(glossary: Glossary, term: PublishedTerm, around: Surroundings) -> bytes:
    """Return the page of a term that need not be stored."""
    return _html(glossary, term, around, linked_data(glossary, term))


def _forms(glossary: Glossary, term: PublishedTerm, around: Surroundings) -> Iterator[Built]:
    data = linked_data(glossary, term)
    yield Built(term.path, _html(glossary, term, around, data))
    yield Built(beside(term.path, "md"), term.text.encode(), MARKDOWN)
    yield Built(beside(term.path, "json"), _dumped(_json(glossary, term, around)), JSON)
    yield Built(beside(term.path, "jsonld"), _dumped(data), JSON_LD)


def _dumped(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)


def _html(
    glossary: Glossary, term: PublishedTerm, around: Surroundings, data: dict[str, Any]
) -> bytes:
    way, own = way_from(term.path), _own_addresses(glossary, term)
    origin = Origin.of(glossary.origin)
    links = [Link(start, end, way(facts.path)) for start, end, facts in around.links]
    said = wording(glossary.language)
    # Only links that can be made are stored.
    rendered = render_page(term.body, links, are_made=True, say=said.say)
    html, is_listed = _with_meanings(rendered.html, around.meanings, way)
    html = _to_terms(glossary, html, around.files, way)
    crumbs = _crumbs(glossary, term)
    meanings = around.other_meanings
    listed = {*around.referring, *meanings}
    mentioned = [facts for facts in around.mentioned_in if facts not in listed]
    if is_listed:
        meanings = [around.meant] if around.meant else []
    return layout.render_in_frame(
        "term.html",
        glossary,
        term.path,
        term=term,
        data=data,
        address=data["url"],
        leaf=quote(term.path.rsplit("/", 2)[1]),
        crumbs=crumbs,
        html=_from_root(with_pictures(html, term.pictures), own, origin),
        contents=rendered.contents,
        details=list(_details(term, crumbs, way, lambda url: origin.whole(own(url)))),
        related=[label.link(way) for label in around.related],
        successor=around.successor and around.successor.link(way),
        meanings=links_to(meanings, way),
        referring=links_to(around.referring, way),
        mentioned=links_to(mentioned, way),
        picture=picture_of(around.neighbours, way),
        edit_address=glossary.edit_address(term.slug, term.name, term.file),
    )


def _crumbs(glossary: Glossary, term: PublishedTerm) -> list[tuple[str, str]]:
    """Return names and paths of the term's lists, the widest first."""
    crumbs = []
    if term.category_slug:
        crumbs.append((term.category, list_path(glossary.slug, term.category_slug)))
        if term.vertical_slug:
            path = list_path(glossary.slug, term.category_slug, term.vertical_slug)
            crumbs.append((term.vertical, path))
    return crumbs


def _details(
    term: PublishedTerm, crumbs: list[tuple[str, str]], way: _Way, whole: _Way
) -> Iterator[tuple[str, str, str]]:
    """Yield titles, values and addresses; an address is empty without a link."""
    lists = {"category": crumbs[:1], "vertical": crumbs[1:]}
    for row in term.details:
        url = row["url"] or row["value"]
        is_address = url.startswith(("https://", "http://")) and " " not in url
        address = whole(url) if is_address or row["url"].startswith("/") else ""
        for _, path in lists.get(row["follows"], ()):
            address = way(path)
        yield row["title"], row["value"], address


def _to_terms(glossary: Glossary, html: str, files: Mapping[str, Facts], way: _Way) -> str:
    """Point authors' links to files and names at the pages of their terms."""

    origin = Origin.of(glossary.origin)

    def led(link: re.Match[str]) -> str:
        address = unescape(link[2])
        facts = files.get(linked_file(address, glossary.slug, origin))
        if facts is None:
            return link[0]
        _, mark, fragment = address.partition("#")
        there = on_page(way(facts.path) + mark + fragment)
        return f'<a class="ref" {link[1]}href="{escape(there)}"'

    def address_of(name: str) -> str:
        facts = files.get(NAMED + name)
        return way(facts.path) if facts else ""

    return with_named(_AUTHORS.sub(led, html) if files else html, address_of)


def _with_meanings(html: str, meanings: Sequence[Facts], way: _Way) -> tuple[str, bool]:
    """List the meanings of the term where its author wants them.

    Returns the HTML and whether it lists any.
    """
    if MEANINGS not in html:
        return html, False
    items = "".join(
        f'<li><a class="ref" href="{escape(way(facts.path))}">{escape(facts.name)}</a>'
        f"{escape(f': {gist(facts.description)}' if facts.description else '')}</li>\n"
        for facts in meanings
    )
    return html.replace(MEANINGS, f"<ul>\n{items}</ul>" if items else ""), bool(items)


def _own_addresses(glossary: Glossary, term: PublishedTerm) -> _Way:
    """Return a function that makes links to the site's own pages and pictures relative.

    Such links work below any prefix.
    """
    starts, up = (home_path(glossary.slug), "/media/"), to_root(term.path)
    return lambda address: up + address[1:] if address.startswith(starts) else address


def _from_root(html: str, own: _Way, origin: Origin) -> str:
    """Make root-relative addresses point to this site or to its ``origin``.

    Pictures of the origin are not loaded.
    """

    def led(link: re.Match[str]) -> str:
        there = own(link[3])
        is_picture = link[2].startswith("img")
        return link[1] + (there if is_picture else escape(origin.whole(unescape(there))))

    return _ROOTED.sub(led, html) if '="/' in html else html


def linked_data(glossary: Glossary, term: PublishedTerm) -> dict[str, Any]:
    """Return schema.org's DefinedTerm (https://schema.org/DefinedTerm)."""
    data = {
        "@context": "https://schema.org",
        "@type": "DefinedTerm",
        "@id": layout.absolute(term.path),
        "url": layout.absolute(term.path),
        "name": term.name,
        "alternateName": term.aliases,
        "description": term.description,
        "termCode": term.slug,
        "inDefinedTermSet": {
            "@type": "DefinedTermSet",
            "@id": layout.absolute(home_path(glossary.slug)),
            "name": glossary.name,
            "inLanguage": glossary.language,
        },
    }
    return {key: value for key, value in data.items() if value}


def _json(glossary: Glossary, term: PublishedTerm, around: Surroundings) -> dict[str, Any]:
    """Return the JSON form. ``icon`` is drawn on a grid of 24 by 24."""
    return {
        "name": term.name,
        "description": term.description,
        "url": layout.absolute(term.path),
        "language": glossary.language,
        "category": term.category,
        "vertical": term.vertical,
        "aliases": term.aliases,
        "deprecated": term.is_deprecated,
        "replacedBy": _label(around.successor) if around.successor else None,
        "icon": {"name": term.icon, "svg": (term.icon and icon_body(term.icon)) or None},
        "details": [
            {key: row[key] for key in ("title", "value", "url") if row[key]} for row in term.details
        ],
        "related": [_label(label) for label in around.related],
        "meaningOf": _link(around.meant) if around.meant else None,
        "meanings": [_link(facts) for facts in around.meanings[:SHOWN]],
        "referredToBy": [_link(facts) for facts in around.referring[:SHOWN]],
        "mentions": [_link(facts) for *_, facts in around.links],
        "mentionedIn": [_link(facts) for facts in around.mentioned_in[:SHOWN]],
        "published": term.published_at.date().isoformat(),
        "changed": term.changed_at.date().isoformat(),
        "fingerprint": term.fingerprint,
    }


def _label(label: RelatedLink) -> dict[str, Any]:
    return {"name": label.name, "url": layout.absolute(label.target.path) if label.target else None}


def _link(facts: Facts) -> dict[str, str]:
    return {"name": facts.name, "url": layout.absolute(facts.path)}

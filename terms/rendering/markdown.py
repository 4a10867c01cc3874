"""CommonMark (https://spec.commonmark.org/0.31.2/) with tables, footnotes and task lists."""

import html as html_entities
import re
from collections import Counter
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from .colouring import coloured
from .definition_lists import with_definition_lists
from .linking import Link, linked, with_links, without_links
from .macros import with_named
from .parsing import MAX_BODY, MAX_NESTING, NESTED, CannotRender, check_text
from .sanitising import ID_PREFIX, sanitise


class Heading(NamedTuple):
    level: int
    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """Safe HTML, its headings of levels 2 and 3 in order, and the links made in it."""

    html: str
    contents: tuple[Heading, ...]
    links: tuple[Link, ...] = ()


def render(text: str) -> str:
    """Return the safe HTML of a Markdown text. Raises CannotRender if it is too long or complex."""
    return with_named(render_page(text).html, lambda name: "")


def check_renderable(text: str) -> None:
    """Raise CannotRender if ``render`` would."""
    check_text(text)
    _check_nesting(with_links(text, ()))


def links_made(text: str, links: Sequence[Link]) -> Sequence[Link]:
    """Return the ``links`` that ``render_page`` makes."""
    if _RAW_HTML.search(text):
        return render_page(text, links).links
    return linked(text, links)[1]


def render_page(
    text: str, links: Sequence[Link] = (), are_made: bool = False, say: Callable[[str], str] = str
) -> Rendered:
    """Render a Markdown text with ``links``, which are sorted by position.

    If ``are_made``, the links come from ``links_made`` for this text and are not checked.
    ``say`` translates the labels of the page.
    """
    check_text(text)
    raw, made = (with_links(text, links), links) if are_made else linked(text, links)
    # A text that can be published without links can be with them; they add one level.
    _check_nesting(raw, MAX_NESTING + bool(made))
    safe = sanitise(_shown(raw, say))
    if made and _RAW_HTML.search(text):
        # An element that an author did not close may change the meaning of a link.
        plain = sanitise(_shown(with_links(text, ()), say))
        if without_links(safe) != without_links(plain):
            safe, made = plain, []
    html, contents = _with_anchors(safe, say)
    return Rendered(html, contents, tuple(made))


_RAW_HTML = re.compile("<[a-z/!?]", re.IGNORECASE)
_ELEMENT = re.compile(r"<(/?)([a-z][a-z0-9]*)", re.IGNORECASE)
_VOID = frozenset({"br", "hr", "img", "input", "wbr", "col"})


def _check_nesting(html: str, most: int = MAX_NESTING) -> None:
    if html.count("<") <= most:
        return
    depth = 0
    opened: Counter[str] = Counter()
    for closing, name in _ELEMENT.findall(html):
        element = name.lower()
        if element in _VOID:
            continue
        if not closing:
            opened[element] += 1
            depth += 1
            if depth > most:
                raise CannotRender(NESTED)
        elif opened[element]:  # else it closes nothing
            opened[element] -= 1
            depth -= 1


_HREF = re.compile(r'<a [^<>]*?href="([^"]*)"')


def link_addresses(text: str) -> list[str]:
    """Return the addresses of the links in a Markdown text, in order."""
    return [html_entities.unescape(address) for address in _HREF.findall(_safe(text))]


def _safe(text: str) -> str:
    """Return the safe HTML of a text, or an empty string if it cannot be rendered."""
    try:
        html = with_links(text[:MAX_BODY], ())
        _check_nesting(html)
    except CannotRender:
        return ""
    return sanitise(html)


def _shown(html: str, say: Callable[[str], str]) -> str:
    """Return the parser's HTML with definition lists, highlighted code and no styles."""
    return _without_styles(coloured(with_definition_lists(html)), say)


_SRC = re.compile(r'<img [^<>]*?src="([^"]*)"')


def picture_addresses(text: str) -> list[str]:
    """Return the addresses of the pictures in a Markdown text, in order."""
    return [html_entities.unescape(address) for address in _SRC.findall(_safe(text))]


def pictures_in(text: str) -> list[tuple[str, str]]:
    """Return the address and the alternative text of each picture in a Markdown text."""
    return [
        (html_entities.unescape(found[2]), html_entities.unescape((alt or _EMPTY)[1]))
        for found in _PICTURE.finditer(_safe(text))
        for alt in [_ALT.search(f" {found[1]} {found[3]}")]
    ]


_PICTURE = re.compile(r'<img ([^<>]*?)src="([^"]*)"([^<>]*)>')


def with_pictures(html: str, addresses: Mapping[str, str]) -> str:
    """Replace picture addresses in sanitised ``html``. ``addresses``: as written → for readers.
    Other pictures with a relative address become their alternative text."""

    def shown(picture: re.Match[str]) -> str:
        before, written, behind = picture.groups()
        if address := addresses.get(html_entities.unescape(written)):
            return f'<img {before}src="{html_entities.escape(address)}"{behind}>'
        if written.startswith("/"):
            return picture[0]
        return (_ALT.search(f" {before} {behind}") or _EMPTY)[1]

    return _PICTURE.sub(shown, html) if "<img " in html else html


# Parser markup that the sanitiser would drop is replaced by markup that it keeps.

_ALIGN = re.compile(r'(<t[hd]) style="text-align: (left|center|right)"')
_BOX = re.compile(r'<input disabled="" type="checkbox"( checked="")?/>\n?')


_ALERT = re.compile(r'<blockquote class="markdown-alert-([a-z]+)">')


def _without_styles(html: str, say: Callable[[str], str]) -> str:
    if "<t" in html:
        html = _ALIGN.sub(r'\1 align="\2"', html)
    if '"markdown-alert' in html:
        html = _ALERT.sub(
            lambda alert: f"<blockquote>\n<p><strong>{say(alert[1].capitalize())}</strong></p>",
            html,
        )
    if "<input" in html:
        html = _BOX.sub(lambda box: "☑ " if box[1] else "☐ ", html)
    return html


# Anchors are made after sanitising, from letters, digits and hyphens only.

_HEADING = re.compile(r"<h([1-6])([^>]*)>(.*?)</h\1>", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_FRAGMENT = re.compile(r'(<a href="#)([^"]*)')
_ID = re.compile(r' id="([^"]*)"')
_NO_PICTURE = re.compile(r"<img(?![^>]* src=)[^>]*>")
_ALT = re.compile(r' alt="([^"]*)"')
_EMPTY = ("", "")
_REFERENCE = re.compile(r'<sup><a href="#([^"]+)">(\d+)</a></sup>')
_NOTE = re.compile(r'<div id="([^"]+)"><sup>(\d+)</sup>')
_TABLE = re.compile(r"<table>.*?</table>", re.DOTALL)


def _with_anchors(html: str, say: Callable[[str], str]) -> tuple[str, tuple[Heading, ...]]:
    contents: list[Heading] = []
    taken = dict.fromkeys(_ID.findall(html), 0) if "id=" in html else {}

    def anchored(found: re.Match[str]) -> str:
        depth, attributes, inner = found.groups()
        level = max(2, int(depth))  # the only h1 of the page is the term's name
        text = html_entities.unescape(_TAG.sub("", inner)).strip()
        anchor = _free_anchor(text, taken)
        if level <= 3 and text:
            contents.append(Heading(level, anchor, text))
        return f'<h{level}{attributes} id="{anchor}">{inner}</h{level}>'

    html = _HEADING.sub(anchored, html)
    if "<img" in html:
        html = _NO_PICTURE.sub(lambda picture: (_ALT.search(picture[0]) or _EMPTY)[1], html)
    if '<a href="#' in html:
        html = _FRAGMENT.sub(lambda link: link[1] + _fragment(link[2], taken), html)
    if "<sup><a " in html:
        html = _with_ways_back(html, say)
    if not html.isascii():
        html = _joined(html)
    html = html.replace("<pre>", '<pre tabindex="0">')  # long lines scroll by keyboard
    if "<table>" in html:
        label = html_entities.escape(say("Table"))
        wide = f'<div class="wide" role="group" aria-label="{label}" tabindex="0">'
        html = _TABLE.sub(lambda table: f"{wide}{table[0]}</div>", html)
    return html, tuple(contents)


# Scripts without spaces: Chinese, Japanese, their punctuation and full-width forms.
_WIDE = "\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff01-\uff60"
_PAUSE = "\u3001\u3002\uff01\uff0c\uff0e\uff1a\uff1b\uff1f\u300d\u300f\uff09"
_INLINE = r"(?:</?(?:a|b|code|em|i|span|strong)\b[^>]*>)*"
_BROKEN = re.compile(
    rf"(?<=[{_WIDE}])({_INLINE})\n({_INLINE})(?=[{_WIDE}])|(?<=[{_PAUSE}])()\n()(?=[^\s<])"
)


def _joined(html: str) -> str:
    """Remove line breaks in scripts without spaces
    (https://www.w3.org/TR/css-text-3/#line-break-transform)."""
    parts = re.split(r"(<pre\b.*?</pre>)", html, flags=re.DOTALL)
    parts[::2] = [_BROKEN.sub(lambda at: "".join(filter(None, at.groups())), p) for p in parts[::2]]
    return "".join(parts)


def _with_ways_back(html: str, say: Callable[[str], str]) -> str:
    """Link the number of a footnote back to its first reference."""
    referred = set()

    def marked(found: re.Match[str]) -> str:
        anchor, number = found.groups()
        is_first = anchor not in referred
        referred.add(anchor)
        name = f' id="back-{anchor}"' if is_first else ""
        return f'<sup><a{name} href="#{anchor}" role="doc-noteref">{number}</a></sup>'

    def leading_back(found: re.Match[str]) -> str:
        anchor, number = found.groups()
        if anchor not in referred:
            return found[0]
        label = html_entities.escape(say("Back to %s") % number)
        way = f'href="#back-{anchor}" role="doc-backlink" aria-label="{label}"'
        return f'<div id="{anchor}"><sup><a {way}>{number}</a></sup>'

    html = _NOTE.sub(leading_back, _REFERENCE.sub(marked, html))
    return html.replace("</a></sup><sup><a", "</a></sup><sup>, <a")  # 1 and 2 must not read as 12


def on_page(address: str) -> str:
    """Return an address on another page of the site, with the id prefix in its fragment."""
    page, mark, fragment = address.partition("#")
    if not fragment or fragment.startswith(ID_PREFIX):
        return address
    return f"{page}{mark}{ID_PREFIX}{fragment}"


def _fragment(written: str, anchors: Container[str]) -> str:
    """Return the anchor of a fragment, written as on common Markdown sites or as on ours."""
    own = ID_PREFIX + written
    return written if own not in anchors and written in anchors else own


_NO_ANCHOR = re.compile(r"[^\w\- ]")
_HYPHENS = str.maketrans(" _", "--")


def _free_anchor(text: str, taken: dict[str, int]) -> str:
    """Return an unused id as on common Markdown sites: ``Rate & limit`` → ``s-rate--limit``."""
    words = _NO_ANCHOR.sub("", text.lower()).translate(_HYPHENS)
    base = anchor = ID_PREFIX + (words[:80] or "section")
    while anchor in taken:
        taken[base] += 1
        anchor = f"{base}-{taken[base]}"
    taken[anchor] = 0
    return anchor

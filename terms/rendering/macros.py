"""Macros of other site generators, translated to Markdown.

MDN's macros (https://developer.mozilla.org/docs/MDN/Writing_guidelines/Page_structures/Macros),
Kubernetes's shortcode for terms
(https://kubernetes.io/docs/contribute/style/hugo-shortcodes/#glossary), the ``[pages](g)`` links
of Hugo's documentation, and bare addresses as on GitHub
(https://github.github.com/gfm/#autolinks-extension-). The file is not changed; unknown macros
and macros in code are shown as typed.
"""

import re
from bisect import bisect_right
from collections.abc import Callable
from functools import lru_cache
from html import escape, unescape
from operator import itemgetter
from urllib.parse import quote, unquote

from .parsing import Closed, event_of, events_with_range

MAX_ADDRESS = 2_000  # characters of a bare address
_BARE = r"(?<![^\s(*_~])(?<!\]\()https?://[^\s<>\"|`\\^{}\[\]\u3000-\u303f\uff00-\uff60]++"
_HAS_BARE = re.compile(_BARE)
_MACRO = re.compile(
    rf"(?P<bare>{_BARE})|"
    r"(?<!\\)\{\{(?P<shortcode>[<%]?)\s*+(?P<name>[\w-]++)(?P<rest>[^{}\n]*+)\}\}"
    r"|(?P<label>\[(?P<term>(?:[^\[\]\n]|\n(?=\S)){1,200}+)\])\(g\)"
)
_ARGUMENT = re.compile(r"""(?:\b(\w++)=)?(?:"([^"]*+)"|'([^']*+)'|([\w.-]++))""")
_ELEMENTS = frozenset({"htmlelement", "mathmlelement", "svgelement"})
_CODE = _ELEMENTS | {
    "cssxref", "csp", "domxref", "httpheader", "httpmethod", "httpstatus", "jsxref", "svgattr",
}  # fmt: skip
_NOTHING = {"glossarysidebar", "embedlivesample", "interactiveexample"}
_BADGES = {"optional_inline", "deprecated_inline", "experimental_inline", "non-standard_inline"}
_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")

NAMED = "?term="  # prefix of addresses that refer to a term by name
# After sanitising, this paragraph is replaced by the list of the term's meanings.
_MEANINGS = '<a href="?meanings"></a>'
MEANINGS = f"<p>{_MEANINGS}</p>"
_LINK = re.compile(rf'<a ([^<>]*?)href="{re.escape(NAMED)}([^"]*)"([^<>]*)>(.*?)</a>', re.DOTALL)


def expand_macros(markdown: str) -> str:
    """Return ``markdown`` with known macros replaced by links and code."""
    has_macro = "{{" in markdown or "](g)" in markdown
    if has_macro or ("://" in markdown and _HAS_BARE.search(markdown)):
        return _readable(markdown)
    return markdown


@lru_cache(maxsize=8)  # one text is expanded several times in a row
def _readable(markdown: str) -> str:
    macros = list(_MACRO.finditer(markdown))
    if not macros:
        return markdown
    read, plain = _places(markdown)
    parts = []
    reached = byte = 0
    for macro in macros:
        between = markdown[reached : macro.start()]
        byte += len(between.encode())
        made = _made(macro, _is_within(plain, byte)) if _is_within(read, byte) else None
        parts += [between, macro[0] if made is None else made]
        reached = macro.end()
        byte += len(macro[0].encode())
    return "".join([*parts, markdown[reached:]])


_Ranges = list[tuple[int, int]]  # start and end in bytes, sorted, not nested


def _places(markdown: str) -> tuple[_Ranges, _Ranges]:
    """Return the ranges where macros are expanded (text and links), and the ranges where they
    become plain words (within links, pictures and some raw HTML)."""
    read: _Ranges = []
    plain: _Ranges = []
    closed = Closed()
    blocks = 0
    for event, range_ in events_with_range(markdown):
        kind, value = event_of(event)
        start, end = range_["start"], range_["end"]
        element = next(iter(value)) if isinstance(value, dict) else value
        if element == "CodeBlock":
            blocks += 1 if kind == "Start" else -1
        is_link = kind == "Start" and element in ("Link", "Image")
        if is_link:
            read.append((start, start + 1))  # the bracket of a [label](g) link
        elif kind in ("Text", "Html") and not blocks:
            read.append((start, end))
        if is_link or kind == "Html" or closed.html:
            inside = start + is_link
            if not plain or inside >= plain[-1][1]:
                plain.append((inside, end))
        closed.note(kind, value)
    return read, plain


def _is_within(ranges: _Ranges, byte: int) -> bool:
    place = bisect_right(ranges, byte, key=itemgetter(0)) - 1
    return place >= 0 and byte < ranges[place][1]


def _made(macro: re.Match[str], is_plain: bool = False) -> str | None:
    """Return the replacement for ``macro``, or None if it is unknown. If ``is_plain``, the
    replacement is plain words."""
    if address := macro["bare"]:
        return None if is_plain else _linked(address)
    if macro["label"]:  # already a link; its label is Markdown
        return f"{macro['label']}({_address(macro['term'].strip('*_`'))})"
    shortcode, name, rest = macro["shortcode"], macro["name"], macro["rest"]
    given = [(key, unescape(a or b or c)) for key, a, b, c in _ARGUMENT.findall(rest)]
    if shortcode:
        named = {key: text.strip() for key, text in given}
        if name != "glossary_tooltip" or not (term := named.get("term_id")):
            return None
        name = term.replace("-", " ")
        return _term(name, named.get("text") or name, is_plain)
    return _of_mdn(name.lower(), [text for _, text in given], is_plain)


_BEHIND = frozenset("?!.,:;*_~'\"")
_ENTITY = re.compile(r"&[a-z0-9]{1,32};$", re.IGNORECASE)
_HOST = re.compile(r"https?://[\w-]+(?:\.[\w-]+)+(?=[:/?#]|$)")


def _linked(address: str) -> str | None:
    """Return a bare address as a link without trailing punctuation, or None."""
    if len(address) > MAX_ADDRESS:
        return None
    end = len(address)
    unopened = address.count(")") - address.count("(")
    while end:
        last = address[end - 1]
        if last == ";" and (entity := _ENTITY.search(address, max(0, end - 34), end)):
            end = entity.start()
        elif last in _BEHIND:
            end -= 1
        elif last == ")" and unopened > 0:
            end, unopened = end - 1, unopened - 1
        else:
            break
    return f"<{address[:end]}>{address[end:]}" if _HOST.match(address, 0, end) else None


def _of_mdn(name: str, given: list[str], is_plain: bool) -> str | None:
    if name in _NOTHING:
        return ""
    if name == "glossarydisambiguation":
        return "" if is_plain else _MEANINGS
    if name in _BADGES:
        return f"({name.removesuffix('_inline')})"
    if not given or not given[0].strip():
        return None
    first, label = given[0], (given[1:2] or [""])[0].strip()
    if name == "glossary":
        return _term(first, label or first, is_plain)
    if name == "rfc":
        return _rfc(first, label, (given[2:3] or [""])[0].strip(), is_plain)
    if name not in _CODE:
        return None
    if name in _ELEMENTS and not label and " " not in first:
        label = f"<{first}>"
    text = _literal(label or first)
    is_code = not is_plain and not {"nocode", "no code"} & set(given[2:])
    return f"<code>{text}</code>" if is_code else text


def _rfc(number: str, title: str, section: str, is_plain: bool) -> str:
    parts = (
        f"RFC {number}",
        f", section {section}" if section else "",
        f": {title}" if title else "",
    )
    text = _literal("".join(parts))
    address = f"https://www.rfc-editor.org/rfc/rfc{quote(number, safe='')}"
    mark = f"#section-{quote(section, safe='')}" if section else ""
    return text if is_plain else f'<a href="{address}{mark}">{text}</a>'


def _term(name: str, label: str, is_plain: bool) -> str:
    if is_plain:
        return _literal(label)
    return f'<a href="{_address(name)}">{_literal(label)}</a>'


def _address(name: str) -> str:
    return NAMED + quote(" ".join(name.split()), safe="")


def _literal(text: str) -> str:
    """Return ``text`` escaped for both HTML and Markdown."""
    return _PUNCTUATION.sub(lambda mark: f"&#{ord(mark[0])};", " ".join(text.split()))


def named_term(address: str) -> str:
    """Return the term's name from an address made by ``expand_macros``, or an empty string."""
    return _name(address.removeprefix(NAMED)) if address.startswith(NAMED) else ""


def _name(quoted: str) -> str:
    return unquote(quoted).replace("\0", "")  # invalid in database text


def with_named(html: str, address_of: Callable[[str], str]) -> str:
    """Resolve links to named terms in sanitised ``html``; without an address, the label stays."""

    def led(link: re.Match[str]) -> str:
        before, name, behind, words = link.groups()
        address = address_of(_name(unescape(name)))
        if not address:
            return words
        return f'<a class="ref" {before}href="{escape(address)}"{behind}>{words}</a>'

    html = html.replace(_MEANINGS, "")  # a marker without a paragraph of its own
    return _LINK.sub(led, html) if f'"{NAMED}' in html else html

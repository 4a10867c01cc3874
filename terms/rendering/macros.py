"""What site generators write for a name or a piece of code → HTML that Markdown can hold.

MDN's macros (https://developer.mozilla.org/docs/MDN/Writing_guidelines/Page_structures/Macros),
the shortcode by which Kubernetes names a term
(https://kubernetes.io/docs/contribute/style/hugo-shortcodes/#glossary), and the links of Hugo's
documentation, ``[pages](g)``. The file stays as it is; macros that are not known, and those in
code, are shown as they are typed.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable
from functools import lru_cache
from html import escape, unescape
from operator import itemgetter
from typing import Any, cast
from urllib.parse import quote, unquote

import pyromark

from .parsing import OPTIONS, event_of

_MACRO = re.compile(
    r"\{\{(?P<shortcode>[<%]?)\s*+(?P<name>[\w-]++)(?P<rest>[^{}]*+)\}\}"
    r"|(?P<label>\[(?P<term>[^\[\]]{1,200}+)\])\(g\)"
)
_ARGUMENT = re.compile(r"""(?:\b(\w++)=)?(?:"([^"]*+)"|'([^']*+)'|([\w.-]++))""")
_ELEMENTS = frozenset({"htmlelement", "mathmlelement", "svgelement"})
_CODE = _ELEMENTS | {
    "cssxref", "csp", "domxref", "httpheader", "httpmethod", "httpstatus", "jsxref", "svgattr",
}  # fmt: skip
_NOTHING = re.compile(
    r"\w*sidebar|apiref|cssref|jsref|glossarydisambiguation|embedlivesample|interactiveexample"
)
_BADGE = re.compile(r"([a-z-]+)_inline")
_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")

NAMED = "?term="  # begins the address of a link to the term of that name
_LINK = re.compile(rf'<a href="{re.escape(NAMED)}([^"]*)">(.*?)</a>', re.DOTALL)


def readable(markdown: str) -> str:
    """``markdown`` with the macros that are known as links and code."""
    return _readable(markdown) if "{{" in markdown or "](g)" in markdown else markdown


@lru_cache(maxsize=8)  # of one text several things are asked in a row
def _readable(markdown: str) -> str:
    macros = [macro for macro in _MACRO.finditer(markdown) if _made(macro) is not None]
    if not macros:
        return markdown
    code, links = _kept(markdown)
    parts = []
    reached = byte = 0
    for macro in macros:
        between = markdown[reached : macro.start()]
        byte += len(between.encode())
        made = None if _is_within(code, byte) else _made(macro, not _is_within(links, byte))
        parts += [between, macro[0] if made is None else made]
        reached = macro.end()
        byte += len(macro[0].encode())
    return "".join([*parts, markdown[reached:]])


_Ranges = list[tuple[int, int]]  # of bytes, in order, none within another


def _kept(markdown: str) -> tuple[_Ranges, _Ranges]:
    """Where macros are not read, which is code, and where they are no links: in other ones."""
    code: _Ranges = []
    links: _Ranges = []
    events = pyromark.events_with_range(markdown, options=OPTIONS)
    for event, range_ in cast("Iterable[tuple[Any, dict[str, int]]]", events):
        kind, value = event_of(event)
        element = next(iter(value)) if isinstance(value, dict) else value
        if kind == "Code" or (kind == "Start" and element == "CodeBlock"):
            code.append((range_["start"], range_["end"]))
        is_link = kind == "Start" and element in ("Link", "Image")
        if is_link and (not links or range_["start"] >= links[-1][1]):
            links.append((range_["start"], range_["end"]))
    return code, links


def _is_within(ranges: _Ranges, byte: int) -> bool:
    place = bisect_right(ranges, byte, key=itemgetter(0)) - 1
    return place >= 0 and byte < ranges[place][1]


def _made(macro: re.Match[str], is_link: bool = True) -> str | None:
    """What stands for ``macro``; None where it is not known."""
    if macro["label"]:  # a link already, whose words are Markdown
        return f"{macro['label']}({_address(macro['term'].strip('*_`'))})"
    shortcode, name, rest = macro["shortcode"], macro["name"], macro["rest"]
    given = [(key, unescape(a or b or c)) for key, a, b, c in _ARGUMENT.findall(rest)]
    if shortcode:
        named = dict(given)
        if name != "glossary_tooltip" or not (term := named.get("term_id")):
            return None
        return _term(term, named.get("text") or term.replace("-", " "), is_link)
    return _of_mdn(name.lower(), [text for _, text in given], is_link)


def _of_mdn(name: str, given: list[str], is_link: bool) -> str | None:
    if _NOTHING.fullmatch(name):
        return ""
    if badge := _BADGE.fullmatch(name):
        return f"({badge[1]})"
    if not given or not given[0].strip():
        return None
    first, label = given[0], (given[1:2] or [""])[0]
    if name == "glossary":
        return _term(first, label or first, is_link)
    if name == "rfc":
        text = _literal(f"RFC {first}" + (f": {label}" if label else ""))
        address = f"https://www.rfc-editor.org/rfc/rfc{quote(first, safe='')}"
        return f'<a href="{address}">{text}</a>' if is_link else text
    if name not in _CODE:
        return None
    if name in _ELEMENTS and not label and " " not in first:
        label = f"<{first}>"
    text = _literal(label or first)
    return text if "nocode" in given[2:] else f"<code>{text}</code>"


def _term(name: str, label: str, is_link: bool) -> str:
    if not is_link:
        return _literal(label)
    return f'<a href="{_address(name)}">{_literal(label)}</a>'


def _address(name: str) -> str:
    return NAMED + quote(" ".join(name.split()), safe="")


def _literal(text: str) -> str:
    """As both HTML and Markdown read it for ``text``."""
    return _PUNCTUATION.sub(lambda mark: f"&#{ord(mark[0])};", " ".join(text.split()))


def named_term(address: str) -> str:
    """The name of the term that a link's address means, of a link that ``readable`` has made."""
    return _name(address.removeprefix(NAMED)) if address.startswith(NAMED) else ""


def _name(quoted: str) -> str:
    return unquote(quoted).replace("\0", "")  # which no database's text can hold


def with_named(html: str, address_of: Callable[[str], str]) -> str:
    """Sanitised ``html`` with its links to named terms; where a name has no address, its words."""

    def led(link: re.Match[str]) -> str:
        address = address_of(_name(unescape(link[1])))
        return f'<a class="ref" href="{escape(address)}">{link[2]}</a>' if address else link[2]

    return _LINK.sub(led, html) if f'"{NAMED}' in html else html

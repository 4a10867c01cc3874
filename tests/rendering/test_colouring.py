"""Syntax highlighting on readers' pages keeps the code as it is written."""

import re
from html import unescape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from terms.rendering import render
from terms.rendering.colouring import LANGUAGES, MAX_BLOCK, MAX_PAGE


def fenced(language, code):
    return f"````{language}\n{code}\n````\n"


def spans(html):
    return re.findall(r'<span class="(\w)">([^<]*)</span>', html)


def words(html):
    return unescape(re.sub("<[^>]*>", "", html))


@pytest.mark.parametrize(
    ("language", "code", "told"),
    [
        ("js", 'const a = "x"; // b', {("b", "const"), ("s", "&quot;x&quot;"), ("c", "// b")}),
        ("js-nolint", "const a = 12;", {("b", "const"), ("k", "12")}),
        ("Python", "def f(): return None  # n", {("b", "def"), ("c", "# n"), ("k", "None")}),
        ("html", '<p class="a">', {("b", "p"), ("k", "class"), ("s", "&quot;a&quot;")}),
        ("svg", "<!-- a -->", {("c", "&lt;!-- a --&gt;")}),
        ("css", "p { color: red }", {("b", "p")}),
    ],
)
def test_code_is_highlighted(language, code, told):
    html = render(fenced(language, code))
    unquoted = {(kind, text.replace('"', "&quot;")) for kind, text in spans(html)}
    assert told <= unquoted
    assert words(html).strip() == code


@pytest.mark.parametrize(
    "language", ["", "plain", "unheard-of", "c-", "nolint", '"><script>', "csharp"]
)
def test_code_in_other_languages_is_not_highlighted(language):
    html = render(fenced(language, 'const a = "<script>"'))
    assert "<span" not in html
    assert "<script" not in html
    assert words(html).strip() == 'const a = "<script>"'


@settings(deadline=None)  # loading a lexer takes time
@given(st.sampled_from(sorted(LANGUAGES)), st.text(st.characters(codec="utf-8"), max_size=80))
def test_highlighting_keeps_code(language, code):
    html, plain = render(fenced(language, code)), render(fenced("plain", code))
    assert words(html) == words(plain)
    assert re.sub("</?span[^>]*>", "", html).count("<") == plain.count("<")


def test_long_code_is_not_highlighted():
    one = "a = 1\n" * (MAX_BLOCK // 6 - 1)
    assert "<span" in render(fenced("js", one))
    assert "<span" not in render(fenced("js", one + "a = 1\n" * 3))
    many = render(fenced("js", one) * 5)
    assert sum("<span" in block for block in many.split("</pre>")) == MAX_PAGE // MAX_BLOCK


def test_markup_of_authors_in_code_is_kept():
    html = render('<pre><code class="language-js">const <b>a</b> = 1</code></pre>')
    assert html == '<pre tabindex="0"><code>const <b>a</b> = 1</code></pre>'

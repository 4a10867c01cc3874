"""Macros of site generators are rendered by meaning and cannot inject HTML."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from terms.rendering import Names, first_sentence, places, plain_text, render, render_page
from terms.rendering.macros import expand_macros, with_named


def html(markdown):
    return with_named(render_page(markdown).html, lambda name: f"../{name}/").strip()


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ('In {{Glossary("TLS")}}.', '<p>In <a class="ref" href="../TLS/">TLS</a>.</p>'),
        ("{{glossary('web server', 'servers')}}", '<p><a class="ref" href="../web server/">servers</a></p>'),
        ('{{< glossary_tooltip text="Pods" term_id="pod" >}}', '<p><a class="ref" href="../pod/">Pods</a></p>'),
        ('{{% glossary_tooltip term_id="control-plane" %}}', '<p><a class="ref" href="../control plane/">control plane</a></p>'),
        ('{{GlossarySidebar}}\n\nA.', "<p>A.</p>"),
        ('{{HTMLElement("p")}}', "<p><code>&lt;p&gt;</code></p>"),
        ('{{htmlelement("Heading_Elements", "headings")}}', "<p><code>headings</code></p>"),
        ('{{cssxref("&lt;color&gt;")}}', "<p><code>&lt;color&gt;</code></p>"),
        ('{{jsxref("Global_Objects/__proto__", "__proto__")}}', "<p><code>__proto__</code></p>"),
        ('{{domxref("a", "an *a*", "", "nocode")}}', "<p>an *a*</p>"),
        ('{{optional_inline}}', "<p>(optional)</p>"),
        ('{{RFC(2119, "Words")}}', '<p><a href="https://www.rfc-editor.org/rfc/rfc2119">RFC 2119: Words</a></p>'),
        ('**{{Glossary("C++")}}**', '<p><strong><a class="ref" href="../C++/">C++</a></strong></p>'),
        ("[_Page kinds_](g)", '<p><a class="ref" href="../Page kinds/"><em>Page kinds</em></a></p>'),
        ("[a](g) `[b](g)` [c](g.md)", '<p><a class="ref" href="../a/">a</a> <code>[b](g)</code> <a href="g.md">c</a></p>'),
        ('[{{Glossary("x")}}](y)', '<p><a href="y">x</a></p>'),
        ('`{{Glossary("x")}}`', '<p><code>{{Glossary("x")}}</code></p>'),
        ('é `é` {{Glossary("é")}}', '<p>é <code>é</code> <a class="ref" href="../é/">é</a></p>'),
        ('<p>{{Glossary("x")}}</p>', "<p>x</p>"),
        ('{{ name }} {{unknown("x")}} {{< ref "y" >}}', '<p>{{ name }} {{unknown("x")}} {{&lt; ref "y" &gt;}}</p>'),
        ("{{Glossary}} {{Glossary()}} {{Glossary('')}}", "<p>{{Glossary}} {{Glossary()}} {{Glossary('')}}</p>"),
    ],
)  # fmt: skip
def test_macro_is_rendered_by_meaning(markdown, shown):
    assert html(markdown) == shown


def test_macros_in_code_blocks_are_kept():
    for block in ('    {{Glossary("x")}}', '```\n{{Glossary("x")}}\n```'):
        assert '{{Glossary("x")}}' in html(block)


def test_macro_without_target_is_plain_text():
    assert render('A {{Glossary("x", "thing")}}.') == "<p>A thing.</p>\n"


def test_plain_text_and_mentions_use_rendered_macros():
    text = 'In {{Glossary("JavaScript", "JS")}}, a *closure* of {{jsxref("Function")}}. More.'
    assert plain_text(text).replace("\x1f", "") == "In JS, a closure of Function. More."
    assert first_sentence(text) == "In JS, a closure of Function."
    text = 'é {{Glossary("x", "Flask")}} and Flask'
    (place,) = places(text, Names([("Flask", "1")]))
    assert expand_macros(text).encode()[place.start : place.end] == b"Flask"
    assert place.end == len(expand_macros(text).encode())  # the macro itself is already a link


class Tags(HTMLParser):
    """The elements of an HTML text with their attributes."""

    @classmethod
    def of(cls, html):
        parser = cls()
        parser.found = []
        parser.feed(html)
        return parser.found

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, attrs))


PIECES = st.lists(
    st.sampled_from([
        "{{", "}}", "Glossary", "(", ")", '"', "'", "x", "<b>", "</a>", "&quot;", "*", "`", "|", "[", "](y)",
        '{{Glossary("', '")}}', '{{< glossary_tooltip term_id="', '" >}}', "<script>alert(1)</script>",
        "javascript:alert(1)", '" onmouseover="x', "\n", "%22", "é", "\\", "<!--", "{{RFC(1)}}", "\x00", "](g)", "[x](g)", "[<b>](g)",
    ]),
    max_size=12,
).map("".join)  # fmt: skip


@given(PIECES)
@example('{{Glossary("\'><script>alert(1)</script>")}}')
@example("{{RFC('\"><img src=x onerror=alert(1)>')}}")
def test_macros_cannot_inject_html(markdown):
    shown = html(markdown)
    for tag, attributes in Tags.of(shown):
        assert tag != "script"
        assert not any(name.startswith("on") for name, _ in attributes)
        assert not (dict(attributes).get("href") or "").strip().startswith("javascript")
    for tag in re.findall(r'<a class="ref"[^>]*>', shown):
        assert re.fullmatch(r'<a class="ref" href="[^"<>]*">', tag)


def test_every_g_link_of_hugo_glossary_names_a_term(shared):
    texts = [file.read_text() for file in Path(shared, "corpora", "hugo").rglob("*.md")]
    named = [text for text in texts if "](g)" in text]
    assert len(named) > 50
    assert not any('href="g"' in render(text) for text in named)


def test_every_term_macro_of_mdn_glossary_is_rendered(shared):
    files = list(Path(shared, "corpora", "mdn-en").rglob("*.md"))
    assert len(files) > 100
    for file in files:
        body = file.read_text().partition("\n---\n")[2]
        shown = re.sub(r"<(pre|code)\b.*?</\1>", "", render(body), flags=re.DOTALL)
        assert not re.search(r"{{\s*(glossary|\w+xref|http\w+|\w+element)\b", shown, re.IGNORECASE)


@pytest.mark.parametrize(
    ("text", "address", "rest"),
    [
        ("see https://x.org/a?b=c&d#e.", "https://x.org/a?b=c&amp;d#e", "see .</p>"),
        ("(https://x.org/a_(b))", "https://x.org/a_(b)", "()"),
        ("http://x.org/_a_/*b*", "http://x.org/_a_/*b", "*"),
        ("*https://x.org*", "https://x.org", "<em></em>"),
        ("読む https://x.org。終", "https://x.org", "読む 。終"),
        ("https://x.org/数据库 b", "https://x.org/%E6%95%B0%E6%8D%AE%E5%BA%93", " b"),
        ("- https://x.org:80/\n- b", "https://x.org:80/", "<li>b"),
        ("a&#32;https://x.org", None, "https://x.org"),
        ("`https://x.org`", None, "<code>https://x.org</code>"),
        ("    https://x.org", None, "https://x.org"),
        ("[https://x.org](/y)", None, '<a href="/y">https://x.org</a>'),
        ("[a](https://x.org)", "https://x.org", None),
        ("<https://x.org>", "https://x.org", None),
        ("[see https://x.org]", "https://x.org", "[see ]"),
        ("xhttps://x.org", None, "xhttps://x.org"),
        ("https://localhost/ https://", None, "https://localhost/ https://"),
        ("javascript://x.org", None, "javascript://x.org"),
        ('https://x.org/"onclick=alert(1)', "https://x.org/", '"onclick=alert(1)'),
        ("<a title=\"x https://x.org\" href='/y'>a</a>", None, 'title="x https://x.org"'),
        ("| https://x.org | b |\n| - | - |\n| https://y.org|c |", "https://y.org", "<td>c</td>"),
    ],
)  # fmt: skip
def test_urls_in_text_become_links(text, address, rest):
    html = render(text)
    if address is None:
        assert 'href="http' not in html
    else:
        assert f'<a href="{address}">' in html
    if rest:
        shown = html if address is None else re.sub("<a href[^>]*>[^<]*</a>", "", html)
        assert rest in shown


def test_very_long_url_is_not_linked():
    assert "<a " not in render("https://x.org/" + ")" * 90_000)
    assert render("https://x.org/a.&amp; " * 4_000).count('<a href="https://x.org/a">') == 4_000

import json
import re
from html.parser import HTMLParser

import pytest

from terms.rendering import MAX_BODY, CannotRender, Link, render, render_page
from terms.rendering.sanitising import sanitise


class Elements(HTMLParser):
    """The elements of an HTML text with their attributes."""

    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


HARMLESS = {
    "a",
    "abbr",
    "b",
    "blockquote",
    "br",
    "caption",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "details",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "mark",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "samp",
    "small",
    "span",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "u",
    "ul",
    "var",
}


def scheme_of(address):
    """Return the scheme as browsers parse it (URL Standard), ignoring control characters."""
    address = re.sub(r"[\t\n\r]", "", address.lstrip("".join(map(chr, range(33)))))
    found = re.match(r"([a-z][a-z0-9+.-]*):", address, re.IGNORECASE)
    return found[1].lower() if found else ""


def test_headings_get_ids_and_a_table_of_contents():
    page = render_page("# Top\n\n## Rate & `limit`\n\n## Rate & limit\n\n### *Deep*\n\n#### No\n")
    assert [(h.level, h.id, h.text) for h in page.contents] == [
        (2, "s-top", "Top"),
        (2, "s-rate--limit", "Rate & limit"),
        (2, "s-rate--limit-1", "Rate & limit"),
        (3, "s-deep", "Deep"),
    ]
    assert '<h3 id="s-deep"><em>Deep</em></h3>' in page.html
    assert "<h1" not in page.html


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a **b** `c`", "<p>a <strong>b</strong> <code>c</code></p>\n"),
        ("~~x~~", "<p><del>x</del></p>\n"),
        ("- [x] done\n- [ ] open", "<ul>\n<li>☑ done</li>\n<li>☐ open</li>\n</ul>\n"),
        ("[a](#use)", '<p><a href="#s-use">a</a></p>\n'),
        ("ASP.NET and script.py", "<p>ASP.NET and script.py</p>\n"),
        ("<b>x</b><script>y()</script>", "<p><b>x</b></p>\n"),
        ("", ""),
    ],
)
def test_markdown_becomes_html(text, html):
    assert render(text) == html


def test_tables_keep_their_alignment_without_styles():
    html = render("|a|b|\n|-|-:|\n|1|2|\n")
    assert '<td align="right">2</td>' in html
    assert "style" not in html


def test_footnote_references_link_to_notes():
    html = render("x[^n]\n\n[^n]: note\n")
    target = re.search(r'href="#([^"]+)"', html)[1]
    assert f'id="{target}"' in html


def test_overlong_text_is_refused():
    with pytest.raises(CannotRender, match="at most 100,000"):
        render("x" * (MAX_BODY + 1))


@pytest.mark.parametrize("file", ["xss/xss_dev.json", "markdown/markdown_xss_own.json"])
def test_executable_html_is_removed(shared, file):
    for case in json.loads((shared / "attacks" / file).read_text())["cases"]:
        for tag, attributes in Elements(render(case.get("markdown") or case.get("html"))).found:
            assert tag in HARMLESS, case["id"]
            for name, value in attributes.items():
                assert not name.startswith("on"), case["id"]
                assert name not in ("style", "srcdoc", "name"), case["id"]
                if name in ("href", "src"):
                    assert scheme_of(value) in ("", "http", "https", "mailto"), case["id"]


def test_sanitising_twice_changes_nothing(shared):
    for case in json.loads((shared / "attacks/xss/xss_dev.json").read_text())["cases"][::5]:
        once = sanitise(case["html"])
        assert sanitise(once.replace('id="s-', 'id="')) == once


def test_rendering_is_deterministic(shared):
    for example in json.loads((shared / "attacks/markdown/commonmark_spec.json").read_text())[
        "cases"
    ][::7]:
        text = example["markdown"]
        assert render(text) == render(text)


def test_real_texts_render(real_files):
    from terms.formats.document import read_document

    for path in real_files[::5]:
        document = read_document(path.read_bytes().decode(), path.name)
        assert render(document.body) or not document.body.strip()


def test_anchors_are_unique_and_links_match_them():
    html = render("Text[^1] [a](#s-curve) [b](#s-s-curve) [c](#use)\n\n## S-curve\n\n## 1\n\n"
                  '<div id="use">x</div>\n\n## Use\n\n[^1]: Note.')  # fmt: skip
    ids = re.findall(r' id="([^"]*)"', html)
    assert len(ids) == len(set(ids))
    assert {"s-s-curve", "s-1", "s-use", "s-use-1"} <= set(ids)
    found = re.findall(r'<a [^>]*href="#([^"]*)"', html)
    assert found == ["s-1", "s-s-curve", "s-s-curve", "s-use", "back-s-1"]


def test_footnote_and_its_first_reference_link_to_each_other():
    html = render("A[^1] and B[^1].\n\n[^1]: Note.\n\n## Back s 1\n")
    assert html.count('href="#s-1" role="doc-noteref">1</a></sup>') == 2
    assert html.count('id="back-s-1"') == 1
    assert 'href="#back-s-1" role="doc-backlink" aria-label="Back to 1">1</a>' in html
    own = '<sup><a href="#x">1</a></sup>\n\n<div id="y"><sup>1</sup></div>'
    assert "doc-backlink" not in render(own)


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("![a & b](https://x.org/y.png)", "<p>a &amp; b</p>\n"),
        ("![](https://x.org/y.png)", "<p></p>\n"),
        ('<img alt="a &quot;b&quot;" src="data:image/png;base64,AA">', 'a "b"'),
        ("![a](y.png)", '<p><img src="y.png" alt="a"></p>\n'),
    ],
)
def test_external_picture_is_replaced_by_alt_text(markdown, html):
    assert html in render(markdown).replace("&quot;", '"')
    assert "<img alt" not in render(markdown)


def test_link_may_be_one_level_deeper_than_other_markup():
    text = "> " * 99 + "Flask"
    start = len(text) - len("Flask")
    assert 'class="ref"' in render_page(text, [Link(start, len(text), "x")]).html
    with pytest.raises(CannotRender):
        render("> " * 101 + "Flask")


def test_alerts_and_definition_lists_are_rendered():
    html = render("> [!NOTE]\n> Read it.\n\nTerm\n: What it is.\n")
    assert "<blockquote>\n<p><strong>Note</strong></p>\n<p>Read it.</p>" in html
    assert "<dl>\n<dt>Term</dt>\n<dd>What it is.</dd>" in html
    assert "Note" not in render('<blockquote class="markdown-alert-<b>">x</blockquote>')


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("容器是\n进程。", "<p>容器是进程。</p>\n"),
        ("です。\n*次*に\n[点](x)", '<p>です。<em>次</em>に<a href="x">点</a></p>\n'),
        ("です。\nKubernetes", "<p>です。Kubernetes</p>\n"),
        ("API\n网关 API\n한국\n말", "<p>API\n网关 API\n한국\n말</p>\n"),
        ("```\n容\n器\n```", '<pre tabindex="0"><code>容\n器\n</code></pre>\n'),
    ],
)
def test_lines_in_scripts_without_spaces_are_joined_without_space(markdown, html):
    assert render(markdown) == html


def test_many_ampersands_are_sanitised_like_few():
    """Texts with very many ampersands take a separate code path."""
    piece = (
        '<p>a &amp; b &amp;lt; <a href="https://x.example/?a=1&amp;b=2" title="R&amp;D">R&amp;D</a>'
        '<a href="javascript&amp;colon;x" onclick="&amp;">c</a><im&amp;g src=x onerror=a></p>'
    )
    few = sanitise(piece)
    assert "onclick" not in few
    assert sanitise(piece * 1_000) == few * 1_000
    assert sanitise("\ue000" + piece * 1_000) == "\ue000" + few * 1_000

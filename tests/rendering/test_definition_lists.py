"""Definition lists in the syntax of MDN."""

import pytest

from terms.rendering import render


def lined(html):
    return html.replace("\n", "")


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("- one `x`\n  - : def\n- two\n  - : more\n",
         "<dl><dt>one <code>x</code></dt><dd>def</dd><dt>two</dt><dd>more</dd></dl>"),
        ("- one\n\n  - : def\n\n    more\n- two\n  - : a\n  - : b\n",
         "<dl><dt>one</dt><dd><p>def</p><p>more</p></dd><dt>two</dt><dd>a</dd><dd>b</dd></dl>"),
        ("- one\n  - : def\n    - a\n    - b\n",
         "<dl><dt>one</dt><dd>def<ul><li>a</li><li>b</li></ul></dd></dl>"),
        ("- a\n  - b\n    - : c\n", "<ul><li>a<dl><dt>b</dt><dd>c</dd></dl></li></ul>"),
        ("- a\n  - : b\n    - : c\n", "<dl><dt>a</dt><dd>b<ul><li>: c</li></ul></dd></dl>"),
        ("- a\n  - : b\n- c\n", "<ul><li>a<ul><li>: b</li></ul></li><li>c</li></ul>"),
        ("- a\n  - : b\n  - c\n", "<ul><li>a<ul><li>: b</li><li>c</li></ul></li></ul>"),
        ("- : a\n", "<ul><li>: a</li></ul>"),
        ("- a\n  - : b\n\n</ul>\n", "<ul><li>a<ul><li>: b</li></ul></li></ul>"),
        ("- a\n  - : b\n\n  more\n", "<ul><li><p>a</p><ul><li>: b</li></ul><p>more</p></li></ul>"),
    ],
)  # fmt: skip
def test_definition_list_is_rendered(text, html):
    assert lined(render(text)) == html


def test_deeply_nested_lists_are_rendered():
    assert render("".join(f"{'  ' * n}- : a\n" for n in range(45))).count("<li>") == 45
    text = "".join(f"{'    ' * n}- a\n{'    ' * n}  - : b\n" for n in range(20))
    assert render(text).count("<dd>") == 20

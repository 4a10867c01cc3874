import re

import pytest

from terms.formats.rendered_differences import mark_changes
from terms.rendering import render

MARK = re.compile(r'<ins class="changed">(.*?)</ins>|<del class="changed">(.*?)</del>', re.DOTALL)


def short(html):
    return html.replace(' class="changed"', "")


@pytest.mark.parametrize(
    ("before", "after", "marked"),
    [
        ("<p>One two.</p>", "<p>One two.</p>", "<p>One two.</p>"),
        ("<p>One two.</p>", "<p>One three.</p>", "<p>One <del>two</del><ins>three</ins>.</p>"),
        ("<p>One.</p>", "<p>One two three.</p>", "<p>One <ins>two three</ins>.</p>"),
        ("<p>One two.</p>", "<p>One.</p>", "<p>One <del>two</del>.</p>"),
        ("", "<p>One.</p>", "<p><ins>One.</ins></p>"),
        ("<p>One.</p>", "", "<p><del>One.</del></p>"),
        (
            "<p>One <em>two</em>.</p>",
            "<p>One <em>three</em>.</p>",
            "<p>One <del>two</del> <em><ins>three</ins></em>.</p>",
        ),
        (
            "<p>One.</p><p>Two.</p>",
            "<p>Two.</p>",
            "<p><del>One.</del><br>Two.</p>",
        ),
        (
            "<p>One.</p>\n<p>Two.</p>",
            "<p>One.</p>\n<p>New words.</p>\n<p>Two.</p>",
            "<p>One.</p>\n<p><ins>New words.</ins></p>\n<p>Two.</p>",
        ),
        ("<p>A &amp; B</p>", "<p>A &lt; B</p>", "<p>A <del>&amp;</del> <ins>&lt;</ins> B</p>"),
        (
            '<p>A <img src="a.png" alt="x > y"></p>',
            "<p>A</p>",
            '<p>A <del><img src="a.png" alt="x > y"></del></p>',
        ),
        ("<p>A<b>b</b></p>", "<p>A<i>b</i></p>", "<p>A<i>b</i></p>"),
        ("<ul>\n<li>a</li>\n</ul>", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>",
         "<ul>\n<li>a</li>\n<li><ins>b</ins></li>\n</ul>"),
    ],
)  # fmt: skip
def test_changed_words_are_marked(before, after, marked):
    assert re.sub(r"\s+", " ", short(mark_changes(before, after))) == re.sub(
        r"\s+", " ", marked.replace("</del><ins>", "</del> <ins>")
    )


TEXTS = [
    "A **kite** flies in the wind.\n\n- one\n- two\n\n## More\n\nText `code` here.",
    "A kite and a *rope* fly in wind.\n\n1. one\n2. three\n\n| a | b |\n|---|---|\n| 1 | 2 |",
    "",
    "Only <b>this</b> & that < those.\n\n> Quoted ~~gone~~ words.",
    "```python\nx = 1 < 2\n```\n\n![A kite](kite.png)\n\n$a^2$",
]


@pytest.mark.parametrize("before", TEXTS)
@pytest.mark.parametrize("after", TEXTS)
def test_taking_the_marks_away_leaves_the_later_text(before, after):
    old, new = render(before), render(after)
    marked = mark_changes(old, new)
    without = re.sub(
        r'<p><del class="changed">(?:(?!</del>).)*</del></p>\Z', "", marked, flags=re.DOTALL
    )
    without = re.sub(r'<del class="changed">.*?</del>(<br>)?', "", without, flags=re.DOTALL)
    without = re.sub(r'<ins class="changed">(.*?)</ins>', r"\1", without, flags=re.DOTALL)
    assert re.sub(r"\s", "", without) == re.sub(r"\s", "", new)
    gone = "".join(found[2] or "" for found in MARK.finditer(marked))
    assert not re.search("<(p|ul|ol|table)", gone)

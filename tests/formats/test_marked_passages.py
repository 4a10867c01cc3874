"""Passages of comments in rendered HTML."""

import pytest

from terms.formats.marked_passages import mark_passages


def marks(html, *quotes):
    return mark_passages(html, list(enumerate(quotes, 1)))


@pytest.mark.parametrize(
    ("html", "quote", "expected"),
    [
        (
            "<p>A small tool.</p>",
            "small tool",
            '<p>A <mark class="passage">small tool</mark><sup class="passage">1</sup>.</p>',
        ),
        (
            "<p>A <em>very</em> small tool</p>",
            "very  small",
            '<p>A <em><mark class="passage">very</mark></em> <mark class="passage">small</mark>'
            '<sup class="passage">1</sup> tool</p>',
        ),
        (
            "<p>x</p>\n<p>a &lt; b</p>",
            "a < b",
            '<p>x</p>\n<p><mark class="passage">a &lt; b</mark><sup class="passage">1</sup></p>',
        ),
        (
            '<p>a <del class="changed">b c</del> d</p>',
            "a d",
            '<p><mark class="passage">a</mark> <del class="changed">b c</del> '
            '<mark class="passage">d</mark><sup class="passage">1</sup></p>',
        ),
        ("<p>A small tool.</p>", "mall", "<p>A small tool.</p>"),
        ("<p>A small tool.</p>", "", "<p>A small tool.</p>"),
        ('<p title="small tool">x</p>', "small tool", '<p title="small tool">x</p>'),
    ],
)
def test_passage_is_marked_with_its_number(html, quote, expected):
    assert marks(html, quote) == expected


def test_overlapping_passages_have_both_numbers():
    html = marks("<p>one two three four</p>", "two three", "one two three")
    assert html == (
        '<p><mark class="passage">one two three</mark><sup class="passage">1, 2</sup> four</p>'
    )


def test_many_passages_of_a_long_text_are_marked():
    text = " ".join(f"w{number}" for number in range(20_000))
    html = marks(f"<p>{text}</p>", *(f"w{n} w{n + 1}" for n in range(0, 400, 2)))
    assert html.count("<mark") == 200

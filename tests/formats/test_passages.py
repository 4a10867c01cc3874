"""Passages are found again after an edit of their text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terms.formats.passages import find_quote, moved, with_markup

TEXT = "Flask is a small framework. It follows WSGI.\n\n## Use\n\nMany use it for prototypes."


def passage(quote, new, old=TEXT):
    start = old.index(quote)
    place = moved(start, start + len(quote), old, new)
    return place and new[place[0] : place[1]]


@pytest.mark.parametrize(
    ("quote", "new", "found"),
    [
        ("follows WSGI", TEXT, "follows WSGI"),
        ("follows WSGI", "Before.\n\n" + TEXT + " After.", "follows WSGI"),
        ("follows WSGI", TEXT.replace("small", "quite a bit smaller"), "follows WSGI"),
        (
            "It follows WSGI",
            TEXT.replace("follows", "follows strictly"),
            "It follows strictly WSGI",
        ),
        ("a small framework", TEXT.replace("small ", ""), "a framework"),
        ("follows WSGI", TEXT.replace("follows WSGI", "knows HTTP"), None),
        ("It follows WSGI.", "Many use it for prototypes. It follows WSGI.", "It follows WSGI."),
        ("ollows WSG", TEXT.replace("small", "big"), "ollows WSG"),
        ("## Use", TEXT.replace("\n\n## Use\n\n", " "), None),
        ("Many", "", None),
    ],
)
def test_passage_moves_with_its_words(quote, new, found):
    assert passage(quote, new) == found


texts = st.lists(st.sampled_from(["a", "b c", "d.\n", "é", "数据 ", "-- "]), max_size=12).map(
    "".join
)


@given(texts, texts, texts, st.data())
def test_unchanged_passage_is_found_after_any_edit_around_it(before, after, other, data):
    old = f"{before}\nthe one passage\n{after}"
    new = f"{data.draw(texts)}{other}\nthe one passage\n{data.draw(texts)}"
    start = old.index("the one passage")
    place = moved(start, start + 15, old, new)
    assert place is not None
    assert new[place[0] : place[1]] == "the one passage"


@given(st.text(max_size=60), st.text(max_size=60), st.integers(0, 60), st.integers(0, 60))
def test_moved_passage_is_within_the_text(old, new, one, other):
    start, end = sorted((min(one, len(old)), min(other, len(old))))
    place = moved(start, end, old, new)
    if place:
        assert 0 <= place[0] <= place[1] <= len(new)


SOURCE = """It **is** a _small_ framework, see [the
WSGI page](https://example.org/wsgi (about WSGI)) and `snake_case`.

- one
- two of them
"""


@pytest.mark.parametrize(
    ("quote", "found"),
    [
        ("small_ framework", "small_ framework"),
        ("is a small framework", "is** a _small_ framework"),
        (
            "see the WSGI page and",
            "see [the\nWSGI page](https://example.org/wsgi (about WSGI)) and",
        ),
        ("snake_case. one two", "snake_case`.\n\n- one\n- two"),
        ("ramework", "ramework"),
        ("example", "example"),
        ("framework of WSGI", None),
        ("…", None),
        ("", None),
    ],
)
def test_quote_from_page_is_found_in_source(quote, found):
    place = find_quote(quote, SOURCE)
    assert (place and SOURCE[place[0] : place[1]]) == found


@pytest.mark.parametrize(
    ("text", "passage", "whole"),
    [
        ("flies *high* in", "flies *high", "flies *high*"),
        ("flies **high up** in", "high up** in", "**high up** in"),
        ("see [the kite](kite.md) now", "see [the kite", "see [the kite](kite.md)"),
        ("see [the kite](kite.md) now", "kite](kite.md) now", "kite](kite.md) now"),
        ("see [kite](kite.md) now", "kite](kite.md) now", "[kite](kite.md) now"),
        ("an ![old kite](kite.png) now", "old kite](kite.png)", "![old kite](kite.png)"),
        ("use `flask run` now", "use `flask run", "use `flask run`"),
        ("two * three", "two * three", "two * three"),
        ("[a][b] c", "[a", "[a][b]"),
        ("plain words", "plain", "plain"),
    ],
)
def test_passage_takes_the_other_half_of_its_markup(text, passage, whole):
    start = text.index(passage)
    first, end = with_markup(text, start, start + len(passage))
    assert text[first:end] == whole

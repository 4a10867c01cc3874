"""Words as searching compares them."""

import pytest

from terms.rendering import spaced, words


@pytest.mark.parametrize(
    "text",
    [
        "A plain text, of words.",
        "C++ and C#",
        "Café 数据",
        "",
        "- #",
        "x" * 61 + " y" * 2,
        "a" * 200,
    ],
)
def test_an_index_takes_the_same_words(text):
    assert spaced(text).split() == words(text)

"""Words as the search compares them."""

import pytest

from terms.rendering import folded, spaced, words


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
def test_index_has_the_same_words(text):
    assert spaced(text).split() == words(text)


def test_folding_is_idempotent():
    assert words("Word™") == ["wordtm"] == spaced("Word™").split()
    for text in ("Word™", "℃", "ﬁ", "ẞ", "Ǆ"):
        assert folded(folded(text)) == folded(text)

"""Differences between two texts, as lines with their context."""

import pytest

from terms.formats.differences import CONTEXT, compare, readable_changes


def test_unchanged_lines_between_changes_are_folded():
    same = [f"line {n}\n" for n in range(20)]
    before = "".join(["old\n", *same, "end\n"])
    after = "".join(["new\n", *same, "END\n"])
    first, head, fold, tail, last = compare(before, after)
    assert fold.folded == 20 - 2 * CONTEXT
    assert "".join(piece.text for piece in head.pieces) == "".join(same[:CONTEXT])
    assert "".join(piece.text for piece in tail.pieces) == "".join(same[-CONTEXT:])
    assert [piece.kind for piece in first.pieces] == ["gone", "new", "same"]
    assert [piece.text.strip() for piece in last.pieces][:2] == ["end", "END"]


@pytest.mark.parametrize(
    ("before", "after", "kinds"),
    [
        ("A small web tool.", "A small web framework.", ["same", "gone", "new", "same"]),
        ("A small web tool.", "What people write sites with.", ["gone", "same", "new"]),
        ("", "New text.", ["new"]),
    ],
)
def test_rewritten_sentence_is_shown_as_a_whole(before, after, kinds):
    pieces = readable_changes(before, after)
    assert [piece.kind for piece in pieces] == kinds
    assert "".join(piece.text for piece in pieces if piece.kind == "gone") in before

"""Differences between two texts, as lines with their context."""

from terms.formats.differences import CONTEXT, compare


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

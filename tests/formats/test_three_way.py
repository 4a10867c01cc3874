"""Three-way merge of two people's changes to one text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terms.formats.three_way import BOTH, OURS, THEIRS, joined, passages

BASE = "one\n\ntwo\n\nthree\n"


@pytest.mark.parametrize(
    ("ours", "theirs", "merged"),
    [
        ("ONE\n\ntwo\n\nthree\n", "one\n\ntwo\n\nTHREE\n", "ONE\n\ntwo\n\nTHREE\n"),
        ("zero\n\n" + BASE, BASE + "\nfour\n", "zero\n\n" + BASE + "\nfour\n"),
        ("one\n\nthree\n", BASE.replace("one", "1"), "1\n\nthree\n"),
        (BASE, BASE, BASE),
        ("", BASE, ""),
        ("one\n\n2\n\nthree\n", "one\n\n2\n\nthree\n", "one\n\n2\n\nthree\n"),
    ],
)
def test_changes_in_different_places_are_merged(ours, theirs, merged):
    found = passages(BASE, ours, theirs)
    assert not any(passage.collides for passage in found)
    assert joined(found, {}) == merged


def test_conflicting_passage_is_resolved_by_choice():
    found = passages(BASE, BASE.replace("two", "2"), BASE.replace("two", "zwei"))
    (number,) = [n for n, passage in enumerate(found) if passage.collides]
    assert joined(found, {}) == "one\n\n2\n\nthree\n"
    assert joined(found, {number: OURS}) == "one\n\n2\n\nthree\n"
    assert joined(found, {number: THEIRS}) == "one\n\nzwei\n\nthree\n"
    assert joined(found, {number: BOTH}) == "one\n\n2\nzwei\n\nthree\n"


texts = st.lists(st.sampled_from(["a\n", "b\n", "c\n", "\n", "d"]), max_size=12).map("".join)


@given(texts, texts, texts)
def test_passages_add_up_to_each_side(base, ours, theirs):
    found = passages(base, ours, theirs)
    assert "".join(p.base for p in found) == base
    assert "".join(p.ours for p in found) == ours
    assert "".join(p.theirs for p in found) == theirs


@given(texts, texts)
def test_change_of_one_side_is_kept(base, changed):
    for found in (passages(base, changed, base), passages(base, base, changed)):
        assert not any(p.collides for p in found)
        assert joined(found, {}) == changed


LIST = "Head\n\n- a\n- b\n\nlast\n"


@pytest.mark.parametrize(
    ("ours", "theirs", "merged"),
    [
        # A new paragraph and a change of the one below or above it.
        ("Head\n\nnew\n\n- a\n- b\n\nlast\n", LIST.replace("- a", "- A"), "Head\n\nnew\n\n- A\n- b\n\nlast\n"),
        (LIST + "\nnew\n", LIST.replace("last", "LAST"), "Head\n\n- a\n- b\n\nLAST\n\nnew\n"),
        ("new\n\n" + LIST, LIST.replace("Head", "HEAD"), "new\n\nHEAD\n\n- a\n- b\n\nlast\n"),
        # A removed paragraph and a change of the next one.
        (LIST.replace("- a\n- b\n\n", ""), LIST.replace("last", "LAST"), "Head\n\nLAST\n"),
        # Two items, and an item and its neighbour's end.
        (LIST.replace("- a", "- A"), LIST.replace("- b", "- B"), "Head\n\n- A\n- B\n\nlast\n"),
        (LIST.replace("- b\n", "- b\n- c\n"), LIST.replace("- b", "- B"), "Head\n\n- a\n- B\n- c\n\nlast\n"),
    ],
)  # fmt: skip
def test_changes_of_neighbouring_paragraphs_or_items_are_merged(ours, theirs, merged):
    for one, other in ((ours, theirs), (theirs, ours)):
        found = passages(LIST, one, other)
        assert not any(passage.collides for passage in found)
        assert joined(found, {}) == merged


@pytest.mark.parametrize(
    ("base", "ours", "theirs"),
    [
        ("one\ntwo\n", "ONE\ntwo\n", "one\nTWO\n"),  # lines of one paragraph
        ("a\n\nb\n", "a\n\nnew\n\nb\n", "a\n\nother\n\nb\n"),  # two insertions at one place
        ("a\n\nb\n", "a\n\nnew\n\nb\n", "a\n\nnew\n\nB\n"),  # one of two equal ones, with more
        ("x\n", "y", "x\n- c\n"),  # the first has no line end
    ],
)
def test_changes_of_one_place_collide(base, ours, theirs):
    assert any(passage.collides for passage in passages(base, ours, theirs))
    assert any(passage.collides for passage in passages(base, theirs, ours))

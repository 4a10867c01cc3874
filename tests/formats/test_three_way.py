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

"""Differences between two term files, value by value."""

from terms.formats.value_differences import LAYOUT, TEXT, WHOLE, compare_values
from tests.factory import text_of


def names(before, after):
    return [found.name for found in compare_values(before, after)]


def words(found, kind):
    return [piece.text for block in found.blocks for piece in block.pieces if piece.kind == kind]


def test_values_and_text_are_compared_on_their_own():
    before = text_of("Flask", related="Django")
    after = before.replace("mdi:file-code", "mdi:flask").replace("Text.", "Better.")
    after = after.replace("'Django'", "'Django, WSGI'").replace(
        "term: Flask\n", "term: Flask\nnew: x\n"
    )
    assert names(before, after) == ["new", "icon", "details: Related Terms", TEXT]
    icon = compare_values(before, after)[1]
    assert (words(icon, "gone"), words(icon, "new")) == (["file-code"], ["flask"])
    assert names(after, before)[0] == "new"
    assert names(before, before) == []


def test_new_file_has_all_its_values():
    assert names("", text_of("Flask"))[:2] == ["term", "icon"]


def test_rows_with_the_same_title_are_told_apart():
    rows = "---\nterm: A\ndetails:\n- title: See\n  value: {}\n- title: See\n  value: {}\n  url: x\n---\n"
    assert names(rows.format("a", "b"), rows.format("a", "c")) == ["details: See (2)"]
    mixed = "---\nterm: A\ndetails:\n- title: See\n- {}\n---\n"
    assert names(mixed.format("a"), mixed.format("b")) == ["details: 2"]


def test_other_changes_are_shown_as_layout_or_whole_file():
    before = text_of("Flask")
    assert names(before, before.replace("icon:", "# A comment\nicon:")) == [LAYOUT]
    assert names(before, before.replace("term: Flask", "term: [")) == [WHOLE]
    assert names("---\n[\n---\n", "---\n[\n---\n") == []

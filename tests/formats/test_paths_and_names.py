import json

import pytest

from terms.formats.merging import merge_texts
from terms.formats.paths import name_key, path_for, problem_with, slug_of
from terms.formats.related import read_names, write_names
from tests.factory import text_of


@pytest.mark.parametrize(
    ("path", "slug"),
    [
        ("flask.md", "flask"),
        ("bill-of-lading-bol-.md", "bill-of-lading-bol-"),
        ("files/bigint/index.md", "bigint"),
        ("index.md", "index"),
        ("a.b.mdx", "a.b"),
        (".md", ""),
    ],
)
def test_the_file_name_is_the_slug(path, slug):
    assert slug_of(path) == slug


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("Node.js", "node-js.md"),
        ("C", "c.md"),
        ("C++", "c-plus-plus.md"),
        ("C#", "c-sharp.md"),
        ("N+1 Query", "n-plus-1-query.md"),
        ("Größe", "größe.md"),
        ("日本語", "日本語.md"),
        ("😀", "fallback.md"),
        ("CON", "con-term.md"),
        ("index", "index-term.md"),
        ("../../etc/passwd", "etc-passwd.md"),
        ("a" * 400, "a" * 200 + ".md"),
    ],
)
def test_a_name_becomes_a_file(name, path):
    assert path_for(name, "fallback") == path
    assert problem_with(path) == ""


def test_hostile_names_become_safe_files(shared):
    names = json.loads((shared / "attacks/paths/path_names.json").read_text())
    for name in [*names["own"], *names["cases"]]:
        path = path_for(name, "x")
        assert problem_with(path) == ""
        assert "/" not in path
        assert "\\" not in path


@pytest.mark.parametrize(
    ("text", "known", "names"),
    [
        ("A, B", [], ["A", "B"]),
        ("A, B, C", ["A, B"], ["A, B", "C"]),
        ("X, A, B, and C (D), Y", ["A, B, and C (D)", "A"], ["X", "A, B, and C (D)", "Y"]),
        ("None", [], []),
        ("None", ["None"], ["None"]),
        ("", [], []),
        (" , A,, B ,", [], ["A", "B"]),
        ("a,  b", ["A, B"], ["a,  b"]),
    ],
)
def test_a_relation_string_is_read_by_longest_names(text, known, names):
    keys = {name_key(name) for name in known}
    assert read_names(text, keys.__contains__) == names


def test_no_names_are_written_as_none():
    assert write_names([]) == "None"
    assert write_names(["A", "B"]) == "A, B"


def test_a_long_relation_string_is_read_in_time():
    assert len(read_names("a," * 30_000, lambda key: False)) == 30_000


# Merging


def test_changes_of_different_values_merge():
    base = text_of("A", body="Base")
    ours = text_of("A", body="Base", category="Ours")
    theirs = text_of("A", body="Theirs")
    assert merge_texts(base, ours, theirs).text == text_of("A", body="Theirs", category="Ours")


def test_changes_of_one_value_collide_and_are_named():
    base = text_of("A", body="Base")
    found = merge_texts(
        base, text_of("A", body="x", category="y"), text_of("A", body="z", category="w")
    )
    assert found.text is None
    assert found.collisions == ("category", "details: Category", "body")


def test_the_same_change_on_both_sides_is_none():
    base, other = text_of("A", body="Base"), text_of("A", body="Other")
    assert merge_texts(base, other, other).text == other
    assert merge_texts(base, base, other).text == other
    assert merge_texts(base, other, base).text == other


def test_what_cannot_be_read_is_not_merged():
    base = "---\nterm: [\n---\n"
    assert merge_texts(base, base + "a", base + "b").collisions == ("the whole file",)


def test_what_one_side_changed_beside_values_is_kept():
    base = text_of("A", body="Base")
    ours = base.replace("term: A\n", "term: A  # comment\n").replace("Software", "Web")
    theirs = text_of("A", body="Theirs")
    assert merge_texts(base, ours, theirs).text == ours.replace("Base", "Theirs")
    assert merge_texts(base, theirs, ours).text == ours.replace("Base", "Theirs")
    crlf = ours.replace("\n", "\r\n")
    assert merge_texts(base, crlf, theirs).text == crlf.replace("Base", "Theirs")
    assert merge_texts(base, crlf, ours.replace("comment", "other")).collisions == (
        "the layout of the file",
    )


ROWS = """---
term: A
details:
  - title: x
    value: 1
  - title: y
    value: 2
---
"""


def test_rows_that_one_side_moves_and_the_other_edits():
    moved = ROWS.replace("  - title: x\n    value: 1\n", "").replace("---\n", "", 0)
    moved = moved[: moved.rindex("---")] + "  - title: x\n    value: 1\n---\n"
    edited = ROWS.replace("value: 2", "value: 3")
    for one, other in ((moved, edited), (edited, moved)):
        assert merge_texts(ROWS, one, other).text == moved.replace("value: 2", "value: 3")


def test_a_row_that_one_side_puts_first_stays_first():
    first = ROWS.replace("details:\n", "details:\n  - title: new\n    value: 0\n")
    edited = ROWS.replace("value: 2", "value: 3")
    found = merge_texts(ROWS, first, edited).text
    assert found.index("title: new") < found.index("title: x")
    assert "value: 3" in found


def test_rows_that_both_move_collide():
    swapped = ROWS.replace("title: x", "title: 0").replace("title: y", "title: x")
    swapped = swapped.replace("title: 0", "title: y")
    found = merge_texts(ROWS, swapped, swapped.replace("value: 1", "value: 9"))
    assert found.text is None or "value: 9" in found.text

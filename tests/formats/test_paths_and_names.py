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
def test_slug_is_the_file_name(path, slug):
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
def test_path_is_made_from_name(name, path):
    assert path_for(name, "fallback") == path
    assert problem_with(path) == ""


def test_hostile_names_become_safe_paths(shared):
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
def test_related_terms_are_split_at_longest_known_names(text, known, names):
    keys = {name_key(name) for name in known}
    assert read_names(text, keys.__contains__) == names


def test_empty_list_of_names_is_written_as_none():
    assert write_names([]) == "None"
    assert write_names(["A", "B"]) == "A, B"


def test_long_list_of_names_is_read():
    assert len(read_names("a," * 30_000, lambda key: False)) == 30_000


# Merging


def test_changes_of_different_values_are_merged():
    base = text_of("A", body="Base")
    ours = text_of("A", body="Base", category="Ours")
    theirs = text_of("A", body="Theirs")
    assert merge_texts(base, ours, theirs).text == text_of("A", body="Theirs", category="Ours")


def test_changes_of_one_value_collide():
    base = text_of("A", body="Base")
    found = merge_texts(
        base, text_of("A", body="x", category="y"), text_of("A", body="z", category="w")
    )
    assert found.text is None
    assert found.collisions == ("category", "details: Category", "body")


def test_same_change_on_both_sides_merges():
    base, other = text_of("A", body="Base"), text_of("A", body="Other")
    assert merge_texts(base, other, other).text == other
    assert merge_texts(base, base, other).text == other
    assert merge_texts(base, other, base).text == other


def test_unreadable_texts_are_not_merged():
    base = "---\nterm: [\n---\n"
    assert merge_texts(base, base + "a", base + "b").collisions == ("the whole file",)


def test_comments_and_line_ends_survive_merge():
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


def test_moved_and_edited_rows_are_merged():
    moved = ROWS.replace("  - title: x\n    value: 1\n", "").replace("---\n", "", 0)
    moved = moved[: moved.rindex("---")] + "  - title: x\n    value: 1\n---\n"
    edited = ROWS.replace("value: 2", "value: 3")
    for one, other in ((moved, edited), (edited, moved)):
        assert merge_texts(ROWS, one, other).text == moved.replace("value: 2", "value: 3")


def test_row_inserted_first_stays_first():
    first = ROWS.replace("details:\n", "details:\n  - title: new\n    value: 0\n")
    edited = ROWS.replace("value: 2", "value: 3")
    found = merge_texts(ROWS, first, edited).text
    assert found.index("title: new") < found.index("title: x")
    assert "value: 3" in found


def test_edit_of_rows_that_both_sides_move_is_kept_or_collides():
    swapped = ROWS.replace("title: x", "title: 0").replace("title: y", "title: x")
    swapped = swapped.replace("title: 0", "title: y")
    found = merge_texts(ROWS, swapped, swapped.replace("value: 1", "value: 9"))
    assert found.text is None or "value: 9" in found.text

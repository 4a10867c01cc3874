"""Three-way merge of term files: what is merged, what collides, and how sides are chosen."""

import pytest

from terms.formats.front_matter import parse
from terms.formats.line_ends import normalise
from terms.formats.merging import merge_texts
from terms.formats.paths import name_key

BASE = """\
---
# The small one
term: Flask
aliases:
  - Flasks
tags: [web, python]
description: A framework.
details:
  - title: Category
    value: Software
  - title: Link
    value: Docs
    url: https://a.example
  - title: Link
    value: Code
    url: https://b.example
  - title: Related Terms
    value: 'Python, Django'
seo:
  title: Flask
  image:
    alt: A flask
---
One.

Two.

Three.
"""


def swapped(*pairs, text=BASE):
    """Return ``text`` with each old part replaced by the new one."""
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def assert_merges(ours, theirs, merged, base=BASE):
    """Assert the merged text, and that the values are the same when the sides change places."""
    found = merge_texts(base, ours, theirs)
    assert found.collisions == ()
    assert found.text == merged
    assert_same_values(merge_texts(base, theirs, ours), found)


def assert_same_values(one, other):
    one, other = parse(one.text), parse(other.text)
    assert without_order(one.data) == without_order(other.data)
    assert normalise(one.body) == normalise(other.body)


def without_order(value):
    if isinstance(value, list):
        return sorted(repr(without_order(item)) for item in value)
    if isinstance(value, dict):
        if value.get("title") == "Related Terms":
            value = {**value, "value": sorted(value["value"].split(", "))}
        return {key: without_order(value[key]) for key in sorted(value)}
    return value


LINK = "  - title: Link\n    value: Code\n    url: https://b.example\n"
NEW = "  - title: New\n    value: Row\n"
NEWER = "  - title: Newer\n    value: Row\n"
MERGED = {
    "paragraphs": ([("One", "1")], [("Three", "3")], [("One", "1"), ("Three", "3")]),
    "neighbouring paragraphs": ([("One", "1")], [("Two", "2")], [("One", "1"), ("Two", "2")]),
    "a new paragraph and the one below": (
        [("Two", "New.\n\nTwo")], [("Two", "2")], [("Two", "New.\n\n2")],
    ),
    "a paragraph and a value": (
        [("One", "1")], [("A framework", "Small")], [("One", "1"), ("A framework", "Small")],
    ),
    "aliases added on both sides": (
        [("- Flasks\n", "- Flasks\n  - B\n")], [("- Flasks\n", "- Flasks\n  - A\n")],
        [("- Flasks\n", "- Flasks\n  - A\n  - B\n")],
    ),
    "an alias that both sides add": (
        [("- Flasks\n", "- Flasks\n  - B\n")], [("- Flasks\n", "- Flasks\n  - A\n  - B\n")],
        [("- Flasks\n", "- Flasks\n  - A\n  - B\n")],
    ),
    "a tag added and a tag removed": ([("python", "python, x")], [("web, ", "")], [("web, python", "python, x")]),
    "an alias replaced and an alias added": (
        [("- Flasks", "- B")], [("- Flasks", "- Flasks\n  - A")], [("- Flasks", "- A\n  - B")],
    ),
    "rows added on both sides": (
        [(LINK, LINK + NEWER)], [(LINK, LINK + NEW)], [(LINK, LINK + NEW + NEWER)],
    ),
    "values of one row": (
        [("Code", "Source")], [("b.example", "c.example")], [("Code", "Source"), ("b.example", "c.example")],
    ),
    "rows of one title": (
        [("Code", "Source")], [("Docs", "Manual")], [("Code", "Source"), ("Docs", "Manual")],
    ),
    "a row removed and another one changed": (
        [(LINK, "")], [("Docs", "Manual")], [(LINK, ""), ("Docs", "Manual")],
    ),
    "a row renamed and changed": (
        [("title: Category", "title: Kind")], [("value: Docs", "value: Manual")],
        [("title: Category", "title: Kind"), ("value: Docs", "value: Manual")],
    ),
    "a row moved and changed": (
        [(LINK, ""), ("details:\n", "details:\n" + LINK)], [("value: Code", "value: Source")],
        [(LINK, ""), ("details:\n", "details:\n" + LINK), ("value: Code", "value: Source")],
    ),
    "links added on both sides": (
        [(LINK, LINK + LINK.replace("b.e", "c.e"))], [(LINK, LINK + LINK.replace("b.e", "d.e"))],
        [(LINK, LINK + LINK.replace("b.e", "d.e") + LINK.replace("b.e", "c.e"))],
    ),
    "related terms added on both sides": (
        [("Django'", "Django, B'")], [("Django'", "Django, A'")], [("Django'", "Django, A, B'")],
    ),
    "related terms added and removed": (
        [("Django'", "Django, B'")], [("Python, ", "")], [("Python, Django'", "Django, B'")],
    ),
    "nested values": (
        [("alt: A flask", "alt: Glass")], [("  title: Flask\n  image", "  title: F\n  image")],
        [("alt: A flask", "alt: Glass"), ("  title: Flask\n  image", "  title: F\n  image")],
    ),
    "new keys": (
        [("term: Flask\n", "term: Flask\nours: 1\n")], [("description", "theirs: 2\ndescription")],
        [("term: Flask\n", "term: Flask\nours: 1\n"), ("description", "theirs: 2\ndescription")],
    ),
    "comments on both sides": (
        [("framework.", "framework. # short")], [("# The small one", "# The small one\n# and fast")],
        [("framework.", "framework. # short"), ("# The small one", "# The small one\n# and fast")],
    ),
    "comments and values on both sides": (
        [("framework.", "framework. # short"), ("- Flasks\n", "- Flasks\n  - B # b\n")],
        [("# The small one", "# Fast"), ("- Flasks\n", "- Flasks\n  - A\n")],
        [("framework.", "framework. # short"), ("# The small one", "# Fast"),
         ("- Flasks\n", "- Flasks\n  - A\n  - B # b\n")],
    ),
    "quotes that both sides change": (
        [("term: Flask", "term: 'Flask'"), ("One", "1")], [("term: Flask", 'term: "Flask"')],
        [("term: Flask", 'term: "Flask"'), ("One", "1")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MERGED)
def test_changes_of_different_items_are_merged(name):
    ours, theirs, merged = (swapped(*pairs) for pairs in MERGED[name])
    assert_merges(ours, theirs, merged)


COLLIDING = {
    "a value": ([("A framework", "1")], [("A framework", "2")], ("description",)),
    "a value removed and changed": ([("description: A framework.\n", "")], [("A framework", "2")], ("description",)),
    "a row": ([("Software", "1")], [("Software", "2")], ("details: Category",)),
    "the second row of a title": ([("Code", "1")], [("Code", "2")], ("details: Link (2)",)),
    "a row removed and changed": ([(LINK, "")], [("Code", "2")], ("details: Link (2)",)),
    "rows of one title, added": (
        [(LINK, LINK + NEW)], [(LINK, LINK + NEW.replace("Row", "Line"))], ("details: New",),
    ),
    "a nested value": ([("A flask", "1")], [("A flask", "2")], ("seo: image: alt",)),
    "a paragraph": ([("Two", "2")], [("Two", "II")], ("body",)),
    "two paragraphs": ([("One", "1"), ("Two", "2")], [("One", "I"), ("Two", "II")], ("body",)),
    "insertions in one place": ([("Two", "A.\n\nTwo")], [("Two", "B.\n\nTwo")], ("body",)),
    "a comment": ([("small", "short")], [("small", "tiny")], ("the layout of the file",)),
    "a comment of a row that is removed": (
        [("Docs", "Docs # good")],
        [("  - title: Link\n    value: Docs\n    url: https://a.example\n", "")],
        ("the layout of the file",),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", COLLIDING)
def test_different_changes_of_one_item_collide(name):
    *sides, names = COLLIDING[name]
    ours, theirs = (swapped(*pairs) for pairs in sides)
    found = merge_texts(BASE, ours, theirs)
    assert (found.text, found.collisions) == (None, names)
    assert merge_texts(BASE, theirs, ours).collisions == names
    for side in ("ours", "theirs"):
        chosen = merge_texts(BASE, ours, theirs, prefer=side)
        assert chosen.text is not None
        assert [c.key for c in chosen.resolved] == [c.key for c in found.left]


ORDER = "---\nterm: A\ntags: [a, b, c, d, e, f, g]\n---\n"


def test_items_moved_in_different_places_are_merged():
    ours, theirs = ORDER.replace("a, b", "b, a"), ORDER.replace("f, g", "g, f")
    merged = ORDER.replace("a, b", "b, a").replace("f, g", "g, f")
    assert_merges(ours, theirs, merged, base=ORDER)


def test_items_moved_to_different_places_collide():
    ours, theirs = ORDER.replace("a, b, c", "b, a, c"), ORDER.replace("a, b, c", "c, a, b")
    assert merge_texts(ORDER, ours, theirs).collisions == ("tags",)
    assert merge_texts(ORDER, ours, theirs, prefer="ours").text == ours
    assert merge_texts(ORDER, ours, theirs, prefer="theirs").text == theirs


def test_names_with_commas_are_whole_names():
    base = BASE.replace("Python, Django", "A, B, and C (D), Django")
    ours, theirs = base.replace("A, B, and", "X, A, B, and"), base.replace("A, B, and C (D), ", "")
    known = {name_key("A, B, and C (D)")}
    found = merge_texts(base, ours, theirs, is_known=known.__contains__)
    assert found.text == base.replace("A, B, and C (D), Django", "X, Django")


@pytest.mark.parametrize(
    ("ours", "theirs"), [("None", "'Python, Django, A'"), ("'Python, Django, A'", "None")]
)
def test_no_related_terms_means_that_all_were_removed(ours, theirs):
    ours, theirs = (BASE.replace("'Python, Django'", side) for side in (ours, theirs))
    assert merge_texts(BASE, ours, theirs).text == BASE.replace("'Python, Django'", "A")


def test_last_alias_removed_and_another_added():
    ours = swapped(("aliases:\n  - Flasks\n", ""))
    theirs = swapped(("- Flasks\n", "- Flasks\n  - A\n"))
    assert_merges(ours, theirs, swapped(("- Flasks\n", "- A\n")))


def test_single_alias_and_list_of_aliases_are_merged():
    base = BASE.replace("\n  - Flasks", " Flasks")
    ours, theirs = (base.replace(" Flasks", f"\n  - Flasks\n  - {name}") for name in "BA")
    assert parse(merge_texts(base, ours, theirs).text).data["aliases"] == ["Flasks", "A", "B"]


def test_text_of_several_lines_in_header_is_merged_by_passages():
    base = "---\nterm: A\nsummary: |\n  One.\n\n  Two.\n\n  Three.\n---\n"
    assert_merges(
        base.replace("One", "1"),
        base.replace("Three", "3"),
        base.replace("One", "1").replace("Three", "3"),
        base=base,
    )


# Line ends, headers and files


def test_line_ends_of_one_side_and_comments_of_other_are_kept():
    ours = swapped(("One", "1")).replace("\n", "\r\n")
    theirs = swapped(("# The small one", "# The fast one"), ("Three", "3"))
    merged = swapped(("One", "1"), ("# The small one", "# The fast one"), ("Three", "3"))
    assert_merges(ours, theirs, merged.replace("\n", "\r\n"))


def test_final_line_end_is_merged_by_itself():
    ours, theirs = BASE.removesuffix("\n"), swapped(("Three.", "3."))
    assert_merges(ours, theirs, theirs.removesuffix("\n"))
    assert_merges(ours, BASE + "\nFour.\n", BASE + "\nFour.")


def test_invalid_headers_are_merged_by_lines():
    base = BASE.replace("term: Flask", "term: [")
    ours, theirs = base.replace("One", "1"), base.replace("term: [", "term: Flask")
    assert_merges(ours, theirs, swapped(("One", "1")), base=base)
    assert_merges(BASE.replace("Three", "3"), base, base.replace("Three", "3"))


def test_colliding_lines_of_invalid_header_are_chosen():
    base, ours, theirs = (BASE.replace("term: Flask", f"term: {x}") for x in ("[", "{", "]"))
    ours = ours.replace("Three", "3")
    found = merge_texts(base, ours, theirs)
    assert [c.key for c in found.left] == ["the whole file 1"]
    assert merge_texts(base, ours, theirs, prefer="theirs").text == theirs.replace("Three", "3")


@pytest.mark.parametrize("base", [None, ""])
def test_files_without_common_text_are_merged_where_they_are_equal(base):
    ours = swapped(("- Flasks", "- B"), ("A framework", "Small"))
    theirs = swapped(("One", "1"), ("Docs", "Manual"))
    found = merge_texts(base, ours, theirs)
    assert found.collisions == ("description", "body")
    prefer = {"description": "ours", "body": "theirs"}
    merged = parse(merge_texts(base, ours, theirs, prefer=prefer).text)
    assert merged.data["description"] == "Small."
    assert merged.data["aliases"] == ["Flasks", "B"]
    assert merged.body == parse(theirs).body


def test_files_without_headers_are_merged():
    base = parse(BASE).body
    assert_merges(
        base.replace("One", "1"), base.replace("Three", "3"), "1.\n\nTwo.\n\n3.\n", base=base
    )
    assert_merges(BASE, base.replace("Three", "3"), swapped(("Three", "3")), base=base)


# Choosing sides


def test_side_is_taken_for_what_collides_alone():
    ours = swapped(("One", "1"), ("Two", "2"), ("A framework", "Ours"), ("Code", "Source"))
    theirs = swapped(("Three", "3"), ("Two", "II"), ("A framework", "Theirs"), ("Docs", "Manual"))
    shared = (("One", "1"), ("Three", "3"), ("Code", "Source"), ("Docs", "Manual"))
    assert merge_texts(BASE, ours, theirs, prefer="ours").text == swapped(
        *shared, ("Two", "2"), ("A framework", "Ours")
    )
    assert merge_texts(BASE, ours, theirs, prefer="theirs").text == swapped(
        *shared, ("Two", "II"), ("A framework", "Theirs")
    )
    found = merge_texts(BASE, ours, theirs, prefer={"description": "ours"})
    assert (found.text, found.collisions) == (None, ("body",))


def test_passages_are_chosen_one_by_one():
    ours, theirs = swapped(("One", "1"), ("Three", "3")), swapped(("One", "I"), ("Three", "III"))
    found = merge_texts(BASE, ours, theirs)
    assert [(c.key, c.base, c.ours, c.theirs) for c in found.left] == [
        ("body 1", "One.\n", "1.\n", "I.\n"), ("body 2", "Three.\n", "3.\n", "III.\n"),
    ]  # fmt: skip
    prefer = {"body 1": "ours", "body 2": "both"}
    merged = merge_texts(BASE, ours, theirs, prefer=prefer).text
    assert merged == swapped(("One", "1"), ("Three.", "3.\nIII."))


def test_unknown_side_is_refused():
    for prefer in ("mine", {"body": "mine"}):
        with pytest.raises(ValueError, match="Unknown side: mine"):
            merge_texts(BASE, BASE + "a", BASE + "b", prefer=prefer)


def test_both_is_no_choice_for_a_value():
    ours, theirs = swapped(("A framework", "1")), swapped(("A framework", "2"))
    assert merge_texts(BASE, ours, theirs, prefer="both").collisions == ("description",)

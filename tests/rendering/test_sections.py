"""Finding, extracting and making sections."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terms.rendering import as_section, outline, sections
from terms.rendering.sections import literal, lowered

LINES = ["# A\n", "## B ##\n", "###### F\n", "text\n", "C\n===\n", "D\n-\n", "> G\n> more\n> --\n", "1. L\n   ==\n", "- # M\n", "> ## E\n", "\n", "```\n", "- x\n", "\u2028## y\n", "#\n"]  # fmt: skip


@given(st.lists(st.sampled_from(LINES), max_size=10).map("".join))
def test_lowered_headings_are_one_level_deeper(body):
    before = [
        (h.text.split(), min(6, max(2, int(h.target[1])) + 1)) for h in outline(body).headings
    ]
    assert [(h.text.split(), int(h.target[1])) for h in outline(lowered(body)).headings] == before


@given(st.text(alphabet=st.characters(exclude_categories=["Z", "C"]), min_size=1, max_size=12))
def test_any_name_can_be_a_heading(name):
    (heading,) = outline(as_section(name, "", "")).headings
    assert heading.text == name


@pytest.mark.parametrize(
    "name", ["Flask", "snake_case", "Node.js", "C++", "R&D", "a-b (c)", "応用"]
)
def test_names_without_markup_are_not_escaped(name):
    assert literal(name) == name


@pytest.mark.parametrize(
    "text", ["1. one", "- x", "> q", "<b>", "*a*", "a\\b", "=", "&amp;", "[x]"]
)
def test_definition_is_escaped(text):
    made = as_section("T", text, "")
    assert [h.text for h in outline(made).headings] == ["T"]
    (found,) = outline("## " + made.split("\n\n")[1]).headings
    assert found.text == text


def test_section_ends_at_next_heading_of_its_level():
    body = "a\n\n## B\n\n### C\n\n## D\n"
    found = [(s.title, body[s.start : s.end]) for s in sections(body)]
    assert found == [("B", "## B\n\n### C\n\n"), ("C", "### C\n\n"), ("D", "## D\n")]

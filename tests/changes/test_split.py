"""Splitting a term in two loses no line and can be undone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terms.changes.change_sets import publish_set
from terms.changes.operation import CannotRefactor, apply, undo
from terms.changes.split import split
from terms.models import PublishedTerm, Term
from terms.rendering import divided, sections
from tests.factory import make_live, make_term, save_text, text_of

BODY = """\
First words.

## Use

Of use.

### Detail

Small.

```
## no heading
```

## History

Long ago.
"""


def test_section_ends_at_next_heading_of_its_level():
    found = [(s.title, s.level, BODY[s.start : s.start + 6]) for s in sections(BODY)]
    assert found == [("Use", 2, "## Use"), ("Detail", 3, "### De"), ("History", 2, "## His")]
    assert BODY[sections(BODY)[0].start : sections(BODY)[0].end].endswith("```\n\n")
    assert sections("") == []


@given(
    st.lists(st.sampled_from(["# A\n", "## B\r\n", "text\n", "### ü\n", "\u2028x\n", "C\n===\n", "\n"]), max_size=12),
    st.sets(st.integers(0, 12)),
)  # fmt: skip
def test_split_loses_or_repeats_no_line(lines, chosen):
    body = "".join(lines)
    moved = [section for number, section in enumerate(sections(body)) if number in chosen]
    stays, goes = divided(body, moved)
    assert sorted(stays + goes) == sorted(body)
    assert len(stays) + len(goes) == len(body)
    for section in sections(body):
        assert body[section.start :].lstrip("# ")[:1] == section.title[:1]


@pytest.mark.django_db
def test_sections_and_aliases_move_to_new_term(ann):
    flask = make_live("Flask", path="web/flask.md", body=BODY.rstrip(), related="WSGI")
    text = flask.newest_revision().text.replace(
        "details:", "aliases: [Bottle, Old Flask]\ndetails:"
    )
    save_text(flask, text)
    flask.refresh_from_db()
    operation = split(flask, "Flask History", {2}, ["Old Flask"])
    assert [effect.term for effect in operation.effects][:2] == ["Flask", "Flask History"]
    made = apply(operation, ann)
    new = Term.objects.get(name="Flask History")
    assert (new.path, new.category.name, new.vertical.name) == (
        "web/flask-history.md", "Software", "Full Stack",
    )  # fmt: skip
    assert new.body == "\n## History\n\nLong ago.\n"
    assert [alias.name for alias in new.aliases.all()] == ["Old Flask"]
    flask.refresh_from_db()
    assert flask.body == BODY[: BODY.index("## History")]
    assert flask.related == "WSGI, Flask History"
    assert new.related == "Flask"
    publish_set(made, ann)
    assert set(PublishedTerm.objects.values_list("name", flat=True)) == {"Flask", "Flask History"}

    undo(made, ann)
    assert Term.objects.get().newest_revision().text == text
    assert Term.with_trash.get(name="Flask History").trashed_at


@pytest.mark.django_db
def test_invalid_split_is_refused_with_reason():
    flask, _ = make_term("Flask", body=BODY), make_term("Quart")
    for name, parts, why in (
        ("", {0}, "needs a name"),
        ("quart", {0}, "There is a term “quart” already"),
        ("FLASK", {0}, "name of its own"),
        ("New", set(), "Choose a section or a name"),
        ("New", {77}, "Choose a section or a name"),
    ):
        with pytest.raises(CannotRefactor, match=why):
            split(flask, name, parts, ())


@pytest.mark.django_db
def test_undo_is_refused_after_edit_of_new_term(ann):
    flask = make_term("Flask", body=BODY)
    made = apply(split(flask, "Flask history", {2}, ()), ann)
    new = Term.objects.get(name="Flask history")
    save_text(new, text_of("Flask history"))
    with pytest.raises(CannotRefactor, match="changed since"):
        undo(made, ann)
    assert Term.objects.count() == 2

"""Changes of one field in many terms, applied and undone as one change set."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from terms.changes.bulk import edit
from terms.changes.change_sets import publish_set
from terms.changes.operation import CannotRefactor, apply, undo
from terms.models import Page, Term
from tests.factory import default_glossary, make_live, make_term

pytestmark = pytest.mark.django_db


def text(name):
    return Term.objects.get(name=name).newest_revision().text


def test_category_of_many_terms_is_changed(ann):
    for number in range(3):
        make_live(f"T{number}")
    operation = edit(default_glossary(), Term.objects.all(), {"category": "Elsewhere"})
    assert operation.title == "3 terms: category: Elsewhere"
    assert "its old address redirects" in operation.effects[0].words
    publish_set(apply(operation, ann), ann)
    assert set(Term.objects.values_list("category__name", flat=True)) == {"Elsewhere"}
    assert "title: Category\n    value: Elsewhere" in text("T1")
    assert Page.objects.get(path="/glossary/software/full-stack/t1/").status == 301
    with pytest.raises(CannotRefactor, match="Nothing would change"):
        edit(default_glossary(), Term.objects.all(), {"category": "Elsewhere"})


def test_icon_is_set_removed_and_restored(ann):
    make_term("A")
    apply(edit(default_glossary(), Term.objects.all(), {"icon": "mdi:lock"}), ann)
    assert "icon: 'mdi:lock'" in text("A")
    before = text("A")
    made = apply(edit(default_glossary(), Term.objects.all(), {"icon": ""}), ann)
    assert Term.objects.get().icon == ""
    undo(made, ann)
    assert text("A") == before


def test_relation_is_added_and_removed(ann):
    make_term("Web")
    make_term("A", related="B")
    make_term("C", related="web")
    operation = edit(default_glossary(), Term.objects.all(), relate="Web")
    assert [effect.term for effect in operation.effects] == ["A"]
    apply(operation, ann)
    assert "value: 'B, Web'" in text("A")
    apply(edit(default_glossary(), Term.objects.all(), unrelate="Web"), ann)
    assert "value: 'B'" in text("A")
    assert "value: 'None'" in text("C")
    for name, why in ((" ", "Nothing would change"), ("x, y", "contains a comma")):
        with pytest.raises(CannotRefactor, match=why):
            edit(default_glossary(), Term.objects.all(), relate=name)


def test_several_values_are_one_effect_of_each_term(ann):
    make_term("Web")
    make_term("A", related="Old, B")
    make_term("C", related="Web")
    apply(edit(default_glossary(), Term.objects.filter(name="C"), {"icon": "mdi:lock"}), ann)
    terms = Term.objects.exclude(name="Web")
    columns = {"icon": "mdi:lock", "category": ""}
    operation = edit(default_glossary(), terms, columns, relate="Web", unrelate="Old")
    assert [(effect.term, effect.words) for effect in operation.effects] == [
        (
            "A",
            "gets the icon mdi:lock; loses its category; relates to Web;"
            " is no longer related to Old",
        ),
        ("C", "loses its category"),
    ]
    made = apply(operation, ann)
    assert made.title == (
        "2 terms: icon: mdi:lock; category: no category; related to Web; no longer related to Old"
    )
    assert "value: 'B, Web'" in text("A")
    assert set(terms.values_list("icon", "category")) == {("mdi:lock", None)}


def test_uneditable_file_is_skipped_and_reported(ann):
    make_term("Good")
    make_term("Bad", text="---\nterm: Bad\ncategory: [a\n---\n")
    operation = edit(default_glossary(), Term.objects.all(), {"category": "Elsewhere"})
    assert len(operation.drafts) == 1
    assert any("cannot be changed here" in effect.words for effect in operation.effects)


def test_planning_query_count_does_not_depend_on_terms():
    counts = []
    for first in (0, 10):
        for number in range(first, first + 10):
            make_live(f"T{number}")
        with CaptureQueriesContext(connection) as queries:
            edit(default_glossary(), Term.objects.all(), {"category": "Elsewhere"})
        counts.append(len(queries))
    assert counts[0] == counts[1]

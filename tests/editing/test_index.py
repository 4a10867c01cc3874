"""Relations between terms, resolved by name."""

import pytest

from terms.changes.trash import trash
from terms.editing.paths import slugs_for
from terms.models import Relation, Term
from tests.factory import default_glossary, make_term

pytestmark = pytest.mark.django_db


def target_of(term):
    return Relation.objects.get(term=term).target


def test_relation_resolves_to_older_of_two_terms_with_one_name():
    older, newer = make_term("Flask", path="older.md"), make_term("Flask", path="newer.md")
    assert older.pk < newer.pk
    assert target_of(make_term("Django", related="Flask")) == older


def test_relation_resolves_to_older_of_two_terms_with_one_alias():
    text = "---\nterm: {}\naliases: [BFF]\n---\n"
    older = make_term("One", text=text.format("One"))
    make_term("Two", text=text.format("Two"))
    assert target_of(make_term("Django", related="BFF")) == older


def test_name_takes_precedence_over_alias():
    make_term("One", text="---\nterm: One\naliases: [BFF]\n---\n")
    named = make_term("BFF")
    assert target_of(make_term("Django", related="BFF")) == named
    assert Term.objects.count() == 3


def labels_of(term):
    rows = Relation.objects.filter(term=term).order_by("position")
    return [(row.label, row.target and row.target.name) for row in rows]


def test_new_name_with_commas_replaces_relations_that_its_parts_resolved_to():
    make_term("Red"), make_term("Green")
    colours = make_term("Colours", related="Red, Green")
    assert labels_of(colours) == [("Red", "Red"), ("Green", "Green")]
    make_term("Red, Green", path="both.md")
    assert labels_of(colours) == [("Red, Green", "Red, Green")]


def test_relation_to_removed_term_resolves_to_the_next_term_with_its_name():
    named = make_term("BFF")
    other = make_term("Other", text="---\nterm: Other\naliases: [BFF]\n---\n")
    term = make_term("Django", related="BFF")
    assert target_of(term) == named
    trash(named)
    assert target_of(term) == other
    trash(other)
    assert target_of(term) is None


def test_slug_within_a_folder_is_not_longer_than_an_address_may_be():
    outer, inner = "a" * 200, "b" * 200
    paths = [f"{outer}/index.md", f"{outer}/{inner}/index.md", f"{outer}/c/index.md"]
    slugs = slugs_for(default_glossary(), paths)
    assert slugs == {paths[0]: outer, paths[1]: inner, paths[2]: f"{outer}--c"}

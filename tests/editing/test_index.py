"""Relations between terms, resolved by name."""

import pytest

from terms.models import Relation, Term
from tests.factory import make_term

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

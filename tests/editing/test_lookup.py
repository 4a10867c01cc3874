"""Editors' search finds the newest texts, published or not."""

import pytest
from django.db import connection

from terms.editing.lookup import called, look_up, names_with, spelled_like
from terms.models import Term
from tests.factory import make_live, make_term, save_text, text_of

pytestmark = pytest.mark.django_db


def found(text):
    return sorted(
        Term.objects.filter(pk__in=look_up(Term.objects.all(), text)).values_list("name", flat=True)
    )


@pytest.fixture
def terms(db):
    flask = make_live("Flask", body="A kitchen of routes.")
    make_live("Flask Extension", body="Adds to it.")
    make_term("Quart", body="Like a flask, with kettles.")
    save_text(flask, text_of("Flask", body="A kitchen of ways."))
    make_live("C++", body="Pointers.")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("flask", ["Flask", "Flask Extension"]),
        ("fla", ["Flask", "Flask Extension"]),
        ("FLASK ext", ["Flask Extension"]),
        ("sentence quart", ["Quart"]),
        ("kitchen", ["Flask"]),
        ("ways", ["Flask"]),
        ("routes", []),  # in the published text, not in the newest
        ("kettles", ["Quart"]),
        ("ask", ["Flask"]),  # part of a word: unpublished terms are searched anywhere
        ("tension", ["Flask Extension"]),
        ("c++", ["C++"]),
        ("+", ["C++"]),
        ("nothing like it", []),
        ("%", []),
        ("' OR 1=1 --", []),
        ('"', []),
    ],
)  # fmt: skip
def test_search_finds_terms(terms, text, names):
    assert found(text) == names


def test_misspelled_names_of_published_and_draft_terms_are_found(terms):
    every = Term.objects.all()

    def like(text):
        return set(every.filter(pk__in=spelled_like(every, text)).values_list("name", flat=True))

    assert "Flask" in like("flaks")
    assert like("extnsion") == {"Flask Extension"}
    assert like("quatr") == {"Quart"}
    assert like("qu") == like("zzzzzz") == like("\0") == set()
    assert spelled_like(every.none(), "flaks") == set()


def test_name_match_comes_before_alias_match(terms):
    other = make_term(
        "Other", text=text_of("Other").replace("details:", "aliases: [Quart]\ndetails:")
    )
    every = Term.objects.all()
    assert [term.name for term in called(every, "QUART", 9)] == ["Quart", "Other"]
    assert [term.name for term in called(every, "quart", 1)] == ["Quart"]
    assert called(every.filter(pk=other.pk), "quart", 9) == [other]
    assert called(every, " ", 9) == []


def test_names_are_found_by_prefix_word_and_part(terms):
    every = Term.objects.all()
    assert names_with(every, "fl", 9) == ["Flask", "Flask Extension"]
    assert names_with(every, "exten", 9) == ["Flask Extension"]
    assert names_with(every, "tension", 9) == ["Flask Extension"]
    assert names_with(every, "flask", 1) == ["Flask"]
    assert names_with(every, "", 2) == ["C++", "Flask"]


def test_unpublished_terms_are_found_by_index(terms):
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL chooses by the size of the table")
    plan = Term.objects.waiting().filter(description__icontains="x").explain()
    assert "term_waiting" in plan


def test_terms_are_counted_by_index(terms):
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL chooses by the size of the table")
    assert "USING INDEX" in Term.objects.order_by().values("trashed_at").explain()


def test_part_of_an_alias_finds_a_published_term(terms):
    text = text_of("Gunicorn").replace("details:", "aliases: [Green Unicorn]\ndetails:")
    make_live("Gunicorn", text=text)
    assert found("nicorn") == found("n uni") == ["Gunicorn"]

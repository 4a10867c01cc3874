"""The work lists."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from terms.models import Term
from terms.review.requests import approve, submit
from terms.review.worklists import LISTS
from tests.factory import make_live, make_term, publish_all, save_text, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def ben(db):
    return User.objects.create_superuser("ben", password="x")


def names(name, person):
    return [str(row) for row in LISTS[name].rows(person)]


def test_review_list_has_submitted_terms_of_others(ann, ben):
    term = make_term(author=ann)
    submit(term, ann)
    assert (names("review", ann), names("review", ben)) == ([], ["Flask"])
    approve(term, ben, term.fingerprint)
    assert names("review", ben) == []


def test_my_terms_are_owned_or_last_changed_by_me(ann, ben):
    make_term("Changed", author=ann)
    owned = make_term("Owned", author=ben)
    Term.objects.filter(pk=owned.pk).update(owner=ann)
    make_term("Other", author=ben)
    assert names("mine", ann) == ["Changed", "Owned"]
    publish_all()
    assert names("mine", ann) == ["Owned"]


def test_lists_have_drafts_changed_and_due_terms(ann):
    live = make_live("Live")
    make_term("Draft")
    save_text(live, text_of("Live", body="Changed."))
    Term.objects.filter(pk=live.pk).update(review_by=timezone.localdate())
    due = make_term("Later")
    Term.objects.filter(pk=due.pk).update(review_by=timezone.localdate() + timedelta(days=1))
    assert names("drafts", ann) == ["Draft", "Later"]
    assert names("changed", ann) == ["Live"]
    assert names("stale", ann) == ["Live"]


def test_wanted_names_are_ordered_by_number_of_terms(ann):
    make_term("A", related="Wanted one, B, C#")
    make_term("B", related="Wanted one, A")
    rows = [(row["name"], row["places"]) for row in LISTS["wanted"].rows(ann)]
    assert rows == [("Wanted one", 2), ("C#", 1)]


def test_one_way_relations_are_listed(ann):
    make_term("A", related="B, C, Nobody")
    make_term("B", related="A")
    make_term("C")
    rows = [(str(row.term), str(row.target)) for row in LISTS["one-way"].rows(ann)]
    assert rows == [("A", "C")]


def test_lists_have_unrelated_mentions_orphans_and_ambiguous_names(ann):
    make_live("Flask", body="Like Django and Django ORM.", related="Django")
    make_live("Django", body="Nothing.")
    make_live("Django ORM", body="Nothing.")
    make_live("Alone", body="Nothing.")
    publish_all()
    assert [(str(m.source), m.label) for m in LISTS["suggested"].rows(ann)] == [
        ("Flask", "Django ORM")
    ]
    assert names("orphans", ann) == ["Alone"]
    make_live(
        "Two", path="two.md", text=text_of("Two").replace("---\nTwo", "aliases: [Twin]\n---\nTwo")
    )
    make_live(
        "Three",
        path="three.md",
        text=text_of("Three").replace("---\nThree", "aliases: [Twin]\n---\nThree"),
    )
    make_live("Speaker", body="The Twin speaks.")
    assert [(r["name"], r["places"]) for r in LISTS["ambiguous"].rows(ann)] == [("Twin", 1)]
    make_term("bad", path="bad.md", text="---\n[\n---\n")
    assert names("unreadable", ann) == ["bad"]


def test_lists_are_empty_without_permissions(ann):
    make_live(related="Wanted one")
    nobody = User.objects.create_user("nobody")
    assert [name for name in LISTS if LISTS[name].count(nobody)] == []
    assert [name for name in LISTS if LISTS[name].count(ann)] == ["wanted", "orphans"]

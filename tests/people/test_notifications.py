"""Notices to people about terms."""

from contextlib import nullcontext

import pytest
from django.contrib.auth.models import User
from django.db import transaction

from terms.models import Notice
from terms.people.notifications import gather, tell, text_of_many
from tests.factory import make_term

pytestmark = pytest.mark.django_db


def test_people_are_not_notified_of_their_own_action():
    ann, ben = (User.objects.create_user(name, f"{name}@example.org") for name in ("ann", "ben"))

    tell([ann.pk, ben.pk], make_term("Flask"), "A comment.", but=ann)

    assert [notice.person for notice in Notice.objects.all()] == [ben]


@pytest.fixture
def two():
    names = ("ann", "ben")
    return [User.objects.create_user(name, f"{name}@example.org") for name in names]


def test_the_same_about_several_terms_is_one_notice(two):
    ann, ben = two
    terms = [make_term(name) for name in ("A", "B", "C", "D {x}")]
    many = text_of_many("{person} approved {names}.", "Zoë {0}", "Good.")
    with gather("/admin/"):
        for term in terms:
            tell([ann.pk], term, f"approved {term}", of_many=many)
        tell([ben.pk], terms[0], "approved A", of_many=many)
        tell([ben.pk], terms[1], "A comment.")
    found = {(notice.person, notice.term, notice.text) for notice in Notice.objects.all()}
    assert found == {
        (ann, None, "Zoë {0} approved “A”, “B”, “C” and 1 more.\n\nGood."),
        (ben, terms[0], "approved A"),
        (ben, terms[1], "A comment."),
    }
    assert Notice.objects.get(person=ann).address == "/admin/"


def tell_and_fail(around, person, term):
    with around(), gather("/admin/"):
        tell([person.pk], term, "Deleted.", of_many="{names} deleted.")
        raise ZeroDivisionError


@pytest.mark.django_db(transaction=True)
def test_failed_block_tells_only_of_what_was_kept(two):
    ann, _ben = two
    term = make_term("A")
    for around, count in ((transaction.atomic, 0), (nullcontext, 1)):
        with pytest.raises(ZeroDivisionError):
            tell_and_fail(around, ann, term)
        assert Notice.objects.count() == count

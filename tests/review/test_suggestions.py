"""Readers' suggestions as stored, and declined relations."""

import pytest

from terms.models import PublishedTerm, Suggestion
from terms.review.suggestions import decline_relations, keep_suggestion
from tests.factory import default_glossary, make_live

pytestmark = pytest.mark.django_db


def test_same_words_about_two_terms_are_two_suggestions():
    flask, django = make_live("Flask"), make_live("Django")
    shown = [PublishedTerm.objects.get(uid=term.uid) for term in (flask, django)]
    for term in [*shown, shown[0], None]:
        keep_suggestion(default_glossary(), "Flask", "Add an example.", term)
    rows = Suggestion.objects.order_by("pk").values_list("term_uid", "times")
    assert list(rows) == [(flask.uid, 2), (django.uid, 1), (None, 1)]


def test_relation_is_declined_once():
    flask, django, wsgi = make_live("Flask"), make_live("Django"), make_live("WSGI")
    assert decline_relations(flask, [django.uid], None) == 1
    assert decline_relations(flask, [django.uid, wsgi.uid], None) == 1
    assert set(flask.declined.values_list("target_uid", flat=True)) == {django.uid, wsgi.uid}

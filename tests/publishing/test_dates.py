"""The dates of published terms: first publication, and last change of the text."""

import pytest

from terms.models import PublishedTerm, Term
from terms.publishing.publish import publish, publish_again
from tests.factory import make_live, save_text, text_of

pytestmark = pytest.mark.django_db


def dates():
    return PublishedTerm.objects.values_list("published_at", "changed_at").get()


def test_date_of_change_is_that_of_the_text():
    term = make_live("Flask")
    first = dates()
    assert publish_again(term.glossary, Term.objects.all()) == []
    assert dates() == first
    save_text(term, text_of("Flask", body="Another text."))
    assert publish(term.glossary, Term.objects.all()) == []
    published, changed = dates()
    assert published == first[0]
    assert changed > first[1]

"""Wordings that comments suggest for a passage."""

import pytest
from django.contrib.auth.models import User

from terms.changes.wordings import use_wording
from terms.models import Comment, Event, Term
from terms.review.comments import comment, threads
from terms.review.requests import CannotReview
from tests.factory import make_term, save_text

pytestmark = pytest.mark.django_db

BODY = "A kite flies *high* in the wind.\n\nA second passage."


def file_of(body):
    return f"---\nterm: Kite\ndescription: A toy that flies.\n---\n\n{body}\n"


@pytest.fixture
def people():
    return [User.objects.create_superuser(name) for name in ("ann", "ben")]


@pytest.fixture
def term():
    return make_term("Kite", text=file_of(BODY))


def newest(term):
    return Term.objects.get(pk=term.pk).newest_revision()


@pytest.mark.parametrize(
    ("quote", "wording", "old", "new"),
    [
        ("flies high", "stands *still*", "flies *high*", "stands *still*"),
        ("A second passage.", "Two.\r\n\r\nLines.", "A second passage.", "Two.\n\nLines."),
        ("high", "low", "*high*", "*low*"),
        ("A toy", "A light\nobject", "A toy", "A light object"),
        ("wind", "wind & rain: # “it”", "wind", "wind & rain: # “it”"),
    ],
)
def test_wording_takes_the_place_of_the_passage(term, people, quote, wording, old, new):
    ann, ben = people
    made = comment(term, ann, "", quote, wording=wording)
    before = newest(term).text
    use_wording(made, ben)
    after = newest(term)
    assert after.text == before.replace(old, new, 1)
    assert (after.author, after.reason) == (ben, "Wording suggested by ann")
    made.refresh_from_db()
    assert (made.is_used, made.resolved_by) == (True, ben)
    assert Event.objects.filter(kind="resolved", person=ben).exists()


def test_several_suggestions_stay_valid_while_the_text_changes(term, people):
    ann, ben = people
    first = comment(term, ann, "Shorter.", "in the wind", wording="outside")
    second = comment(term, None, "", "second", guest="Eva", wording="third")
    save_text(term, file_of(f"New start.\n\n{BODY}"))
    for made in (second, first):
        use_wording(Comment.objects.get(pk=made.pk), ben)
    body = "New start.\n\nA kite flies *high* outside.\n\nA third passage."
    assert newest(term).text == file_of(body)
    assert "Wording suggested by Eva" in [row.reason for row in term.revisions.all()]


def test_wording_for_a_passage_that_is_gone_is_refused(term, people):
    made = comment(term, people[0], "", "second passage", wording="last words")
    save_text(term, file_of("Nothing alike."))
    with pytest.raises(CannotReview, match="no longer in the text"):
        use_wording(Comment.objects.get(pk=made.pk), people[1])
    assert threads(Term.objects.get(pk=term.pk))[0].is_lost


def test_wording_is_used_once(term, people):
    made = comment(term, people[0], "", "second", wording="third")
    use_wording(made, people[1])
    number = newest(term).number
    with pytest.raises(CannotReview, match="no longer open"):
        use_wording(Comment.objects.get(pk=made.pk), people[1])
    assert newest(term).number == number


def test_passage_over_definition_and_text_is_refused(term, people):
    made = comment(term, people[0], "", "that flies.\n\nA kite", wording="x")
    before = newest(term).text
    with pytest.raises(CannotReview, match="partly in the definition"):
        use_wording(made, people[1])
    assert newest(term).text == before


def test_wording_without_a_passage_is_refused(term, people):
    with pytest.raises(CannotReview, match="Select the passage"):
        comment(term, people[0], "Better so.", wording="Something.")
    assert not Comment.objects.exists()

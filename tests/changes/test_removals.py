"""Removing published text needs the same approvals as changing it (S10)."""

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from terms.changes import removals
from terms.changes.operation import CannotRefactor
from terms.changes.removals import DELETE, MOVE, WITHDRAW, NotApproved
from terms.changes.rename import move
from terms.changes.schedule import run_scheduled, schedule
from terms.changes.trash import restore_term, trash
from terms.models import Alias, Approval, Glossary, Notice, PublishedTerm, Removal, Term
from terms.publishing.publish import publish
from terms.review.requests import CannotReview, approve
from terms.review.worklists import to_review
from tests.accounts import logged_in
from tests.factory import default_glossary, make_live, make_term, save_text, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return [
        User.objects.create_superuser(name, f"{name}@example.org", password="x")
        for name in ("ann", "ben", "cid")
    ]


@pytest.fixture
def flask(people):
    term = make_live("Flask", author=people[0])
    Glossary.objects.update(approvals_needed=1)
    return Term.objects.select_related("glossary").get(pk=term.pk)


def is_live(term):
    return Term.with_trash.get(pk=term.pk).live_fingerprint != ""


def test_published_term_cannot_be_removed_without_approval(flask, people):
    with pytest.raises(NotApproved, match="1 person must approve"):
        trash(flask, people[0])
    with pytest.raises(CannotRefactor, match="1 person must approve"):
        move(flask, "other.md", people[0])
    assert [
        r.term for r in removals.withdraw_where_allowed(flask.glossary, [flask], people[0])
    ] == [flask]
    item = schedule(flask, "withdraw", timezone.now() + timezone.timedelta(hours=1), people[0])
    type(item).objects.update(at=timezone.now())
    assert "must approve" in run_scheduled()[0].problem
    assert is_live(flask)
    assert Term.objects.get(pk=flask.pk).path == "flask.md"


@pytest.mark.parametrize("action", [WITHDRAW, DELETE, MOVE])
def test_removal_is_done_after_another_person_approves(flask, people, action):
    ann, ben, _ = people
    detail = "new.md" if action == MOVE else ""
    asked = removals.ask(flask, action, ann, detail)
    assert list(to_review(ben)) == [flask]
    assert list(to_review(ann)) == []
    assert Notice.objects.filter(person=ben, text__contains="Flask").exists()
    with pytest.raises(CannotReview, match="Someone else must approve"):
        removals.approve_removal(asked, ann)
    removals.approve_removal(asked, ben)
    assert list(to_review(ben)) == []
    if action == DELETE:
        trash(flask, ann)
    elif action == MOVE:
        move(flask, detail, ann)
    else:
        assert removals.withdraw_where_allowed(flask.glossary, [flask], ann) == []
    assert is_live(flask) == (action == MOVE)
    assert Removal.objects.get().outcome == "done"


@pytest.mark.parametrize("ended", ["refused", "taken back", "done"])
def test_new_request_needs_new_approval(flask, people, ended):
    ann, ben, cid = people
    asked = removals.ask(flask, DELETE, ann)
    removals.approve_removal(asked, ben)
    if ended == "refused":
        removals.refuse(asked, cid, "It stays.")
    elif ended == "taken back":
        removals.take_back_removal(asked, ann)
    else:
        trash(flask, ann)
        restore_term(Term.with_trash.get(pk=flask.pk), ann)
        Glossary.objects.update(approvals_needed=0)
        assert publish(default_glossary(), Term.objects.filter(pk=flask.pk)) == []
        Glossary.objects.update(approvals_needed=1)
    now = Term.objects.select_related("glossary").get(pk=flask.pk)
    again = removals.ask(now, DELETE, ann)
    with pytest.raises(NotApproved):
        trash(now, ann)
    removals.approve_removal(again, ben)
    trash(now, ann)


def test_approval_covers_one_action_and_one_published_text(flask, people):
    ann, ben, cid = people
    removals.approve_removal(removals.ask(flask, WITHDRAW, ann), ben)
    assert removals.why_not(flask, DELETE)
    assert removals.why_not(flask, MOVE, "x.md")
    save_text(flask, text_of("Flask", body="Newer."), author=ann)
    now = Term.objects.get(pk=flask.pk)
    Approval.objects.create(
        term=now, fingerprint=now.fingerprint, person=cid, created_at=timezone.now()
    )
    from terms.publishing.publish import publish

    assert publish(flask.glossary, Term.objects.all()) == []
    assert removals.why_not(Term.objects.get(pk=flask.pk), WITHDRAW)  # another text is published


def test_removal_can_be_declined_or_cancelled(flask, people):
    ann, ben, _ = people
    with pytest.raises(CannotReview, match="Enter a reason"):
        removals.refuse(removals.ask(flask, DELETE, ann), ben, " ")
    removals.refuse(removals.ask(flask, DELETE, ann), ben, "Many read it.")
    assert Notice.objects.filter(person=ann, text__contains="Many read it.").exists()
    removals.take_back_removal(removals.ask(flask, DELETE, ann), ann)
    assert set(Removal.objects.values_list("outcome", flat=True)) == {"refused", "taken back"}


def test_drafts_and_glossaries_without_approvals_need_no_approval(flask, people):
    trash(make_term("Draft"), people[0])
    Glossary.objects.update(approvals_needed=0)
    trash(flask, people[0])
    assert not is_live(flask)


def test_admin_requests_removal_and_does_it_after_approval(flask, people):
    ann, ben, _ = (logged_in(person) for person in people)
    review = reverse("admin:terms_term_review", args=[flask.pk])
    answer = ann.post(reverse("admin:terms_term_delete", args=[flask.pk]), follow=True)
    assert "is not deleted yet: 1 person must approve this first." in answer.content.decode()
    assert is_live(flask)
    assert ann.post(review, {"do": "remove"}).status_code == 200
    assert is_live(flask)
    assert (
        "Request deletion"
        in ann.get(reverse("admin:terms_term_delete", args=[flask.pk])).content.decode()
    )
    page = ben.get(review).content.decode()
    assert "Requested: delete “Flask”" in page
    assert 'value="approve_removal"' in page
    ben.post(review, {"do": "approve_removal"})
    answer = ann.post(review, {"do": "remove"}, follow=True)
    assert "Done: delete Flask." in answer.content.decode()
    assert not is_live(flask)
    assert Term.with_trash.get(pk=flask.pk).trashed_at


def test_list_action_requests_withdrawal_of_published_terms(flask, people):
    ann = logged_in(people[0])
    draft = make_term("Draft")
    answer = ann.post(
        reverse("admin:terms_term_changelist"),
        {"action": "withdraw_selected", "_selected_action": [flask.pk, draft.pk]},
        follow=True,
    ).content.decode()
    assert "“Flask” is not withdrawn yet" in answer
    assert "withdrawn." not in answer
    assert Removal.objects.open().count() == 1


def test_published_alias_is_hidden_only_with_next_approved_text(people):
    ann, ben, _ = people
    text = text_of("Flask").replace("details:", "aliases: [Bottle]\ndetails:")
    flask = make_live("Flask", text=text, author=ann)
    Glossary.objects.update(approvals_needed=1)
    Alias.objects.update(kind="hidden")
    one = Term.objects.filter(pk=flask.pk)
    assert publish(default_glossary(), one, by=ann) == []
    assert PublishedTerm.objects.get().aliases == ["Bottle"]

    save_text(flask, text.replace("aliases: [Bottle]", "aliases: [Bottle, Bottles]"), author=ann)
    Alias.objects.filter(name="Bottle").update(kind="hidden")
    approve(one.get(), ben, one.get().fingerprint)
    assert publish(default_glossary(), one, by=ann) == []
    assert PublishedTerm.objects.get().aliases == ["Bottles"]

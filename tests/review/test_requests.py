"""Review of texts: who may approve, and when an approval no longer counts."""

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.utils import timezone

from terms.changes.change_sets import collect, submit_set
from terms.changes.trash import trash
from terms.files.import_plan import plan_import
from terms.files.importing import apply_import
from terms.models import (
    Approval,
    Category,
    ChangeSet,
    Event,
    Notice,
    Page,
    Preference,
    PublishedTerm,
    Review,
    Term,
)
from terms.people import notifications
from terms.publishing.publish import publish
from terms.review.comments import comment, resolve, threads, words_of
from terms.review.requests import CannotReview, approve, request_changes, submit, take_back
from terms.review.stages import approvals_of, stage_of
from terms.review.worklists import LISTS
from tests.accounts import logged_in
from tests.factory import default_glossary, make_live, make_term, save_text, text_of
from tests.threads import in_threads

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(db):
    """An author and two reviewers, all superusers, as views check permissions."""
    names = ("ann", "ben", "cid")
    return [
        User.objects.create_superuser(name, email=f"{name}@example.org", password="x")
        for name in names
    ]


def require_approvals(needed=1, name="Software"):
    Category.objects.filter(name=name).update(approvals_needed=needed)


def publish_it(term):
    return [refusal.reason for refusal in publish(term.glossary, Term.objects.filter(pk=term.pk))]


def fresh(term):
    return Term.objects.get(pk=term.pk)


def test_text_is_submitted_approved_and_published(people):
    ann, ben, cid = people
    term = make_term(author=ann)
    require_approvals(2)
    assert stage_of(term).words == "draft"
    assert publish_it(term) == ["2 people must approve this text first."]
    submit(term, ann, "Is the second sentence right?")
    assert stage_of(term).words == "in review, 0 of 2"
    approve(term, ben, term.fingerprint)
    assert publish_it(term) == ["1 more person must approve this text first."]
    approve(term, cid, term.fingerprint)
    assert stage_of(term).words == "approved"
    assert publish_it(term) == []
    assert stage_of(fresh(term)).words == "live"
    assert Review.objects.get().outcome == "published"
    kinds = list(Event.objects.order_by("pk").values_list("kind", "person__username"))
    assert kinds == [
        ("saved", "ann"), ("submitted", "ann"), ("approved", "ben"), ("approved", "cid"),
        ("published", None),
    ]  # fmt: skip


def test_authors_cannot_approve_their_own_text(people):
    ann, ben, _ = people
    term = make_term(author=ann)
    require_approvals()
    save_text(term, text_of(body="Changed by Ben."), author=ben)
    term = fresh(term)
    for person in (ann, ben):
        with pytest.raises(CannotReview, match="Someone else must approve"):
            approve(term, person, term.fingerprint)


def test_approval_does_not_count_after_own_edit(people):
    ann, ben, _ = people
    term = make_term(author=ann)
    require_approvals()
    text = term.newest_revision().text
    approve(term, ben, term.fingerprint)
    save_text(term, text_of(body="By Ben"), author=ben)
    save_text(term, text, author=ben)  # the approved text again, now with Ben as an author
    assert fresh(term).fingerprint == term.fingerprint
    assert publish_it(term) == ["1 person must approve this text first."]


@pytest.mark.parametrize("way", ["save", "import", "restore"])
def test_later_change_voids_approval(people, way, tmp_path):
    ann, ben, _ = people
    term = make_term(author=ann)
    require_approvals()
    before, text = term.newest_revision().text, text_of(body="Another text.")
    if way == "restore":
        save_text(term, text, author=ann)
    approve(term, ben, fresh(term).fingerprint)
    if way == "import":
        file = tmp_path / term.path
        file.write_text(before)
        apply_import(plan_import(default_glossary(), tmp_path))
        file.write_text(text)
        apply_import(plan_import(default_glossary(), tmp_path))
    else:
        save_text(term, text if way == "save" else before, author=ann)
    assert publish_it(term) == ["1 person must approve this text first."]
    assert [yes.counts for yes in approvals_of(fresh(term))][-1] is False
    assert not PublishedTerm.objects.exists()


def test_unseen_text_cannot_be_approved(people):
    ann, ben, _ = people
    term = make_term(author=ann)
    seen = term.fingerprint
    save_text(term, text_of(body="Meanwhile."), author=ann)
    with pytest.raises(CannotReview, match="changed since you read it"):
        approve(term, ben, seen)
    assert not Approval.objects.exists()


def test_stricter_of_old_and_new_category_counts(people):
    ann, _, _ = people
    term = make_live(author=ann)
    require_approvals(2)
    make_term("Other", category="Easy")
    save_text(term, text_of(category="Easy"), author=ann)
    assert publish_it(term) == ["2 people must approve this text first."]


def test_category_overrides_approvals_of_glossary(people):
    glossary = default_glossary()
    glossary.approvals_needed = 1
    glossary.save()
    strict_one, easy = make_term("Strict", category="A"), make_term("Easy", category="B")
    require_approvals(0, "B")
    assert publish_it(strict_one) != []
    assert publish_it(easy) == []
    assert publish(glossary, Term.objects.all())[0].term == strict_one


def test_published_text_stays_published_while_change_waits(people):
    ann, _, _ = people
    term = make_live(author=ann)
    require_approvals()
    before = dict(Page.objects.values_list("path", "etag"))
    save_text(term, text_of(body="New words."), author=ann)
    assert stage_of(fresh(term)).words == "changed"
    assert publish_it(term) != []
    assert dict(Page.objects.values_list("path", "etag")) == before


def test_approved_text_is_approved_where_none_is_needed():
    ann, ben = (User.objects.create_superuser(name, password="x") for name in ("ann", "ben"))
    term = make_term(author=ann)
    submit(term, ann)
    assert [one.pk for one in LISTS["review"].rows(ben)] == [term.pk]
    approve(term, ben, term.fingerprint)
    assert stage_of(fresh(term)).words == "approved"
    assert list(LISTS["review"].rows(ben)) == []
    assert [one.pk for one in LISTS["ready"].rows(ben)] == [term.pk]


def test_own_approval_does_not_count_where_none_is_needed():
    ann, ben = (User.objects.create_superuser(name, password="x") for name in ("ann", "ben"))
    term = make_term(author=ann)
    submit(term, ann)
    approve(term, ben, term.fingerprint)
    save_text(fresh(term), text_of(body="By ben."), author=ben)
    save_text(fresh(term), text_of(), author=ben)
    assert stage_of(fresh(term)).words == "in review"


def test_reason_for_changes_is_said_in_the_list_and_on_the_form(client):
    ann, ben = (User.objects.create_superuser(name, password="x") for name in ("ann", "ben"))
    term = make_term(author=ann)
    submit(term, ann)
    request_changes(term, ben, "Name the version.")
    admin = logged_in(ann)
    assert (
        'data-state="sent-back">changes requested'
        in admin.get("/admin/terms/term/").content.decode()
    )
    page = admin.get(f"/admin/terms/term/{term.pk}/change/").content.decode()
    assert "ben asked for changes on" in page
    assert "Name the version." in page
    submit(term, ann)
    assert stage_of(fresh(term)).words == "in review"
    page = admin.get(f"/admin/terms/term/{term.pk}/change/").content.decode()
    assert "Name the version." not in page


def test_request_for_changes_needs_a_reason(people):
    ann, ben, _ = people
    term = make_term(author=ann)
    with pytest.raises(CannotReview, match="Describe the changes"):
        request_changes(term, ben, "  ")
    with pytest.raises(CannotReview, match="is no longer open"):
        request_changes(term, ben, "Too short.")
    submit(term, ann)
    with pytest.raises(CannotReview, match="already"):
        submit(term, ann)
    request_changes(term, ben, "Too short.")
    assert stage_of(term).words == "changes requested"
    assert term.reviews.get().reason == "Too short."
    submit(term, ann)
    take_back(term, ann)
    with pytest.raises(CannotReview, match="5,000 characters"):
        submit(term, ann, "x" * 5_001)


def test_unreadable_or_published_text_cannot_be_submitted(people):
    term = make_term("bad", path="bad.md", text="---\n[\n---\n")
    with pytest.raises(CannotReview, match="header cannot be read"):
        submit(term, people[0])
    live = make_live("Live")
    with pytest.raises(CannotReview, match="is already published"):
        submit(fresh(live), people[0])


def test_text_that_its_file_holds_back_cannot_be_submitted(people):
    """An approval is void once the mark is removed. A date needs no change of the text."""
    text = text_of("Flask").replace("term: Flask\n", "term: Flask\ndraft: true\n")
    term = make_term("Flask", text=text)
    with pytest.raises(CannotReview, match="draft: true in its header; take this out"):
        submit(term, people[0])
    with pytest.raises(CannotReview, match="“Flask”: draft: true"):
        submit_set(collect(term.glossary, [term], "Set", people[0]), people[0])
    save_text(term, text.replace("draft: true", "publishDate: 2999-01-01"))
    submit(fresh(term), people[0])
    assert stage_of(fresh(term)).name == "review"


# Comments


def test_comment_stays_with_its_passage(people):
    ann, ben, _ = people
    term = make_term(body="It is small.\n\nIt follows WSGI.", author=ann)
    made = comment(term, ben, "Which version?", "follows  WSGI")
    assert made.quote == "follows WSGI"
    save_text(term, text_of(body="First of all: it is small.\n\nNow it follows WSGI."), author=ann)
    (thread,) = threads(fresh(term))
    start, end = thread.place
    assert words_of(fresh(term))[start:end] == "follows WSGI"
    save_text(term, text_of(body="Nothing of it."), author=ann)
    (thread,) = threads(fresh(term))
    assert thread.is_lost
    assert thread.comment.quote == "follows WSGI"


def test_comment_may_refer_to_the_description(people):
    ann, ben, _ = people
    term = make_term(body="Many use it.", author=ann)
    assert comment(term, ben, "Which one?", "a sentence").quote == "a sentence"
    assert comment(term, ben, "Where?", "sentence. Many use").quote == "sentence.\n\nMany use"
    changed = text_of(body="Many use it.").replace("What Flask is", "What it is")
    save_text(term, changed, author=ann)
    words = words_of(fresh(term))
    found = [words[slice(*thread.place)] for thread in threads(fresh(term))]
    assert found == ["a sentence", "sentence.\n\nMany use"]


def test_replies_belong_to_their_thread(people):
    ann, ben, cid = people
    term = make_term(author=ann)
    first = comment(term, ben, "Why?")
    answer = comment(term, ann, "Because.", parent=first)
    comment(term, cid, "I see.", parent=answer)
    (thread,) = threads(term)
    assert [reply.text for reply in thread.replies] == ["Because.", "I see."]
    resolve(first, ann)
    assert threads(term)[0].comment.resolved_by == ann
    resolve(first, ann, is_open=True)
    assert threads(term)[0].comment.resolved_at is None


def test_invalid_comment_is_refused(people):
    term = make_term(body="Some words.")
    for text, quote, words in (("x", "other words", "is not in the current text"), (" ", "", "Enter a comment"),
                               ("x", "y" * 5_001, "shorter passage")):  # fmt: skip
        with pytest.raises(CannotReview, match=words):
            comment(term, people[0], text, quote)
    assert not Event.objects.filter(kind="commented").exists()


# Mail


@pytest.mark.django_db(transaction=True)
def test_notices_about_many_terms_are_one_mail():
    """A change set of twelve terms is submitted for review (S17)."""
    ann, _ = (
        User.objects.create_superuser(name, email=f"{name}@example.org", password="x")
        for name in ("ann", "ben")
    )
    terms = [make_term(f"Term {number}", author=ann) for number in range(12)]
    submit_set(collect(default_glossary(), terms, "Twelve", ann), ann, "Please read.")
    notifications.send_mail()
    assert [message.to for message in mail.outbox] == [["ben@example.org"]]
    (message,) = mail.outbox
    assert "and 9 more" in message.subject
    assert f"/admin/terms/changeset/{ChangeSet.objects.get().pk}/change/" in message.body
    assert Notice.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_mail_follows_preferences_of_recipients():
    ann, ben, cid, dan = (
        User.objects.create_superuser(name, email=f"{name}@example.org", password="x")
        for name in ("ann", "ben", "cid", "dan")
    )
    User.objects.create_user("out", email="out@example.org")
    Preference.objects.create(person=cid, mail="daily")
    Preference.objects.create(person=dan, mail="never")
    term = make_term("Two\nlines", text=text_of("'Two lines'"), path="x.md", author=ann)
    submit(term, ann, "Please read.")
    assert mail.outbox == []  # requests do not wait for the mail server
    notifications.send_mail()
    assert [message.to for message in mail.outbox] == [["ben@example.org"]]
    message = mail.outbox[0]
    assert message.subject == "“Two lines” in the glossary"
    assert "Please read." in message.body
    assert f"/admin/terms/term/{term.pk}/review/" in message.body
    approve(term, ben, term.fingerprint)
    notifications.send_mail()
    assert mail.outbox[-1].to == ["ann@example.org"]

    assert notifications.send_mail() == 0
    Notice.objects.filter(person=cid).update(created_at=timezone.now() - notifications.DAY)
    assert notifications.send_mail() == 1
    assert mail.outbox[-1].to == ["cid@example.org"]
    assert notifications.send_mail() == 0


@pytest.mark.django_db(transaction=True)
def test_failing_mail_server_does_not_block_review(monkeypatch):
    ann = User.objects.create_superuser("ann", email="ann@example.org", password="x")
    ben = User.objects.create_superuser("ben", email="ben@example.org", password="x")
    term = make_term(author=ann)

    def refuse(message):
        raise ConnectionRefusedError("nobody listens")

    monkeypatch.setattr(mail.EmailMessage, "send", refuse)
    submit(term, ann)
    assert notifications.send_mail() == 0
    assert Notice.objects.get(person=ben).mailed_at is None
    assert notifications.unsent() == 1
    page = logged_in(ann).get("/admin/terms/term/schedule/").content.decode()
    assert "The mail server did not accept 1 message." in page
    monkeypatch.undo()
    assert notifications.send_mail() == 0  # an hour later
    Notice.objects.update(retry_at=timezone.now())
    assert notifications.send_mail() == 1


# Simultaneous requests


@pytest.mark.django_db(transaction=True)
def test_unapproved_text_is_not_published_during_concurrent_save():
    ann = User.objects.create_superuser("ann", password="x")
    ben = User.objects.create_superuser("ben", password="x")
    for number in range(6):
        term = make_term(f"Term {number}", category="Strict", author=ann)
        require_approvals(1, "Strict")
        change = text_of(f"Term {number}", category="Strict", body="Changed.")
        approved, saved, published = in_threads(
            lambda term=term: approve(term, ben, term.fingerprint),
            lambda term=term, change=change: save_text(term, change, author=ann),
            lambda term=term: publish_it(term),
        )
        assert approved is None or isinstance(approved, CannotReview)
        assert (saved, published) == (None, None)
        live = fresh(term).live_fingerprint
        assert live in ("", term.fingerprint)  # never the text without approval


@pytest.mark.django_db(transaction=True)
def test_concurrent_submissions_create_one_review():
    people = [User.objects.create_superuser(name, password="x") for name in ("a", "b", "c", "d")]
    term = make_term()
    results = in_threads(*(lambda person=person: submit(term, person) for person in people))
    assert sorted(type(error).__name__ for error in results) == ["CannotReview"] * 3 + ["NoneType"]
    assert Review.objects.count() == 1
    results = in_threads(*(lambda p=p: approve(term, p, term.fingerprint) for p in people))
    assert results == [None] * 4
    assert Approval.objects.count() == 4


def test_authors_are_notified_when_changes_are_requested(people):
    ann, ben, _ = people
    term = make_term(author=ann)
    submit(term, ann)
    request_changes(term, ben, "Name the protocol.")
    (notice,) = Notice.objects.filter(person=ann)
    assert "asks for changes" in notice.text
    assert notice.text.endswith("Name the protocol.")
    assert not Notice.objects.filter(person=ben, text__contains="asks for changes").exists()


def test_deleted_term_is_not_reviewed(people):
    ann, ben, _ = people
    term = make_term(author=ann)
    trash(term, ann)
    with pytest.raises(CannotReview, match="is in the trash"):
        submit(term, ann)
    with pytest.raises(CannotReview, match="was deleted"):
        approve(term, ben, term.fingerprint)

"""Notices in the admin, mentions, what people watch, and reminders."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from terms.changes.trash import trash
from terms.models import Category, Event, Notice, Preference, Term, Watching
from terms.people.notifications import (
    next_mail,
    next_reminder,
    remind_of_reviews,
    send_mail,
    tell,
    tell_of_page,
)
from terms.people.watching import mentioned_in, set_watches, watched_by
from terms.publishing.publish import publish, publish_again, withdraw
from terms.review.comments import comment
from terms.review.requests import request_changes, submit
from tests.accounts import logged_in
from tests.factory import default_glossary, make_live, make_term

pytestmark = pytest.mark.django_db
PAGE = "/admin/terms/term/notices/"


def html(response):
    return response.content.decode()


@pytest.fixture
def ann(roles):
    return member("ann", "Author")


@pytest.fixture
def bob(roles):
    return member("bob", "Publisher")


def member(name, role):
    user = User.objects.create_user(name, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return user


def texts_for(person):
    return list(Notice.objects.filter(person=person).values_list("text", flat=True))


# The page


def test_reasons_of_a_reviewer_reach_the_author_without_mail(ann, bob):
    term = make_term("Flask", author=ann)
    submit(term, ann)
    request_changes(term, bob, "Name the version.")
    client = logged_in(ann)
    assert '<b class="side-count">1</b>' in html(client.get("/admin/"))
    page = html(client.get(PAGE))
    assert "bob asks for changes of “Flask”:<br><br>Name the version." in page
    assert "notice-unread" in page
    assert next_mail() is None  # neither has an address


def test_opened_notice_is_read_and_links_to_its_term(ann):
    term = make_term("Flask")
    tell([ann.pk], term, "Look.")
    client = logged_in(ann)
    notice = Notice.objects.get()
    answer = client.post(f"{PAGE}{notice.pk}/")
    assert answer.url == reverse("admin:terms_term_review", args=[term.pk])
    assert "notice-unread" not in html(client.get(PAGE))
    assert "side-count" not in html(client.get(PAGE))


def test_all_are_marked_as_read(ann, bob):
    term = make_term("Flask")
    for _ in range(3):
        tell([ann.pk, bob.pk], term, "Look.")
    logged_in(ann).post(PAGE)
    assert not Notice.objects.filter(person=ann).unread().exists()
    assert Notice.objects.filter(person=bob).unread().count() == 3


def test_notices_of_others_are_not_opened(ann, bob):
    tell([bob.pk], make_term("Flask"), "Look.")
    assert logged_in(ann).post(f"{PAGE}{Notice.objects.get().pk}/").status_code == 404
    assert Notice.objects.unread().count() == 1
    assert "Look." not in html(logged_in(ann).get(PAGE))


def test_notice_of_a_page_links_there(ann):
    tell_of_page([ann.pk], "/admin/settings/", "Ready.")
    assert logged_in(ann).post(f"{PAGE}{Notice.objects.get().pk}/").url == "/admin/settings/"


def test_thousand_unread_notices_cost_no_more(ann):
    term = make_term("Flask")
    client = logged_in(ann)

    def queries():
        with CaptureQueriesContext(connection) as found:
            page = html(client.get(PAGE))
        return len(found), page

    tell([ann.pk], term, "Look.")
    queries()
    few, _ = queries()
    Notice.objects.bulk_create(
        Notice(person=ann, term=term, text=f"Look {n}.", created_at=timezone.now())
        for n in range(1_000)
    )
    many, page = queries()
    assert many <= few
    assert "99+" in page
    assert page.count("notice-unread") == 50
    assert "Page 1 of 21" in page


def test_read_notices_are_deleted_after_90_days(ann):
    term = make_term("Flask")
    for text in ("old", "unread", "recent"):
        tell([ann.pk], term, text)
    long_ago = timezone.now() - timedelta(days=91)
    Notice.objects.filter(text="old").update(read_at=long_ago)
    Notice.objects.filter(text="recent").update(read_at=timezone.now())
    tell([ann.pk], term, "new")
    assert texts_for(ann) == ["unread", "recent", "new"]


# Mail


def test_only_those_who_want_mail_get_it(ann, bob):
    User.objects.filter(pk=ann.pk).update(email="ann@example.org")
    User.objects.filter(pk=bob.pk).update(email="bob@example.org")
    Preference.objects.create(person=bob, mail="never")
    tell([ann.pk, bob.pk], make_term("Flask"), "Look.")
    tell_of_page([ann.pk], "/admin/settings/", "Ready.")
    assert send_mail() == 1
    assert [message.to for message in mail.outbox] == [["ann@example.org"]]
    assert "/admin/settings/" in mail.outbox[0].body
    assert Notice.objects.unread().count() == 3


# Mentions


def test_mentioned_person_gets_one_notice(ann, bob):
    term = make_term("Flask", author=ann)
    comment(term, bob, "Please look, @ann. And @bob, @nobody, mail@ann.")
    assert texts_for(ann) == [
        "bob mentions you on “Flask”:\n\nPlease look, @ann. And @bob, @nobody, mail@ann."
    ]
    assert texts_for(bob) == []


def test_only_people_who_may_view_the_term_are_mentioned(ann):
    User.objects.create_user("stranger", is_staff=True)
    User.objects.create_user("reader")
    term = make_term("Flask")
    assert mentioned_in("@stranger @reader @Ann", term) == {ann.pk}
    assert mentioned_in("@" * 5_000 + " @ann" * 5_000, term) == {ann.pk}


# Watching


def test_watched_term_is_told_of(ann, bob):
    term = make_live("Flask")
    logged_in(ann).post(f"/admin/terms/term/{term.pk}/watch/", {"watch": ["term"]})
    assert watched_by(ann, term) == {"term"}
    comment(term, bob, "Which version?")
    trash(Term.objects.get(pk=term.pk), bob)
    assert texts_for(ann) == [
        "bob on “Flask”:\n\nWhich version?", "bob withdrew: “Flask”.",
        "bob moved to the trash: “Flask”.",
    ]  # fmt: skip


def test_watched_category_and_glossary_are_told_of_once(ann, bob):
    inside, outside = make_term("Flask", category="Web"), make_term("Sum", category="Maths")
    set_watches(ann, inside, {"category"})
    publish(default_glossary(), Term.objects.all(), by=bob)
    assert texts_for(ann) == ["bob published: “Flask”."]
    set_watches(ann, outside, {"glossary"})
    for name in ("A", "B", "C", "D", "E"):
        make_term(name)
    publish(default_glossary(), Term.objects.filter(name__in="ABCDE"), by=bob)
    assert texts_for(ann)[1:] == ["bob published: “A”, “B”, “C” and 2 more."]


def test_author_is_told_of_publication(ann, bob):
    term = make_term("Flask", author=ann)
    publish(default_glossary(), Term.objects.filter(pk=term.pk), by=bob)
    assert texts_for(ann) == ["bob published: “Flask”."]
    publish(default_glossary(), Term.objects.filter(pk=term.pk), by=bob)
    assert len(texts_for(ann)) == 1


def test_own_actions_are_not_told(ann):
    term = make_term("Flask")
    set_watches(ann, term, {"term", "category", "glossary"})
    publish(default_glossary(), Term.objects.all(), by=ann)
    assert texts_for(ann) == []


def test_watches_are_shown_and_ended(ann):
    term = make_term("Flask", category="Web")
    client = logged_in(ann)
    address = f"/admin/terms/term/{term.pk}/watch/"
    client.post(address, {"watch": ["term", "category", "glossary", "x"]})
    assert Watching.objects.count() == 3
    assert html(client.get(address)).count(" checked") == 3
    assert "You watch" in html(client.get(PAGE))
    client.post(address)
    assert not Watching.objects.exists()


def test_person_who_lost_the_right_is_not_told(ann, bob):
    term = make_term("Flask")
    set_watches(ann, term, {"glossary"})
    ann.groups.clear()
    publish(default_glossary(), Term.objects.all(), by=bob)
    assert texts_for(ann) == []


def test_deleted_category_ends_its_watches(ann):
    term = make_term("Flask", category="Web")
    set_watches(ann, term, {"category"})
    Term.objects.update(category=None)
    Category.objects.all().delete()
    assert not Watching.objects.exists()


# Reminders


def test_owner_is_reminded_of_each_review_date_once(ann):
    term = make_term("Flask")
    today = timezone.localdate()
    Term.objects.filter(pk=term.pk).update(owner=ann, review_by=today)
    assert next_reminder() is not None
    assert remind_of_reviews() == 1
    assert remind_of_reviews() == 0
    assert next_reminder() is None
    assert texts_for(ann)[0].startswith("The review of “Flask” was due on")
    Term.objects.filter(pk=term.pk).update(review_by=today + timedelta(days=1))
    assert remind_of_reviews() == 0
    Term.objects.filter(pk=term.pk).update(review_by=today - timedelta(days=1))
    assert remind_of_reviews() == 1


# Names after @


def test_people_are_offered_by_any_of_their_names(admin):
    term = make_term("Flask")
    User.objects.create_superuser("ann", first_name="Anna", last_name="Lee")
    User.objects.create_superuser("lena")
    User.objects.create_user("leo", is_staff=True)  # may not view the term
    User.objects.create_superuser("len-left", is_active=False)

    def offered(query, number=term.pk):
        address = f"/admin/terms/term/people/?term={number}"
        return admin.get(address, {"term": number, "q": query}).json()["people"]

    assert offered("LE") == [{"name": "ann", "full": "Anna Lee"}, {"name": "lena", "full": ""}]
    assert offered("lena") == [{"name": "lena", "full": ""}]
    assert offered("x") == []
    assert offered("le", 999_999) == []


@pytest.mark.parametrize("place", ["term", "category", "glossary"])
def test_selection_of_a_list_is_watched(admin, editor, place):
    row = make_live("Flask")
    if place != "term":
        row = getattr(row, place)
    send = {"_selected_action": [row.pk]}
    address = f"/admin/terms/{place}/"
    html = admin.post(address, {"action": "watch_selected", **send}, follow=True).content.decode()
    assert "You watch 1 more now" in html
    admin.post(address, {"action": "watch_selected", **send})
    watched = editor.watches.get()
    assert str(watched) == str(row)
    other = User.objects.create_superuser("ben")
    publish_again(default_glossary(), Term.objects.all())
    withdraw(default_glossary(), Term.objects.all(), by=other)
    assert [notice.text for notice in editor.notices.all()] == ["ben withdrew: “Flask”."]
    html = admin.get("/admin/terms/term/notices/").content.decode()
    assert f'aria-label="Stop watching {row}"' in html
    admin.post("/admin/terms/term/notices/", {"stop": watched.pk})
    assert not editor.watches.exists()
    admin.post(address, {"action": "watch_selected", **send})
    admin.post(address, {"action": "unwatch_selected", **send})
    assert not editor.watches.exists()


def test_people_change_their_own_name_and_address(admin, editor):
    address = "/admin/terms/term/preferences/"
    sent = {"mail": "daily", "first_name": "Ana", "last_name": "Ivić", "email": "ana@example.org"}
    wrong = admin.post(address, {**sent, "email": "x"}).content.decode()
    assert "Enter a valid email address." in wrong
    assert "Ana Ivić" not in wrong.partition("</header>")[0]
    page = admin.post(address, sent, follow=True).content.decode()
    assert "It goes to ana@example.org." in page
    editor.refresh_from_db()
    assert (str(editor), editor.email) == ("Ana Ivić", "ana@example.org")
    line = Event.objects.get(kind=Event.Kind.SETTING)
    assert (line.name, "Email address" in line.detail) == ("ana", True)
    admin.post(address, {"mail": "never"})
    editor.refresh_from_db()
    assert editor.first_name == "Ana"

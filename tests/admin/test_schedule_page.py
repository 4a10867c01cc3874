"""Scheduled times, as editors enter and see them."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from terms.changes.schedule import schedule
from terms.models import Category, Preference, Schedule
from tests.accounts import logged_in
from tests.factory import make_term

pytestmark = pytest.mark.django_db


def post(client, term, **values):
    values.setdefault("fingerprint", term.fingerprint)
    page = client.post(f"/admin/terms/term/{term.pk}/review/", values, follow=True)
    assert page.status_code == 200
    return page.content.decode()


def test_times_are_in_time_zone_of_editor(ann):
    Preference.objects.create(person=ann, time_zone="Asia/Tokyo")
    client, term = logged_in(ann), make_term()
    year = timezone.now().year + 1
    page = post(client, term, do="schedule", action="publish", at=f"{year}-07-01T09:30")
    assert f"“Flask” will be published on 1 July {year}, 09:30 (Asia/Tokyo)." in page
    item = Schedule.objects.get()
    assert item.at == datetime(year, 7, 1, 0, 30, tzinfo=UTC)
    status = client.get("/admin/terms/term/schedule/").content.decode()
    assert f"1 July {year}, 09:30" in status
    assert "in your time zone, Asia/Tokyo" in status
    other = logged_in(User.objects.create_superuser("ben", password="x"))
    assert f"1 July {year}, 00:30" in other.get("/admin/terms/term/schedule/").content.decode()
    assert "removed from the schedule" in post(client, term, do="unschedule", item=item.pk)
    assert "Nothing is scheduled." in client.get("/admin/terms/term/schedule/").content.decode()
    assert "no longer scheduled" in post(client, term, do="unschedule", item="٣")
    schedule(term, "publish", timezone.now() + timedelta(days=1), ann)
    sent = {"do": "unschedule", "item": Schedule.objects.latest("pk").pk, "then": "schedule"}
    answer = client.post(f"/admin/terms/term/{term.pk}/review/", sent)
    assert answer["Location"] == "/admin/terms/term/schedule/"


def test_schedule_of_unapproved_text_shows_warning(ann):
    term = make_term(author=ann)
    Category.objects.update(approvals_needed=2)
    at = timezone.now() + timedelta(days=1)
    page = post(logged_in(ann), term, do="schedule", action="publish", at=f"{at:%Y-%m-%dT%H:%M}")
    assert "but only if approved by 2 people by then." in page
    assert "It still needs approval from 2 people." in page


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ("", "Enter a date and time."), ("soon", "Enter a valid date and time"), ("2020-01-01T00:00", "in the past"),
        ("2027-03-28T02:30", "couldn’t be interpreted in time zone Europe/Berlin"),
        ("99999-01-01T00:00", "Enter a valid date and time"), ("0001-01-01T00:00", "in the past"),
        ("9999-12-31T23:59", "more than ten years in the future"),
    ],
)  # fmt: skip
def test_invalid_time_is_refused_with_reason(ann, at, words):
    Preference.objects.create(person=ann, time_zone="Europe/Berlin")
    page = post(logged_in(ann), make_term(), do="schedule", action="publish", at=at)
    assert words in page.replace("&#x27;", "’").replace("'", "’")


def test_page_warns_if_text_has_changed(ann):
    client, term = logged_in(ann), make_term()
    at = timezone.now() + timedelta(days=1)
    post(client, term, do="schedule", action="publish", at=f"{at:%Y-%m-%dT%H:%M}")
    Schedule.objects.update(fingerprint="another")
    page = client.get(f"/admin/terms/term/{term.pk}/review/").content.decode()
    assert "The text has changed since, so this will not run." in page


def test_invalid_time_zone_is_refused(ann):
    client = logged_in(ann)
    for zone in ("Mars/Olympus", "../etc/passwd", "x" * 500, "\0"):
        client.post("/admin/terms/term/preferences/", {"mail": "now", "time_zone": zone})
    assert not Preference.objects.exists()
    client.post("/admin/terms/term/preferences/", {"mail": "now", "time_zone": "Europe/Vienna"})
    assert Preference.objects.get().time_zone == "Europe/Vienna"

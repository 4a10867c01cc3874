"""Scheduled actions run once, when they are due, in the first process that checks."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.core.management import call_command
from django.db import OperationalError
from django.utils import timezone

from terms.changes import schedule as scheduling
from terms.changes.schedule import (
    CannotSchedule,
    next_scheduled,
    run_due,
    run_scheduled,
    schedule,
    unschedule,
)
from terms.management.due import LOOK_EVERY, DueBeside, Worker
from terms.models import Category, Event, Notice, PublishedTerm, Schedule, Term
from tests.factory import make_live, make_term, save_text, text_of
from tests.threads import in_threads

HOUR = timedelta(hours=1)


@pytest.fixture
def clock(monkeypatch):
    """A clock that tests can set."""

    class Clock:
        now = datetime(2026, 3, 29, 12, tzinfo=UTC)

    monkeypatch.setattr(timezone, "now", lambda: Clock.now)
    return Clock


@pytest.mark.django_db
def test_term_is_published_and_withdrawn_on_schedule(ann, clock):
    term = make_term()
    item = schedule(term, "publish", clock.now + HOUR, ann)
    assert run_due() == []
    assert next_scheduled() == item.at
    clock.now += HOUR
    assert [done.state for done in run_due()] == ["done"]
    assert PublishedTerm.objects.get().name == "Flask"
    schedule(term, "withdraw", clock.now + HOUR, ann)
    clock.now += 2 * HOUR
    (done,) = run_due()
    assert (done.state, done.ran_at) == ("done", clock.now)
    assert not PublishedTerm.objects.exists()
    kinds = Event.objects.order_by("pk").values_list("kind", "person__username")
    assert list(kinds)[1:] == [
        ("scheduled", "ann"), ("published", "ann"), ("scheduled", "ann"), ("withdrawn", "ann"),
    ]  # fmt: skip


@pytest.mark.django_db
def test_changed_text_is_not_published_on_schedule(ann, clock):
    term = make_term()
    schedule(term, "publish", clock.now + HOUR, ann)
    save_text(term, text_of(body="Half a thought"))
    clock.now += HOUR
    (item,) = run_due()
    assert item.state == "failed"
    assert item.problem == "The text has changed since it was scheduled."
    assert not PublishedTerm.objects.exists()
    assert run_due() == []
    assert "was not published as scheduled" in Notice.objects.get().text


@pytest.mark.django_db
@pytest.mark.parametrize("why", ["approval", "right", "account", "header"])
def test_scheduled_publishing_checks_approvals_and_permissions(ann, clock, why):
    term = make_term()
    schedule(term, "publish", clock.now + HOUR, ann)
    if why == "approval":
        Category.objects.update(approvals_needed=1)
    if why == "right":
        User.objects.update(is_superuser=False)
    if why == "account":
        User.objects.update(is_active=False)
    if why == "header":
        Schedule.objects.update(fingerprint="x")
    clock.now += HOUR
    assert run_due()[0].state == "failed"
    assert not PublishedTerm.objects.exists()


@pytest.mark.django_db
def test_failing_item_does_not_block_others(ann, clock, monkeypatch):
    first, second = make_term("A"), make_term("B")
    for term in (first, second):
        schedule(term, "publish", clock.now + HOUR, ann)
    publish = scheduling.publish

    def broken(glossary, terms, by):
        if terms.filter(name="A").exists():
            raise RuntimeError("disk on fire")
        return publish(glossary, terms, by=by)

    monkeypatch.setattr(scheduling, "publish", broken)
    clock.now += HOUR
    assert [(item.state, item.problem) for item in run_due()] == [
        ("failed", "RuntimeError: disk on fire"), ("done", ""),
    ]  # fmt: skip
    assert PublishedTerm.objects.get().name == "B"


@pytest.mark.django_db
def test_clock_changes_do_not_repeat_actions(ann, clock):
    term = make_term()
    schedule(term, "publish", clock.now + HOUR, ann)
    clock.now += 24 * HOUR
    assert len(run_due()) == 1
    clock.now -= 48 * HOUR
    assert run_due() == []
    clock.now += 96 * HOUR
    assert run_due() == []
    assert Event.objects.filter(kind="published").count() == 1


@pytest.mark.django_db
def test_invalid_schedule_is_refused_and_new_one_replaces_old(ann, clock):
    draft, live = make_term("Draft"), make_live("Live")
    for term, action, at, words in (
        (draft, "publish", clock.now, "in the past"),
        (draft, "withdraw", clock.now + HOUR, "nothing to withdraw"),
        (live, "publish", clock.now + HOUR, "is already published"),
    ):
        with pytest.raises(CannotSchedule, match=words):
            schedule(Term.objects.get(pk=term.pk), action, at, ann)
    item = schedule(draft, "publish", clock.now + HOUR, ann)
    again = schedule(draft, "publish", clock.now + 2 * HOUR, ann)
    item.refresh_from_db()
    assert (item.state, again.state) == ("cancelled", "waiting")
    unschedule(again, ann)
    with pytest.raises(CannotSchedule, match="already"):
        unschedule(again, ann)
    clock.now += 3 * HOUR
    assert run_due() == []


@pytest.mark.django_db(transaction=True)
def test_worker_runs_due_items_and_wakes_for_the_next(ann, clock):
    worker = Worker("schedule", next_scheduled, run_scheduled, lambda: clock.now.timestamp())
    schedule(make_term(), "publish", clock.now + HOUR, ann)
    assert worker.look() == LOOK_EVERY
    clock.now += HOUR - timedelta(milliseconds=500)
    assert worker.look() == pytest.approx(0.5)
    assert PublishedTerm.objects.count() == 0
    clock.now += timedelta(milliseconds=500)
    worker.look()
    assert PublishedTerm.objects.count() == 1


def test_first_request_starts_workers_once():
    class Workers:
        started, are_running = 0, False

        def start(self):
            self.started += 1
            self.are_running = True

    workers = Workers()
    served = DueBeside(lambda *_: [b"page"], workers)
    for _ in range(3):
        assert served({}, lambda *_: None) == [b"page"]
    assert workers.started == 1


def test_worker_continues_after_failure():
    done = threading.Event()
    results = iter([ZeroDivisionError(), OperationalError("away")])

    def act():
        failure = next(results, None)
        if failure is None:
            done.set()
            return
        raise failure

    worker = Worker("test", lambda: datetime(2020, 1, 1, tzinfo=UTC), act)
    worker.look_every = 0.01
    worker.start()
    assert done.wait(10)
    worker.stop()
    worker.join(10)
    assert not worker.is_running


@pytest.mark.django_db
def test_run_due_command_runs_due_items(ann, clock, capsys):
    schedule(make_term(), "publish", clock.now + HOUR, ann)
    clock.now += HOUR
    call_command("run_due")
    assert "publish Flask at 2026-03-29 13:00: done" in capsys.readouterr().out.lower().replace(
        "flask", "Flask"
    )


@pytest.mark.django_db(transaction=True)
def test_concurrent_runs_do_each_item_once():
    ann = User.objects.create_superuser("ann", email="ann@example.org", password="x")
    for number in range(5):
        schedule(make_term(f"T{number}"), "publish", timezone.now() + HOUR, ann)
    Schedule.objects.update(at=timezone.now() - HOUR)
    done = []
    assert in_threads(*[lambda: done.extend(run_due())] * 4) == [None] * 4
    assert sorted(item.term.name for item in done) == ["T0", "T1", "T2", "T3", "T4"]
    assert {item.state for item in done} == {"done"}
    assert PublishedTerm.objects.count() == 5
    assert Event.objects.filter(kind="published").count() == 5
    assert mail.outbox == []

"""Syncs that start by themselves after an edit."""

from datetime import timedelta

import pytest
from django.utils import timezone

from terms.jobs.due_syncs import next_due_sync, start_due_syncs
from terms.models import Event, Job, Repository, Sync
from tests.factory import default_glossary, make_term

pytestmark = pytest.mark.django_db


class Moments:
    """Times from the beginning of a test."""

    now = timezone.now()


@pytest.fixture(autouse=True)
def begin():
    Moments.now = timezone.now()


def minutes(count):
    return Moments.now + timedelta(minutes=count)


@pytest.fixture
def repository():
    repository = Repository.objects.create(
        glossary=default_glossary(), url="/srv/x.git", wait=10, checked_at=minutes(-30)
    )
    make_term("Flask")
    return repository


def edited(at):
    Event.objects.update(at=at)


def test_edit_is_sent_after_the_wait(repository):
    edited(minutes(-5))
    assert next_due_sync() == minutes(5)
    start_due_syncs()
    assert not Job.objects.exists()
    edited(minutes(-10))
    start_due_syncs()
    assert Job.objects.get().arguments == {"repository": repository.pk}
    start_due_syncs()
    assert Job.objects.count() == 1


def test_edits_without_a_pause_are_sent_after_an_hour(repository):
    Repository.objects.update(checked_at=minutes(-61))
    edited(minutes(0))
    assert next_due_sync() == minutes(-1)


def test_failed_sync_is_repeated_later(repository):
    edited(minutes(-60))
    Repository.objects.update(checked_at=minutes(-1))
    Sync.objects.create(repository=repository, started_at=minutes(0), state="failed")
    assert next_due_sync() == minutes(9)


@pytest.mark.parametrize(
    "values",
    [
        {"is_active": False},
        {"push": "no"},
        {"checked_at": None},  # nobody has synced it yet
        {"locked_until": timezone.now() + timedelta(days=1)},
    ],
)
def test_other_repositories_are_not_synced(repository, values):
    Repository.objects.update(**values)
    assert next_due_sync() is None


def test_nothing_is_due_without_an_edit(repository):
    Repository.objects.update(event=Event.objects.latest("pk").pk)
    assert next_due_sync() is None

"""Syncs that are due because something was edited here."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.utils import timezone

from terms.models import Event, Repository, Sync

from .starting import start_sync

OFTEN = timedelta(minutes=1)  # the least time between two syncs
AFTER_FAILURE = timedelta(minutes=10)
AT_LATEST = timedelta(hours=1)  # though edits go on


def next_due_sync() -> datetime | None:
    """Return when the next repository should be synced, perhaps in the past."""
    return min((at for at, _repository in _due()), default=None)


def start_due_syncs() -> None:
    """Queue the syncs that are due now."""
    now = timezone.now()
    for at, repository in _due():
        # The first process to move the time starts the job.
        seen = Repository.objects.filter(pk=repository.pk, checked_at=repository.checked_at)
        if at <= now and seen.update(checked_at=now):
            start_sync(repository)


def _due() -> Iterator[tuple[datetime, Repository]]:
    """Yield the repositories that lack an edit, and when it should be sent."""
    rows = Repository.objects.filter(is_active=True, locked_until=None, glossary__deleted_at=None)
    rows = rows.exclude(push=Repository.Push.NO).select_related("glossary")
    for repository in rows.exclude(checked_at=None):
        if at := _next(repository):
            yield at, repository


def _next(repository: Repository) -> datetime | None:
    newest = Event.objects.filter(glossary=repository.glossary_id).order_by("-at", "-pk").first()
    wait = timedelta(minutes=repository.wait)
    times = [repository.due_at] if repository.due_at else []
    checked = repository.checked_at
    if newest and newest.pk != repository.event:
        times.append(min(newest.at + wait, (checked or newest.at) + AT_LATEST))
    if not times or checked is None:
        return None
    last = repository.syncs.first()
    pause = AFTER_FAILURE if last and last.state == Sync.State.FAILED else OFTEN
    return max(min(times), checked + pause)

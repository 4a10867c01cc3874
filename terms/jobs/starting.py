"""Starting and cancelling jobs, and finding those whose worker died."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Min
from django.utils import timezone
from django.utils.translation import gettext as _
from django_tasks_db.models import DBTaskResult

from terms.interchange.commits import name_of
from terms.models import Glossary, Job, Repository

from .kinds import KINDS
from .running import end, enqueue, put_back, work

SYNC = "sync"
# Rows of the queue that a worker has taken. If it is alive, it writes to them in the end.
KEPT = timedelta(days=1)


def start_job(
    kind: str,
    glossary: Glossary | None,
    person: Any,
    arguments: dict[str, Any],
    title: str = "",
) -> Job:
    """Queue a job of ``kind``, with ``arguments`` that are JSON. The title defaults to the kind's.

    The caller has checked the permission of the person.
    """
    title = title or str(KINDS[kind].title)
    Job.objects.sweep()
    with transaction.atomic():
        job = Job.objects.create(
            kind=kind, glossary=glossary, person=person, arguments=arguments, title=title[:300]
        )
        enqueue(job)
    return job


def start_sync(repository: Repository, person: Any = None, **choices: Any) -> Job:
    """Queue a sync, or return the one that waits already. ``choices``: as in SyncOptions.

    Without a ``person``, the sync is started by the server of the repository.
    """
    arguments = {"repository": repository.pk, **choices}
    waiting = Job.objects.filter(
        kind=SYNC, glossary=repository.glossary, state=Job.State.WAITING, arguments=arguments
    )
    title = _("Sync with {repository}").format(repository=name_of(repository))
    return waiting.first() or start_job(SYNC, repository.glossary, person, arguments, title)


def cancel_job(job: Job) -> bool:
    """Cancel a job that waits, or ask a running one to end. Return whether it was active."""
    rows = Job.objects.filter(pk=job.pk)
    waiting = rows.filter(state=Job.State.WAITING)
    ended = {
        "state": Job.State.CANCELLED,
        "finished_at": timezone.now(),
        "cancel_requested": True,
        "problem": _("It had not begun."),
    }
    return bool(
        waiting.update(**ended)
        or rows.filter(state=Job.State.RUNNING).update(cancel_requested=True)
    )


def next_job() -> datetime | None:
    """Return when a worker has something to do, perhaps in the past."""
    if queued := DBTaskResult.objects.ready().aggregate(at=Min("enqueued_at"))["at"]:
        return queued
    heard = Job.objects.active().aggregate(at=Min("heartbeat_at"))["at"]
    return heard and heard + Job.PATIENCE


def revive_silent() -> None:
    """Queue jobs again whose worker died, or mark them as failed."""
    for job in Job.objects.silent():
        if job.state == Job.State.WAITING:
            _queue_again(job)
        else:
            _revive(job)
    taken = DBTaskResult.objects.running().filter(task_path=work.module_path)
    taken.filter(started_at__lt=timezone.now() - KEPT).delete()


def _queue_again(job: Job) -> None:
    """Queue a waiting job whose row in the queue was lost, as when a worker died with it."""
    seen = Job.objects.filter(pk=job.pk, attempt=job.attempt, heartbeat_at=job.heartbeat_at)
    with transaction.atomic():
        if seen.update(heartbeat_at=timezone.now()) and not _is_queued(job):
            enqueue(job)


def _is_queued(job: Job) -> bool:
    return job.task is not None and DBTaskResult.objects.ready().filter(pk=job.task).exists()


def _revive(job: Job) -> None:
    heard_at = job.heartbeat_at
    kind = KINDS.get(job.kind)
    if job.result:
        end(job, Job.State.DONE, heard_at=heard_at)
        return
    if job.cancel_requested and kind:
        end(job, Job.State.CANCELLED, problem=str(kind.after_cancel), heard_at=heard_at)
        return
    job.interruptions += 1
    may_repeat = kind is not None and bool(kind.repeats_because)
    if may_repeat and job.interruptions < Job.MOST_INTERRUPTIONS:
        put_back(job, heard_at=heard_at)
        return
    text = _("The worker that ran this ended unexpectedly. {advice}")
    advice = kind.after_death if kind else ""
    end(job, Job.State.FAILED, problem=text.format(advice=advice).strip(), heard_at=heard_at)

"""Running a job: from the queue, to a result, a problem, or back into the queue."""

import logging
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from terms.models import Job
from terms.people.permissions import rights

from .kind import JobKind, JobRefused, JobResult
from .kinds import KINDS
from .watch import JobCancelled, JobStopped, Watch, stopping

try:
    from django.tasks import task
except ImportError:  # before Django 6
    from django_tasks import task  # type: ignore[no-redef]

log = logging.getLogger(__name__)


@task
def work(job: int) -> None:
    """Run the job with this id: the task in the queue."""
    found = _begin(job)
    if found is not None:
        _run(found)


def enqueue(job: Job) -> None:
    queued = work.enqueue(job.pk)
    Job.objects.filter(pk=job.pk).update(task=queued.id, heartbeat_at=timezone.now())


def put_back(job: Job, heard_at: datetime | None = None) -> None:
    """Queue a running job again, unless another worker has it or was heard after ``heard_at``."""
    values = {"attempt": job.attempt + 1, "interruptions": job.interruptions}
    with transaction.atomic():
        if _as_seen(job, heard_at).update(state=Job.State.WAITING, **values):
            enqueue(job)


def end(
    job: Job,
    state: str,
    result: JobResult | None = None,
    problem: str = "",
    heard_at: datetime | None = None,
) -> None:
    """Note how a job ended, unless another worker has it or was heard after ``heard_at``."""
    values = {"state": state, "problem": problem, "doing": "", "finished_at": timezone.now()}
    if result is not None:
        values["result"] = result.as_json()
    _as_seen(job, heard_at).update(**values)


def _as_seen(job: Job, heard_at: datetime | None) -> QuerySet[Job]:
    rows = Job.objects.filter(pk=job.pk, attempt=job.attempt, state=Job.State.RUNNING)
    return rows if heard_at is None else rows.filter(heartbeat_at=heard_at)


def _begin(pk: int) -> Job | None:
    """Take a waiting job. Return None if it was cancelled, or another worker was faster."""
    job = Job.objects.select_related("person", "glossary").filter(pk=pk).first()
    if job is None:
        return None
    now = timezone.now()
    values: dict[str, Any] = {
        "state": Job.State.RUNNING, "attempt": job.attempt + 1, "heartbeat_at": now,
        "started_at": job.started_at or now,
    }  # fmt: skip
    waiting = Job.objects.filter(pk=pk, attempt=job.attempt, state=Job.State.WAITING)
    if not waiting.update(**values):
        return None
    for name, value in values.items():
        setattr(job, name, value)
    return job


def _run(job: Job) -> None:
    kind = KINDS.get(job.kind)
    if kind is None:
        text = _("This version does not know this kind of job.")
        end(job, Job.State.FAILED, problem=text)
        return
    if job.result:  # kept by a worker that died before it could say so
        end(job, Job.State.DONE)
        return
    try:
        result, ended_early = _called(kind, job)
    except JobCancelled:
        end(job, Job.State.CANCELLED, problem=str(kind.after_cancel))
    except JobStopped:
        put_back(job)
    except JobRefused as error:
        end(job, Job.State.FAILED, error.result, str(error))
    except kind.refusals as error:
        end(job, Job.State.FAILED, problem=_sentence(error))
    except Exception:
        log.exception("Job %s (%s) failed", job.pk, job.kind)
        text = _("This failed because of an error in the program. The log has it as job {number}.")
        end(job, Job.State.FAILED, problem=text.format(number=job.pk))
    else:
        if ended_early and stopping.is_set():
            put_back(job)
        else:
            state = Job.State.CANCELLED if ended_early else Job.State.DONE
            end(job, state, result, str(kind.after_cancel) if ended_early else "")


def _called(kind: JobKind, job: Job) -> tuple[JobResult, bool]:
    """Return the result of the function, and whether it ended before all was done."""
    person = job.person
    may_run = rights(person, kind.permission) if person else not kind.needs_person
    if not may_run:
        raise JobRefused(_("The person who started this may no longer do it."))
    with Watch(job) as watch:
        return kind.function(job, watch), watch.ended_early


def _sentence(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"“{error.filename}”: {error.strerror}." if error.filename else f"{error.strerror}."
    return str(error)

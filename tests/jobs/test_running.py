"""How jobs run and end: in this process, with kinds that do what a test needs."""

from datetime import timedelta
from itertools import count

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from terms.files.folder import FolderError
from terms.jobs.kind import JobKind, JobLink, JobNote, JobRefused, JobResult
from terms.jobs.kinds import KINDS
from terms.jobs.starting import cancel_job, next_job, revive_silent, start_job
from terms.jobs.watch import stopping
from terms.jobs.working import work_off
from terms.models import Job, Term
from tests.factory import default_glossary, make_term, save_text, text_of
from tests.jobs.workers import fall_silent, make_terms, publish_job

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def kind(monkeypatch):
    """Return a function that adds a kind called "test"."""

    def add(function, **values):
        made = JobKind("test", function, "Test", "change_term", **values)
        monkeypatch.setitem(KINDS, "test", made)

    return add


@pytest.fixture(autouse=True)
def go_on():
    yield
    stopping.clear()


def run(person, **arguments):
    job = start_job("test", None, person, arguments)
    work_off(once=True)
    job.refresh_from_db()
    return job


def test_result_is_kept(kind, ann):
    def act(job, watch):
        done = list(watch.progress([1, 2, 3], "Counting"))
        links = [JobLink("All jobs", "terms_job_changelist")]
        return JobResult({"numbers": sum(done)}, [JobNote("3", job.arguments["word"])], links)

    kind(act)
    job = run(ann, word="most")
    assert (job.state, job.problem, job.attempt) == ("done", "", 1)
    assert job.result["counts"] == {"numbers": 6}
    assert job.result["notes"] == [["3", "most", None]]
    assert (job.done, job.total) == (3, 3)
    assert not DBTaskResult.objects.exists()


def test_jobs_are_kept_for_90_days_after_their_end(kind, ann):
    kind(lambda job, watch: JobResult())
    old, recent = run(ann), run(ann)
    Job.objects.filter(pk=old.pk).update(finished_at=timezone.now() - timedelta(days=91))
    Job.objects.filter(pk=recent.pk).update(finished_at=timezone.now() - timedelta(days=89))
    new = run(ann)
    assert [job.pk for job in Job.objects.all()] == [new.pk, recent.pk]


def test_notes_are_bounded(kind, ann):
    kind(lambda job, watch: JobResult(notes=[JobNote("x", "y")] * 5_000))
    job = run(ann)
    assert (len(job.result["notes"]), job.result["more"]) == (1_000, 4_000)


def test_refusal_is_told_in_its_words(kind, ann):
    def act(job, watch):
        raise FolderError("“words” is not a folder.")

    kind(act, refusals=(FolderError,))
    job = run(ann)
    assert (job.state, job.problem) == ("failed", "“words” is not a folder.")


def test_refusal_keeps_what_was_done(kind, ann):
    def act(job, watch):
        raise JobRefused("Not all of it.", JobResult({"terms": 2}))

    kind(act)
    job = run(ann)
    assert (job.state, job.problem) == ("failed", "Not all of it.")
    assert job.result["counts"] == {"terms": 2}


def test_missing_file_is_told_by_name(kind, ann, tmp_path):
    kind(lambda job, watch: (tmp_path / "gone").read_bytes(), refusals=(OSError,))
    assert run(ann).problem == f"“{tmp_path}/gone”: No such file or directory."


def test_error_of_the_program_is_logged_and_not_shown(kind, ann, caplog):
    kind(lambda job, watch: 1 / 0)
    job = run(ann)
    assert job.state == "failed"
    assert f"job {job.pk}" in job.problem
    assert "division" not in job.problem
    assert "ZeroDivisionError" in caplog.text


def test_failed_transaction_leaves_nothing(kind, ann):
    def act(job, watch):
        with transaction.atomic():
            make_term("Flask")
            raise JobRefused("No.")

    kind(act)
    assert run(ann).state == "failed"
    assert not Term.objects.exists()


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_superuser": False}])
def test_person_without_the_right_is_refused(kind, ann, change):
    kind(lambda job, watch: JobResult())
    job = start_job("test", None, ann, {})
    User.objects.filter(pk=ann.pk).update(**change)
    work_off(once=True)
    job.refresh_from_db()
    assert (job.state, "may no longer" in job.problem) == ("failed", True)


def test_waiting_job_is_cancelled_at_once(kind, ann):
    kind(lambda job, watch: 1 / 0)
    job = start_job("test", None, ann, {})
    assert cancel_job(job)
    work_off(once=True)
    job.refresh_from_db()
    assert (job.state, job.attempt) == ("cancelled", 0)
    assert not cancel_job(job)


def test_running_job_ends_at_its_next_item_when_cancelled(kind, ann):
    def act(job, watch):
        cancel_job(job)
        for _ in watch.progress(count(), "Counting"):
            pass

    kind(act, after_cancel="Nothing.")
    job = run(ann)
    assert (job.state, job.problem) == ("cancelled", "Nothing.")


def test_work_that_is_completed_keeps_its_result_when_cancelled(kind, ann):
    def act(job, watch):
        cancel_job(job)
        return JobResult({"numbers": max(watch.until_stopped(count()))})

    kind(act)
    job = run(ann)
    assert job.state == "cancelled"
    assert job.result["counts"]["numbers"] > 0


def test_worker_that_is_asked_to_end_puts_its_job_back(kind, ann):
    def act(job, watch):
        if job.attempt == 1:
            stopping.set()
        return JobResult({"numbers": len(list(watch.progress(range(5))))})

    kind(act)
    job = run(ann)
    assert (job.state, job.interruptions) == ("waiting", 0)
    stopping.clear()
    work_off(once=True)
    job.refresh_from_db()
    assert (job.state, job.result["counts"]) == ("done", {"numbers": 5})


def died(job, **values):
    """Leave a job as a worker does that was killed."""
    DBTaskResult.objects.filter(pk=job.task).update(status="RUNNING")
    Job.objects.filter(pk=job.pk).update(state="running", attempt=1, **values)
    fall_silent(job)


def test_job_of_a_dead_worker_is_repeated_if_that_is_safe(kind, ann):
    kind(lambda job, watch: JobResult({"times": job.attempt}), repeats_because="it only counts")
    job = start_job("test", None, ann, {})
    job.refresh_from_db()
    died(job)
    work_off(once=True)
    job.refresh_from_db()
    assert (job.state, job.interruptions) == ("done", 1)


def test_job_of_a_dead_worker_fails_with_advice_otherwise(kind, ann):
    kind(lambda job, watch: JobResult(), after_death="Look at the folder first.")
    job = start_job("test", None, ann, {})
    died(job)
    work_off(once=True)
    job.refresh_from_db()
    assert job.state == "failed"
    assert "Look at the folder first." in job.problem


def test_job_that_ends_its_worker_each_time_is_given_up(kind, ann):
    kind(lambda job, watch: JobResult(), repeats_because="it does nothing")
    job = start_job("test", None, ann, {})
    died(job, interruptions=2)
    work_off(once=True)
    job.refresh_from_db()
    assert (job.state, job.interruptions) == ("failed", 2)


def test_cancelled_job_of_a_dead_worker_is_not_repeated(kind, ann):
    kind(lambda job, watch: 1 / 0, repeats_because="it does nothing")
    job = start_job("test", None, ann, {})
    died(job, cancel_requested=True)
    work_off(once=True)
    job.refresh_from_db()
    assert job.state == "cancelled"


def test_result_that_was_kept_is_not_made_again(kind, ann):
    kind(lambda job, watch: 1 / 0, repeats_because="it keeps its result")
    job = start_job("test", None, ann, {})
    died(job, result=JobResult({"files": 3}).as_json())
    work_off(once=True)
    job.refresh_from_db()
    assert (job.state, job.result["counts"]) == ("done", {"files": 3})


def test_waiting_job_without_a_row_in_the_queue_is_queued_again(kind, ann):
    kind(lambda job, watch: JobResult())
    job = start_job("test", None, ann, {})
    DBTaskResult.objects.update(status="RUNNING")  # the worker died before it began the job
    fall_silent(job)
    work_off(once=True)
    job.refresh_from_db()
    assert job.state == "done"


def test_rows_of_dead_workers_leave_the_queue(ann):
    start_job("rebuild", None, ann, {})
    long_ago = timezone.now() - timedelta(days=2)
    DBTaskResult.objects.update(status="RUNNING", started_at=long_ago)
    revive_silent()
    assert not DBTaskResult.objects.exists()


def test_waiting_job_is_not_queued_twice(ann):
    job = start_job("rebuild", None, ann, {})
    job.refresh_from_db()
    fall_silent(job)
    revive_silent()
    assert DBTaskResult.objects.count() == 1
    assert next_job() is not None


def test_worker_that_was_thought_dead_notices_that_it_lost_its_job(kind, ann):
    def act(job, watch):
        if job.attempt == 1:
            fall_silent(job)
            revive_silent()
            list(watch.progress(count()))
        return JobResult({"times": job.attempt})

    kind(act, repeats_because="it only counts")
    job = start_job("test", None, ann, {})
    work_off(once=True)
    job.refresh_from_db()
    assert (job.state, job.interruptions) == ("done", 1)


def test_terms_are_published_as_they_were_when_the_job_was_started(ann):
    terms = make_terms(3)
    job = publish_job(ann, terms)
    changed, gone = terms[0], terms[1]
    save_text(changed, text_of(changed.name, body="Another text."))
    gone.delete()
    work_off(once=True)
    job.refresh_from_db()
    assert (job.state, job.result["counts"]["terms are live"]) == ("done", 1)
    assert job.result["notes"] == [[changed.name, "It has changed since.", changed.pk]]
    assert job.glossary == default_glossary()


def test_job_of_an_unknown_kind_fails(ann, kind, monkeypatch):
    kind(lambda job, watch: JobResult())
    job = start_job("test", None, ann, {})
    monkeypatch.delitem(KINDS, "test")
    work_off(once=True)
    job.refresh_from_db()
    assert (job.state, "does not know" in job.problem) == ("failed", True)

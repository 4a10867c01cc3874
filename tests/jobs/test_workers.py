"""Workers in their own processes: killed, stopped, several at once, and beside a server."""

import os
import signal
import subprocess
import sys

import pytest
from django.db import connection

from terms.changes.bulk import edit
from terms.jobs.starting import cancel_job, start_job
from terms.management.consistency import check_consistency
from terms.models import Category, ChangeSet, Event, Job, Revision, Term
from terms.publishing.rebuild import finish_abandoned
from tests.factory import default_glossary, save_text, text_of
from tests.jobs.workers import (
    begun,
    fall_silent,
    make_terms,
    publish_job,
    run_workers,
    wait_until,
    worker,
)
from tests.web.running import ROOT, environment, fill, serving

pytestmark = pytest.mark.django_db(transaction=True)
COUNT = 1_500


def published():
    return Term.objects.exclude(live_fingerprint="").count()


def test_killed_publication_is_gone_on_with(ann):
    job = publish_job(ann, make_terms(COUNT))
    with worker() as process:
        seen = begun(job)
        process.kill()
        process.wait()
    assert 0 < seen.done < seen.total == COUNT
    assert seen.doing == "Publishing terms"
    assert 0 < published() < COUNT
    fall_silent(job)
    run_workers()
    job.refresh_from_db()
    assert (job.state, job.interruptions) == ("done", 1)
    assert job.result["counts"] == {"terms are live": COUNT, "terms were not published": 0}
    assert Event.objects.filter(kind="published").count() == COUNT  # none was published twice


def test_cancelled_publication_leaves_a_consistent_site(ann):
    job = publish_job(ann, make_terms(COUNT))
    with worker("--once") as process:
        begun(job)
        assert cancel_job(job)
        assert process.wait(60) == 0
    job.refresh_from_db()
    assert job.state == "cancelled"
    assert 0 < job.result["counts"]["terms are live"] == published() < COUNT
    assert list(check_consistency(default_glossary())) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stopped_worker_leaves_its_job_to_the_next_one(ann, number):
    job = publish_job(ann, make_terms(COUNT))
    with worker() as process:
        begun(job)
        process.send_signal(number)
        assert process.wait(60) == 0
    job.refresh_from_db()
    assert (job.state, job.interruptions) == ("waiting", 0)
    run_workers()
    job.refresh_from_db()
    assert job.state == "done"
    assert published() == COUNT


def test_idle_worker_stops_at_once():
    with worker() as process:
        wait_until(lambda: os.path.exists(f"/proc/{process.pid}/task"))
        process.terminate()
        assert process.wait(30) in (0, -signal.SIGTERM)


def test_several_workers_run_no_job_twice(ann):
    terms = list(make_terms(60))
    jobs = [
        publish_job(ann, Term.objects.filter(pk__in=[t.pk for t in terms[n : n + 5]]))
        for n in range(0, 60, 5)
    ]
    run_workers(3)
    found = Job.objects.filter(pk__in=[job.pk for job in jobs])
    assert set(found.values_list("state", "attempt")) == {("done", 1)}
    assert Event.objects.filter(kind="published").count() == 60


def edit_job(person, terms):
    elsewhere = Category.objects.create(
        glossary=default_glossary(), name="Elsewhere", slug="elsewhere"
    )
    columns = {"category": elsewhere.name}
    operation = edit(default_glossary(), terms.order_by("path"), columns)
    ids = list(terms.values_list("pk", flat=True))
    arguments = {"terms": ids, "values": {"columns": columns}}
    return start_job("edit", default_glossary(), person, {**arguments, "shown": operation.digest})


def test_killed_edit_changes_all_files_or_none(ann):
    job = edit_job(ann, make_terms(COUNT))
    with worker() as process:
        saving = Job.objects.filter(pk=job.pk, doing=f"Saving {COUNT:,} files")
        wait_until(saving.first)
        process.kill()
        process.wait()
    assert Revision.objects.filter(number=2).count() in (0, COUNT)
    fall_silent(job)
    run_workers()
    job.refresh_from_db()
    assert (job.state, job.result["counts"]) == ("done", {"files were changed": COUNT})
    assert Revision.objects.filter(number=2).count() == COUNT
    assert ChangeSet.objects.filter(author=ann).count() == 1


def test_edit_that_would_do_something_else_is_refused(ann):
    terms = make_terms(3)
    job = edit_job(ann, terms)
    save_text(terms[0], text_of(terms[0].name, body="Another text."))
    run_workers()
    job.refresh_from_db()
    assert (job.state, job.problem[:25]) == ("failed", "The glossary has changed.")
    assert Revision.objects.filter(number=2).count() == 1


def test_killed_rebuild_is_gone_on_with(ann):
    run_publish = publish_job(ann, make_terms(100))
    run_workers()
    run_publish.refresh_from_db()
    job = start_job("rebuild", None, ann, {})
    with worker() as process:
        wait_until(lambda: Job.objects.filter(pk=job.pk, state="running").first())
        process.kill()
        process.wait()
    fall_silent(job)
    run_workers()
    job.refresh_from_db()
    assert (job.state, job.problem) == ("done", "")
    finish_abandoned()
    assert list(check_consistency(default_glossary())) == []


# Beside a server

START = (
    "import django; django.setup()\n"
    "from django.contrib.auth.models import User\n"
    "from terms.jobs.starting import start_job\n"
    "person = User.objects.create_superuser('ann')\n"
    "print(start_job('rebuild', None, person, {}).pk)\n"
)
STATE = (
    "import django; django.setup()\nfrom terms.models import Job\nprint(Job.objects.get().state)\n"
)


def python(folder, source):
    done = subprocess.run(
        [sys.executable, "-c", source], env=environment(folder), cwd=ROOT,
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    return done.stdout.strip()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="has a SQLite database of its own")
def test_server_runs_jobs_in_a_process_of_its_own(tmp_path):
    fill(tmp_path)
    with serving(tmp_path) as server:
        python(tmp_path, START)
        wait_until(lambda: python(tmp_path, STATE) == "done")
        assert server.get("/glossary/")[0] == 200
    assert server.log.read_text() == ""


@pytest.mark.skipif(connection.vendor != "sqlite", reason="has a SQLite database of its own")
def test_server_leaves_jobs_to_others_if_told_so(tmp_path):
    fill(tmp_path)
    python(tmp_path, START)
    with serving(tmp_path, RUN_JOBS="off") as server:
        assert server.get("/glossary/")[0] == 200
    assert python(tmp_path, STATE) == "waiting"


def test_worker_ends_with_its_server(ann):
    with worker("--beside") as process:
        process.stdin.close()  # as the system does when the server ends
        assert process.wait(30) == 0

"""Workers in processes of their own, on the database of the tests."""

import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import timedelta
from urllib.parse import quote

from django.conf import settings
from django.db import connection
from django.utils import timezone

from terms.editing.gate import Draft, save
from terms.jobs.starting import start_job
from terms.models import Job, Term
from tests.factory import default_glossary, text_of
from tests.web.running import ROOT, environment


def make_terms(count):
    """Save ``count`` terms at once, and return them."""
    glossary = default_glossary()
    names = [f"Term {number:04}" for number in range(count)]
    save(glossary, [Draft(f"t{n}.md", text_of(name)) for n, name in enumerate(names)])
    return Term.objects.filter(name__in=names)


def publish_job(person, terms):
    seen = {str(pk): fingerprint for pk, fingerprint in terms.values_list("pk", "fingerprint")}
    return start_job("publish", default_glossary(), person, {"seen": seen})


@contextmanager
def worker(*options):
    """Start ``manage.py run_jobs``, and end it afterwards."""
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "manage.py"), "run_jobs", *options],
        env=environment(settings.DATA_DIR, DATABASE_URL=_address()),
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        process.stderr.close()
        process.stdin.close()


def run_workers(number=1):
    """Let workers run all jobs, ``number`` of them at once."""
    command = [sys.executable, str(ROOT / "manage.py"), "run_jobs", "--once"]
    env = environment(settings.DATA_DIR, DATABASE_URL=_address())
    started = [
        subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True) for _ in range(number)
    ]
    for process in started:
        error = process.communicate(timeout=120)[1]
        assert (process.returncode, error) == (0, "")


def _address():
    found = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{found['NAME']}"
    user = f"{quote(found['USER'])}:{quote(found['PASSWORD'])}".rstrip(":")
    return f"postgres://{user}@{found['HOST']}:{found['PORT'] or 5432}/{found['NAME']}"


def wait_until(condition, seconds=60):
    """Wait until ``condition`` returns something true, and return that."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found


def begun(job):
    """Wait until other connections see that part of a job is done, and return the job."""
    return wait_until(lambda: Job.objects.filter(pk=job.pk, state="running", done__gt=0).first())


def fall_silent(job):
    """Let the last heartbeat of a job be two minutes ago."""
    long_ago = timezone.now() - timedelta(minutes=2)
    Job.objects.filter(pk=job.pk).update(heartbeat_at=long_ago)

"""One sync of a repository at a time, on one host and on several; and edits while one runs."""

import subprocess
import sys
import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now

from terms.changes.operation import undo
from terms.interchange import repositories
from terms.interchange.repositories import HELD, Lease, SyncBusy, leased
from terms.interchange.sync import SyncOptions, sync
from terms.jobs.watch import JobCancelled
from terms.models import ChangeSet, Repository, Sync, Term
from tests.interchange.git import add_repository, edit

NO_PATIENCE = SyncOptions(patience=0)


# Leases


def test_sync_of_another_host_is_waited_for(repository):
    Repository.objects.update(locked_by="another host", locked_until=Now() + HELD)
    with pytest.raises(SyncBusy):
        sync(repository, options=NO_PATIENCE)
    Repository.objects.update(locked_until=Now() - timedelta(seconds=1))
    sync(repository, options=NO_PATIENCE)
    assert Repository.objects.get().locked_until is None


def test_lease_of_a_dead_process_of_this_host_is_free(repository):
    """Its row stays, but not its lock of the file."""
    with leased(repository, 0):
        row = Repository.objects.values("locked_by", "locked_until").get()
    Repository.objects.update(**row)
    sync(repository, options=NO_PATIENCE)


def test_lease_of_a_living_process_of_this_host_is_kept(repository, settings):
    """Even if its row has run out, as after a long transaction."""
    program = (
        "import fcntl, sys; file = open(sys.argv[1]); fcntl.flock(file, fcntl.LOCK_EX);"
        "print(flush=True); sys.stdin.read()"
    )
    file = settings.DATA_DIR / "repositories" / f"{repository.pk}.lock"
    words = [sys.executable, "-c", program, str(file)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(words, **pipes) as process:
        process.stdout.readline()
        with pytest.raises(SyncBusy):
            sync(repository, options=NO_PATIENCE)
        process.stdin.close()
    sync(repository, options=NO_PATIENCE)


def test_lease_that_was_lost_pushes_nothing(colleague, repository):
    edit("Flask", "Sentence 3", "Phrase 3")

    def lose(items):
        Repository.objects.update(locked_by="another host", locked_until=Now() + HELD)
        yield from items

    with pytest.raises(SyncBusy, match="Another host"):
        sync(repository, progress=lose)
    assert Repository.objects.get().locked_by == "another host"
    colleague.pull()
    assert "Sentence 3" in colleague.read("flask.md")


@pytest.mark.django_db(transaction=True)
def test_lease_is_renewed_while_it_is_held(colleague, monkeypatch):
    repository = add_repository(colleague)
    renewed = threading.Event()
    take_row = Lease._take_row

    def take(lease):
        found = take_row(lease)
        if threading.current_thread().name == "lease":
            renewed.set()
        return found

    monkeypatch.setattr(repositories, "RENEWED_EVERY", 0.05)
    monkeypatch.setattr(Lease, "_take_row", take)
    with leased(repository, 0):
        before = Repository.objects.get().locked_until
        assert renewed.wait(20)
        assert Repository.objects.get().locked_until > before
    assert Repository.objects.get().locked_by == ""
    connection.close()


def test_sync_that_is_cancelled_is_no_fault(repository):
    edit("Flask", "Sentence 3", "Phrase 3")

    def cancel(items):
        raise JobCancelled

    with pytest.raises(JobCancelled):
        sync(repository, progress=cancel)
    assert Sync.objects.first().problem == "The sync was stopped. The next one goes on."
    assert sync(repository).commits


# Edits while a sync runs


class Meanwhile:
    """A progress that calls ``act`` before the item with the number ``step``."""

    def __init__(self, act, step):
        self.act, self.left = act, step

    def __call__(self, items):
        for item in items:
            self.left -= 1
            if self.left == 0:
                self.act()
            yield item


@pytest.mark.parametrize("step", range(1, 6))
def test_edit_while_a_sync_runs(colleague, repository, step):
    colleague.write("flask.md", colleague.read("flask.md").replace("Sentence 3", "Line 3"))
    colleague.push()
    edit("Django", "Sentence 5", "Phrase 5")

    def act():
        edit("Flask", "Sentence 9", "Phrase 9")
        edit("Django", "Sentence 7", "Phrase 7")

    meanwhile = Meanwhile(act, step)
    sync(repository, progress=meanwhile)
    assert meanwhile.left <= 0
    assert not sync(repository).attention
    assert_equal(colleague)
    flask, django = colleague.read("flask.md"), colleague.read("django.md")
    assert "Line 3" in flask
    assert "Phrase 9" in flask
    assert "Phrase 5" in django
    assert "Phrase 7" in django


@pytest.mark.parametrize("step", range(1, 5))
def test_undo_while_a_sync_runs(colleague, repository, step):
    before = colleague.read("flask.md")
    colleague.write("flask.md", before.replace("Sentence 3", "Line 3"))
    colleague.push()
    sync(repository)
    received = ChangeSet.objects.latest("pk")
    colleague.write("django.md", colleague.read("django.md").replace("Sentence 3", "Line 3"))
    colleague.push()
    meanwhile = Meanwhile(lambda: undo(received, None), step)
    sync(repository, progress=meanwhile)
    assert meanwhile.left <= 0
    assert not sync(repository).attention
    assert_equal(colleague)
    assert colleague.read("flask.md") == before
    assert "Line 3" in colleague.read("django.md")


def assert_equal(colleague):
    colleague.pull()
    here = {term.path: term.newest_revision().text for term in Term.objects.all()}
    assert here == colleague.files()

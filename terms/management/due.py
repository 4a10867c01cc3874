"""Threads next to the server that run scheduled items, send mail and finish abandoned work.

Every process may have them: the first one to claim a due item runs it. Mail and
webhooks have threads of their own, as another host may take long to answer.

Jobs run in a child process of such a thread. They compute for minutes, and in a thread they would
take the interpreter from readers; a job that uses up the memory ends its process and not the
server. The child is started when a job waits and ends when none does.
"""

import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connections

from terms.changes.glossaries import delete_expired, next_expiry
from terms.changes.schedule import next_scheduled, run_scheduled
from terms.jobs.due_syncs import next_due_sync, start_due_syncs
from terms.jobs.starting import next_job
from terms.people.notifications import next_mail, next_reminder, remind_of_reviews, send_mail
from terms.people.webhooks import next_delivery, send_deliveries
from terms.publishing.rebuild import finish_abandoned, next_abandoned

LOOK_EVERY = 1.0  # seconds; another process may have scheduled something
REMIND_EVERY = 600.0  # seconds
AFTER_FAILURE = 30.0  # seconds until a worker process is started again that failed
_IN_WHEEL = ["-m", "glossary_cms"]
log = logging.getLogger(__name__)


class Worker:
    """A thread that runs ``act`` at the time that ``next_due`` returns."""

    def __init__(
        self,
        name: str,
        next_due: Callable[[], datetime | None],
        act: Callable[[], object],
        clock: Callable[[], float] = time.time,
        look_every: float = LOOK_EVERY,
    ):
        self.name = name
        self.next_due = next_due
        self.act = act
        self.clock = clock
        self.look_every = look_every
        self._stopped = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    @property
    def is_running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        """Start the thread if it is not running, as after a fork: threads are not inherited."""
        with self._starting:
            if not self.is_running:
                self._stopped.clear()
                self._thread = threading.Thread(target=self._work, name=self.name, daemon=True)
                self._thread.start()

    def stop(self) -> None:
        self._stopped.set()

    def join(self, seconds: float) -> None:
        if self._thread is not None:
            self._thread.join(seconds)

    def look(self) -> float:
        """Do the due work. Return the seconds until the next look."""
        close_old_connections()
        now = self.clock()
        due = self.next_due()
        if due and due.timestamp() <= now:
            self.act()
            due = self.next_due()
        if due and due.timestamp() > now:
            return min(self.look_every, due.timestamp() - now)
        return self.look_every

    def _work(self) -> None:
        pause = 0.0
        while not self._stopped.wait(pause):
            try:
                pause = self.look()
            except DatabaseError as error:
                log.error("%s: the database does not answer (%s)", self.name, error)
                pause = self.look_every
            except Exception:  # any failure is retried
                log.exception("%s: not done", self.name)
                pause = self.look_every
        connections.close_all()


class JobProcess(Worker):
    """A thread that runs ``manage.py run_jobs`` in a child process while jobs are waiting.

    The child also ends when this process does, however it ends: it then reads the end of its
    standard input.
    """

    def __init__(self) -> None:
        super().__init__("jobs", next_job, self._run_child)
        self._child: subprocess.Popen | None = None

    def stop(self) -> None:
        super().stop()
        if self._child is not None:
            self._child.terminate()

    def join(self, seconds: float) -> None:
        super().join(seconds)
        if self._child is not None:
            self._child.kill()  # the job goes on in the next worker

    def _run_child(self) -> None:
        close_old_connections()
        manage = settings.BASE_DIR / "manage.py"
        command = [sys.executable, *([str(manage)] if settings.IS_CHECKOUT else _IN_WHEEL)]
        command += ["run_jobs", "--once", "--beside"]
        with subprocess.Popen(command, stdin=subprocess.PIPE) as self._child:  # noqa: S603 — ours
            if self._stopped.is_set():
                self._child.terminate()
            status = self._child.wait()
        self._child = None
        if status and not self._stopped.is_set():
            log.error("jobs: the worker process ended with %s", status)
            self._stopped.wait(AFTER_FAILURE)


class DueWorkers:
    """The workers of a process."""

    def __init__(self) -> None:
        self._workers = [
            Worker("schedule", next_scheduled, run_scheduled),
            Worker("mail", next_mail, send_mail),
            Worker("webhooks", next_delivery, send_deliveries),
            Worker("pages", next_abandoned, finish_abandoned),
            Worker("reminders", next_reminder, remind_of_reviews, look_every=REMIND_EVERY),
            Worker("deletions", next_expiry, delete_expired, look_every=REMIND_EVERY),
        ]
        if settings.RUN_JOBS:
            self._workers += [Worker("syncs", next_due_sync, start_due_syncs), JobProcess()]

    @property
    def are_running(self) -> bool:
        return all(worker.is_running for worker in self._workers)

    def start(self) -> None:
        for worker in self._workers:
            worker.start()

    def stop(self, seconds: float = 15) -> None:
        """Stop the workers, and wait for work in progress."""
        for worker in self._workers:
            worker.stop()
        for worker in self._workers:
            worker.join(seconds)


class DueBeside:
    """WSGI middleware that starts the workers at the first request of a process."""

    def __init__(self, application: Any, workers: DueWorkers):
        self.application = application
        self.workers = workers

    def __call__(self, environ: dict, start_response: Callable) -> object:
        if not self.workers.are_running:
            self.workers.start()
        return self.application(environ, start_response)

    def close(self) -> None:
        self.workers.stop()
        self.application.close()

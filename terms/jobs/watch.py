"""The progress, cancellation and heartbeats of a running job.

A thread with a connection of its own exchanges them with the row of the job, so that progress is
seen while the job has a transaction open, and survives if that is rolled back. While the job
itself holds the write lock of SQLite, the row is written a little later.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sized
from typing import Any

from django.db import DatabaseError, connection, connections
from django.utils import timezone

from terms.models import Job
from terms.models.bulk import WorkEnded

from .kind import JobResult

EVERY = 0.2  # seconds
SHORTEST_WAIT = 200  # milliseconds for SQLite's write lock
LONGEST_WORDS = 200
# Set when the process is asked to end.
stopping = threading.Event()


class JobCancelled(WorkEnded):
    """A person cancelled the job."""


class JobStopped(WorkEnded):
    """The worker is asked to end, or another worker has the job."""


class Watch:
    """Given to the function of a job. Used as a context manager by the worker."""

    def __init__(self, job: Job):
        self._row = Job.objects.filter(pk=job.pk, attempt=job.attempt, state=Job.State.RUNNING)
        self._told: tuple[str, int, int] = ("", 0, 0)
        self._kept: tuple[str, int, int] | None = None
        self._kept_at = time.monotonic()
        self._is_cancelled = self._is_lost = False
        self._over = threading.Event()
        self._writing = threading.Lock()
        self._thread = threading.Thread(target=self._exchange, name="job", daemon=True)
        self.ended_early = False

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()

    # For the function of the job

    def say(self, words: str) -> None:
        """Report what is being done, if its length is not known."""
        self._told = (words[:LONGEST_WORDS], 0, 0)
        # At once: what comes next may hold the write lock.
        if not connection.in_atomic_block:
            self._write()

    def progress(
        self,
        items: Iterable,
        words: str = "",
        total: int | None = None,
        size: Callable[[Any], int] | None = None,
    ) -> Iterator:
        """Yield ``items`` and tell how many are done.

        Raises JobCancelled or JobStopped before the next item. ``total`` is the number of items, if
        they have no length; ``size`` returns how many an item counts for.
        """
        for item in self.told(items, words, total, size):
            self.check()
            yield item

    def told(
        self,
        items: Iterable,
        words: str = "",
        total: int | None = None,
        size: Callable[[Any], int] | None = None,
    ) -> Iterator:
        """Like ``progress``, for work that cannot be cancelled: raises only JobStopped."""
        words = (words or self._told[0])[:LONGEST_WORDS]
        if total is None and isinstance(items, Sized):
            total = sum(map(size, items)) if size else len(items)
        done = 0
        self._told = (words, 0, total or 0)
        for item in items:
            self._go_on()
            yield item
            done += size(item) if size else 1
            self._told = (words, done, total or 0)

    def until_stopped(
        self, items: Iterable, words: str = "", size: Callable[[Any], int] | None = None
    ) -> Iterator:
        """Like ``progress``, but end the iteration instead of raising an exception."""
        try:
            yield from self.progress(items, words, size=size)
        except (JobCancelled, JobStopped):
            self.ended_early = True

    def check(self) -> None:
        """Raise JobCancelled or JobStopped if the job has to end."""
        self._go_on()
        if self._is_cancelled:
            raise JobCancelled

    def _go_on(self) -> None:
        if self._is_lost or stopping.is_set():
            raise JobStopped

    def keep(self, result: JobResult) -> None:
        """Keep the result in the transaction that does the work.

        Raises JobStopped if another worker has the job.
        """
        if not self._row.update(result=result.as_json()):
            raise JobStopped

    # The thread

    def _exchange(self) -> None:
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute(f"PRAGMA busy_timeout = {SHORTEST_WAIT}")
        try:
            is_over = False
            while not is_over:
                is_over = self._over.wait(EVERY)
                try:
                    self._look()
                    self._write()
                except DatabaseError:
                    continue  # the database is busy or away; tried again
        finally:
            connections.close_all()

    def _look(self) -> None:
        found = self._row.values_list("cancel_requested", flat=True).first()
        if found is None:
            self._is_lost = True
        self._is_cancelled = bool(found)

    def _write(self) -> None:
        with self._writing:
            self._write_alone()

    def _write_alone(self) -> None:
        told, now = self._told, time.monotonic()
        is_due = now - self._kept_at >= Job.HEARTBEAT_EVERY.total_seconds()
        if told == self._kept and not is_due:
            return
        words, done, total = told
        self._row.update(doing=words, done=done, total=total, heartbeat_at=timezone.now())
        self._kept, self._kept_at = told, now

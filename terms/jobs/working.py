"""The loop of a worker."""

import logging

from django.db import DatabaseError, InterfaceError, close_old_connections
from django.utils.crypto import get_random_string
from django_tasks_db.management.commands.db_worker import Worker as LibraryWorker
from django_tasks_db.models import DBTaskResult

from .starting import revive_silent
from .watch import stopping

LOOK_EVERY = 1.0  # seconds
log = logging.getLogger(__name__)


def work_off(once: bool = False) -> None:
    """Run waiting jobs one by one until ``stopping`` is set; with ``once``, until none waits."""
    while not stopping.is_set():
        try:
            close_old_connections()
            revive_silent()
            if DBTaskResult.objects.ready().exists():
                _run_next()
                continue
        except (DatabaseError, InterfaceError) as error:
            if once:
                raise
            log.error("jobs: the database does not answer (%s)", error)
        if once:
            break
        stopping.wait(LOOK_EVERY)


def _run_next() -> None:
    """Claim a task and run it, as the library's worker does, and remove what is over."""
    LibraryWorker(
        queue_names=["default"],
        interval=0,
        batch=True,
        backend_name="default",
        startup_delay=False,
        max_tasks=1,
        worker_id=get_random_string(32),
        excluded_queue_names=[],
    ).run()
    DBTaskResult.objects.successful().delete()

"""In front of everything: what has fallen due is done before a request is answered."""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from django.db import close_old_connections

from .scheduling import next_due, run_due

LOOK_EVERY = 1.0  # seconds; another process may have scheduled something
log = logging.getLogger(__name__)
Application = Any  # a WSGI callable that can be closed


class DueFirst:
    """A WSGI application around ``application``. Looking at a clock is all that it costs."""

    def __init__(self, application: Application, clock: Callable[[], float] = time.time):
        self.application = application
        self.clock = clock
        self._look_at = 0.0
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Callable) -> Iterable[bytes]:
        now = self.clock()
        # A clock that was put back looks at once, too.
        if not self._look_at - LOOK_EVERY <= now < self._look_at:
            self._look(now)
        return self.application(environ, start_response)

    def close(self) -> None:
        self.application.close()

    def _look(self, now: float) -> None:
        if not self._lock.acquire(blocking=False):
            return  # another thread looks already
        try:
            self._look_at = now + LOOK_EVERY
            close_old_connections()
            due = next_due()
            if due and due.timestamp() <= now:
                run_due()
                due = next_due()
            if due and due.timestamp() > now:  # what could not be done waits, too
                self._look_at = min(self._look_at, due.timestamp())
        except Exception:
            # Whatever fails here, readers get their page.
            log.exception("what is due was not done")
        finally:
            self._lock.release()

"""Long writes as steps: in one transaction, or in many short ones between which others write.

SQLite has one writer at a time. Short transactions hold its lock for about ``MOMENT`` seconds, so
that an editor who saves meanwhile notices no delay.
"""

import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager

from django.db import transaction

from terms.models import Glossary, Unfinished
from terms.models.bulk import let_others_write

from .store import Store

MOMENT = 0.06  # seconds of a transaction; the step that reaches it is completed

# A step writes rows, and pages through the store. None ends the transaction, so that the
# generator's next work holds no lock.
Step = Callable[[Store], object]
Steps = Iterable[Step | None]


@contextmanager
def alone(glossary: Glossary) -> Iterator[None]:
    """Hold the lock of the glossary in a transaction."""
    with transaction.atomic():
        Glossary.with_deleted.lock(glossary.pk)
        yield


def at_once(glossary: Glossary, steps: Steps) -> None:
    """Carry out all ``steps`` in one transaction."""
    with alone(glossary):
        store = Store(glossary)
        for step in steps:
            if step:
                step(store)


def in_parts(glossary: Glossary, steps: Steps, instead_of: Collection[int] = ()) -> None:
    """Carry out ``steps`` in short transactions.

    Until the last step, a row marks the work as unfinished; if the process is killed, another
    process finds the row and rebuilds the glossary's pages. The row replaces those with the ids
    ``instead_of``.
    """
    with transaction.atomic():
        work = Unfinished.objects.create(glossary=glossary)
        Unfinished.objects.filter(pk__in=instead_of).delete()
    waiting = iter(steps)
    while True:
        began = time.monotonic()
        if not _part(glossary, waiting, work):
            break
        let_others_write(began)
    work.delete()


def _part(glossary: Glossary, steps: Iterator[Step | None], work: Unfinished) -> bool:
    """Carry out some steps in a transaction. Return whether there may be more."""
    done = object()
    step = next(steps, done)
    if step is done:
        return False
    with alone(glossary):
        store, until = Store(glossary), time.monotonic() + MOMENT
        work.go_on()
        while callable(step):
            step(store)
            if time.monotonic() >= until:
                return True
            step = next(steps, done)
    return step is not done

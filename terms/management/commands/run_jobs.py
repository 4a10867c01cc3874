import os
import signal
import threading

from django.core.management.base import BaseCommand

from terms.jobs.watch import stopping
from terms.jobs.working import work_off

GRACE = 20  # seconds to end a step in after the server has gone


class Command(BaseCommand):
    help = "Run waiting jobs, one after the other, until it is stopped. Several may run at once."

    def add_arguments(self, parser):
        parser.add_argument("--once", action="store_true", help="end when no job is waiting")
        parser.add_argument(
            "--beside",
            action="store_true",
            help="end with the process that holds the other end of the standard input",
        )

    def handle(self, once, beside, **options):
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
        if beside:
            threading.Thread(target=_end_with_parent, daemon=True).start()
        work_off(once)


def _end_with_parent():
    """Wait for the end of the standard input, which comes however the parent ends."""
    while os.read(0, 4096):  # not through sys.stdin, whose lock would outlive the main thread
        pass
    stopping.set()
    threading.Event().wait(GRACE)
    os._exit(1)  # as if killed: the next worker goes on

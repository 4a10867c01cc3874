from django.core.management.base import BaseCommand

from terms.changes.glossaries import delete_expired
from terms.changes.schedule import run_due


class Command(BaseCommand):
    help = (
        "Run scheduled items, send queued mail and delete expired glossaries, as a running server"
        " does by itself."
    )

    def handle(self, **options):
        for item in run_due():
            self.stdout.write(f"{item}: {item.problem or 'done'}")
        if count := delete_expired():
            self.stdout.write(f"{count} deleted for good")

from django.core.management.base import BaseCommand

from terms.changes.schedule import run_due


class Command(BaseCommand):
    help = "Run scheduled items and send queued mail, as a running server does by itself."

    def handle(self, **options):
        for item in run_due():
            self.stdout.write(f"{item}: {item.problem or 'done'}")

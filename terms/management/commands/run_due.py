from django.core.management.base import BaseCommand

from terms.changes.schedule import run_due


class Command(BaseCommand):
    help = "Do what has fallen due, and send mail that waits; requests do so, too."

    def handle(self, **options):
        for item in run_due():
            self.stdout.write(f"{item}: {item.problem or 'done'}")

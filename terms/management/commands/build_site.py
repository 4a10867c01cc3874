from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from terms.changes.schedule import run_due
from terms.management import console
from terms.models import Site
from terms.pages.build import BuildError, build
from terms.pages.store import is_of_today


class Command(BaseCommand):
    help = "Write all readers' pages as files for any web server; only changed ones when repeated."

    def add_arguments(self, parser):
        parser.add_argument("out", help="the folder; new, empty, or built before")
        parser.add_argument(
            "--whole", action="store_true", help="write every file, also unchanged ones"
        )

    def handle(self, out, whole, **options):
        run_due()
        if Site.objects.exists() and not is_of_today():
            self.stderr.write(
                "Not all pages were made under this SITE_URL, by these templates and this version;"
                " run rebuild_site."
            )
        try:
            report = build(Path(out), console.counting(self, "pages"), whole)
        except (BuildError, OSError) as error:
            raise CommandError(str(error)) from error
        for path in report.left_out:
            self.stdout.write(f"left out: {path} (no file system can hold it beside the others)")
        self.stdout.write(f"{report.written:,} files written, {report.removed:,} removed")

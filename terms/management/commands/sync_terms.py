import logging
import signal
import threading

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, close_old_connections

from terms.files.folder import FolderError
from terms.interchange.sync import SyncOptions, sync
from terms.interchange.sync_results import Result
from terms.management import console
from terms.models import Repository

log = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Sync glossaries with their git repositories: receive, commit and push."

    def add_arguments(self, parser):
        parser.add_argument("--glossary", metavar="SLUG", help="only this one; default: all")
        parser.add_argument(
            "--dry-run", action="store_true", help="report changes without saving or pushing them"
        )
        console.add_decisions(parser, "repository")
        parser.add_argument("--json", action="store_true", help="report as JSON")
        parser.add_argument(
            "--watch",
            nargs="?",
            type=console.seconds,
            const=60,
            metavar="SECONDS",
            help="sync again and again, with this pause; default: 60",
        )

    def handle(self, **options):
        self.person = console.active_user(options["author"])
        if not options["watch"]:
            if not self._all(options):
                raise SystemExit(1)
            return
        stopped = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopped.set())
        while not stopped.is_set():
            close_old_connections()
            try:
                self._all(options)
            except DatabaseError as error:
                self.stderr.write(f"The database does not answer: {error}")
            except Exception:  # one fault does not end the watch
                log.exception("A sync failed")
            stopped.wait(options["watch"])

    def _all(self, options):
        """Sync the repositories one after the other. Return whether all are in order."""
        rows = Repository.objects.filter(glossary__deleted_at=None)
        rows = rows.select_related("glossary").order_by("glossary__slug")
        slug = options["glossary"]
        rows = rows.filter(glossary__slug=slug) if slug else rows
        if not rows and not options["watch"]:
            where = f"The glossary “{slug}” has no repository" if slug else "There is no repository"
            raise CommandError(f"{where}. Add one in the admin: Repositories.")
        reports = [self._one(row, options) for row in rows]
        if options["json"]:
            console.write_json(self, {"repositories": reports})
        return not any(report["problem"] or report["attention"] for report in reports)

    def _one(self, repository, options):
        """Sync a repository, and return the report."""
        chosen = SyncOptions(options["dry_run"], console.sides(options), options["remove_many"])
        problem, result = "", Result()
        try:
            result = sync(repository, self.person, chosen)
        except FolderError as error:
            problem = str(error)
        report = {
            "glossary": repository.glossary.slug,
            "problem": problem,
            "received": result.received,
            "sent": result.sent,
            "commits": result.subjects,
            "attention": result.attention,
        }
        if not options["json"]:
            self._write(repository, report, options)
        return report

    def _write(self, repository, report, options):
        name = f"{report['glossary']} ⇄ {repository}"
        if report["problem"]:
            self.stderr.write(f"{name}: {report['problem']}")
            return
        if not any(report[part] for part in ("received", "sent", "commits", "attention")):
            if not options["watch"]:
                self.stdout.write(f"{name}: nothing new")
            return
        self.stdout.write(f"{name}:")
        for label in ("received", "sent"):
            counts = ", ".join(f"{n:,} {status}" for status, n in report[label].items())
            self.stdout.write(f"  {label}: {counts or 'nothing'}")
        for subject in report["commits"]:
            self.stdout.write(f"  commit: {subject}")
        for path, status, reason in report["attention"]:
            self.stdout.write(f"  {status}: {path}: {reason}")

from django.core.management.base import BaseCommand, CommandError

from terms.files.folder import FolderError
from terms.files.import_plan import plan_import
from terms.files.plan import CONFLICT, INVALID, REMOVED, UNCHANGED
from terms.files.sources import FileSource, FolderSource
from terms.formats.paths import SIDECAR
from terms.interchange.imports import Wishes, foresee, run_import
from terms.management import console


class Command(BaseCommand):
    help = "Import a folder of Markdown term files into a glossary."

    def add_arguments(self, parser):
        parser.add_argument("path", help="the folder, with its subfolders")
        console.add_glossary(parser)
        console.add_format(parser)
        parser.add_argument(
            "--language",
            default="",
            metavar="TAG",
            help="the language of a new glossary, such as en or de-AT",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="report changes without saving them"
        )
        parser.add_argument("--publish", action="store_true", help="publish the imported terms")
        console.add_decisions(parser, "file")
        parser.add_argument("--json", action="store_true", help="report as JSON")

    def handle(self, path, **options):
        watched = console.progress(self, "Reading files")
        person = console.active_user(options["author"])
        try:
            source = self._source(path, options["format"])
            outcome = self._import(source, watched, person, options)
        except FolderError as error:
            raise CommandError(str(error)) from error
        self._report(outcome, options["json"], is_brief=not options["verbosity"])
        beside = [*outcome.taken.conflicts, *outcome.sidecar.conflicts]
        if outcome.plan.counts[INVALID] or outcome.plan.counts[CONFLICT] or beside:
            raise SystemExit(1)

    def _source(self, path, format_name):
        path = console.absolute_path(path)
        if format_name:
            return FileSource(path, console.file_format(format_name))
        if not path.is_dir():
            raise FolderError(f"“{path}” is not a folder.")
        return FolderSource(path)

    def _import(self, source, watched, person, options):
        slug, is_trial = options["glossary"], options["dry_run"]
        glossary = console.get_glossary(
            slug, create=not is_trial, language=options["language"], is_trial=is_trial
        )
        plan = plan_import(glossary, source, watched, console.sides(options))
        if is_trial:
            return foresee(plan)
        wishes = Wishes(options["publish"], options["remove_many"])
        return run_import(plan, person, wishes, console.progress(self, "Publishing"))

    def _report(self, outcome, as_json, is_brief):
        plan, taken = outcome.plan, outcome.taken
        unpublished = [(refusal.term.path, refusal.reason) for refusal in outcome.refusals]
        if as_json:
            files = [
                {"path": entry.path, "status": entry.status, "reason": entry.reason}
                for entry in plan.entries
            ]
            report = {
                "counts": plan.counts,
                "files": files,
                "pictures": {
                    "taken": taken.count,
                    "not_taken": taken.problems,
                    "conflicts": taken.conflicts,
                },
                "sidecar": {
                    "taken": outcome.sidecar.count,
                    "not_taken": outcome.sidecar.problems,
                    "conflicts": outcome.sidecar.conflicts,
                },
                "notes": outcome.notes,
                "not_published": unpublished,
            }
            console.write_json(self, report)
            return
        lines = [
            (entry.path, entry.status, entry.reason)
            for entry in plan.entries
            if entry.reason
            or entry.status == REMOVED
            or not (is_brief or entry.status == UNCHANGED)
        ]
        console.report(self, plan.counts, lines)
        self._report_beside(taken, outcome.sidecar)
        for path, reason in outcome.notes:
            self.stdout.write(f"{path}: {reason}")
        for path, reason in unpublished:
            self.stdout.write(f"not published: {path}: {reason}")

    def _report_beside(self, taken, sidecar):
        """Report what was taken from the files beside the term files."""
        if taken.count:
            self.stdout.write(f"{taken.count:,} picture{'s' * (taken.count > 1)}")
        for path, reason in taken.problems:
            self.stdout.write(f"no picture: {path}: {reason}")
        if count := sidecar.count:
            self.stdout.write(f"{count:,} value{'s' * (count > 1)} from {SIDECAR}")
        for path, reason in sidecar.problems:
            self.stdout.write(f"{path}: {reason}")
        for path, reason in [*taken.conflicts, *sidecar.conflicts]:
            self.stdout.write(f"{self.style.ERROR(CONFLICT):10} {path}: {reason}")

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from terms.files import pictures
from terms.files.folder import FolderError
from terms.files.import_plan import CONFLICT, INVALID, UNCHANGED, plan_import
from terms.files.importing import apply_import
from terms.files.sources import FileSource, FolderSource
from terms.management import console
from terms.models import Term
from terms.publishing import publish


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
        parser.add_argument("--json", action="store_true", help="report as JSON")

    def handle(self, path, **options):
        watched = console.progress(self, "Reading files")
        try:
            plan = self._plan(self._source(path, options["format"]), watched, options)
        except FolderError as error:
            raise CommandError(str(error)) from error
        refusals, taken = [], pictures.TakenPictures()
        if not options["dry_run"]:
            if not options["format"]:
                taken = pictures.take(plan.glossary, Path(plan.place))
            refusals = self._publish(plan, taken) if options["publish"] else []
        self._report(plan, taken, refusals, options["json"], is_brief=not options["verbosity"])
        if plan.counts[INVALID] or plan.counts[CONFLICT]:
            raise SystemExit(1)

    def _source(self, path, format_name):
        path = console.absolute_path(path)
        if format_name:
            return FileSource(path, console.file_format(format_name))
        if not path.is_dir():
            raise FolderError(f"“{path}” is not a folder.")
        return FolderSource(path)

    def _plan(self, source, watched, options):
        slug = options["glossary"]
        if options["dry_run"]:
            glossary = console.get_glossary(slug, language=options["language"], is_trial=True)
            return plan_import(glossary, source, watched)
        glossary = console.get_glossary(slug, create=True, language=options["language"])
        return apply_import(plan_import(glossary, source, watched))

    def _publish(self, plan, taken):
        in_files = {entry.path: entry.fingerprint for entry in plan.entries}
        terms = Term.objects.filter(glossary=plan.glossary, problem="").order_by("path")
        waiting = [
            pk
            for pk, path, text, live in terms.values_list(
                "pk", "path", "fingerprint", "live_fingerprint"
            )
            if live != text == in_files.get(path)
        ]
        progress = console.progress(self, "Publishing")
        refusals = publish.publish_ids(plan.glossary, waiting, progress)
        same = Term.objects.filter(pk__in=taken.terms - set(waiting))
        return refusals + publish.publish_again(plan.glossary, same)

    def _report(self, plan, taken, refusals, as_json, is_brief):
        unpublished = [(refusal.term.path, refusal.reason) for refusal in refusals]
        if as_json:
            files = [
                {"path": entry.path, "status": entry.status, "reason": entry.reason}
                for entry in plan.entries
            ]
            console.write_json(
                self,
                {
                    "counts": plan.counts,
                    "files": files,
                    "pictures": {"taken": taken.count, "not_taken": taken.problems},
                    "not_published": unpublished,
                },
            )
            return
        lines = [
            (entry.path, entry.status, entry.reason)
            for entry in plan.entries
            if entry.reason or not (is_brief or entry.status == UNCHANGED)
        ]
        console.report(self, plan.counts, lines)
        if taken.count:
            self.stdout.write(f"{taken.count:,} picture{'s' * (taken.count > 1)}")
        for path, reason in taken.problems:
            self.stdout.write(f"no picture: {path}: {reason}")
        for path, reason in unpublished:
            self.stdout.write(f"not published: {path}: {reason}")

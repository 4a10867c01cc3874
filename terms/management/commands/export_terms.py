from django.core.management.base import BaseCommand, CommandError

from terms.changes.schedule import run_due
from terms.files.exporting import CONFLICT, UNCHANGED, export
from terms.files.file_formats import export_file
from terms.files.folder import FolderError
from terms.management import console


class Command(BaseCommand):
    help = "Write a glossary as a folder of Markdown term files; unchanged files stay untouched."

    def add_arguments(self, parser):
        parser.add_argument("path", help="the folder")
        console.add_glossary(parser)
        console.add_format(parser)
        parser.add_argument("--live", action="store_true", help="the texts that readers see")
        parser.add_argument("--check", action="store_true", help="only report differences")
        parser.add_argument("--prune", action="store_true", help="remove files whose term is gone")
        parser.add_argument("--json", action="store_true", help="report as JSON")

    def handle(self, path, **options):
        run_due()
        try:
            result = self._export(console.absolute_path(path), options)
        except FolderError as error:
            raise CommandError(str(error)) from error
        self._report(result, options)
        if result.counts[CONFLICT] or (options["check"] and result.differences):
            raise SystemExit(1)

    def _export(self, path, options):
        glossary = console.get_glossary(options["glossary"])
        live, check = options["live"], options["check"]
        if name := options["format"]:
            return export_file(glossary, path, console.file_format(name), live, check)
        progress = console.progress(self, "Writing files")
        return export(glossary, path, live, check, options["prune"], progress)

    def _report(self, result, options):
        lines = [(file.path, file.status, file.reason) for file in result.files]
        if options["json"]:
            files = [dict(zip(("path", "status", "reason"), line, strict=True)) for line in lines]
            console.write_json(self, {"counts": result.counts, "files": files})
        else:
            told = [line for line in lines if line[1] != UNCHANGED]
            console.report(self, result.counts, told)

from pathlib import Path

from django.core.management.base import BaseCommand

from terms.checking import check
from terms.management import console


class Command(BaseCommand):
    help = "Say where the files, the database and the readers' side do not agree."

    def add_arguments(self, parser):
        parser.add_argument(
            "path", nargs="?", help="a folder of files; by default those read or written before"
        )
        console.add_glossary(parser)

    def handle(self, path, **options):
        glossary = console.get_glossary(options["glossary"])
        differences = 0
        for line in check(glossary, Path(path).absolute() if path else None):
            self.stdout.write(line)
            differences += 1
        if differences:
            raise SystemExit(1)
        self.stdout.write("Files, database and published pages agree.")

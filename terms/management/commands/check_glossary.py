from pathlib import Path

from django.core.management.base import BaseCommand

from terms.management import console
from terms.management.consistency import check_consistency
from terms.quality.rules import BLOCK, all_findings, level_of


class Command(BaseCommand):
    help = "Say where the files, the database and the readers' side do not agree."

    def add_arguments(self, parser):
        parser.add_argument(
            "path", nargs="?", help="a folder of files; by default those read or written before"
        )
        parser.add_argument(
            "--rules", action="store_true", help="say what the rules for good entries find, instead"
        )
        console.add_glossary(parser)

    def handle(self, path, **options):
        glossary = console.get_glossary(options["glossary"])
        if options["rules"]:
            self._rules(glossary)
            return
        differences = 0
        for line in check_consistency(glossary, Path(path).absolute() if path else None):
            self.stdout.write(line)
            differences += 1
        if differences:
            raise SystemExit(1)
        self.stdout.write("Files, database and published pages agree.")

    def _rules(self, glossary):
        """Each finding with its file; exit with 1 where a rule bars from publishing."""
        count = barred = 0
        for entry, found in all_findings(glossary):
            is_bar = level_of(glossary, found.rule) == BLOCK
            sign = "bars" if is_bar else "warns"
            self.stdout.write(
                f"{entry.document.path}: {found.where}: {found.words} ({found.rule}, {sign})"
            )
            count += 1
            barred += is_bar
        self.stdout.write(f"{count} findings, {barred} of them bar from publishing.")
        if barred:
            raise SystemExit(1)

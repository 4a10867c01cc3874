from pathlib import Path

from django.core.management.base import BaseCommand
from django.utils.translation import ngettext

from terms.management import console
from terms.management.consistency import check_consistency
from terms.quality.checking import BLOCK, all_findings, level_of


class Command(BaseCommand):
    help = "Report differences between files, database and readers' pages."

    def add_arguments(self, parser):
        parser.add_argument(
            "path", nargs="?", help="a folder of files; by default those read or written before"
        )
        parser.add_argument(
            "--rules", action="store_true", help="report what the quality rules find instead"
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
        """Report each finding with its file; exit with 1 if one prevents publishing."""
        count = blocking = 0
        for entry, found in all_findings(glossary):
            blocks = level_of(glossary, found.rule) == BLOCK
            effect = "blocks" if blocks else "warns"
            self.stdout.write(
                f"{entry.document.path}: {found.where}: {found.message} ({found.rule}, {effect})"
            )
            count += 1
            blocking += blocks
        text = ngettext("{} finding, {} blocking.", "{} findings, {} blocking.", count)
        self.stdout.write(text.format(count, blocking))
        if blocking:
            raise SystemExit(1)

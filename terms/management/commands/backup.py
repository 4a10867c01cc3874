from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from terms.management.backups import BackupError, backup


class Command(BaseCommand):
    help = "Write the database and pictures to one file, while the site is running."

    def add_arguments(self, parser):
        parser.add_argument("file", help="the backup; an existing one is replaced")

    def handle(self, file, **options):
        path = Path(file).absolute()
        try:
            manifest, damaged = backup(path)
        except (BackupError, OSError) as error:
            raise CommandError(f"No backup was made: {error}") from error
        rows = manifest["proof"]["rows"]
        pictures = len(manifest["members"]) - 1
        self.stdout.write(
            f"{rows['terms_term']:,} terms with {rows['terms_revision']:,} versions and"
            f" {pictures:,} pictures are in {path}"
        )
        if damaged:
            for name in damaged:
                self.stderr.write(f"damaged and left out: {name}")
            raise SystemExit(1)

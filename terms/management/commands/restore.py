from pathlib import Path

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from terms.management.backups import BackupError, restore_backup, verify


class Command(BaseCommand):
    help = "Restore a backup to an empty database, after checking that it is complete."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("file", help="a file that manage.py backup has written")
        parser.add_argument(
            "--verify", action="store_true", help="only check that it can be restored"
        )
        parser.add_argument(
            "--replace", action="store_true", help="replace the glossary that is here"
        )

    def handle(self, file, **options):
        path = Path(file).absolute()
        try:
            manifest = (
                verify(path) if options["verify"] else restore_backup(path, options["replace"])
            )
        except (BackupError, OSError) as error:
            raise CommandError(f"Nothing was restored: {error}") from error
        if not options["verify"]:
            call_command("migrate", verbosity=0, interactive=False)
        rows = manifest["proof"]["rows"]
        done = "can be restored" if options["verify"] else "are restored"
        self.stdout.write(
            f"{rows['terms_term']:,} terms with {rows['terms_revision']:,} versions, of"
            f" {manifest['made_at']}, {done}. Rows, texts and history are proved."
        )

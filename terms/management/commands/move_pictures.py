from django.core.management.base import BaseCommand

from terms.changes.pictures import move_pictures_beside, plan_pictures_beside
from terms.management import console


class Command(BaseCommand):
    help = "Give uploaded pictures a path beside the term files, and texts relative links to them."

    def add_arguments(self, parser):
        console.add_glossary(parser)
        parser.add_argument("--dry-run", action="store_true", help="report without saving")

    def handle(self, **options):
        glossary = console.get_glossary(options["glossary"])
        operation, made = plan_pictures_beside(glossary)
        for picture in made:
            self.stdout.write(picture.path)
        for draft in operation.drafts.values():
            self.stdout.write(f"updated    {draft.path}")
        if operation.drafts and not options["dry_run"]:
            move_pictures_beside(glossary, shown=operation.digest)

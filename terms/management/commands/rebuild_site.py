from django.core.management.base import BaseCommand

from terms.management import console
from terms.models import Glossary, Unfinished
from terms.pages.store import is_of_today, note_chrome
from terms.publishing.publish import rebuild


class Command(BaseCommand):
    help = (
        "Rebuild all readers' pages, links and search rows from what is published, after an"
        " upgrade, or a change of SITE_URL or of a template."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--if-needed",
            action="store_true",
            help="only if templates, code or libraries have changed",
        )

    def handle(self, **options):
        if options["if_needed"] and is_of_today() and not Unfinished.objects.abandoned().exists():
            return
        glossaries = list(Glossary.objects.order_by("slug"))
        for glossary in glossaries:
            for refusal in rebuild(glossary, console.progress(self, glossary.name)):
                self.stdout.write(f"not published: {refusal.term.path}: {refusal.reason}")
        note_chrome()
        if glossaries:
            self.stdout.write("All readers' pages were rebuilt.")

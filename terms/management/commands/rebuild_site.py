from django.core.management.base import BaseCommand

from terms.editing.rereading import reread
from terms.management import console
from terms.models import Glossary, Term, Unfinished
from terms.pages.store import is_of_today, note_chrome
from terms.publishing.publish import publish_again
from terms.publishing.rebuild import rebuild


class Command(BaseCommand):
    help = (
        "Read all texts again, and rebuild readers' pages, links and search rows, after an upgrade,"
        " or a change of SITE_URL, of a dialect or of a template."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--if-needed",
            action="store_true",
            help="only if templates, code, libraries or dialects have changed",
        )

    def handle(self, **options):
        if options["if_needed"] and is_of_today() and not Unfinished.objects.abandoned().exists():
            return
        glossaries = list(Glossary.objects.order_by("slug"))
        for glossary in glossaries:
            changed = reread(glossary, console.progress(self, f"{glossary.name}: reading"))
            refusals = publish_again(glossary, Term.objects.filter(pk__in=changed))
            refusals += rebuild(glossary, console.progress(self, glossary.name))
            for refusal in refusals:
                self.stdout.write(f"not published: {refusal.term.path}: {refusal.reason}")
        note_chrome()
        if glossaries:
            self.stdout.write("All readers' pages were rebuilt.")

"""Rules about the files of terms."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from terms.models import TermFile

from .context import GlossaryContext
from .rule import CheckedTerm, Rule


def drifts(entry: CheckedTerm, context: GlossaryContext) -> Iterator[tuple[str, str]]:
    if entry.term is None:
        return
    files = TermFile.objects.filter(term=entry.term.pk).exclude(fingerprint=entry.term.fingerprint)
    for folder in files.values_list("folder", flat=True):
        # Only the name: editors do not need the paths of the server.
        name = folder.rstrip("/").rpartition("/")[2] or folder
        message = _("The folder “{folder}” holds another version until the next export or import.")
        yield _("file"), message.format(folder=name)


RULES = (Rule("drift", _lazy("A file holds another version"), drifts),)

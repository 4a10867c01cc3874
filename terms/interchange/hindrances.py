"""Which files of a plan would be published, and what prevents others from being published."""

from collections.abc import Collection

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from terms.files.plan import CONFLICT, EDITED_HERE, REMOVED, SKIPPED, PlannedFile
from terms.formats.fingerprint import fingerprint_of
from terms.models import Glossary, Term
from terms.models.bulk import batches
from terms.quality.checking import BLOCK, blocks_publishing, findings
from terms.quality.rule import CheckedTerm
from terms.review.approvals import Requirements, asks, needed_by

# Rules about what the import itself brings: pictures, terms to link to, the texts of files.
KNOWN_LATER = frozenset({"picture", "link", "drift"})


class Publishing:
    """What an import that publishes would do."""

    def __init__(self, glossary: Glossary, entries: Collection[PlannedFile]):
        self.now = timezone.now()
        ids = {entry.term for entry in entries if entry.term}
        self.terms: dict[int, tuple[str, str, str]] = {}
        self.needed: dict[int, int] = {}
        is_asking = asks(glossary)
        for some in batches(ids):
            terms = Term.objects.filter(pk__in=some).order_by()
            columns = ("pk", "fingerprint", "live_fingerprint", "problem")
            self.terms |= {row[0]: row[1:] for row in terms.values_list(*columns)}
            if is_asking:
                self.needed |= needed_by(glossary, list(terms.only("uid", "category")))
        self.blocked = _blocked(glossary, entries)
        self.requirements = Requirements(glossary) if is_asking else None

    def of(self, entry: PlannedFile) -> tuple[bool, str]:
        """Return whether the text of an entry would go live, and what prevents it."""
        if entry.status in (CONFLICT, REMOVED, SKIPPED) or EDITED_HERE in entry.reason:
            return False, ""
        here, live, problem = self.terms.get(entry.term or 0, ("", "", ""))
        document = entry.document
        text = fingerprint_of(document.text) if document else here
        if not text or text == live or (not document and text != entry.fingerprint):
            return False, ""
        if document:
            problem = str(document.problem or "")
        hindrance = problem or self.blocked.get(entry.path, "") or self._hindrance(entry)
        return not hindrance, hindrance

    def _hindrance(self, entry: PlannedFile) -> str:
        document = entry.document
        if entry.in_file:
            return _("It was edited here too: publish it from its page.")
        if document and (reason := document.why_held_back(self.now)):
            return reason
        needed = self._needed(entry)
        if not needed:
            return ""
        text = ngettext("It needs {count} approval.", "It needs {count} approvals.", needed)
        return text.format(count=needed)

    def _needed(self, entry: PlannedFile) -> int:
        needed = self.needed.get(entry.term or 0, 0)
        if self.requirements is None:
            return 0
        if entry.document:
            return max(needed, self.requirements.of_name(entry.document.category).needed)
        return needed or self.requirements.default.needed


def _blocked(glossary: Glossary, entries: Collection[PlannedFile]) -> dict[str, str]:
    """Return path → the first problem for which a quality rule prevents publication."""
    found: dict[str, str] = {}
    if not blocks_publishing(glossary):
        return found
    documents = [(entry.path, entry.term, entry.document) for entry in entries if entry.document]
    for some in batches(documents):
        terms = Term.objects.in_bulk([term for _path, term, _document in some if term])
        paths = {id(document): path for path, _term, document in some}
        texts = [CheckedTerm(terms.get(term), document) for _path, term, document in some]
        for text, problem in findings(glossary, texts, [BLOCK]):
            if problem.rule not in KNOWN_LATER:
                path = paths[id(text.document)]
                found.setdefault(path, f"{problem.where}: {problem.message}")
    return found

"""Line ends of texts that are sent, as the .gitattributes of the repository want them.

git itself commits CRLF as LF in files with the attribute ``text``. A commit with CRLF would show in
every clone as changed, so the texts are saved with LF before they are sent.
"""

from collections.abc import Iterator

from django.db.models import F

from terms.editing.gate import Draft, StaleWrite, save_one
from terms.files.git.source import RepositorySource
from terms.models import Glossary, Revision, TermFile

REASON = "Line ends as in .gitattributes"
WAITS = "waits until its version with the line ends of .gitattributes is published"


def follow_attributes(glossary: Glossary, source: RepositorySource) -> None:
    """Save texts with LF that are to be sent with CRLF, where git would commit LF."""
    waiting = {row.term.path: row for row in _waiting(glossary, source)}
    for path in source.without_crlf(list(waiting)):
        row = waiting[path]
        text = row.text.replace("\r\n", "\n")
        draft = Draft(path, text, row.term, row.number)
        try:
            save_one(glossary, draft, row.author, REASON)
        except StaleWrite:  # by an editor, right now: the next sync looks again
            continue


def waiting_for_lf(glossary: Glossary, source: RepositorySource) -> dict[int, str]:
    """Return the published texts with CRLF that git would commit as LF: id of the term → why.

    Readers see them until the text with LF, which ``follow_attributes`` saved, is published.
    """
    rows = Revision.objects.filter(
        term__glossary=glossary, term__trashed_at=None, fingerprint=F("term__live_fingerprint")
    ).exclude(fingerprint=F("term__fingerprint"))
    found = rows.filter(text__contains="\r\n").values_list("term__path", "term")
    terms = dict(found)
    return {terms[path]: WAITS for path in source.without_crlf(list(terms))}


def _waiting(glossary: Glossary, source: RepositorySource) -> Iterator[Revision]:
    """Yield the newest versions with CRLF that the repository does not have."""
    agreed = TermFile.objects.of(glossary, source.place)
    agreed = agreed.filter(fingerprint=F("term__fingerprint"))
    rows = Revision.objects.filter(
        term__glossary=glossary, term__trashed_at=None, number=F("term__version")
    ).exclude(term__in=agreed.values("term"))
    yield from rows.filter(text__contains="\r\n").select_related("term", "author")

"""Reading stored texts again, and comparing them with the rows that were read from them."""

import time
from collections.abc import Collection, Iterator

from django.db import transaction
from django.db.models import F, QuerySet

from terms.formats.document import TermDocument, read_document
from terms.formats.paths import name_key
from terms.models import Glossary, Revision, Term
from terms.models.bulk import Progress, batches, let_others_write, update_rows
from terms.models.term import NAME_LENGTH

from .gate import TextColumns, text_columns
from .index import index_terms

AT_ONCE = 200  # terms in one transaction


def reread(glossary: Glossary, progress: Progress = iter) -> list[int]:
    """Update the columns of terms whose newest texts are read differently now.

    Returns the ids of these terms. Texts, versions and fingerprints stay. Run it after an upgrade
    or a new dialect. It uses short transactions.
    """
    ids = Term.objects.filter(glossary=glossary).order_by("pk").values_list("pk", flat=True)
    changed: list[int] = []
    for some in progress(list(batches(ids, AT_ONCE))):
        began = time.monotonic()
        with transaction.atomic():
            Glossary.objects.lock(glossary.pk)
            changed += _reread_some(glossary, some)
        let_others_write(began)
    return changed


def _reread_some(glossary: Glossary, ids: Collection[int]) -> list[int]:
    changed: dict[int, TermDocument] = {}
    for revision in newest_revisions(glossary).filter(term__in=ids).order_by("term"):
        document = read_document(revision.text, revision.term.path)
        if any(differences(revision.term, document)):
            changed[revision.term.pk] = document
    columns = text_columns(glossary, list(changed.values()))
    rows = [(*found, pk) for pk, found in zip(changed, columns, strict=True)]
    update_rows(Term, TextColumns._fields, ("id",), rows)
    index_terms(glossary, changed)
    return list(changed)


def newest_revisions(glossary: Glossary) -> QuerySet[Revision]:
    """The newest revision of each term, with all that ``differences`` needs of the term."""
    terms = Revision.objects.filter(term__glossary=glossary, term__trashed_at=None)
    newest = terms.filter(number=F("term__version"))
    related = newest.select_related("term__category", "term__vertical")
    return related.prefetch_related("term__details", "term__aliases")


def differences(term: Term, document: TermDocument) -> Iterator[tuple[str, object, object]]:
    """Yield name, stored value and value in the text of each column that differs."""
    columns: dict[str, tuple[object, object]] = {
        "name": (term.name, document.name),
        "name_key": (term.name_key, name_key(document.name)[:NAME_LENGTH]),
        "icon": (term.icon, document.icon),
        "category": (str(term.category or ""), document.category),
        "vertical": (str(term.vertical or ""), document.vertical),
        "description": (term.description, document.description),
        "body": (term.body, document.body),
        "related": (term.related, document.related),
        "extra": (term.extra, document.extra),
        "problem": (term.problem, str(document.problem or "")),
        "details": (
            [(detail.title, detail.value, detail.url) for detail in term.details.all()],
            [(row.title, row.value, row.url) for row in document.rows],
        ),
        "aliases": ([alias.name for alias in term.aliases.all()], [*document.aliases]),
    }
    for name, (stored, read) in columns.items():
        if stored != read:
            yield name, stored, read

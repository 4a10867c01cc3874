"""Reading texts again, after a change of how texts are read."""

import time
from collections.abc import Collection, Iterator

from django.db import transaction
from django.db.models import F

from terms.formats.document import TermDocument, read_document
from terms.models import Glossary, Revision, Term
from terms.models.bulk import Progress, batches, let_others_write, update_rows

from .gate import TextColumns, text_columns
from .index import index_terms

AT_ONCE = 200  # terms in one transaction


def reread(glossary: Glossary, progress: Progress = iter) -> list[int]:
    """Bring the columns of terms up to date with their newest texts. Returns the ids of terms
    that were different.

    Texts, versions and fingerprints stay. This is for an upgrade that reads files in another
    way, or a new dialect. It runs in short transactions.
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
    documents = dict(_documents(ids))
    columns = dict(zip(documents, text_columns(glossary, [*documents.values()]), strict=True))
    stored = Term.objects.filter(pk__in=documents).order_by("pk")
    before = {row[0]: row[1:] for row in stored.values_list("pk", *TextColumns._fields)}
    changed = {
        term.pk: documents[term.pk]
        for term in stored.prefetch_related("aliases", "details")
        if before[term.pk] != columns[term.pk] or _rows(term) != _read(documents[term.pk])
    }
    rows = [(*columns[pk], pk) for pk in changed]
    update_rows(Term, TextColumns._fields, ("id",), rows)
    index_terms(glossary, changed)
    return list(changed)


def _documents(ids: Collection[int]) -> Iterator[tuple[int, TermDocument]]:
    newest = Revision.objects.filter(term__in=ids, number=F("term__version")).order_by("term")
    for pk, path, text in newest.values_list("term", "term__path", "text"):
        yield pk, read_document(text, path)


def _rows(term: Term) -> tuple[list[str], list[tuple[str, str, str]]]:
    """The stored aliases and detail rows."""
    aliases = [alias.name for alias in term.aliases.all()]
    return aliases, [(row.title, row.value, row.url) for row in term.details.all()]


def _read(document: TermDocument) -> tuple[list[str], list[tuple[str, str, str]]]:
    """The aliases and detail rows in the text."""
    return [*document.aliases], [(row.title, row.value, row.url) for row in document.rows]

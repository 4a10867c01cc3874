"""Owners and review dates in the headers of term files."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from terms.editing.metadata import keys_to_write
from terms.models import ChangeSet, Glossary, Term

from .operation import Operation, apply, documents_of


def plan_headers(glossary: Glossary, terms: QuerySet[Term]) -> Operation:
    """Plan to write owners and review dates into headers that say something else."""
    operation = Operation(glossary, _("Owners and review dates written into the files"))
    words = _("names owner and review date in its header")
    for term, read in documents_of(terms.select_related("owner").order_by("path")):
        keys = {} if read.problem else keys_to_write(glossary, read, term.owner, term.review_by)
        if keys:
            operation.rewrite(term, words, read, keys=keys)
    return operation


def write_headers(glossary: Glossary, terms: QuerySet[Term], person: Any) -> ChangeSet | None:
    """Carry out ``plan_headers`` as one change set. Return None if all headers say so."""
    if glossary.keeps != Glossary.Keeps.HEADERS:
        return None
    operation = plan_headers(glossary, terms)
    return apply(operation, person) if operation.drafts else None

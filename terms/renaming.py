"""Renaming a category or vertical: its terms' files say the new name, as one change set."""

from django.db import transaction

from .editing import Draft, save
from .formats.document import changed
from .models import ChangeSet, Term
from .models.classification import Classification


def rename_classification(row: Classification, name: str, author: object = None) -> ChangeSet:
    """Write ``name`` into the file of every term of ``row``; raises StaleWrite, CannotSplice."""
    column = row._meta.model_name
    old = row.name
    with transaction.atomic():
        change_set = ChangeSet.objects.create(
            glossary=row.glossary, title=f"{old} renamed to {name}"[:300], author=author
        )
        # The row first, so that the saved terms find it by its new name.
        type(row).objects.filter(pk=row.pk).update(name=name)
        drafts = []
        for term in Term.objects.filter(**{column: row.pk}).order_by("path"):
            text = changed(term.document(), {column: name})
            drafts.append(Draft(term.path, text, term, term.version))
        save(row.glossary, drafts, author, change_set.title, change_set)
    row.name = name
    return change_set

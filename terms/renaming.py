"""Renaming a category or vertical: its terms' files say the new name, as one change set."""

from typing import Any

from django.db import transaction

from .models import Category, ChangeSet, Term, Vertical
from .models.classification import Classification
from .refactoring import CannotRefactor, Operation, apply, undo

MODELS = {"category": Category, "vertical": Vertical}


def plan_renaming(row: Classification, name: str) -> Operation:
    """What another name of ``row`` does to the files of its terms. Raises CannotRefactor."""
    column = row._meta.model_name
    if type(row).objects.filter(glossary=row.glossary, name=name).exclude(pk=row.pk).exists():
        raise CannotRefactor(f"There is another {column} “{name}” already.")
    operation = Operation(row.glossary, f"{row.name} renamed to {name}")
    for term in Term.objects.filter(**{column: row.pk}).order_by("path"):
        operation.rewrite(term, f"is in {name} from now on", columns={column: name})
        operation.require(term)
    return operation


def rename_classification(row: Classification, name: str, author: object = None) -> ChangeSet:
    """Write ``name`` into the file of every term of ``row``; raises StaleWrite, CannotRefactor."""
    operation = plan_renaming(row, name)
    renamed = {"model": row._meta.model_name, "pk": row.pk, "from": row.name, "to": name}
    with transaction.atomic():
        # The row first, so that the saved terms find it by its new name.
        type(row).objects.filter(pk=row.pk).update(name=name)
        change_set = apply(operation, author)
        ChangeSet.objects.filter(pk=change_set.pk).update(renamed=renamed)
    row.name = name
    return change_set


def undo_set(change_set: ChangeSet, person: Any = None) -> ChangeSet:
    """Undo a change set, with the name of the category or vertical that it changed."""
    with transaction.atomic():
        if said := change_set.renamed:
            rows = MODELS[said["model"]].objects.filter(pk=said["pk"], name=said["to"])
            others = MODELS[said["model"]].objects.filter(
                glossary=change_set.glossary, name=said["from"]
            )
            strangers = Term.with_trash.filter(**{said["model"]: said["pk"]})
            strangers = strangers.exclude(revisions__change_set=change_set)
            if name := strangers.values_list("name", flat=True).first():
                raise CannotRefactor(
                    f"“{name}” has come into “{said['to']}” since: its file says the new name."
                )
            if others.exists() or not rows.update(name=said["from"]):
                raise CannotRefactor(
                    f"“{said['to']}” cannot be called “{said['from']}” again:"
                    " it was renamed since, or another one is called so now."
                )
        return undo(change_set, person)

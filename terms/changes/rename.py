"""Renaming of categories, verticals and term files."""

from dataclasses import replace
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from terms.addresses import term_path
from terms.editing.gate import save
from terms.editing.paths import PathChange, rename_files, slugs_for
from terms.formats.paths import problem_with
from terms.models import Category, ChangeSet, Event, Glossary, PublishedTerm, Term, Vertical
from terms.models.classification import Classification
from terms.people.audit_log import record
from terms.publishing.publish import Refusal, publish, publish_again

from .operation import MEANWHILE, CannotRefactor, Operation, apply, documents_of, undo
from .pictures import repair_pictures
from .removals import MOVE, NotApproved, done, require

MODELS = {"category": Category, "vertical": Vertical}
FILE = "file"
# Model of a row → why it cannot have a name.
TAKEN = {
    "category": _lazy("There is another category “{name}” already."),
    "vertical": _lazy("There is another vertical “{name}” already."),
}


def plan_renaming(row: Classification, name: str) -> Operation:
    """Plan the new name of ``row`` in the files of its terms. Raises CannotRefactor."""
    column = _column(row)
    if type(row).objects.filter(glossary=row.glossary, name=name).exclude(pk=row.pk).exists():
        raise CannotRefactor(TAKEN[column].format(name=name))
    title = _("{old} renamed to {new}").format(old=row.name, new=name)
    operation = Operation(row.glossary, title)
    words = _("is in {name} from now on").format(name=name)
    for term, read in documents_of(Term.objects.filter(**{column: row.pk}).order_by("path")):
        operation.rewrite(term, words, read, columns={column: name})
        operation.require(term)
    return operation


def rename_classification(
    row: Classification, name: str, author: object = None, shown: str = ""
) -> ChangeSet:
    """Write ``name`` into the file of every term of ``row``.

    ``shown`` is the digest of the effects that the person confirmed. Raises CannotRefactor, for
    example if they have changed.
    """
    renamed = {"model": _column(row), "pk": row.pk, "from": row.name, "to": name}
    # Planned without the lock, therefore checked again under it.
    planned = _versions(row)
    operation = plan_renaming(row, name)
    if shown and operation.digest != shown:
        raise CannotRefactor(MEANWHILE)
    with transaction.atomic():
        Glossary.objects.lock(row.glossary_id)
        if _versions(row) != planned or not type(row).objects.filter(pk=row.pk, name=row.name):
            raise CannotRefactor(MEANWHILE)
        # The row first, so that the saved terms find it by its new name.
        type(row).objects.filter(pk=row.pk).update(name=name)
        change_set = apply(operation, author)
        ChangeSet.objects.filter(pk=change_set.pk).update(renamed=renamed)
    row.name = name
    return change_set


def _column(row: Classification) -> str:
    """The column of a term that names it."""
    return str(row._meta.model_name)


def _versions(row: Classification) -> dict[int, int]:
    """Return term id → version for a category or vertical."""
    terms = Term.objects.filter(**{_column(row): row.pk}).order_by()
    return dict(terms.values_list("pk", "version"))


def plan_move(term: Term, path: str) -> Operation:
    """List the effects of a new path of ``term``'s file. Raises CannotRefactor."""
    if problem := problem_with(path):
        raise CannotRefactor(problem)
    if path == term.path and _slug(term, path) == term.slug:
        raise CannotRefactor(_("It already has this file."))
    others = Term.objects.filter(glossary=term.glossary).at_path(path)
    if others.exclude(pk=term.pk).exists():
        text = _("There is a term file “{path}” already.")
        raise CannotRefactor(text.format(path=path))
    if path == term.path:  # its file was renamed in the folder
        operation = Operation(term.glossary, _("New address of {term}").format(term=term.name))
    else:
        title = _("{old} renamed to {new}").format(old=term.path, new=path)
        operation = Operation(term.glossary, title)
        words = _("has the file {path}; the next export moves it")
        operation.leave(term, words.format(path=path))
    repair_pictures(operation, term, path)
    page = PublishedTerm.objects.filter(uid=term.uid).first()
    if page:
        slugs = (page.category_slug, page.vertical_slug, _slug(term, path))
        new = term_path(term.glossary.slug, *slugs)
        if new != page.path:
            words = _("moves to {new} immediately; {old} redirects there permanently")
            operation.leave(term, words.format(new=new, old=page.path))
    return operation


def _slug(term: Term, path: str) -> str:
    return slugs_for(term.glossary, [path])[path]


def move(term: Term, path: str, person: Any = None, title: str = "") -> ChangeSet:
    """Rename the file of ``term``, which changes its address. Raises CannotRefactor."""
    with transaction.atomic():
        Glossary.objects.lock(term.glossary_id)
        operation = plan_move(term, path)
        before = Term.objects.select_related("glossary").get(pk=term.pk)
        try:
            require(before, MOVE, path)
        except NotApproved as error:
            raise CannotRefactor(str(error)) from error
        title = (title or operation.title)[:300]
        renamed = {"model": FILE, "pk": term.pk, "from": term.path, "to": path}
        change_set = ChangeSet.objects.create(
            glossary=term.glossary, title=title, author=person, renamed=renamed
        )
        change = PathChange(term.pk, term.path, path)
        if not rename_files(term.glossary, [change], change_set, with_addresses=True):
            raise CannotRefactor(_("Someone else has just renamed this file."))
        done([term.pk], person)
        repaired = list(operation.drafts.values())
        drafts = [replace(draft, path=path, document=None) for draft in repaired]
        save(term.glossary, drafts, person, title, change_set)
        if refusals := _publish_moved(before, person):
            raise CannotRefactor(refusals[0].reason)
        change_set.terms.add(term)
        record(term.glossary, Event.Kind.MOVED, [(term.pk, term.name)], person, operation.title)
    return change_set


def _publish_moved(before: Term, person: Any) -> list[Refusal]:
    """Publish the live text at its new address, with the links that the move repaired."""
    terms = Term.objects.filter(pk=before.pk)
    is_repaired = not terms.filter(fingerprint=before.fingerprint).exists()
    if before.status == "live" and is_repaired and not publish(before.glossary, terms, by=person):
        return []
    return publish_again(before.glossary, terms, person)


def _move_back(change_set: ChangeSet, person: Any) -> ChangeSet:
    said = change_set.renamed
    with transaction.atomic():
        Glossary.objects.lock(change_set.glossary_id)
        open_ = ChangeSet.objects.filter(pk=change_set.pk, undone_at=None)
        term = Term.objects.filter(pk=said["pk"], path=said["to"]).first()
        if not open_.update(undone_at=timezone.now()):
            raise CannotRefactor(_("It was already undone."))
        if term is None:
            text = _("There is no file “{path}” any more.")
            raise CannotRefactor(text.format(path=said["to"]))
        title = _("Undone: {title}").format(title=change_set.title)
        return move(term, said["from"], person, title)


def undo_set(change_set: ChangeSet, person: Any = None) -> ChangeSet:
    """Undo a change set, including the rename of a category, vertical or file."""
    if (change_set.renamed or {}).get("model") == FILE:
        return _move_back(change_set, person)
    with transaction.atomic():
        if said := change_set.renamed:
            rows = MODELS[said["model"]].objects.filter(pk=said["pk"], name=said["to"])
            others = MODELS[said["model"]].objects.filter(
                glossary=change_set.glossary, name=said["from"]
            )
            strangers = Term.with_trash.filter(**{said["model"]: said["pk"]})
            strangers = strangers.exclude(revisions__change_set=change_set)
            if name := strangers.values_list("name", flat=True).first():
                text = _("“{name}” has come into “{place}” since: its file says the new name.")
                raise CannotRefactor(text.format(name=name, place=said["to"]))
            if others.exists() or not rows.update(name=said["from"]):
                text = _(
                    "“{new}” cannot be called “{old}” again:"
                    " it was renamed since, or another one is called so now."
                )
                raise CannotRefactor(text.format(new=said["to"], old=said["from"]))
        return undo(change_set, person)

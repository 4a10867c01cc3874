"""Changes of many term files as one change set, planned again and compared with what was shown."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from terms.changes import bulk, reword, split
from terms.changes.operation import MEANWHILE, CannotRefactor, Operation, apply
from terms.changes.rename import MODELS, rename_classification, undo_set
from terms.editing.gate import StaleWrite
from terms.models import ChangeSet, Job, Term
from terms.people.permissions import may, rights

from .kind import JobKind, JobLink, JobRefused, JobResult
from .watch import Watch


def plan_refactoring(person: Any, term: Term, name: str, values: dict[str, Any]) -> Operation:
    """Plan to rename, split, merge or replace ``term``. Raises CannotRefactor.

    ``values`` are JSON; a key ``other`` has the id of another term.
    """
    allowed = rights(person, "change_term").hold_for
    if name == "rename":
        return reword.rename(term, values["name"], allowed, values["keeps_old"], values["in_texts"])
    if name == "follow":
        return reword.follow_name(term, values["old"], allowed, values["keeps_old"])
    if name == "split":
        if not rights(person, "add_term").hold_for(term):
            raise CannotRefactor(_("You do not have permission to add terms here."))
        return split.split(term, values["name"], set(values["parts"]), values["names"])
    other = Term.objects.select_related("glossary").get(pk=values["other"])
    if name == "replace":
        return reword.replace(term, other, allowed)
    if not allowed(other):
        text = _("You do not have permission to change “{term}”.")
        raise CannotRefactor(text.format(term=other))
    return reword.merge_terms(term, other, allowed, values["takes_text"])


def plan_edit(terms: Any, values: dict[str, Any]) -> Operation:
    """Plan new ``values`` of ``terms``, all of one glossary. Raises CannotRefactor.

    ``values`` are JSON: the arguments of ``bulk.edit``.
    """
    ordered = terms.order_by("path").defer("body", "extra")
    return bulk.edit(terms[0].glossary, ordered, **values)


def _edit(job: Job, watch: Watch) -> JobResult:
    ids = job.arguments["terms"]
    watch.say(_("Working out the changes"))
    terms = Term.objects.filter(pk__in=ids).select_related("glossary")
    if rights(job.person, "change_term").among(terms).count() != len(ids):
        text = _("Some of these terms are gone, or you may no longer change them. Choose again.")
        raise JobRefused(text)
    return _apply(job, watch, plan_edit(terms, job.arguments["values"]))


def _refactor(job: Job, watch: Watch) -> JobResult:
    watch.say(_("Working out the changes"))
    try:
        term = Term.objects.select_related("glossary").get(pk=job.arguments["term"])
        if not may(job.person, "publish_term", term):
            raise JobRefused(_("You may not do this with “{term}”.").format(term=term))
        operation = plan_refactoring(
            job.person, term, job.arguments["operation"], job.arguments["values"]
        )
    except Term.DoesNotExist as error:
        raise JobRefused(_("A term that this is about was deleted.")) from error
    return _apply(job, watch, operation)


def _apply(job: Job, watch: Watch, operation: Operation) -> JobResult:
    if operation.digest != job.arguments["shown"]:
        raise JobRefused(str(MEANWHILE))
    watch.check()
    watch.say(_("Saving {count} files").format(count=f"{operation.count:,}"))
    with transaction.atomic():
        result = _made(apply(operation, job.person), operation.count)
        watch.keep(result)
    return result


def _made(change_set: ChangeSet, count: int) -> JobResult:
    link = JobLink(change_set.title, "terms_changeset_change", change_set.pk)
    return JobResult({_("files were changed"): count}, [], [link])


def _rename_class(job: Job, watch: Watch) -> JobResult:
    """Rename a category or vertical in the files of its terms."""
    model, name = job.arguments["model"], job.arguments["name"]
    row = MODELS[model].objects.select_related("glossary").filter(pk=job.arguments["pk"]).first()
    if row is None or not may(job.person, f"change_{model}", row):
        raise JobRefused(_("It is gone, or you may no longer rename it."))
    watch.check()
    watch.say(_("Saving files"))
    with transaction.atomic():
        change_set = rename_classification(row, name, job.person, job.arguments["shown"])
        result = _made(change_set, change_set.revisions.count())
        watch.keep(result)
    return result


def _undo(job: Job, watch: Watch) -> JobResult:
    change_set = ChangeSet.objects.filter(pk=job.arguments["change_set"]).first()
    if change_set is None:
        raise JobRefused(_("The change set is gone."))
    watch.check()
    watch.say(_("Restoring the former texts"))
    with transaction.atomic():
        undone = undo_set(change_set, job.person)
        result = _made(undone, undone.revisions.count())
        watch.keep(result)
    return result


_ALL_OR_NOTHING = "all is written in one transaction, which also keeps the result"
_REFUSALS = (CannotRefactor, StaleWrite)
EDIT = JobKind(
    "edit", _edit, _lazy("Edit many terms"), "change_term", _ALL_OR_NOTHING,
    refusals=_REFUSALS,
)  # fmt: skip
REFACTOR = JobKind(
    "refactor", _refactor, _lazy("Rename, merge, split or replace a term"), "publish_term",
    _ALL_OR_NOTHING, refusals=_REFUSALS,
)  # fmt: skip
RENAME_CLASS = JobKind(
    "rename_class", _rename_class, _lazy("Rename a category or vertical"), "change_term",
    _ALL_OR_NOTHING, refusals=_REFUSALS,
)  # fmt: skip
UNDO = JobKind(
    "undo", _undo, _lazy("Undo a change set"), "change_term", _ALL_OR_NOTHING, refusals=_REFUSALS
)

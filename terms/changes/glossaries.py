"""Deleting glossaries: restorable for a month, then deleted for good."""

import logging
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Min
from django.utils import timezone
from django.utils.translation import gettext as _

from terms.models import (
    Category,
    ChangeSet,
    Display,
    Event,
    Glossary,
    GuestLink,
    Job,
    Picture,
    PublishedTerm,
    Review,
    Schedule,
    Suggestion,
    Term,
    Webhook,
)
from terms.models.bulk import batches
from terms.models.term import NAME_LENGTH
from terms.people.audit_log import record
from terms.people.webhooks import tell_webhooks, term_item
from terms.publishing.rebuild import rebuild
from terms.publishing.rows import delete_rows

A_STEP = 200  # terms that are deleted for good in one transaction
log = logging.getLogger(__name__)


class CannotDelete(ValueError):
    """The glossary cannot be deleted or restored now; the message gives the reason."""


class Losses(NamedTuple):
    """The numbers of what the deletion of a glossary removes, or ends."""

    public: int
    terms: int
    categories: int
    pictures: int
    change_sets: int
    suggestions: int
    reviews: int
    scheduled: int
    links: int


def losses(glossary: Glossary) -> Losses:
    """Return what the deletion of ``glossary`` removes, for the person who confirms it."""
    of_glossary = {"glossary": glossary}
    return Losses(
        public=PublishedTerm.objects.of(glossary).count(),
        terms=Term.objects.filter(**of_glossary).count(),
        categories=Category.objects.filter(**of_glossary).count(),
        pictures=Picture.objects.filter(**of_glossary).count(),
        change_sets=ChangeSet.objects.filter(**of_glossary).count(),
        suggestions=Suggestion.objects.open().filter(**of_glossary).count(),
        reviews=Review.objects.open().filter(term__glossary=glossary).count(),
        scheduled=Schedule.objects.waiting().filter(term__glossary=glossary).count(),
        links=GuestLink.objects.open().filter(change_set__glossary=glossary).count(),
    )


def delete_glossary(glossary: Glossary, person: Any = None) -> Glossary:
    """Delete ``glossary`` with its terms, so that it can be restored. Raises CannotDelete.

    Its pages stay until the caller calls ``publishing.rebuild.rebuild`` for the glossary that is
    returned; of many terms, this takes minutes.
    """
    with transaction.atomic():
        now = Glossary.with_deleted.lock(glossary.pk)
        if now.deleted_at:
            raise CannotDelete(_("“{glossary}” is deleted already.").format(glossary=now))
        if Job.objects.active().filter(glossary=now).exists():
            text = _("A job is running in “{glossary}”. Wait for its end, or cancel it first.")
            raise CannotDelete(text.format(glossary=now))
        now.deleted_at, now.deleted_by = timezone.now(), person
        now.save(update_fields=["deleted_at", "deleted_by"])
        scheduled = Schedule.objects.waiting().filter(term__glossary=now)
        scheduled.update(state=Schedule.State.CANCELLED)
        terms = Term.objects.filter(glossary=now)
        terms.update(trashed_at=now.deleted_at, trashed_by=person)
        Display.objects.filter(glossary=now).update(glossary=None)
        record(now, Event.Kind.TRASHED, [(None, now.name[:NAME_LENGTH])], person)
        _tell(now, Webhook.Event.WITHDRAWN)
    return now


def restore_glossary(glossary: Glossary, person: Any = None) -> Glossary:
    """Restore a deleted glossary with the terms that it had. Raises CannotDelete.

    As after ``delete_glossary``, its pages follow with ``rebuild``. Live texts are live again.
    """
    with transaction.atomic():
        now = Glossary.with_deleted.select_for_update(no_key=True).filter(pk=glossary.pk).first()
        if now is None or not now.deleted_at:
            text = _("“{glossary}” is no longer among the deleted glossaries.")
            raise CannotDelete(text.format(glossary=glossary))
        Term.with_trash.filter(glossary=now, trashed_at=now.deleted_at).update(
            trashed_at=None, trashed_by=None
        )
        now.deleted_at = now.deleted_by = None
        now.save(update_fields=["deleted_at", "deleted_by"])
        record(now, Event.Kind.RESTORED, [(None, now.name[:NAME_LENGTH])], person)
        _tell(now, Webhook.Event.PUBLISHED)
    return now


def _tell(glossary: Glossary, event: Webhook.Event) -> None:
    if not Webhook.objects.active_in(glossary.pk).exists():
        return
    pages = PublishedTerm.objects.of(glossary).order_by("pk").values_list("name", "path")
    for some in batches(pages):
        tell_webhooks(glossary, {event.value: (term_item(*row) for row in some)})


def next_expiry() -> datetime | None:
    """Return when the next glossary is deleted for good, perhaps in the past."""
    deleted_at = Glossary.with_deleted.aggregate(at=Min("deleted_at"))["at"]
    return deleted_at and deleted_at + Glossary.KEPT


def delete_expired() -> int:
    """Delete the glossaries for good whose time is over. Return their number.

    The log keeps its lines. An interrupted deletion is continued by the next call.
    """
    expired = list(Glossary.with_deleted.expired())
    for glossary in expired:
        rebuild(glossary)  # pages, if the process that should remove them was killed
        terms = Term.with_trash.filter(glossary=glossary)
        for some in batches(terms.values_list("pk", flat=True), A_STEP):
            _delete_terms(glossary, some)
        with transaction.atomic():
            Event.objects.filter(glossary=glossary).update(glossary=None)
            glossary.delete()
        log.info("the deleted glossary %s is gone for good", glossary.slug)
    return len(expired)


def _delete_terms(glossary: Glossary, ids: list[int]) -> None:
    with transaction.atomic():
        Glossary.with_deleted.lock(glossary.pk)
        terms = Term.with_trash.filter(pk__in=ids)
        delete_rows(PublishedTerm.objects.filter(uid__in=terms.values("uid")))
        terms.delete()

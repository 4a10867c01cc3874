"""Scheduled publishing and withdrawal: run once, by the first process to claim it."""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, transaction
from django.db.models import Min
from django.utils import timezone
from django.utils.translation import gettext as _

from terms.models import Event, Glossary, Schedule, Term
from terms.people.audit_log import record
from terms.people.notifications import send_mail, tell
from terms.people.permissions import may
from terms.publishing.publish import publish

from .removals import withdraw_where_allowed

FARTHEST = timedelta(days=3653)
log = logging.getLogger(__name__)


class CannotSchedule(ValueError):
    """The time or action is not possible; the message gives the reason."""


def schedule(term: Term, action: str, at: datetime, person: Any) -> Schedule:
    """Schedule the publication or withdrawal of ``term`` as it is now."""
    if at <= timezone.now():
        raise CannotSchedule(_("This time is in the past."))
    if at > timezone.now() + FARTHEST:
        raise CannotSchedule(_("This is more than ten years in the future."))
    with transaction.atomic():
        Glossary.objects.lock(term.glossary_id)
        now = Term.objects.get(pk=term.pk)
        is_publishing = action == Schedule.Action.PUBLISH
        if is_publishing and now.status == "live":
            raise CannotSchedule(_("This text is already published."))
        if not is_publishing and not now.live_fingerprint:
            raise CannotSchedule(_("This term is not published, so there is nothing to withdraw."))
        waiting = Schedule.objects.waiting().filter(term=now, action=action)
        waiting.update(state=Schedule.State.CANCELLED)
        made = Schedule.objects.create(
            term=now, action=action, at=at, person=person, created_at=timezone.now(),
            fingerprint=now.fingerprint if is_publishing else "",
        )  # fmt: skip
        detail = _("publish at {time}") if is_publishing else _("withdraw at {time}")
        detail = detail.format(time=at.isoformat(timespec="minutes"))
        record(term.glossary, Event.Kind.SCHEDULED, [(now.pk, now.name)], person, detail)
    return made


def unschedule(item: Schedule, person: Any) -> None:
    with transaction.atomic():
        waiting = Schedule.objects.waiting().filter(pk=item.pk)
        if not waiting.update(state=Schedule.State.CANCELLED):
            raise CannotSchedule(_("It was already done, or removed from the schedule."))
        term = item.term
        is_publishing = item.action == Schedule.Action.PUBLISH
        detail = _("publish") if is_publishing else _("withdraw")
        record(term.glossary, Event.Kind.UNSCHEDULED, [(term.pk, term.name)], person, detail)


def next_scheduled() -> datetime | None:
    """Return the time of the next publication or withdrawal, which may be in the past."""
    return Schedule.objects.waiting().aggregate(at=Min("at"))["at"]


def run_scheduled() -> list[Schedule]:
    """Carry out all due items once, each in its own transaction."""
    due = Schedule.objects.waiting().filter(at__lte=timezone.now())
    return [item for pk in list(due.values_list("pk", flat=True)) if (item := _run(pk))]


def run_due() -> list[Schedule]:
    """Publish and withdraw what is due, and send the waiting mail."""
    done = run_scheduled()
    send_mail()
    return done


def _run(pk: int) -> Schedule | None:
    """Return the item with its outcome, or None if another process was first."""
    try:
        with transaction.atomic():
            glossary = Schedule.objects.filter(pk=pk).values_list("term__glossary", flat=True)
            Glossary.objects.lock(glossary.get())
            item = Schedule.objects.waiting().select_related("term__glossary").filter(pk=pk).first()
            if item is None:
                return None
            with transaction.atomic():
                item.problem = _act(item)
                if item.problem:
                    transaction.set_rollback(True)
            _close(item)
    except DatabaseError:
        raise  # nothing was done, so the item stays due
    except Exception as error:
        log.exception("scheduled item %s failed", pk)
        item = Schedule.objects.select_related("term__glossary").get(pk=pk)
        item.problem = f"{type(error).__name__}: {error}"
        _close(item)
    return item


def _act(item: Schedule) -> str:
    """Carry out an item. Return the reason why it is not possible, or an empty string."""
    term, person = item.term, item.person
    if person is None or not may(person, "publish_term", term):
        return _("The person who scheduled it may no longer publish this term.")
    one = Term.objects.filter(pk=term.pk)
    if item.action == Schedule.Action.WITHDRAW:
        if not one.live().exists():
            return _("It is no longer published.")
        refusals = withdraw_where_allowed(term.glossary, one, by=person)
        return refusals[0].reason if refusals else ""
    if term.fingerprint != item.fingerprint:
        return _("The text has changed since it was scheduled.")
    refusals = publish(term.glossary, one, by=person)
    return refusals[0].reason if refusals else ""


def _close(item: Schedule) -> None:
    item.state = Schedule.State.FAILED if item.problem else Schedule.State.DONE
    item.ran_at = timezone.now()
    item.save(update_fields=["state", "ran_at", "problem"])
    if item.problem and item.person_id:
        text = (
            _("“{term}” was not published as scheduled: {problem}")
            if item.action == Schedule.Action.PUBLISH
            else _("“{term}” was not withdrawn as scheduled: {problem}")
        )
        text = text.format(term=item.term, problem=item.problem)
        tell([item.person_id], item.term, text)

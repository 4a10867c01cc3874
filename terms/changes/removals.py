"""Requests to withdraw, delete or rename a published term, which need approvals like a change.

If the glossary or category requires approvals, a request comes first. An approval covers the live
text and the action, and is void once another text is live.
"""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy

from terms.models import Approval, Event, Glossary, Removal, Term
from terms.models.fields import Uid
from terms.people.audit_log import record
from terms.people.notifications import tell, text_of_many
from terms.publishing import publish
from terms.publishing.publish import Refusal
from terms.review.approvals import Standing, requirements, reviewers_of, step_for
from terms.review.requests import CannotReview, bounded

WITHDRAW, DELETE, MOVE = Removal.Action.WITHDRAW, Removal.Action.DELETE, Removal.Action.MOVE


class NotApproved(ValueError):
    """Others must approve the removal first; the message has their number."""


def fingerprint_of_request(term: Term, action: str, detail: str, asked_at: datetime) -> str:
    """Return the fingerprint that approvals of a removal refer to.

    ``detail`` is the new path of the file, or the uid of the successor. The time is included,
    so that a repeated request needs new approvals.
    """
    when = asked_at.astimezone(UTC).isoformat()
    named = "\0".join(("removal", action, term.live_fingerprint, detail, when))
    return hashlib.sha256(named.encode()).hexdigest()


def _asked(term: Term, action: str, detail: str) -> Removal | None:
    """Return the open request for this removal, if it is about the live text."""
    asked = term.removals.open().filter(action=action, detail=detail).first()
    return asked if asked and _is_valid(asked, term) else None


def _is_valid(asked: Removal, term: Term) -> bool:
    return asked.fingerprint == fingerprint_of_request(
        term, asked.action, asked.detail, asked.asked_at
    )


MUST_APPROVE = (
    ngettext_lazy(
        "%(count)d person must approve this first.",
        "%(count)d people must approve this first.",
        "count",
    ),
    ngettext_lazy(
        "%(count)d more person must approve this first.",
        "%(count)d more people must approve this first.",
        "count",
    ),
)


def standing_of(term: Term, action: str, detail: str = "") -> Standing:
    """Return the approvals needed and given. Terms that are not live need none."""
    if not term.live_fingerprint:
        return Standing(0, 0)
    needed = requirements(term.glossary, [term])[term.pk]
    asked = _asked(term, action, detail) if needed.needed else None
    if asked is None:
        return needed.standing(())
    given = Approval.objects.filter(term=term, fingerprint=asked.fingerprint)
    given = given.exclude(person=asked.person_id)
    return needed.standing(given.values_list("person", "step"))


def why_not(term: Term, action: str, detail: str = "") -> str:
    """Return the reason why ``term`` may not be removed yet, or an empty string."""
    standing = standing_of(term, action, detail)
    if not standing.missing:
        return ""
    return standing.with_step(*MUST_APPROVE)


def require(term: Term, action: str, detail: str = "") -> None:
    """Raise NotApproved if others must approve the removal first.

    Call it in a transaction with the lock of the glossary, so that the answer stays valid.
    """
    if reason := why_not(term, action, detail):
        raise NotApproved(reason)


def ask(term: Term, action: str, person: Any, detail: str = "", note: str = "") -> Removal:
    """Request a removal from the reviewers. Closes an earlier request for the same term."""
    note = bounded(note)
    with transaction.atomic():
        Glossary.objects.lock(term.glossary_id)
        now = Term.objects.select_related("glossary").get(pk=term.pk)
        if same := _asked(now, action, detail):
            return same
        asked_at = timezone.now()
        now.removals.open().update(closed_at=asked_at, outcome=Removal.Outcome.TAKEN_BACK)
        made = Removal.objects.create(
            term=now, action=action, detail=detail, note=note, person=person, asked_at=asked_at,
            fingerprint=fingerprint_of_request(now, action, detail, asked_at),
        )  # fmt: skip
        words = _words(made, now)
        record(now.glossary, Event.Kind.REMOVAL_ASKED, [(now.pk, now.name)], person, words)
        reviewers = reviewers_of(now, standing_of(now, action, detail).open_step)
        text = _("{person} asks to {action}.").format(person=person or _("An import"), action=words)
        many = _("{person} asks to {action} {names}.").replace(
            "{action}", str(made.get_action_display())
        )
        many = text_of_many(many, person or _("An import"), note)
        tell(reviewers, now, f"{text}\n\n{note}".strip(), but=person, of_many=many)
    return made


def _words(removal: Removal, term: Term) -> str:
    return _("{action} “{term}”").format(action=removal.get_action_display(), term=term)


def approve_removal(removal: Removal, person: Any) -> None:
    """Approve a removal. Raises CannotReview."""
    with transaction.atomic():
        now = _open(removal)
        if person.pk == now.person_id:
            raise CannotReview(_("Someone else must approve this, because you requested it."))
        given = Approval.objects.filter(term=now.term, fingerprint=now.fingerprint)
        if given.filter(person=person).exists():
            raise CannotReview(_("You have already approved this."))
        standing = standing_of(now.term, now.action, now.detail)
        given.create(
            term=now.term, fingerprint=now.fingerprint, person=person,
            step=step_for(person, now.term, standing), created_at=timezone.now(),
        )  # fmt: skip
        _note(now, Event.Kind.APPROVED, person)


def refuse(removal: Removal, person: Any, reason: str) -> None:
    """Refuse a removal and give the reason. Raises CannotReview."""
    reason = bounded(reason)
    if not reason:
        raise CannotReview(_("Enter a reason for keeping the term."))
    with transaction.atomic():
        now = _open(removal)
        _close(now, person, Removal.Outcome.REFUSED, reason)
        _note(now, Event.Kind.CHANGES, person, reason)


def take_back_removal(removal: Removal, person: Any) -> None:
    """Cancel a request, even if another text is live now. Raises CannotReview if it is closed."""
    with transaction.atomic():
        now = _open(removal, about_any_text=True)
        _close(now, person, Removal.Outcome.TAKEN_BACK)
        _note(now, Event.Kind.TAKEN_BACK, person)


def withdraw_where_allowed(
    glossary: Glossary, terms: Iterable[Term], by: Any = None, successor: Uid | None = None
) -> list[Refusal]:
    """Withdraw those of ``terms`` that are allowed, and return refusals of the others."""
    with transaction.atomic():
        Glossary.objects.lock(glossary.pk)
        found = list(Term.objects.live().filter(pk__in=[term.pk for term in terms]))
        reasons = {term.pk: why_not(term, WITHDRAW, successor or "") for term in found}
        going = [term.pk for term in found if not reasons[term.pk]]
        publish.withdraw(glossary, Term.objects.filter(pk__in=going), by, successor)
        done(going, by)
    return [Refusal(term, reasons[term.pk]) for term in found if reasons[term.pk]]


def done(terms: Iterable[int], person: Any) -> None:
    """Close the removal requests for ``terms`` (ids) as done."""
    Removal.objects.open().filter(term__in=list(terms)).update(
        closed_at=timezone.now(), closed_by=person, outcome=Removal.Outcome.DONE
    )


def _open(removal: Removal, about_any_text: bool = False) -> Removal:
    Glossary.objects.lock(removal.term.glossary_id)
    now = Removal.objects.open().select_related("term__glossary").filter(pk=removal.pk).first()
    if now is None or not (about_any_text or _is_valid(now, now.term)):
        raise CannotReview(_("This request is no longer open, or another text is live now."))
    return now


def _close(removal: Removal, person: Any, outcome: str, reason: str = "") -> None:
    removal.closed_by, removal.closed_at = person, timezone.now()
    removal.outcome, removal.reason = outcome, reason
    removal.save()


def _note(removal: Removal, kind: str, person: Any, reason: str = "") -> None:
    term = removal.term
    words = _words(removal, term)
    record(term.glossary, kind, [(term.pk, term.name)], person, f"{words} {reason}".strip())
    said = {
        Event.Kind.APPROVED: _("{person} approved to {action}."),
        Event.Kind.CHANGES: _("{person} declined to {action}."),
    }.get(kind)  # type: ignore[call-overload]
    if said and removal.person_id:
        text = said.format(person=person, action=words) + (f"\n\n{reason}" if reason else "")
        tell([removal.person_id], term, text, but=person)

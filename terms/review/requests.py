"""Review requests: from a draft to an approved text."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from terms.models import Approval, Event, Glossary, Review, ReviewStep, Term
from terms.people.audit_log import record
from terms.people.notifications import tell, text_of_many

from .approvals import CannotReview, Standing, authors_of, reviewers_of, standings, step_for

__all__ = ["CannotReview", "approve", "as_seen", "request_changes", "submit", "take_back"]

MAX_TEXT = 5_000  # characters of a reason, a note or a comment


def submit(term: Term, person: Any, note: str = "") -> None:
    """Request a review of the newest text from the people who may review it.

    Raises CannotReview if no approval could publish this text, because its file says otherwise.
    A date on which it may appear is no reason: a review is best done before.
    """
    with _locked(term) as now:
        if now.live_fingerprint == now.fingerprint:
            raise CannotReview(_("This text is already published, so there is nothing to review."))
        document = now.document()
        held_back = document.why_held_back(timezone.now(), even_later=True)
        if problem := document.why_no_term or held_back:
            raise CannotReview(problem)
        if now.reviews.open().exists():
            raise CannotReview(_("A review was already requested."))
        note = bounded(note)
        Review.objects.create(term=now, opened_by=person, opened_at=timezone.now(), note=note)
        _record(now, Event.Kind.SUBMITTED, person, note)
        text = _("{person} asks for a review of “{term}”.").format(person=person, term=now)
        many = text_of_many(_("{person} asks for a review of {names}."), person, note)
        said = f"{text}\n\n{note}".strip()
        tell(_reviewers(now, _standing(now)), now, said, but=person, of_many=many)


def approve(term: Term, person: Any, fingerprint: str) -> None:
    """Approve the newest text. Raises CannotReview if its fingerprint is another."""
    with _locked(term) as now:
        if now.fingerprint != fingerprint:
            raise CannotReview(
                _("The text has changed since you read it. Your approval was not recorded.")
            )
        if now.fingerprint == now.live_fingerprint:
            raise CannotReview(_("This text is already published."))
        if person.pk in authors_of(now):
            raise CannotReview(_("Someone else must approve this, because you wrote part of it."))
        given = Approval.objects.filter(term=now, fingerprint=fingerprint)
        if given.filter(person=person).exists():
            raise CannotReview(_("You have already approved this text."))
        step = step_for(person, now, _standing(now))
        given.create(
            term=now, fingerprint=fingerprint, person=person, step=step, created_at=timezone.now()
        )
        version = _("version {number}").format(number=now.version)
        _record(now, Event.Kind.APPROVED, person, f"{step}, {version}" if step else version)
        text = _("{person} approved “{term}”.").format(person=person, term=now)
        many = text_of_many(_("{person} approved {names}."), person)
        tell(_concerned(now), now, text, but=person, of_many=many)
        _open_next(now, step, person)


def _open_next(term: Term, step: ReviewStep | None, person: Any) -> None:
    """Ask the group of the next step, if the approval of ``step`` has opened it."""
    standing = _standing(term)
    if step and standing.open_step and standing.open_step != step:
        text = _("“{term}” is ready for the next step of its review: {step}.")
        said = text.format(term=term, step=standing.open_step.name)
        many = _("{names} are ready for the next step of their review.")
        tell(_reviewers(term, standing), term, said, but=person, of_many=many)


def _standing(term: Term) -> Standing:
    return standings(term.glossary, [term])[term.pk]


def _reviewers(term: Term, standing: Standing) -> QuerySet:
    """Return the people who may approve the text now."""
    return reviewers_of(term, standing.open_step).exclude(pk__in=authors_of(term))


def request_changes(term: Term, person: Any, reason: str) -> None:
    """Return the text to its authors, with the reason."""
    reason = bounded(reason)
    if not reason:
        raise CannotReview(_("Describe the changes that the authors should make."))
    with _locked(term) as now:
        review = _close(now, person, Review.Outcome.CHANGES, reason)
        Approval.objects.filter(term=now, fingerprint=now.fingerprint, person=person).delete()
        _record(now, Event.Kind.CHANGES, person, reason)
        text = _("{person} asks for changes of “{term}”:").format(person=person, term=now)
        tell(_concerned(now, review), now, f"{text}\n\n{reason}", but=person)


def take_back(term: Term, person: Any) -> None:
    """Close the review without a result; the text becomes a draft again."""
    with _locked(term) as now:
        review = _close(now, person, Review.Outcome.TAKEN_BACK)
        _record(now, Event.Kind.TAKEN_BACK, person)
        text = _("“{term}” needs no review now.").format(term=now)
        tell(_concerned(now, review), now, text, but=person)


@contextmanager
def as_seen(term: Term, fingerprint: str) -> Iterator[Term]:
    """Lock and yield the term. Raises CannotReview if its text is not the one that was read."""
    with _locked(term) as now:
        if now.fingerprint != fingerprint:
            raise CannotReview(_("The text has changed since you read it. Check the new version."))
        yield now


@contextmanager
def _locked(term: Term) -> Iterator[Term]:
    """Yield the current term, with its glossary locked until the transaction ends."""
    with transaction.atomic():
        Glossary.objects.lock(term.glossary_id)
        found = Term.objects.select_related("glossary").filter(pk=term.pk).first()
        if found is None:
            raise CannotReview(_("“{term}” was deleted. It is in the trash.").format(term=term))
        yield found


def _close(term: Term, person: Any, outcome: str, reason: str = "") -> Review:
    review = term.reviews.open().first()
    if review is None:
        raise CannotReview(_("The review of this term is no longer open."))
    review.closed_by, review.closed_at = person, timezone.now()
    review.outcome, review.reason = outcome, reason
    review.save()
    return review


def _concerned(term: Term, review: Review | None = None) -> set[int]:
    """Return the ids of the authors of the change and the person who requested the review."""
    review = review or term.reviews.open().first()
    asked = {review.opened_by_id} if review and review.opened_by_id else set()
    return authors_of(term) | asked


def bounded(text: str) -> str:
    """Return the entered text, stripped. Raises CannotReview if it is too long."""
    text = text.replace("\r\n", "\n").replace("\0", "").strip()
    if len(text) > MAX_TEXT:
        raise CannotReview(_("Use at most {most} characters.").format(most=f"{MAX_TEXT:,}"))
    return text


def _record(term: Term, kind: str, person: Any, detail: str = "") -> None:
    record(term.glossary, kind, [(term.pk, term.name)], person, detail)

"""Actions of the review page, each with the permission that it needs."""

from collections.abc import Callable
from typing import Any, NamedTuple

from django.db import transaction
from django.utils.translation import gettext as _

from terms.changes import removals, rename
from terms.changes.trash import trash
from terms.changes.wordings import use_wording
from terms.editing.numbers import number_in
from terms.models import Comment, Removal, Term
from terms.review import requests as review_requests
from terms.review.comments import comment, resolve
from terms.review.requests import CannotReview
from terms.review.stages import stage_of

from . import schedule


class Action(NamedTuple):
    """``act`` performs the action and returns its message. Raises CannotReview."""

    right: str
    act: Callable[[Any, Any, Term], str]


def _submit(model_admin, request, term):
    review_requests.submit(term, request.user, _text(request))
    return _("A review of “{term}” was requested.").format(term=term)


def _take_back(model_admin, request, term):
    review_requests.take_back(term, request.user)
    return _("The review request for “{term}” was cancelled.").format(term=term)


def _approve(model_admin, request, term):
    with transaction.atomic():
        review_requests.approve(term, request.user, request.POST.get("fingerprint", ""))
        if text := _text(request).strip():
            comment(term, request.user, text)
    said = _("You have approved “{term}” as it is now.").format(term=term)
    return f"{said} {stage_of(term).next_step}"


def _ask_for_changes(model_admin, request, term):
    review_requests.request_changes(term, request.user, _text(request))
    return _("“{term}” was returned to its authors with your reason.").format(term=term)


def _publish(model_admin, request, term):
    with review_requests.as_seen(term, request.POST.get("fingerprint", "")):
        model_admin.publish_term(request, term)  # reports its result itself
    return ""


def _plan(model_admin, request, term):
    with review_requests.as_seen(term, request.POST.get("fingerprint", "")):
        return schedule.schedule_from_form(request, term)


def _cancel(model_admin, request, term):
    return schedule.cancel_scheduled(request, term)


def _say(model_admin, request, term):
    parent = _comment(term, request) if "thread" in request.POST else None
    quote, wording = (request.POST.get(name, "") for name in ("quote", "wording"))
    comment(term, request.user, _text(request), quote, parent, wording=wording)
    return _("Your suggestion was added.") if wording.strip() else _("Your comment was added.")


def say_unsent(request, term: Term) -> bool:
    """Add the comment that was typed, but not sent, when another button was pressed."""
    text, quote, wording = (
        request.POST.get(f"unsent-{name}", "") for name in ("text", "quote", "wording")
    )
    if not (text.strip() or wording.strip()):
        return False
    comment(term, request.user, text, quote, wording=wording)
    return True


def _use(model_admin, request, term):
    use_wording(_comment(term, request), request.user)
    return _("The suggested wording is in the text now.")


def _close(model_admin, request, term):
    resolve(_comment(term, request), request.user)
    return _("The thread was resolved.")


def _reopen(model_admin, request, term):
    resolve(_comment(term, request), request.user, is_open=True)
    return _("The thread was reopened.")


def _approve_removal(model_admin, request, term):
    removals.approve_removal(_removal(term), request.user)
    return _("Approved.")


def _refuse_removal(model_admin, request, term):
    removals.refuse(_removal(term), request.user, _text(request))
    return _("“{term}” stays, for the reason you gave.").format(term=term)


def _take_removal_back(model_admin, request, term):
    removals.take_back_removal(_removal(term), request.user)
    return _("“{term}” stays.").format(term=term)


def _remove(model_admin, request, term):
    """Carry out a removal that was requested and approved."""
    asked = _removal(term)
    try:
        if asked.action == removals.DELETE:
            trash(term, request.user)
        elif asked.action == removals.MOVE:
            rename.move(term, asked.detail, request.user)
        elif refused := removals.withdraw_where_allowed(
            term.glossary, [term], request.user, asked.detail or None
        ):
            raise CannotReview(refused[0].reason)
    except (removals.NotApproved, rename.CannotRefactor) as error:
        raise CannotReview(str(error)) from error
    return _("Done: {action}.").format(action=asked)


def _removal(term: Term) -> Removal:
    found = term.removals.open().first()
    if found is None:
        raise CannotReview(_("This request is no longer open."))
    return found


ACTIONS = {
    "submit": Action("change_term", _submit),
    "take_back": Action("change_term", _take_back),
    "approve": Action("approve_term", _approve),
    "changes": Action("approve_term", _ask_for_changes),
    "publish": Action("publish_term", _publish),
    "schedule": Action("publish_term", _plan),
    "unschedule": Action("publish_term", _cancel),
    "approve_removal": Action("approve_term", _approve_removal),
    "refuse_removal": Action("approve_term", _refuse_removal),
    "take_removal_back": Action("publish_term", _take_removal_back),
    "remove": Action("publish_term", _remove),
    "comment": Action("add_comment", _say),
    "use": Action("change_term", _use),
    "resolve": Action("change_comment", _close),
    "reopen": Action("change_comment", _reopen),
}


def _text(request) -> str:
    return request.POST.get("text", "")


def _comment(term: Term, request) -> Comment:
    found = term.comments.filter(pk=number_in(request.POST.get("thread", "")) or 0).first()
    if found is None:
        raise CannotReview(_("This comment no longer exists."))
    return found

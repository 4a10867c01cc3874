"""The review page of a term: difference, comments, approvals, publishing."""

from dataclasses import dataclass
from itertools import pairwise

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_http_methods

from terms.changes import removals
from terms.changes.change_sets import sets_ahead
from terms.formats.differences import compare
from terms.formats.value_differences import TEXT, compare_values
from terms.models import Approval, Term
from terms.people.notifications import read_notices
from terms.people.permissions import may
from terms.quality.checking import findings_of
from terms.review.approvals import authors_of, step_for
from terms.review.comments import Thread, threads, words_of
from terms.review.requests import CannotReview
from terms.review.stages import LIVE, REVIEW, approvals_of, stage_of

from . import schedule
from .page import admin_page, term_for
from .review_actions import ACTIONS, say_unsent

SETS_SHOWN = 5
SHOWN = {
    "changes": _lazy("Changes"), "after": _lazy("After"), "before": _lazy("Before"),
    "source": _lazy("Source"),
}  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
def review_view(request, model_admin, pk):
    term = term_for(model_admin, request, pk)
    if request.method != "POST":
        return _page(model_admin, request, term)
    action = ACTIONS.get(request.POST.get("do", ""))
    if action is None or not may(request.user, action.right, term):
        raise PermissionDenied
    read_notices(request.user, term)
    try:
        if may(request.user, "add_comment", term) and say_unsent(request, term):
            model_admin.message_user(request, _("Your comment was added, too."))
        if said := action.act(model_admin, request, term):
            model_admin.message_user(request, said)
    except CannotReview as error:
        model_admin.message_user(request, str(error), messages.ERROR)
        return _page(model_admin, request, term, dict(request.POST.items()))
    if request.POST.get("then") == "schedule":
        return HttpResponseRedirect(reverse("admin:terms_term_schedule"))
    is_there = Term.objects.filter(pk=pk).exists()
    way = ("admin:terms_term_review", [pk]) if is_there else ("admin:terms_term_trash", [])
    # With a place of its own: browsers keep the place of the page that was left.
    is_talk = request.POST["do"] in ("comment", "resolve", "reopen", "use")
    place = "g-comments" if is_talk else "content-start"
    return HttpResponseRedirect(f"{reverse(way[0], args=way[1])}#{place}")


def _page(model_admin, request, term, typed=None):
    live = term.revisions.filter(fingerprint=term.live_fingerprint).first()
    newest = term.newest_revision()
    talk = threads(term)
    stage = stage_of(term)
    allowed = {name for name, action in ACTIONS.items() if may(request.user, action.right, term)}
    is_reviewer = "approve" in allowed and stage.name == REVIEW
    context = {
        "term": term,
        "stage": stage,
        "review": term.reviews.first(),
        "approvals": approvals_of(term),
        "buttons": allowed & _possible(term, stage, request.user),
        **_removal(term, request.user, allowed),
        "blocks": compare(live.text if live else "", newest.text) if stage.name != LIVE else (),
        "differences": [one for one in compare_values(live.text, newest.text) if one.name != TEXT]
        if live and stage.name != LIVE
        else [],  # of the text, the rendered changes are shown
        "is_new": live is None,
        **_versions(newest, live if stage.name != LIVE else None, request.GET.get("show", "")),
        "not_yet": _why_not_yet(stage.standing, request.user, term) if is_reviewer else "",
        "sets": sets_ahead(term)[:SETS_SHOWN],
        "zone": timezone.get_current_timezone_name(),
        "when": schedule.WhenForm(typed or None) if "schedule" in allowed else None,
        "waiting": term.schedule.waiting().select_related("person"),
        "findings": findings_of(term),
        "threads": talk,
        "open_threads": sum(not thread.comment.resolved_at for thread in talk),
        "segments": segments(words_of(term), talk),
        "may_comment": "comment" in allowed,
        "may_resolve": "resolve" in allowed,
        "may_use": "use" in allowed,
        "typed": typed or {},
    }
    title = _("Review of {term}").format(term=term)
    return admin_page(model_admin, request, "term/review", title, **context)


def _versions(newest, live, show):
    """Return the context for the text. ``live`` is what readers see, if it is another version."""
    if live is None:
        return {"after": newest}
    show = show if show in SHOWN else "changes"
    return {
        "before": None if show in ("after", "source") else live,
        "after": None if show == "before" else newest,
        "show": show,
        "ways": SHOWN.items(),
    }


def _possible(term, stage, person) -> set[str]:
    """Return the actions that make sense in the present state."""
    if stage.name == LIVE:
        return set()
    found = {"take_back", "changes"} if term.reviews.open().exists() else {"submit"}
    has_said_yes = term.approvals.filter(person=person, fingerprint=term.fingerprint).exists()
    is_author = person.pk in authors_of(term)
    if not (is_author or has_said_yes) and _may_fill(stage.standing, person, term):
        found.add("approve")
    if stage.is_sent_back:
        found.discard("approve")  # the authors come first
    if not stage.standing.missing:
        found.add("publish")
    return found


def _may_fill(standing, person, term) -> bool:
    """Whether an approval by the person would count now, where a review has steps."""
    return not _why_not_yet(standing, person, term)


def _why_not_yet(standing, person, term) -> str:
    try:
        step_for(person, term, standing)
    except CannotReview as error:
        return str(error)
    return ""


def _removal(term, person, allowed):
    """Return the context for an open removal request, with the person's possible actions."""
    asked = term.removals.open().select_related("person").first()
    if asked is None:
        return {"removal": None}
    standing = removals.standing_of(term, asked.action, asked.detail)
    missing = removals.why_not(term, asked.action, asked.detail)
    given = Approval.objects.filter(term=term, fingerprint=asked.fingerprint)
    possible = {"refuse_removal", "take_removal_back"} | ({"remove"} if not missing else set())
    is_given = person.pk == asked.person_id or given.filter(person=person).exists()
    if not is_given and _may_fill(standing, person, term):
        possible.add("approve_removal")
    possible.discard("refuse_removal" if person.pk == asked.person_id else "take_removal_back")
    return {
        "removal": asked,
        "removal_missing": missing,
        "removal_given": given.select_related("person"),
        "removal_buttons": allowed & possible,
        "removal_successor": Term.with_trash.filter(uid=asked.detail).first()
        if asked.action == removals.WITHDRAW and asked.detail
        else None,
    }


@dataclass(frozen=True)
class Segment:
    """A piece of the words, and the numbers of the threads on it."""

    text: str
    numbers: tuple[int, ...]


def segments(words: str, talk: list[Thread]) -> list[Segment]:
    """Split the words where a passage begins or ends."""
    places = [(n, t.place) for n, t in enumerate(talk, 1) if t.place and not t.comment.resolved_at]
    cuts = sorted({0, len(words), *(edge for _, place in places for edge in place)})
    return [
        Segment(words[start:end], tuple(n for n, (a, b) in places if a <= start and end <= b))
        for start, end in pairwise(cuts)
    ]

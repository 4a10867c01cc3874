"""The page on which a change is read, talked about, approved, sent back and published."""

from dataclasses import dataclass
from itertools import pairwise

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from terms import reviewing
from terms.approvals import authors_of
from terms.commenting import Thread, comment, resolve, threads
from terms.differences import compare
from terms.models import Term
from terms.reviewing import CannotReview
from terms.rights import may
from terms.stages import LIVE, approvals_of, stage_of

# What the page can do, and the right that each takes.
RIGHTS = {
    "submit": "change_term",
    "take_back": "change_term",
    "approve": "approve_term",
    "changes": "approve_term",
    "publish": "publish_term",
    "comment": "add_comment",
    "resolve": "change_comment",
    "reopen": "change_comment",
}


def review_view(model_admin):
    @require_http_methods(["GET", "HEAD", "POST"])
    def view(request, pk):
        term = Term.objects.filter(pk=pk).select_related("glossary", "owner").first()
        if term is None:
            raise Http404("There is no such term.")
        if not model_admin.has_view_permission(request, term):
            raise PermissionDenied
        if request.method != "POST":
            return _page(model_admin, request, term)
        action = request.POST.get("do", "")
        if action not in RIGHTS or not may(request.user, RIGHTS[action], term):
            raise PermissionDenied
        try:
            _act(model_admin, request, term, action)
        except CannotReview as error:
            model_admin.message_user(request, str(error), messages.ERROR)
            return _page(model_admin, request, term, dict(request.POST.items()))
        return HttpResponseRedirect(reverse("admin:terms_term_review", args=[pk]))

    return view


def _act(model_admin, request, term, action):
    """Do what was asked for and say so; raises CannotReview."""
    person, text = request.user, request.POST.get("text", "")

    def say(words):
        model_admin.message_user(request, words)

    if action == "submit":
        reviewing.submit(term, person, text)
        say(f"A review of “{term}” has been asked for.")
    elif action == "take_back":
        reviewing.take_back(term, person)
        say(f"The review of “{term}” has been taken back.")
    elif action == "approve":
        reviewing.approve(term, person, request.POST.get("fingerprint", ""))
        say(f"You have approved “{term}” as it is now. {stage_of(term).next_step}")
    elif action == "changes":
        reviewing.request_changes(term, person, text)
        say(f"“{term}” goes back to its authors with your reason.")
    elif action == "publish":
        model_admin.publish_term(request, term)
    elif action == "comment":
        parent = _comment(term, request) if "thread" in request.POST else None
        comment(term, person, text, request.POST.get("quote", ""), parent)
        say("Your comment is kept.")
    else:
        if "thread" not in request.POST:
            raise CannotReview("Say which comment is meant.")
        resolve(_comment(term, request), person, is_open=action == "reopen")
        say("The thread is open again." if action == "reopen" else "The thread is resolved.")


def _comment(term, request):
    number = request.POST["thread"]
    is_number = number.isascii() and number.isdigit() and len(number) < 18
    found = term.comments.filter(pk=int(number)).first() if is_number else None
    if found is None:
        raise CannotReview("This comment is no longer there.")
    return found


def _page(model_admin, request, term, typed=None):
    live = term.revisions.filter(fingerprint=term.live_fingerprint).first()
    newest = term.newest_revision()
    talk = threads(term)
    stage = stage_of(term)
    allowed = {action for action, right in RIGHTS.items() if may(request.user, right, term)}
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": Term._meta,
        "title": f"Review of {term}",
        "term": term,
        "stage": stage,
        "review": term.reviews.first(),
        "approvals": approvals_of(term),
        "buttons": allowed & _possible(term, stage, request.user),
        "blocks": compare(live.text if live else "", newest.text) if stage.name != LIVE else (),
        "is_new": live is None,
        "threads": talk,
        "segments": segments(term.body, talk),
        "may_comment": "comment" in allowed,
        "may_resolve": "resolve" in allowed,
        "typed": typed or {},
    }
    return TemplateResponse(request, "admin/terms/term/review.html", context)


def _possible(term, stage, person) -> set[str]:
    """What makes sense as things are."""
    if stage.name == LIVE:
        return set()
    found = {"take_back", "changes"} if term.reviews.open().exists() else {"submit"}
    has_said_yes = term.approvals.filter(person=person, fingerprint=term.fingerprint).exists()
    if person.pk not in authors_of(term) and not has_said_yes:
        found.add("approve")
    if not stage.standing.missing:
        found.add("publish")
    return found


@dataclass(frozen=True)
class Segment:
    """A piece of the body, and the numbers of the threads on it."""

    text: str
    numbers: tuple[int, ...]


def segments(body: str, talk: list[Thread]) -> list[Segment]:
    """The body cut where a passage begins or ends."""
    places = [(n, t.place) for n, t in enumerate(talk, 1) if t.place and not t.comment.resolved_at]
    cuts = sorted({0, len(body), *(edge for _, place in places for edge in place)})
    return [
        Segment(body[start:end], tuple(n for n, (a, b) in places if a <= start and end <= b))
        for start, end in pairwise(cuts)
    ]

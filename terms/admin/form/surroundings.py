"""What the page of a term shows beside the fields: links, checks, comments, other forms."""

from typing import Any

from terms.admin import patterns
from terms.admin.views import neighbours
from terms.editing import autosave
from terms.editing.incoming import incoming
from terms.models import PublishedTerm, Term
from terms.people.permissions import may, rights
from terms.quality.checking import findings_of
from terms.review.comments import threads
from terms.review.stages import stage_of
from terms.review.suggestions import said_of

from . import recovery

LINKS_SHOWN = 10  # terms that link to one, of each kind


def of_new(request: Any, context: dict[str, Any]) -> dict[str, Any]:
    """Return the context of the form of a new term."""
    posted = autosave.slot_in(request.POST.get("slot", ""))
    slot = context.get("slot") or posted or autosave.new_slot()
    return {
        "slot": slot,
        "begun": recovery.offers(request.user, slot),
        "patterns": patterns.choices(
            request.user, request.GET.get("pattern", ""), request.GET.get("name", "")[:300]
        ),
    }


def of_term(request: Any, term: Term, context: dict[str, Any]) -> dict[str, Any]:
    """Return the context of the form of ``term``."""
    page = PublishedTerm.objects.select_related("glossary").filter(uid=term.uid).first()
    stage = stage_of(term)
    talk = enumerate(threads(term), 1)
    unsaved = autosave.kept(request.user, term)
    visible = rights(request.user, "view_term").among(Term.objects.all())
    return {
        "unsaved": unsaved,
        "undecided": recovery.is_undecided(request, {**context, "unsaved": unsaved}),
        "beside": neighbours.neighbours_of(request.user, term),
        "others": autosave.others_at(term, request.user),
        "public_url": page.get_absolute_url() if page else "",
        "unread": term.document(),
        "stage": stage,
        "sent_back": term.reviews.first() if stage.mark == "sent-back" else None,
        # That a folder waits for the next export is no fault of the text.
        "findings": [one for one in findings_of(term) if one.rule != "drift"],
        "said": said_of(term),
        "comments": [one for one in talk if not one[1].comment.resolved_at],
        "may_comment": may(request.user, "add_comment", term),
        "may_resolve": may(request.user, "change_comment", term),
        "incoming": incoming(term, visible, LINKS_SHOWN),
    }

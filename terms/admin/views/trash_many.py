"""Moving several terms to the trash, after their names were listed."""

from django.contrib import messages
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from terms.changes import removals
from terms.changes.trash import trash_terms
from terms.models import ChangeSet, Glossary, Term
from terms.models.term import TermQuerySet
from terms.people.notifications import gather

from .page import admin_page, undo_button

MOST, SHOWN = 1_000, 100


def trash_page(model_admin, request, by_glossary: list[tuple[Glossary, TermQuerySet]]):
    """Ask for confirmation, then move the terms of each glossary to the trash.

    Returns the page, or None once it is done.
    """
    terms = [term for _glossary, some in by_glossary for term in some.order_by("name_key")]
    if not terms:
        return None
    if len(terms) > MOST:
        text = _("Choose {most} terms at most.").format(most=f"{MOST:,}")
        model_admin.message_user(request, text, messages.ERROR)
        return None
    if "confirm" not in request.POST:
        title = ngettext("Move {n} term to the trash?", "Move {n} terms to the trash?", len(terms))
        title = title.format(n=f"{len(terms):,}")
        return admin_page(
            model_admin, request, "term/trash_many", title, is_of_terms=True, terms=terms[:SHOWN],
            more=max(0, len(terms) - SHOWN), live=sum(bool(t.live_fingerprint) for t in terms),
            ids=[term.pk for term in terms], index=request.POST.get("index", ""),
            actions=request.POST.getlist("action"),
        )  # fmt: skip
    for glossary, some in by_glossary:
        _trash(model_admin, request, glossary, list(some.select_related("glossary")))
    return None


def _trash(model_admin, request, glossary: Glossary, terms: list[Term]) -> None:
    reasons = {term.pk: removals.why_not(term, removals.DELETE) for term in terms}
    ids = [term.pk for term in terms if not reasons[term.pk]]
    waiting = [term for term in terms if reasons[term.pk]]
    with gather(reverse("admin:terms_term_work", args=["review"])):
        for term in waiting:
            removals.ask(term, removals.DELETE, request.user)
    if waiting:
        text = ngettext(
            "{n} term is not deleted yet: reviewers must approve this first. They have been"
            " notified.",
            "{n} terms are not deleted yet: reviewers must approve this first. They have been"
            " notified.",
            len(waiting),
        )
        model_admin.message_user(request, text.format(n=len(waiting)), messages.WARNING)
    if ids:
        time = date_format(timezone.localtime(), "j F Y, H:i")
        title = _("Moved to the trash on {time}").format(time=time)
        made = ChangeSet.objects.create(glossary=glossary, title=title, author=request.user)
        trash_terms(glossary, ids, request.user, is_approved=True, change_set=made)
        text = ngettext(
            "{n} term was moved to the trash.", "{n} terms were moved to the trash.", len(ids)
        ).format(n=f"{len(ids):,}")
        model_admin.message_user(request, format_html("{} {}", text, undo_button(made)))

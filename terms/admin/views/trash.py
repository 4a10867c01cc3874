"""Deleting terms, with a list of effects first; the trash; restoring."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from terms.changes import removals
from terms.changes.removals import NotApproved
from terms.changes.trash import CannotRestore, restore_term, trash
from terms.editing.incoming import incoming
from terms.editing.numbers import number_in
from terms.models import Event, Glossary, Term
from terms.people.permissions import may, rights

from .glossaries import restore_deleted
from .page import admin_page, term_for

SHOWN = 500
LONGEST_REASON = 500  # characters


def delete_page(model_admin, request, object_id):
    """Ask for confirmation, then move the term to the trash."""
    term = term_for(model_admin, request, object_id, "delete")
    if request.method == "POST":
        reason = request.POST.get("reason", "").replace("\0", "").strip()[:LONGEST_REASON]
        try:
            trash(term, request.user, reason=reason)
        except NotApproved as error:
            removals.ask(term, removals.DELETE, request.user, note=reason)
            text = _("“{term}” is not deleted yet: {reason} They have been notified.")
            text = text.format(term=term, reason=error)
            model_admin.message_user(request, text, messages.WARNING)
            return HttpResponseRedirect(reverse("admin:terms_term_review", args=[term.pk]))
        text = _('“{term}” was moved to the trash. <a href="{url}">Restore it</a>.')
        model_admin.message_user(request, format_html(text, term=term, url=_address()))
        return HttpResponseRedirect(reverse("admin:terms_term_changelist"))
    missing = removals.why_not(term, removals.DELETE)
    context = {"term": term, "referring": incoming(term, Term.objects.all()), "missing": missing}
    title = _("Delete {term}?").format(term=term)
    return admin_page(model_admin, request, "term/delete", title, **context)


@require_http_methods(["GET", "HEAD", "POST"])
def trash_view(request, model_admin):
    found = rights(request.user, "delete_term")
    of_glossaries = rights(request.user, "delete_glossary").everywhere
    if not (found or of_glossaries):
        raise PermissionDenied
    trashed = Term.with_trash.exclude(trashed_at=None).filter(glossary__deleted_at=None)
    trashed = trashed.select_related("trashed_by", "glossary")
    if request.method == "POST":
        if "glossary" not in request.POST:
            _restore(model_admin, request, trashed)
        elif of_glossaries:
            restore_deleted(model_admin, request, number_in(request.POST["glossary"]))
        else:
            raise PermissionDenied
        return HttpResponseRedirect(_address())
    deleted = Glossary.with_deleted.deleted().select_related("deleted_by").order_by("-deleted_at")
    context = {
        "terms": _with_reasons(found.among(trashed).order_by("-trashed_at")[:SHOWN]),
        "glossaries": deleted if of_glossaries else [],
    }
    return admin_page(model_admin, request, "term/trash", _("Trash"), **context)


def _with_reasons(terms):
    """Return the terms, each with the reason of its deletion."""
    terms = list(terms)
    events = Event.objects.filter(kind=Event.Kind.TRASHED, term__in=terms).order_by("pk")
    reasons = dict(events.values_list("term", "detail"))
    for term in terms:
        term.reason = reasons.get(term.pk, "")
    return terms


def _restore(model_admin, request, trashed):
    term = trashed.filter(pk=number_in(request.POST.get("term", ""))).first()
    if term is None:
        model_admin.message_user(request, _("It is no longer in the trash."), messages.ERROR)
        return
    if not may(request.user, "delete_term", term):
        raise PermissionDenied
    try:
        restore_term(term, request.user)
    except CannotRestore as error:
        model_admin.message_user(request, str(error), messages.ERROR)
        return
    url = reverse("admin:terms_term_change", args=[term.pk])
    text = _('<a href="{url}">“{term}”</a> was restored as a draft.')
    model_admin.message_user(request, format_html(text, url=url, term=term))


def _address():
    return reverse("admin:terms_term_trash")

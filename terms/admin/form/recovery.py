"""Autosave of the term form, and recovery of unsaved text."""

import contextlib
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect, JsonResponse, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.dateformat import format as shown
from django.utils.html import format_html
from django.utils.translation import gettext as _

from terms.admin.views.page import term_for
from terms.editing import autosave
from terms.formats.document import read_document
from terms.models import Term
from terms.quality.checking import findings
from terms.quality.rule import CheckedTerm

from .redisplay import form_page, keep_initial, typed_values

UNDECIDED = "undecided"  # field of a form that was shown with an offer of kept text
NOT_KEPT = (
    "csrfmiddlewaretoken", "_save", "_continue", "_addanother", "_publish", "_review", UNDECIDED,
)  # fmt: skip


def keep_view(request, model_admin, pk=None):
    """Save the unfinished form (with ``keep``), and report other editors and the saved version."""
    if not model_admin.admin_site.has_permission(request):
        error = _("You are logged out. Log in in another tab, then continue.")
        return JsonResponse({"error": error}, status=403)
    if request.method != "POST":
        return JsonResponse(
            {"error": _("Only POST is allowed.")}, status=405, headers={"Allow": "POST"}
        )
    term = Term.with_trash.filter(pk=pk).first() if pk else None
    if pk and term is None:
        return JsonResponse({"error": _("This term does not exist.")}, status=404)
    may = model_admin.has_change_permission(request, term)
    if not (may if term else model_admin.has_add_permission(request)):
        return JsonResponse({"error": _("You may not edit this term.")}, status=403)
    if term and term.trashed_at:
        keep_of_trashed(request, term)
        error = _("This term was deleted. What you typed is kept with it in the trash.")
        return JsonResponse({"error": error}, status=404)
    answer = {}
    if "keep" in request.POST:
        try:
            autosave.keep_draft(request.user, term, _encoded(request.POST), slot_of(request, term))
        except autosave.TooMuch as error:
            return JsonResponse({"error": str(error)}, status=413)
        answer["kept"] = shown(timezone.localtime(), "H:i:s")
        answer["findings"] = _findings(model_admin, request, term)
    if term:
        autosave.note_presence(request.user, term)
        answer["others"] = autosave.others_at(term, request.user)
        answer["version"] = term.version
    response = JsonResponse(answer)
    response["Cache-Control"] = "no-store"
    return response


def keep_of_trashed(request, term):
    """Keep the submitted form of a term in the trash, in case the term is restored."""
    with contextlib.suppress(autosave.TooMuch):
        autosave.keep_draft(request.user, term, _encoded(request.POST))


def deleted_meanwhile(model_admin, request, term):
    """Keep the submitted form of a term in the trash, and say where it is."""
    keep_of_trashed(request, term)
    text = _(
        "“{term}” has been deleted meanwhile. What you typed is kept: it is offered again once the"
        ' term is taken out of <a href="{url}">the trash</a>.'
    )
    said = format_html(text, term=term, url=reverse("admin:terms_term_trash"))
    model_admin.message_user(request, said, messages.ERROR)
    return HttpResponseRedirect(reverse("admin:terms_term_changelist"))


def _findings(model_admin, request, term):
    """Return the rules' findings in the text that would be saved, or none for an invalid form."""
    form_class = model_admin.get_form(request, term, change=term is not None)
    form = form_class(request.POST, instance=Term.objects.get(pk=term.pk) if term else None)
    if not form.is_valid():
        return []
    document = read_document(form.revision_text, form.document.path)
    found = findings(form.instance.glossary, [CheckedTerm(term, document)])
    return [
        {"words": f"{one.where}: {one.message}", "repair": one.repair and one.repair._asdict()}
        for _entry, one in found
        if one.rule != "drift"
    ]


def _encoded(posted: QueryDict) -> str:
    data = posted.copy()
    for name in (*NOT_KEPT, "keep"):
        data.pop(name, None)
    return data.urlencode()


def slot_of(request, term) -> str:
    """Return the slot of a new term's form, or an empty string for an existing term."""
    return "" if term else autosave.slot_in(request.POST.get("slot", ""))


def offers(person, slot) -> list[tuple[str, str, Any]]:
    """Return the person's unsaved new terms in other forms: slots, names and times."""
    found = autosave.kept_new(person).exclude(slot=slot)
    return [
        (kept.slot or "1", QueryDict(kept.data).get("name", "").strip(), kept.kept_at)
        for kept in found
    ]


def is_undecided(request, context) -> bool:
    """Return whether kept text was offered with this form or the one that it repeats.

    Saving then discards nothing.
    """
    if request.method == "POST":
        return UNDECIDED in request.POST
    return bool(context["unsaved"]) and not context.get("is_again")


def again(model_admin, request, term, extra_context):
    """Return the form with the kept values, or None if there are none."""
    slot = "" if term else autosave.slot_in(request.GET["again"])
    found = autosave.kept(request.user, term, slot)
    if found is None:
        return None
    if not model_admin.has_change_permission(request, term):
        raise PermissionDenied
    data = QueryDict(found.data)
    form_class = model_admin.get_form(request, term, change=term is not None)
    typed = form_class(data, instance=Term.objects.get(pk=term.pk) if term else None)
    values = typed_values(typed)
    form = keep_initial(form_class(instance=term, initial=values), data)
    if term:
        # The text seen at that time; later changes by others are merged when saving.
        form.initial["seen"] = typed.seen_version
    context = {**extra_context, "is_again": found.kept_at, "slot": slot}
    return form_page(model_admin, request, term, form, context)


def discard_view(request, model_admin, pk=None):
    if request.method != "POST":
        return JsonResponse(
            {"error": _("Only POST is allowed.")}, status=405, headers={"Allow": "POST"}
        )
    term = term_for(model_admin, request, pk, "change") if pk else None
    if not term and not model_admin.has_add_permission(request):
        raise PermissionDenied
    slot = "" if term else autosave.slot_in(request.POST.get("discard", ""))
    autosave.discard_draft(request.user, term, slot)
    model_admin.message_user(request, _("Unsaved changes were discarded."), messages.SUCCESS)
    name, args = ("change", [pk]) if pk else ("add", [])
    return HttpResponseRedirect(reverse(f"admin:terms_term_{name}", args=args))

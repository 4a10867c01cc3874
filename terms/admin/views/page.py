"""Shared set-up and rendering of custom admin pages."""

from collections import Counter
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from terms.editing.numbers import number_in
from terms.jobs.starting import start_job
from terms.models import Glossary, Term

SHOWN = 300  # effects
_OF_THE_PAGE = ("csrfmiddlewaretoken", "confirm")  # not sent again


def row_for(model_admin, request, pk: int | str, action: str = "view", rows: Any = None) -> Any:
    """Return the row of a page, from ``rows`` or all rows of the model.

    Raises Http404, or PermissionDenied if the person may not do ``action`` with the row.
    """
    rows = model_admin.model.objects.all() if rows is None else rows
    row = rows.filter(pk=number_in(str(pk))).first()
    if row is None:
        text = _("This {thing} does not exist.")
        raise Http404(text.format(thing=model_admin.opts.verbose_name))
    if not getattr(model_admin, f"has_{action}_permission")(request, row):
        raise PermissionDenied
    return row


def term_for(model_admin, request, pk: int | str, action: str = "view") -> Term:
    """Return the term of a page. Raises the errors of ``row_for``."""
    rows = Term.objects.select_related("glossary", "owner")
    return row_for(model_admin, request, pk, action, rows)


def undo_button(change_set) -> str:
    """Return a button for a message that undoes a change set; its form is on every page."""
    url = reverse("admin:terms_changeset_change", args=[change_set.pk])
    return undo_by_post(url, "do", "undo")


def undo_by_post(address: str, name: str, value: object) -> str:
    """Return a button “Undo” for a message, which posts this value to a page of the admin."""
    return format_html(
        '<button type="submit" form="undo" formaction="{}" name="{}" value="{}"'
        ' class="button">{}</button>',
        address,
        name,
        value,
        _("Undo"),
    )


def while_there(view):
    """Wrap ``view`` to show a message if a term is moved to the trash meanwhile."""

    @wraps(view)
    def safe(request, model_admin, **values):
        try:
            return view(request, model_admin, **values)
        except Term.DoesNotExist:
            text = _("A term that this page is about was just deleted. It is in the trash.")
            model_admin.message_user(request, text, messages.ERROR)
            return HttpResponseRedirect(reverse("admin:terms_term_changelist"))

    return safe


def admin_page(model_admin, request, template: str, title: str, **context: Any) -> TemplateResponse:
    """Return the page of ``template``, a path below ``admin/terms/``."""
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": title,
        **context,
    }
    return TemplateResponse(request, f"admin/terms/{template}.html", context)


def started(
    request, kind: str, glossary: Glossary, arguments: dict[str, Any], title: str
) -> HttpResponseRedirect:
    """Start a job for the person, and return the redirect to its page."""
    job = start_job(kind, glossary, request.user, arguments, title)
    return HttpResponseRedirect(reverse("admin:terms_job_change", args=[job.pk]))


def _counts(operation) -> list[tuple[str, int]]:
    """Return the effects without the names of terms, with their numbers, the most frequent first.

    Effects that occur once are left out.
    """
    found = Counter(effect.words for effect in operation.effects).most_common()
    return [(words, count) for words, count in found if count > 1]


def effects(request, operation) -> dict[str, Any]:
    """Return the context of ``effects.html``: effects of ``operation``, and the form to resend."""
    return {
        "operation": operation,
        "effects": operation.effects[:SHOWN] if operation else (),
        "effect_counts": _counts(operation) if operation else (),
        "more": max(0, len(operation.effects) - SHOWN) if operation else 0,
        "typed": [
            (name, value)
            for name, values in request.POST.lists()
            if name not in _OF_THE_PAGE
            for value in values
        ],
    }

"""Shared set-up and rendering of custom admin pages."""

from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from terms.models import Term

SHOWN = 300  # effects
_OF_THE_PAGE = ("csrfmiddlewaretoken", "confirm")  # not to be sent on


def term_for(model_admin, request, pk: int, action: str = "view") -> Term:
    """The term that a page is about. Raises Http404, or PermissionDenied where the person
    may not do ``action`` with it."""
    term = Term.objects.filter(pk=pk).select_related("glossary", "owner").first()
    if term is None:
        raise Http404("This term does not exist.")
    if not getattr(model_admin, f"has_{action}_permission")(request, term):
        raise PermissionDenied
    return term


def while_there(model_admin, view):
    """``view``, with a message if a term is moved to the trash meanwhile."""

    @wraps(view)
    def safe(request, *args, **values):
        try:
            return view(request, *args, **values)
        except Term.DoesNotExist:
            text = "A term that this page is about was just deleted. It is in the trash."
            model_admin.message_user(request, text, messages.ERROR)
            return HttpResponseRedirect(reverse("admin:terms_term_changelist"))

    return safe


def admin_page(model_admin, request, template: str, title: str, **context: Any) -> TemplateResponse:
    """The page that ``template``, below ``admin/terms/``, makes."""
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": title,
        **context,
    }
    return TemplateResponse(request, f"admin/terms/{template}.html", context)


def effects(request, operation) -> dict[str, Any]:
    """What ``effects.html`` needs to say what ``operation`` would do, and to send the form that
    asked for it once more."""
    return {
        "operation": operation,
        "effects": operation.effects[:SHOWN] if operation else (),
        "more": max(0, len(operation.effects) - SHOWN) if operation else 0,
        "typed": [
            (name, value)
            for name, values in request.POST.lists()
            if name not in _OF_THE_PAGE
            for value in values
        ],
    }

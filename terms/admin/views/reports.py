"""Reports on the glossaries, and the page of keys."""

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from terms.people.permissions import rights
from terms.review.worklists import LISTS

from .page import admin_page

PERSONAL = ("review", "ready", "mine")  # these are on the home page


@require_safe
def reports_view(request, model_admin):
    """List the work lists with their counts; those without an entry come last."""
    if not rights(request.user, "view_term"):
        raise PermissionDenied
    counted = [
        (name, found, found.count(request.user))
        for name, found in LISTS.items()
        if name not in PERSONAL
    ]
    context = {
        "lists": [row for row in counted if row[2]],
        "empty": [row for row in counted if not row[2]],
    }
    return admin_page(model_admin, request, "term/reports", _("Reports"), **context)


@require_safe
def keys_view(request, model_admin):
    """Show what keys do on which page."""
    return admin_page(model_admin, request, "term/keys", _("Keys"))

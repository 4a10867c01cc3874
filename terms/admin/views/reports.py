"""Reports on the glossaries, and pages that help: keys and guides."""

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from terms.admin.guide import GUIDES, guide_called
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


@require_safe
def guides_view(request, model_admin):
    """List the guides."""
    return admin_page(model_admin, request, "term/guides", _("Help"), guides=GUIDES.items())


@require_safe
def guide_view(request, model_admin, name):
    """Show a part of the documentation."""
    guide = guide_called(name)
    if guide is None:
        raise Http404(_("There is no such guide."))
    return admin_page(model_admin, request, "term/guide", guide.title, guide=guide)

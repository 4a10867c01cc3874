"""The error pages of requests that Django handles."""

import errno
import sys

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import Resolver404, reverse
from django.utils.translation import gettext as _
from django.views.defaults import page_not_found, permission_denied
from django.views.defaults import server_error as page_of_an_error

from . import unavailable

FULL = "The disk of the server is full: nothing can be saved until there is room."
LOCKED = "Another long change is being made at the moment."


def _is_full(error: BaseException | None) -> bool:
    is_file = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    return is_file or (isinstance(error, OperationalError) and "disk is full" in str(error))


def server_error(request: HttpRequest) -> HttpResponse:
    """Return 503 with the submitted text if the database is unavailable, else Django's own page."""
    error = sys.exc_info()[1]
    if _is_full(error):
        return unavailable.answer_of_django(request, FULL)
    if not isinstance(error, OperationalError | InterfaceError):
        return page_of_an_error(request)
    is_busy = "locked" in str(error)
    return unavailable.answer_of_django(request, LOCKED if is_busy else unavailable.AWAY)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return 404, for an editor in the frame of the admin."""
    if not _is_of_editor(request):
        return page_not_found(request, exception)
    is_told = isinstance(exception, Http404) and not isinstance(exception, Resolver404)
    reason = str(exception) if is_told else ""
    return _in_frame(request, 404, _("There is no such page"), reason)


def forbidden(request: HttpRequest, exception: PermissionDenied) -> HttpResponse:
    """Return 403, for an editor in the frame of the admin."""
    if not _is_of_editor(request):
        return permission_denied(request, exception)
    return _in_frame(request, 403, _("You may not see this"))


def _is_of_editor(request: HttpRequest) -> bool:
    # Without a user, the request failed before it was known who sends it.
    is_admin = request.path.startswith(reverse("admin:index"))
    return is_admin and hasattr(request, "user") and admin.site.has_permission(request)


def _in_frame(request: HttpRequest, status: int, title: str, reason: str = "") -> HttpResponse:
    context = {
        **admin.site.each_context(request), "title": title, "status": status, "reason": reason,
    }  # fmt: skip
    return TemplateResponse(request, "admin/error.html", context, status=status).render()

"""The error page of requests that Django handles."""

import errno
import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
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

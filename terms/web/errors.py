"""The page for what went wrong while Django answered."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.views.defaults import server_error as page_of_an_error

from . import unavailable

LOCKED = "Another long change is being made at the moment."


def server_error(request: HttpRequest) -> HttpResponse:
    """503 with what was typed where the database cannot take it now; else Django's own page."""
    error = sys.exc_info()[1]
    if not isinstance(error, OperationalError | InterfaceError):
        return page_of_an_error(request)
    is_busy = "locked" in str(error)
    return unavailable.answer_of_django(request, LOCKED if is_busy else unavailable.AWAY)

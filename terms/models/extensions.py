"""Objects that settings name by dotted paths."""

from typing import TypeVar

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

T = TypeVar("T")


def extensions_in(setting: str, kind: type[T]) -> list[T]:
    """Return the objects that a setting lists. Raises ImproperlyConfigured for other kinds."""
    found = []
    for path in getattr(settings, setting):
        try:
            named = import_string(path)
        except Exception as error:  # third-party modules can raise anything
            raise ImproperlyConfigured(f"{setting}: cannot import “{path}”: {error}") from error
        if not isinstance(named, kind):
            raise ImproperlyConfigured(f"{setting}: “{path}” is not a {kind.__name__}.")
        found.append(named)
    return found

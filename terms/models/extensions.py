"""Objects that settings name by dotted paths."""

from typing import TypeVar

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

T = TypeVar("T")


def extensions_in(setting: str, kind: type[T]) -> list[T]:
    """The objects that a setting lists. Raises ImproperlyConfigured where one is not a ``kind``."""
    found = []
    for path in getattr(settings, setting):
        try:
            named = import_string(path)
        except Exception as error:  # of any kind: the module is not ours
            raise ImproperlyConfigured(f"{setting}: cannot import “{path}”: {error}") from error
        if not isinstance(named, kind):
            raise ImproperlyConfigured(f"{setting}: “{path}” is not a {kind.__name__}.")
        found.append(named)
    return found

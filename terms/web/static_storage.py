"""Static files below the prefix at which the site is mounted for a request."""

from typing import TYPE_CHECKING, Any

from django.contrib.staticfiles.storage import StaticFilesStorage
from django.urls import get_script_prefix
from whitenoise.storage import CompressedManifestStaticFilesStorage

if TYPE_CHECKING:
    _Storage = StaticFilesStorage
else:
    _Storage = object


class _Mounted(_Storage):
    def url(self, name: str | None, *values: Any, **named: Any) -> str:
        url: str = super().url(name, *values, **named)
        return get_script_prefix().rstrip("/") + url if url.startswith("/") else url


class MountedStorage(_Mounted, StaticFilesStorage):
    """For development: files under their own names."""


class MountedManifestStorage(_Mounted, CompressedManifestStaticFilesStorage):
    """Compressed files, named by their content."""

"""Static files below the prefix at which the site is mounted for a request."""

from typing import Any

from django.contrib.staticfiles.storage import StaticFilesStorage
from django.urls import get_script_prefix
from whitenoise.storage import CompressedManifestStaticFilesStorage


class _Mounted:
    def url(self, name: str, *values: Any, **named: Any) -> str:
        url: str = super().url(name, *values, **named)  # type: ignore[misc]
        return get_script_prefix().rstrip("/") + url if url.startswith("/") else url


class MountedStorage(_Mounted, StaticFilesStorage):
    """For development: files under their own names."""


class MountedManifestStorage(_Mounted, CompressedManifestStaticFilesStorage):
    """Compressed files, named by their content."""

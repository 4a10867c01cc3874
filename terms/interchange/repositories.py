"""Repositories: which may be used, where their copies are, and one sync at a time."""

import contextlib
import time
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from terms.files.folder import FolderError
from terms.files.git.command import Limits, Remote, host_of, why_not_remote
from terms.files.git.mirror import Mirror
from terms.models import Repository

HELD = timedelta(minutes=30)  # by a sync that does not report
LOOK_EVERY = 0.2  # seconds


class SyncBusy(FolderError):
    """Another sync of the repository is running."""


def why_not_allowed(url: str) -> str:
    """Return the reason why a repository may not be used, or an empty string."""
    if problem := why_not_remote(url):
        return f"The address of the repository {problem}"  # which may have a password in it
    host, _port = host_of(url)
    if host:
        return ""
    path = Path(urlsplit(url).path if url.startswith("file:") else url).resolve()
    if not any(path.is_relative_to(Path(folder).resolve()) for folder in settings.IMPORT_FOLDERS):
        return f"“{path}” is not in a folder that the setting IMPORT_FOLDERS names."
    return ""


def mirror_of(repository: Repository) -> Mirror:
    """Return the copy of a repository on this machine. Raises FolderError if it may not be used."""
    if problem := why_not_allowed(repository.url):
        raise FolderError(problem)
    directory = settings.DATA_DIR / "repositories" / f"{repository.pk}.git"
    limits = Limits(settings.GIT_MAX_MB * 1024**2, settings.GIT_TIMEOUT)
    return Mirror(directory, Remote(repository.url, tuple(settings.GIT_CREDENTIALS)), limits)


class Lease:
    """The right to sync a repository, which other processes and hosts respect."""

    def __init__(self, repository: Repository):
        self.repository = repository
        self.name = uuid.uuid4().hex

    def take(self) -> bool:
        """Take the lease, or renew it. Return whether this process has it."""
        now = timezone.now()
        free = Q(locked_until=None) | Q(locked_until__lt=now) | Q(locked_by=self.name)
        rows = Repository.objects.filter(free, pk=self.repository.pk)
        return bool(rows.update(locked_by=self.name, locked_until=now + HELD))

    def give_back(self) -> None:
        mine = Repository.objects.filter(pk=self.repository.pk, locked_by=self.name)
        mine.update(locked_by="", locked_until=None)


@contextlib.contextmanager
def leased(repository: Repository, seconds: float) -> Iterator[Lease]:
    """Hold the lease of a repository; wait for it. Raises SyncBusy."""
    lease = Lease(repository)
    until = time.monotonic() + seconds
    while not lease.take():
        if time.monotonic() > until:
            raise SyncBusy("Another sync of this repository is running. Try again later.")
        time.sleep(LOOK_EVERY)
    try:
        repository.refresh_from_db()
        yield lease
    finally:
        lease.give_back()

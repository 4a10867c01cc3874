"""Repositories: which may be used, where their copies are, and one sync at a time."""

import contextlib
import fcntl
import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.db import DatabaseError, connection, connections
from django.db.models import Q
from django.db.models.functions import Now

from terms.files.folder import FolderError
from terms.files.git.address import PLAIN, Remote, host_of, why_not_remote
from terms.files.git.command import Limits
from terms.files.git.mirror import Mirror
from terms.models import Repository
from terms.people.outgoing import OutgoingRefused, check_outgoing, may_be_plain

HELD = timedelta(minutes=2)  # without being renewed
RENEWED_EVERY = 20.0  # seconds
LOOK_EVERY = 0.2  # seconds
SHORTEST_WAIT = 200  # milliseconds for SQLite's write lock, in the thread that renews the lease


class SyncBusy(FolderError):
    """Another sync of the repository is running."""


def why_not_allowed(url: str) -> str:
    """Return the reason why a repository may not be used, or an empty string."""
    try:
        _checked_addresses(url)
    except FolderError as error:
        return str(error)
    return ""


def _checked_addresses(url: str) -> tuple[str, ...]:
    """Return the IP addresses of the repository's host. Raises FolderError if it is not allowed."""
    if problem := why_not_remote(url):
        raise FolderError(f"The address of the repository {problem}")  # it may have a password
    host, port = host_of(url)
    if not host:
        _require_allowed_folder(url)
        return ()
    try:
        found = check_outgoing(host, port)
    except OutgoingRefused as error:
        raise FolderError(str(error)) from error
    if url.startswith(f"{PLAIN}:") and not may_be_plain(host, found):
        raise FolderError("Only https and ssh are possible for this host.")
    return tuple(found)


def _require_allowed_folder(url: str) -> None:
    path = Path(urlsplit(url).path if url.startswith("file:") else url).resolve()
    if not any(path.is_relative_to(Path(folder).resolve()) for folder in settings.IMPORT_FOLDERS):
        text = f"“{path}” is not in a folder that the setting IMPORT_FOLDERS names."
        raise FolderError(text)


def mirror_of(repository: Repository) -> Mirror:
    """Return the copy of a repository on this machine. Raises FolderError if it may not be used."""
    addresses = _checked_addresses(repository.url)
    remote = Remote(repository.url, tuple(settings.GIT_CREDENTIALS), addresses)
    limits = Limits(settings.GIT_MAX_MB * 1024**2, settings.GIT_TIMEOUT)
    return Mirror(_copies() / f"{repository.pk}.git", remote, limits)


def remove_unused_copies() -> None:
    """Delete the copies of repositories that were removed from the admin."""
    known = {str(pk) for pk in Repository.objects.values_list("pk", flat=True)}
    for copy in _copies().glob("*.git"):
        if copy.stem not in known:
            shutil.rmtree(copy, ignore_errors=True)
            copy.with_suffix(".lock").unlink(missing_ok=True)


def _copies() -> Path:
    return settings.DATA_DIR / "repositories"


class Lease:
    """The right to sync a repository, which other processes and hosts respect.

    On this host it is the lock of a file, which ends with the process. For other hosts it is a row
    with a time, which has to be renewed.
    """

    def __init__(self, repository: Repository):
        self._row = Repository.objects.filter(pk=repository.pk)
        self._file = _copies() / f"{repository.pk}.lock"
        self._lock: int | None = None
        self._name = ""
        self._over = threading.Event()

    def take(self) -> bool:
        """Take the lease. Return whether this process has it now. Raises FolderError."""
        if self._lock is None and not self._take_file():
            return False
        return self._take_row()

    def _take_file(self) -> bool:
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise FolderError(f"“{self._file}” cannot be used: {error.strerror}.") from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            return False
        # The row of a process of this host that was killed has the same name.
        place = f"{socket.gethostname()} {os.fstat(lock).st_dev} {os.fstat(lock).st_ino}"
        self._name = sha256(place.encode()).hexdigest()[:40]
        self._lock = lock
        return True

    def _take_row(self) -> bool:
        # The database's clock: those of two hosts may differ.
        free = Q(locked_until=None) | Q(locked_until__lt=Now()) | Q(locked_by=self._name)
        values = {"locked_by": self._name, "locked_until": Now() + HELD}
        return bool(self._row.filter(free).update(**values))

    def require(self) -> None:
        """Renew the lease before something is written. Raises SyncBusy if another host has it."""
        if not self._take_row():
            raise SyncBusy("Another host syncs this repository now. Both sides are complete.")

    @contextlib.contextmanager
    def renewed(self) -> Iterator[None]:
        """Renew the lease in a thread during the block."""
        thread = threading.Thread(target=self._renew, name="lease", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()

    def _renew(self) -> None:
        while not self._over.wait(RENEWED_EVERY):
            try:
                if connection.vendor == "sqlite":
                    with connection.cursor() as cursor:
                        cursor.execute(f"PRAGMA busy_timeout = {SHORTEST_WAIT}")
                self._take_row()
            except DatabaseError:
                continue  # the database is busy or away; tried again
            finally:
                connections.close_all()

    def give_back(self) -> None:
        if self._lock is not None:
            try:
                self._row.filter(locked_by=self._name).update(locked_by="", locked_until=None)
            finally:
                os.close(self._lock)
                self._lock = None


@contextlib.contextmanager
def leased(repository: Repository, seconds: float) -> Iterator[Lease]:
    """Hold the lease of a repository; wait for it. Raises SyncBusy, FolderError."""
    lease = Lease(repository)
    until = time.monotonic() + seconds
    try:
        while not lease.take():
            if time.monotonic() > until:
                raise SyncBusy("Another sync of this repository is running. Try again later.")
            time.sleep(LOOK_EVERY)
        repository.refresh_from_db()
        with lease.renewed():
            yield lease
    finally:
        lease.give_back()

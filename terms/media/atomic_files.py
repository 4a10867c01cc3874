"""Files that are complete or absent, even after a power failure.

A file is written as a partial file in the same folder and synced to disk; then it is renamed and
the folder is synced. The name of a partial file begins with ``.`` and ends with ``.partial``. If
a process is killed, the next one that writes the same file reuses its partial file.
"""

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

MANY = 200  # files; to sync more, one sync of everything is faster


@contextmanager
def whole_file(path: Path, mode: int = 0o644) -> Iterator[BinaryIO]:
    """Open a file for writing; it is renamed to ``path`` if the block ends without an error."""
    partial = path.with_name(f".{path.name[:200]}.partial")
    descriptor = _own(partial, mode)
    try:
        with open(descriptor, "w+b") as file:
            try:
                yield file
                file.flush()
                os.fsync(file.fileno())
                partial.replace(path)
            except BaseException:
                with contextlib.suppress(OSError):
                    partial.unlink()
                raise
    finally:
        sync_folder(path.parent)


def _own(partial: Path, mode: int) -> int:
    """Return a descriptor of an empty file, locked against other processes. A file of a killed
    process is reused."""
    while True:
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        try:
            descriptor = os.open(partial, flags, mode)
        except PermissionError:
            partial.unlink()  # another user's; raises if the folder is theirs
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if _is_named(descriptor, partial):
                os.ftruncate(descriptor, 0)
                os.fchmod(descriptor, mode)
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # another process has finished and renamed it


def _is_named(descriptor: int, path: Path) -> bool:
    try:
        return os.stat(path).st_ino == os.fstat(descriptor).st_ino
    except FileNotFoundError:
        return False


@contextmanager
def working_folder(parent: Path, prefix: str) -> Iterator[Path]:
    """Create a temporary folder for the block. Folders left by killed processes are removed."""
    with contextlib.ExitStack() as stack:
        with _locked(parent, fcntl.LOCK_EX):  # or another process removes the new folder
            for left in parent.glob(f"{prefix}*"):
                with contextlib.suppress(OSError), _locked(left):
                    shutil.rmtree(left)
            made = stack.enter_context(tempfile.TemporaryDirectory(dir=parent, prefix=prefix))
            stack.enter_context(_locked(Path(made)))
        yield Path(made)


@contextmanager
def _locked(folder: Path, how: int = fcntl.LOCK_EX | fcntl.LOCK_NB) -> Iterator[None]:
    """Lock a folder. With LOCK_NB, raises OSError if another process holds the lock."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, how)
        yield
    finally:
        os.close(descriptor)


def sweep(folder: Path, pattern: str) -> None:
    """Remove the partial files that killed processes left in ``folder``."""
    for left in folder.glob(f".{pattern}.partial"):
        with contextlib.suppress(OSError), open(left, "rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            left.unlink()


def write_whole(path: Path, content: bytes, mode: int = 0o644) -> None:
    with whole_file(path, mode) as file:
        file.write(content)


def sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_files(paths: list[str]) -> None:
    """Sync files that are already written, and their folders, to disk."""
    if len(paths) > MANY:
        os.sync()
        return
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    for folder in {os.path.dirname(path) for path in paths}:
        sync_folder(Path(folder))

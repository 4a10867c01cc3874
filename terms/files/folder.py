"""Term files on disk: contained in their folder, limited in size, written atomically."""

import contextlib
import errno
import fcntl
import os
import stat
import time
from collections.abc import Iterable, Iterator
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from terms.formats.front_matter import MAX_FILE
from terms.formats.paths import is_term_file, problem_with, problem_with_file

DEEPEST = 60  # levels of folders
PARTIAL = ".glossary-export.partial"  # one per folder; only the writer with the lock uses it


class FolderError(OSError):
    """A problem with a folder or a file in it; the message is for the owner of the folder."""


class Stamp(NamedTuple):
    """The properties that show whether a file was changed, as in git's index."""

    text: str  # size, times, device, inode
    newest_ns: int  # the later of the two times

    @classmethod
    def of(cls, status: os.stat_result) -> "Stamp":
        mtime, ctime = status.st_mtime_ns, status.st_ctime_ns
        text = f"{status.st_size} {mtime} {ctime} {status.st_dev} {status.st_ino}"
        return cls(text, mtime if mtime > ctime else ctime)

    def trusted(self) -> str:
        """Return the text if a later change would change it, or an empty string.

        File systems may store times with a precision of only 2 s, so changes to younger files may
        go undetected.
        """
        return self.text if self.newest_ns < time.time_ns() - 2_000_000_000 else ""


class FoundFile(NamedTuple):
    """A term file, or an entry with such a name and the problem that prevents its use.

    ``is_skipped`` if it is left out on purpose; ``problem`` then gives the reason. ``note`` is
    for the report only.
    """

    path: str
    stamp: Stamp | None = None
    problem: str = ""
    is_skipped: bool = False
    note: str = ""


def scan(root: Path) -> Iterator[FoundFile]:
    """Yield the Markdown files below ``root``, sorted; skip folders named ``.x``."""
    if not root.is_dir():
        raise FolderError(f"“{root}” is not a folder.")
    boundary = os.path.realpath(root)
    return _scan(boundary, "", boundary)


def _scan(folder: str, prefix: str, boundary: str) -> Iterator[FoundFile]:
    try:
        if prefix.count("/") > DEEPEST:
            raise FolderError(f"Folders are nested more than {DEEPEST} deep here.")
        with os.scandir(folder) as entries:
            found = sorted(entries, key=attrgetter("name"))
    except FolderError as error:
        yield FoundFile(prefix.rstrip("/"), problem=str(error))
        return
    except OSError as error:
        yield FoundFile(prefix.rstrip("/") or ".", problem=f"Cannot be read: {error.strerror}.")
        return
    for entry in found:
        path = prefix + entry.name
        if is_term_file(entry.name) and entry.is_file(follow_symlinks=False) and _is_plain(path):
            yield _regular(entry, path)
        elif entry.is_dir(follow_symlinks=False):
            if is_term_file(entry.name):
                yield FoundFile(path, problem="This is a folder, not a file.")
            if not entry.name.startswith("."):
                yield from _scan(entry.path, path + "/", boundary)
        elif is_term_file(entry.name):
            yield _found(entry, path, boundary)


def _is_plain(path: str) -> bool:
    return path.isascii() and path.isprintable() and len(path) < 200


def _regular(entry: os.DirEntry[str], path: str) -> FoundFile:
    try:
        return FoundFile(path, Stamp.of(entry.stat(follow_symlinks=False)))
    except OSError as error:
        return FoundFile(path, problem=f"Cannot be read: {error.strerror}.")


def _found(entry: os.DirEntry[str], path: str, boundary: str) -> FoundFile:
    """Check entries that are links or special files, or have an unusual name."""
    try:
        path.encode()
    except UnicodeEncodeError:
        readable = os.fsencode(path).decode("utf-8", "replace")
        return FoundFile(readable, problem="The file's name is not UTF-8.")
    if problem := problem_with(path):
        return FoundFile(path, problem=problem)
    note = ""
    if entry.is_symlink():
        target = os.path.realpath(entry.path)
        if os.path.commonpath([target, boundary]) != boundary:
            return FoundFile(
                path, problem="This link points outside the folder, and was not followed."
            )
        file = os.path.relpath(target, boundary)
        if _is_found(file) and os.path.isfile(target):
            return FoundFile(path, problem=f"is a link to “{file}”", is_skipped=True)
        note = f"is a link to “{file}”, to which an export does not write"
    try:
        status = entry.stat()
    except OSError as error:
        return FoundFile(path, problem=f"Cannot be read: {error.strerror}.")
    if not stat.S_ISREG(status.st_mode):
        return FoundFile(path, problem="This is not a regular file.")
    return FoundFile(path, Stamp.of(status), note=note)


def _is_found(path: str) -> bool:
    """Return whether the scan finds a regular file at this path."""
    folders = path.split("/")[:-1]
    return is_term_file(path) and not any(folder.startswith(".") for folder in folders)


def read(root: Path, path: str) -> bytes:
    """Return at most MAX_FILE + 1 bytes of a file that ``scan`` found. Raises FolderError."""
    try:
        with open(_open_inside(root, path), "rb", buffering=0) as file:
            return _read_up_to(file, MAX_FILE + 1)
    except OSError as error:
        raise FolderError(f"Cannot be read: {error.strerror}.") from error


_READING = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def _open_inside(root: Path, path: str) -> int:
    """Open a file below ``root``, and follow links only if they stay inside.

    If the file is replaced by a link meanwhile, the link is not followed. Raises FolderError,
    OSError.
    """
    try:
        return _open_without_links(str(root), path)
    except OSError as error:
        if error.errno not in (errno.ELOOP, errno.ENOTDIR):
            raise
    boundary, target = os.path.realpath(root), os.path.realpath(root / path)
    if os.path.commonpath([target, boundary]) != boundary:
        raise FolderError("This link points outside the folder, and was not followed.")
    return _open_without_links(boundary, os.path.relpath(target, boundary))


def _open_without_links(root: str, path: str) -> int:
    *folders, name = path.split("/")
    if not folders:
        return _open_at(root, name)
    opened = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for folder in folders:
            below = os.open(folder, _READING | os.O_DIRECTORY, dir_fd=opened)
            os.close(opened)
            opened = below
        return os.open(name, _READING, dir_fd=opened)
    finally:
        os.close(opened)


def _open_at(root: str, name: str) -> int:
    # The root itself may be a link.
    return os.open(f"{root}/{name}", _READING)


def _read_up_to(file, limit: int) -> bytes:
    content = file.read(limit) or b""
    while len(content) < limit and (more := file.read(limit - len(content))):
        content += more
    return content


def read_picture(root: Path, path: str, limit: int) -> tuple[bytes, Stamp]:
    """Return at most ``limit`` bytes of a file below ``root``. Raises FolderError."""
    try:
        descriptor = _open_inside(root, path)
        with open(descriptor, "rb", buffering=0) as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise FolderError("This is not a regular file.")
            return _read_up_to(file, limit), Stamp.of(status)
    except FileNotFoundError:
        raise FolderError("The file does not exist.") from None
    except FolderError:
        raise
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", "") or "its name is none"
        raise FolderError(f"Cannot be read: {reason}.") from error


def stamp_of(root: Path, path: str) -> Stamp | None:
    """Return the stamp of a file below ``root``, or None if it does not exist."""
    try:
        return Stamp.of(os.stat(root / path))
    except (OSError, ValueError):
        return None


class Folder:
    """A folder to write to: never outside it, never through a link, one writer at a time.

    Use as a context manager. Files are written to a temporary file in the same folder, which
    then replaces the old file, so that a file is complete at any time.
    """

    def __init__(self, root: Path, create: bool = True):
        self.root = root
        self.create = create
        self._folders: dict[str, int] = {}
        self._written: set[str] = set()  # folders to sync to disk
        self._checked = ""  # the last valid path

    @property
    def place(self) -> str:
        return str(self.root.resolve())

    def __enter__(self) -> "Folder":
        try:
            if self.create:
                self.root.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise FolderError(f"“{self.root}” cannot be written to: {error.strerror}.") from error
        self._folders[""] = descriptor
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        self._sweep(descriptor)
        return self

    @staticmethod
    def _sweep(folder: int) -> None:
        """Remove the partial file of a writer that was killed."""
        with contextlib.suppress(OSError):
            os.unlink(PARTIAL, dir_fd=folder)

    def __exit__(self, *exception: object) -> None:
        with contextlib.suppress(OSError, FolderError):
            for folder in sorted(self._written):
                self._close_others(folder)
                if (descriptor := self._descend(folder, create=False)) is not None:
                    os.fsync(descriptor)
        for descriptor in self._folders.values():
            os.close(descriptor)
        self._folders.clear()

    def stamp(self, path: str) -> Stamp | None:
        """Return the file's stamp, or None if it does not exist. Raises FolderError for a link."""
        folder, name = self._open(path, create=False)
        if folder is None:
            return None
        try:
            status = os.stat(name, dir_fd=folder, follow_symlinks=False)
        except FileNotFoundError:
            return None
        if not stat.S_ISREG(status.st_mode):
            raise FolderError("There is something other than a regular file in its place.")
        return Stamp.of(status)

    def has_any(self, paths: Iterable[str]) -> bool:
        present = set(os.listdir(self._folders[""]))
        return any(path.partition("/")[0] in present and self._is_there(path) for path in paths)

    def _is_there(self, path: str) -> bool:
        try:
            return self.stamp(path) is not None
        except FolderError:
            return True

    def read(self, path: str) -> bytes:
        folder, name = self._open(path, create=False)
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            with open(os.open(name, flags, dir_fd=folder), "rb", buffering=0) as file:
                return _read_up_to(file, MAX_FILE + 1)
        except OSError as error:
            raise FolderError(f"Cannot be read: {error.strerror}.") from error

    def read_picture(self, path: str, limit: int) -> tuple[bytes, Stamp]:
        return read_picture(self.root, path, limit)

    def write(self, path: str, content: bytes, replaces: bool = True) -> Stamp:
        """Write ``content`` atomically. If it ``replaces`` a file, it keeps the file's mode."""
        folder, name = self._open(path, create=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(PARTIAL, flags, 0o666, dir_fd=folder)
        try:
            try:
                view = memoryview(content)
                while view:
                    view = view[os.write(descriptor, view) :]
                if replaces:
                    self._keep_mode(descriptor, folder, name)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            os.rename(PARTIAL, name, src_dir_fd=folder, dst_dir_fd=folder)
            self._written.add(path.rpartition("/")[0])
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(PARTIAL, dir_fd=folder)
            raise
        return Stamp.of(os.stat(name, dir_fd=folder, follow_symlinks=False))

    def remove(self, path: str) -> None:
        folder, name = self._open(path, create=False)
        os.unlink(name, dir_fd=folder)

    @staticmethod
    def _keep_mode(descriptor: int, folder: int | None, name: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
            os.fchmod(descriptor, stat.S_IMODE(mode))

    def _open(self, path: str, create: bool) -> tuple[int | None, str]:
        """Return the open folder of ``path``, reached without following a link, and the name."""
        if path != self._checked:
            if problem := problem_with_file(path):
                raise FolderError(problem)
            self._checked = path
        head, _, name = path.rpartition("/")
        if head not in self._folders:
            self._close_others(head)
        return self._descend(head, create), name

    def _close_others(self, folder: str) -> None:
        """Close all folders that are not on the way to ``folder``."""
        for other in [*self._folders]:
            if other and not f"{folder}/".startswith(f"{other}/"):
                os.close(self._folders.pop(other))

    def _descend(self, folder: str, create: bool) -> int | None:
        if folder in self._folders:
            return self._folders[folder]
        head, _, name = folder.rpartition("/")
        parent = self._descend(head, create)
        if parent is None:
            return None
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            if create:
                with contextlib.suppress(FileExistsError):
                    os.mkdir(name, dir_fd=parent)
            self._folders[folder] = os.open(name, flags, dir_fd=parent)
            self._sweep(self._folders[folder])
        except FileNotFoundError:
            return None
        except OSError as error:
            raise FolderError(f"“{folder}” is not a folder of its own.") from error
        return self._folders[folder]

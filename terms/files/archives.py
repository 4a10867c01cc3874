"""Term files and pictures in a zip archive of unknown origin.

Entries are read one by one, within bounds; nothing is written to disk by the name of an entry. An
archive that no program makes by accident is refused as a whole, with the name of the entry.
"""

import json
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import BinaryIO, NamedTuple

from terms.formats.front_matter import MAX_FILE
from terms.formats.paths import MAX_PATH, is_term_file, not_portable, problem_with
from terms.media.pictures import MAX_BYTES

from .folder import FolderError, FoundFile, Stamp

MAX_ARCHIVE = 48 * 1024 * 1024  # bytes; the server reads requests into memory
MAX_ENTRIES = 50_000
MAX_TOTAL = 256 * 1024 * 1024  # bytes of all entries, unpacked
MAX_RATIO, SMALL = 200, 64 * 1024  # a larger entry that shrinks more than this is an attack
MAX_DEPTH = 20  # folders
MAX_DIRECTORY = 8 * 1024 * 1024  # bytes of the list of entries
PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".gif")
ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar")
# The texts that the files of an export have: path → fingerprint, as JSON.
MANIFEST = ".glossary-cms-export.json"
MAX_MANIFEST = 16 * 1024 * 1024

_TAIL = 22 + 65_535 + 76  # bytes of the end record, its longest comment, and those of zip64
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED, _UTF8 = 0x1, 0x800  # flags of an entry
_UNSTAMPED = Stamp("", 0)


class ArchiveProblem(FolderError):
    """The archive is refused; the message says why."""


class _Entry(NamedTuple):
    info: zipfile.ZipInfo
    path: str


class ArchiveSource:
    """The term files and pictures of a zip archive. Raises ArchiveProblem.

    A single folder that has everything, as in archives of GitHub, is left out of the paths, unless
    the glossary knows more of the paths (``known``) with it. ``inside`` selects a folder.
    """

    def __init__(self, file: BinaryIO, title: str, inside: str = "", known: Collection[str] = ()):
        self.place = f"upload:{title}"
        self.renamed: Mapping[str, str] = {}
        self._known = frozenset(known)
        self._archive = _opened(file)
        entries = [_Entry(info, _name_of(info)) for info in self._archive.infolist()]
        _check(entries)
        self._left = _Left(MAX_TOTAL)
        entries = [entry for entry in entries if not entry.info.is_dir()]
        entries = _below(entries, inside) if inside else _without_top(entries, self._known)
        self._entries = {entry.path: entry.info for entry in entries}

    def files(self) -> Iterator[FoundFile]:
        """Yield the term files, sorted, and what is left out with the reason."""
        hidden = set()
        for path in sorted(self._entries):
            if above := _hidden_part(path):
                hidden.add(above)
            elif is_term_file(path):
                problem = problem_with(path)
                if path not in self._known:
                    problem = problem or not_portable(path)
                yield FoundFile(path, None if problem else _UNSTAMPED, problem)
            elif not path.lower().endswith(PICTURES):
                yield FoundFile(path, None, _why_left_out(path), is_skipped=True)
        for path in sorted(hidden - {MANIFEST}):
            yield FoundFile(path, None, "is hidden, and left out", is_skipped=True)

    @property
    def pictures(self) -> list[str]:
        return [
            path
            for path in sorted(self._entries)
            if path.lower().endswith(PICTURES) and not _hidden_part(path)
        ]

    def read(self, path: str) -> bytes:
        """Return at most MAX_FILE + 1 bytes of an entry. Raises ArchiveProblem."""
        return self._read(path, MAX_FILE + 1)

    def stamp(self, path: str) -> Stamp | None:
        return _UNSTAMPED if path in self._entries else None

    def read_picture(self, path: str, limit: int = MAX_BYTES + 1) -> tuple[bytes, Stamp]:
        if path not in self._entries:
            raise FolderError("The file does not exist.")
        return self._read(path, limit), _UNSTAMPED

    @property
    def bases(self) -> dict[str, str]:
        """The texts at the time of the export, if the archive is one: path → fingerprint."""
        if MANIFEST not in self._entries:
            return {}
        try:
            found = json.loads(self._read(MANIFEST, MAX_MANIFEST))["files"]
            return {str(path): str(text) for path, text in found.items()}
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return {}

    def _read(self, path: str, limit: int) -> bytes:
        try:
            with self._archive.open(self._entries[path]) as file:
                content = file.read(limit)
                if len(content) < limit:
                    file.read(1)  # checks the sum of the whole entry
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
            raise ArchiveProblem(f"“{path}” in the archive is damaged.") from error
        self._left.take(len(content))
        return content


class _Left:
    """The bytes that may still be unpacked, whatever the entries say about their sizes."""

    def __init__(self, size: int):
        self.size = size

    def take(self, count: int) -> None:
        self.size -= count
        if self.size < 0:
            raise ArchiveProblem(f"The archive has more than {MAX_TOTAL // 1024**2} MB unpacked.")


def _opened(file: BinaryIO) -> zipfile.ZipFile:
    file.seek(0, 2)
    if file.tell() > MAX_ARCHIVE:
        raise ArchiveProblem(f"The archive has more than {MAX_ARCHIVE // 1024**2} MB.")
    if _directory_size(file) > MAX_DIRECTORY:
        raise ArchiveProblem(f"The archive has more than {MAX_ENTRIES:,} files, or too long names.")
    file.seek(0)
    try:
        return zipfile.ZipFile(file)
    except UnicodeDecodeError as error:
        raise ArchiveProblem("A file's name in the archive is not UTF-8.") from error
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        raise ArchiveProblem("This is not a zip archive, or it is damaged.") from error


def _directory_size(file: BinaryIO) -> int:
    """Return the size of the list of entries, which ``ZipFile`` reads as a whole.

    It is found where ``ZipFile`` finds it; 0 if there is none.
    """
    file.seek(max(0, file.seek(0, 2) - _TAIL))
    tail = file.read(_TAIL)
    end = len(tail) - 22
    if end < 0 or not tail.startswith(b"PK\5\6", end) or not tail.endswith(b"\0\0"):
        end = tail.rfind(b"PK\5\6")
    if end < 0 or end + 22 > len(tail):
        return 0
    (size,) = struct.unpack_from("<L", tail, end + 12)
    if end >= 76 and tail.startswith(b"PK\6\7", end - 20):  # zip64
        (large,) = struct.unpack_from("<Q", tail, end - 36)
        size = max(large, size if size < 2**32 - 1 else 0)
    return int(size)


def _name_of(info: zipfile.ZipInfo) -> str:
    """Return the name of an entry as it stands in the archive."""
    name = info.orig_filename
    if info.flag_bits & _UTF8 or name.isascii():
        return name
    try:
        # Some programs write UTF-8 without saying so.
        return name.encode("cp437").decode()
    except UnicodeError as error:
        readable = name.encode("ascii", "replace").decode()
        raise ArchiveProblem(f"The name “{readable}” in the archive is not UTF-8.") from error


def _check(entries: Collection[_Entry]) -> None:
    """Raise ArchiveProblem if the archive is not what a program makes of a folder."""
    if len(entries) > MAX_ENTRIES:
        raise ArchiveProblem(f"The archive has more than {MAX_ENTRIES:,} files.")
    if sum(entry.info.file_size for entry in entries) > MAX_TOTAL:
        raise ArchiveProblem(f"The archive has more than {MAX_TOTAL // 1024**2} MB unpacked.")
    for entry in entries:
        if problem := _problem_of_name(entry.path) or _problem_of(entry.info):
            raise ArchiveProblem(f"“{_shown(entry.path)}” in the archive {problem}.")
    names = [entry.path.rstrip("/") for entry in entries]
    _refuse_same(names, "is there twice")
    loose = {unicodedata.normalize("NFC", name).casefold(): name for name in names}
    if len(loose) < len(names):
        other = next(name for name in names if name not in loose.values())
        problem = "differs from another file only in case or composition"
        raise ArchiveProblem(f"“{_shown(other)}” in the archive {problem}.")


def _refuse_same(names: Iterable[str], problem: str) -> None:
    name, count = Counter(names).most_common(1)[0] if names else ("", 0)
    if count > 1:
        raise ArchiveProblem(f"“{_shown(name)}” in the archive {problem}.")


def _problem_of_name(name: str) -> str:
    if name.startswith("/"):
        return "has an absolute path"
    if "\\" in name:
        return "has a backslash in its name; make the archive with another program"
    if name[1:2] == ":":
        return "has the letter of a drive in its name"
    parts = name.rstrip("/").split("/")
    if any(part in ("", ".", "..") for part in parts):
        return "has a path that leads out of its folder"
    if len(parts) > MAX_DEPTH:
        return f"is nested more than {MAX_DEPTH} folders deep"
    if len(name) > MAX_PATH or any(len(part.encode()) > 255 for part in parts):
        return "has a name that is too long"
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in name):
        return "has a name with characters that are not text"
    return ""


def _problem_of(info: zipfile.ZipInfo) -> str:
    mode = info.external_attr >> 16
    kind = stat.S_IFMT(mode)
    if info.flag_bits & _ENCRYPTED:
        return "is encrypted; make the archive without a password"
    if stat.S_ISLNK(mode):
        return "is a link"
    if kind and not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        return "is a special file"
    if mode & (stat.S_ISUID | stat.S_ISGID):
        return "has special rights (setuid)"
    if info.compress_type not in _METHODS:
        return "is compressed in an unusual way; make the archive with another program"
    if info.file_size > max(SMALL, MAX_RATIO * info.compress_size):
        return f"is compressed more than {MAX_RATIO} to 1"
    return ""


def _shown(name: str) -> str:
    """Return a name that may be shown: shortened, with printable characters only."""
    readable = "".join(c if c.isprintable() else "�" for c in name)
    return readable if len(readable) <= 100 else f"{readable[:60]}…{readable[-30:]}"


def _below(entries: Iterable[_Entry], folder: str) -> list[_Entry]:
    prefix = folder.strip("/") + "/"
    every = list(entries)
    for top in ("", f"{_top(every)}/"):
        found = [
            _Entry(entry.info, entry.path[len(top + prefix) :])
            for entry in every
            if entry.path.startswith(top + prefix)
        ]
        if found:
            return found
    raise ArchiveProblem(f"There is no folder “{_shown(folder)}” in the archive.")


def _without_top(entries: list[_Entry], known: Collection[str]) -> list[_Entry]:
    top = _top(entries)
    if not top:
        return entries
    prefix = f"{top}/"
    stripped = [
        _Entry(entry.info, entry.path.removeprefix(prefix))
        for entry in entries
        if entry.path.startswith(prefix)
    ]
    paths = set(known)
    is_known = sum(entry.path in paths for entry in stripped)
    return entries if sum(entry.path in paths for entry in entries) > is_known else stripped


def _top(entries: Iterable[_Entry]) -> str:
    """Return the folder that has everything, or an empty string."""
    tops = {
        entry.path.partition("/")[0] if "/" in entry.path else ""
        for entry in entries
        if not _is_hidden(entry.path.split("/", 1)[0]) or entry.path == MANIFEST
    }
    return tops.pop() if len(tops) == 1 else ""


def _hidden_part(path: str) -> str:
    """Return ``path`` as far as its first hidden folder or file, or an empty string."""
    parts = path.split("/")
    number = next((n for n, part in enumerate(parts, 1) if _is_hidden(part)), 0)
    return "/".join(parts[:number])


def _is_hidden(part: str) -> bool:
    return part.startswith(".") or part == "__MACOSX"


def _why_left_out(path: str) -> str:
    if path.lower().endswith(ARCHIVES):
        return "is an archive in the archive: unpack it first"
    return "is not a term file"

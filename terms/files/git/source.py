"""The term files of a commit, as a source of an import."""

import hashlib
import posixpath
from collections.abc import Collection, Iterable, Iterator, Mapping

from terms.files.folder import FolderError, FoundFile, Stamp
from terms.formats.front_matter import MAX_FILE
from terms.formats.paths import is_term_file, problem_with

from .mirror import AUTO, EXECUTABLE, FILE, LINK, SUBMODULE, TEXT, GitCommit, Mirror, TreeEntry

LFS_POINTER = b"version https://git-lfs.github.com/spec/"


class RepositorySource:
    """The files below ``folder`` of a commit. ``before`` is the commit of the last import."""

    def __init__(self, mirror: Mirror, place: str, commit: str, folder: str = "", before: str = ""):
        self.mirror = mirror
        self.place = place
        self.commit = commit
        self.folder = folder
        self.before = before
        self.entries: dict[str, TreeEntry] = {}
        self.unreadable: list[str] = []
        self.renamed: Mapping[str, str] = {}
        if commit:
            self._load()

    def _load(self) -> None:
        if not self.mirror.has_folder(self.commit, self.folder):
            return  # the first file that is written makes it
        for path, entry in self.mirror.tree(self.commit, self.folder):
            try:
                self.entries[path.decode()] = entry
            except UnicodeDecodeError:
                self.unreadable.append(path.decode("utf-8", "replace"))
        if self.before and self.before != self.commit:
            self.renamed = self.mirror.renames(self.before, self.commit, self.folder)

    def files(self) -> Iterator[FoundFile]:
        for path in sorted(self.entries):
            if is_term_file(path) and not _is_hidden(path):
                yield self._found(path, self.entries[path])
        for path in self.unreadable:
            if is_term_file(path):
                yield FoundFile(path, problem="The file's name is not UTF-8.")

    def _found(self, path: str, entry: TreeEntry) -> FoundFile:
        if problem := problem_with(path):
            return FoundFile(path, problem=problem)
        if entry.mode == SUBMODULE:
            return FoundFile(path, problem="This is a submodule, not a file.")
        if entry.mode == LINK:
            return self._link(path, entry)
        return FoundFile(path, blob_stamp(entry.blob))

    def _link(self, path: str, entry: TreeEntry) -> FoundFile:
        content = self.mirror.read(entry.blob, 4096).decode("utf-8", "replace")
        target = posixpath.normpath(posixpath.join(posixpath.dirname(path), content))
        if target in self.entries and is_term_file(target):
            return FoundFile(path, problem=f"is a link to “{target}”", is_skipped=True)
        return FoundFile(path, problem="This link points outside the folder, and was not followed.")

    def read(self, path: str) -> bytes:
        """Return the bytes of a file. Raises FolderError."""
        entry = self.entries[path]
        if entry.size > MAX_FILE:
            raise FolderError(
                f"The file has {entry.size:,} bytes; a term file has at most {MAX_FILE:,}."
            )
        content = self.mirror.read(entry.blob, MAX_FILE)
        if content.startswith(LFS_POINTER):
            raise FolderError("This is a Git LFS pointer; term files have to be in git itself.")
        return content

    def read_picture(self, path: str, limit: int) -> tuple[bytes, Stamp]:
        """Return at most ``limit`` bytes of a picture, and its stamp. Raises FolderError."""
        entry = self.entries.get(posixpath.normpath(path))
        if entry is None or entry.mode not in (FILE, EXECUTABLE):
            raise FolderError("The file does not exist.")
        content = self.mirror.read(entry.blob, limit)
        if content.startswith(LFS_POINTER):
            raise FolderError("This is a Git LFS pointer; the picture itself is needed.")
        return content, blob_stamp(entry.blob)

    def stamp(self, path: str) -> Stamp | None:
        entry = self.entries.get(path)
        return blob_stamp(entry.blob) if entry and entry.mode in (FILE, EXECUTABLE) else None

    def without_crlf(self, paths: Collection[str]) -> list[str]:
        """Return the paths whose CRLF git would commit as LF, by their attributes."""
        if not (self.commit and paths):
            return []
        prefix = f"{self.folder}/" if self.folder else ""
        kinds = self.mirror.line_ends(self.commit, [prefix + path for path in paths])
        found = zip(paths, kinds, strict=True)
        return [p for p, kind in found if kind == TEXT or (kind == AUTO and not self._has_crlf(p))]

    def _has_crlf(self, path: str) -> bool:
        """Whether the file is in the repository with CRLF: git leaves it so if it has to guess."""
        entry = self.entries.get(path)
        return entry is not None and b"\r\n" in self.mirror.read(entry.blob, MAX_FILE)

    def commits(self, wanted: Collection[str]) -> dict[str, GitCommit]:
        """Return the newest commit of each of these files that changed since the last import."""
        before = self.before
        if before == self.commit or not self.commit:
            return {}
        return self.mirror.authors(before, self.commit, self.folder, wanted)


class TreeTarget:
    """Takes the files that an export writes, to be committed on top of the commit of ``source``."""

    def __init__(self, source: RepositorySource):
        self.source = source
        self.written: dict[str, bytes | None] = {}  # None: removed

    @property
    def place(self) -> str:
        return self.source.place

    def stamp(self, path: str) -> Stamp | None:
        if path in self.written:
            content = self.written[path]
            return None if content is None else blob_stamp(blob_id(content))
        entry = self.source.entries.get(path)
        if entry is None:
            return None
        if entry.mode not in (FILE, EXECUTABLE):
            raise FolderError("There is something other than a regular file in its place.")
        return blob_stamp(entry.blob)

    def has_any(self, paths: Iterable[str]) -> bool:
        present = {**dict.fromkeys(self.source.entries, True), **self.written}
        return any(present.get(path) is not None for path in paths)

    def read(self, path: str) -> bytes:
        content = self.written.get(path)
        return self.source.read(path) if content is None else content

    def read_picture(self, path: str, limit: int) -> tuple[bytes, Stamp]:
        content = self.written.get(path)
        if content is None:
            return self.source.read_picture(path, limit)
        return content[:limit], blob_stamp(blob_id(content))

    def write(self, path: str, content: bytes, replaces: bool = True) -> Stamp:
        """Take a file. Raises FolderError if a file or a folder is in its place."""
        if problem := problem_with(path) if is_term_file(path) else "":
            raise FolderError(problem)
        self._need_free(path)
        self.written[path] = content
        return blob_stamp(blob_id(content))

    def _need_free(self, path: str) -> None:
        parent = posixpath.dirname(path)
        while parent:
            if self.stamp(parent):
                raise FolderError(f"“{parent}” is a file, not a folder.")
            parent = posixpath.dirname(parent)

    def remove(self, path: str) -> None:
        self.written[path] = None

    def drop_unchanged(self) -> None:
        """Forget files that were written as they are already."""
        entries = self.source.entries
        for path, content in list(self.written.items()):
            entry = entries.get(path)
            found = entry.blob if entry else None
            if found == (None if content is None else blob_id(content)):
                del self.written[path]

    def mode(self, path: str) -> str:
        """Return the mode for a file: the one that it has, or that of a new one."""
        entry = self.source.entries.get(path)
        return entry.mode if entry else FILE


def _is_hidden(path: str) -> bool:
    return any(part.startswith(".") for part in path.split("/")[:-1])


def blob_stamp(blob: str) -> Stamp:
    """Return the stamp of a file with this blob, which changes with its content."""
    return Stamp(f"blob {blob}", 0)


def blob_id(content: bytes) -> str:
    """Return the id that git gives a blob (SHA-1, as in repositories of the usual format)."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()  # noqa: S324 — git's id

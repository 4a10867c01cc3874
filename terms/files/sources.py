"""Sources of term files for an import: a folder, or one file in another format."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

from .file_formats import FileFormat, read_texts
from .folder import FoundFile, Stamp, read, read_picture, scan, stamp_of


class TermFileSource(Protocol):
    """``place`` identifies the source: the state of the last import or export is stored by it.

    ``renamed`` has the renames that the source itself knows: new path → old path.
    """

    place: str
    renamed: Mapping[str, str]

    def files(self) -> Iterator[FoundFile]: ...

    def read(self, path: str) -> bytes:
        """Return the bytes of a file that ``files`` found. Raises FolderError."""
        ...


class FolderSource:
    def __init__(self, root: Path):
        self.root = root
        self.place = str(root.resolve())
        self.renamed: Mapping[str, str] = {}

    def files(self) -> Iterator[FoundFile]:
        return scan(self.root)

    def read(self, path: str) -> bytes:
        return read(self.root, path)

    def stamp(self, path: str) -> Stamp | None:
        return stamp_of(self.root, path)

    def read_picture(self, path: str, limit: int) -> tuple[bytes, Stamp]:
        return read_picture(self.root, path, limit)


class FileSource:
    """The term files in a file of another format. Raises FolderError if it cannot be read."""

    def __init__(self, path: Path, file_format: FileFormat):
        self.place = str(path.resolve())
        self.texts = read_texts(path, file_format)
        self.renamed: Mapping[str, str] = {}

    def files(self) -> Iterator[FoundFile]:
        unstamped = Stamp("", 0)  # texts in memory are always compared
        return (FoundFile(path, unstamped) for path in sorted(self.texts))

    def read(self, path: str) -> bytes:
        return self.texts[path].encode()

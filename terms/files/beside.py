"""The files beside term files, in any source of term files."""

from typing import Protocol, runtime_checkable

from .folder import Stamp


@runtime_checkable
class FilesBeside(Protocol):
    """The files beside term files, such as pictures. ``place`` is that of the term files.

    A source of term files that also has these methods has pictures. Paths are relative, with /.
    """

    @property
    def place(self) -> str: ...

    def stamp(self, path: str) -> Stamp | None:
        """Return a stamp that changes with the file, or None if there is no such file.

        Raises FolderError if it is something other than a file.
        """
        ...

    def read_picture(self, path: str, limit: int) -> tuple[bytes, Stamp]:
        """Return at most ``limit`` bytes of a file, and its stamp. Raises FolderError."""
        ...

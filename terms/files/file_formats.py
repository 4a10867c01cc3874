"""Files that contain a whole glossary in another format than a folder of Markdown.

A format converts between its file and term files. Everything else (comparison, merging, dialects,
history) is the same as for a folder. The setting FILE_FORMATS adds formats by dotted paths.
"""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from django.core.exceptions import ImproperlyConfigured
from django.db import transaction

from terms.formats.fingerprint import fingerprint_of
from terms.formats.paths import problem_with
from terms.media.atomic_files import whole_file
from terms.models import Glossary, Revision, TermFile
from terms.models.bulk import batches
from terms.models.extensions import extensions_in
from terms.models.files import AgreedFile

from .exporting import (
    CONFLICT,
    DIFFERS,
    MISSING,
    REMOVED,
    SURPLUS,
    UNCHANGED,
    WRITTEN,
    Export,
    Exported,
    texts,
)
from .folder import FolderError

MAX_CONTENT = 256 * 1024 * 1024  # bytes of a file
Texts = Iterable[tuple[str, str]]


class FileFormat(NamedTuple):
    """A file format for import, export or both.

    ``name`` is the value of ``--format``. ``read`` converts the bytes of a file to pairs of
    path, such as ``web/flask.md``, and text of term files; it raises ValueError for invalid
    bytes. ``write`` converts such pairs to bytes, which ``read`` must convert back without
    changes. None means that the format does not support import, or export.
    """

    name: str
    read: Callable[[bytes], Texts] | None = None
    write: Callable[[Texts], bytes] | None = None


def file_formats() -> Mapping[str, FileFormat]:
    """The formats in FILE_FORMATS by name. Raises ImproperlyConfigured."""
    formats = extensions_in("FILE_FORMATS", FileFormat)
    found = {one.name: one for one in formats}
    if len(found) < len(formats):
        raise ImproperlyConfigured("FILE_FORMATS: two formats have the same name.")
    return found


def read_texts(path: Path, file_format: FileFormat) -> dict[str, str]:
    """Return path → text of the term files in ``path``. Raises FolderError."""
    if file_format.read is None:
        raise FolderError(f"The format “{file_format.name}” can only be exported.")
    try:
        with path.open("rb") as file:
            content = file.read(MAX_CONTENT + 1)
    except OSError as error:
        raise FolderError(f"“{path}” cannot be read: {error.strerror}.") from error
    if len(content) > MAX_CONTENT:
        raise FolderError(f"“{path}” has more than {MAX_CONTENT:,} bytes.")
    found: dict[str, str] = {}
    try:
        for name, text in file_format.read(content):
            if name in found:
                raise ValueError(f"it has “{name}” twice")
            if problem := problem_with(name):
                raise ValueError(problem)
            text.encode()  # raises ValueError for half a surrogate pair
            found[name] = text
    except ValueError as error:
        problem = f"“{path}” cannot be read as {file_format.name}: {error}"
        raise FolderError(problem.rstrip(".") + ".") from error
    return found


def export_file(
    glossary: Glossary, path: Path, file_format: FileFormat, live: bool = False, check: bool = False
) -> Export:
    """Write the texts of the glossary to a file. Raises FolderError.

    Nothing is written with ``check``, or if the file has a text that this glossary never had.
    """
    if file_format.write is None:
        raise FolderError(f"The format “{file_format.name}” can only be imported.")
    wanted = dict(texts(glossary, live).values_list("term__path", "text"))
    there = read_texts(path, file_format) if file_format.read and path.exists() else {}
    result = Export(list(_compared(glossary, wanted, there)))
    if check or result.counts[CONFLICT]:
        return result
    if result.differences or not path.exists():
        _write(path, file_format.write(wanted.items()))
    _remember(glossary, str(path.resolve()), wanted)
    done = {MISSING: WRITTEN, DIFFERS: WRITTEN, SURPLUS: REMOVED, UNCHANGED: UNCHANGED}
    return Export([Exported(file.path, done[file.status]) for file in result.files])


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as file:
            file.write(content)
    except OSError as error:
        raise FolderError(f"“{path}” cannot be written: {error.strerror}.") from error


def _compared(
    glossary: Glossary, wanted: Mapping[str, str], there: Mapping[str, str]
) -> Iterable[Exported]:
    ours = _in_history(glossary, there.values())
    for path in sorted({*wanted, *there}):
        if wanted.get(path) == there.get(path):
            yield Exported(path, UNCHANGED)
        elif path not in there:
            yield Exported(path, MISSING)
        elif fingerprint_of(there[path]) not in ours:
            yield Exported(path, CONFLICT, "was edited in the file; import it first")
        else:
            yield Exported(path, DIFFERS if path in wanted else SURPLUS)


def _in_history(glossary: Glossary, found: Iterable[str]) -> set[str]:
    """Return the fingerprints of the texts that the glossary has had."""
    ours: set[str] = set()
    for some in batches(map(fingerprint_of, found)):
        revisions = Revision.objects.filter(term__glossary=glossary, fingerprint__in=some)
        ours.update(revisions.values_list("fingerprint", flat=True))
    return ours


def _remember(glossary: Glossary, place: str, written: Mapping[str, str]) -> None:
    """Store the texts in the file as the base of the next import."""
    with transaction.atomic():
        TermFile.objects.of(glossary, place).delete()
        rows = (AgreedFile(path, fingerprint_of(text), "") for path, text in written.items())
        TermFile.objects.remember(glossary, place, rows)

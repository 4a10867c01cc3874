"""Files that hold a whole glossary in another format than a folder of Markdown.

A format converts between its file and term files. Everything else (comparison, merging, dialects,
history) is the same as for a folder. The setting FILE_FORMATS adds formats by their dotted paths.
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

    ``name`` is what ``--format`` takes. ``read`` takes the file's bytes and gives pairs of the
    path of a term file, such as ``web/flask.md``, and its text; it raises ValueError for bytes
    that it cannot read. ``write`` takes such pairs and gives the file's bytes. What ``write``
    makes, ``read`` must give back unchanged. None: the format does not import, or not export.
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
    """Path → text of the term files that a file holds. Raises FolderError."""
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
            text.encode()  # half a surrogate pair is not a character
            found[name] = text
    except ValueError as error:
        problem = f"“{path}” cannot be read as {file_format.name}: {error}"
        raise FolderError(problem.rstrip(".") + ".") from error
    return found


def export_file(
    glossary: Glossary, path: Path, file_format: FileFormat, live: bool = False, check: bool = False
) -> Export:
    """Make the file say what the glossary says. Raises FolderError.

    A text in the file that this glossary has never had is not overwritten: nothing is then
    written. With ``check``, nothing is written at all.
    """
    if file_format.write is None:
        raise FolderError(f"The format “{file_format.name}” can only be imported.")
    wanted = dict(texts(glossary, live).values_list("term__path", "text"))
    there = read_texts(path, file_format) if file_format.read and path.exists() else {}
    result = Export(list(_compared(glossary, wanted, there)))
    if check or result.counts[CONFLICT] or (path.exists() and not result.differences):
        return result
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as file:
            file.write(file_format.write(wanted.items()))
    except OSError as error:
        raise FolderError(f"“{path}” cannot be written: {error.strerror}.") from error
    _remember(glossary, str(path.resolve()), wanted)
    done = {MISSING: WRITTEN, DIFFERS: WRITTEN, SURPLUS: REMOVED, UNCHANGED: UNCHANGED}
    return Export([Exported(file.path, done[file.status]) for file in result.files])


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
    """Fingerprints of those texts that the glossary has had."""
    ours: set[str] = set()
    for some in batches(map(fingerprint_of, found)):
        revisions = Revision.objects.filter(term__glossary=glossary, fingerprint__in=some)
        ours.update(revisions.values_list("fingerprint", flat=True))
    return ours


def _remember(glossary: Glossary, place: str, written: Mapping[str, str]) -> None:
    """The texts in the file are what the next import compares with."""
    with transaction.atomic():
        TermFile.objects.of(glossary, place).delete()
        rows = ((path, fingerprint_of(text), "") for path, text in written.items())
        TermFile.objects.remember(glossary, place, rows)

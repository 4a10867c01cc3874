"""New plans: files that a person uploads are checked and stored, folders are checked."""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from django.db import transaction
from django.utils.translation import gettext as _

from terms.files.archives import ArchiveSource
from terms.files.folder import FolderError
from terms.formats.front_matter import MAX_FILE
from terms.formats.paths import is_term_file, not_portable, problem_with
from terms.models import Glossary, ImportPlan, ImportUpload, Term
from terms.models.bulk import BATCH, insert_rows

from .commits import name_of
from .repositories import mirror_of
from .sources import FOLDER, REPOSITORY, UPLOAD, folder_within, repository_of

MOST_LEFT_OUT = 500  # entries that are reported
MOST_FILES = 100  # uploaded without an archive

_Content = tuple[str, bytes]


def plan_upload(
    glossary: Glossary, person: Any, files: Sequence[tuple[str, BinaryIO]], **options: Any
) -> ImportPlan:
    """Store one zip archive, or some term files, for a new plan. Raises FolderError.

    ``files`` are pairs of name and content. ``options`` are those of ``_plan_archive``.
    """
    names = [name for name, _file in files]
    if len(files) == 1 and names[0].lower().endswith(".zip"):
        return _plan_archive(glossary, person, *files[0], **options)
    if any(name.lower().endswith(".zip") for name in names):
        raise FolderError(_("Choose one zip archive, or term files, not both."))
    if wrong := next((name for name in names if not is_term_file(name)), None):
        text = _("“{name}” is neither a term file (.md) nor a zip archive.")
        raise FolderError(text.format(name=wrong))
    if len(files) > MOST_FILES:
        text = _("Choose {most} files at most, or make a zip archive of them.")
        raise FolderError(text.format(most=MOST_FILES))
    return _plan_files(glossary, person, files)


def plan_folder(glossary: Glossary, person: Any, root: str, inside: str) -> ImportPlan:
    """Make a plan for an allowed folder. Raises FolderError."""
    folder = folder_within(root, inside)
    data = {"folder": root, "inside": inside.strip("/")}
    return ImportPlan.objects.create(
        glossary=glossary, person=person, title=folder.name[:200], source=FOLDER.name, data=data
    )


def plan_repository(glossary: Glossary, person: Any) -> ImportPlan:
    """Make a plan for the newest commit of the glossary's repository. Raises FolderError."""
    repository = repository_of(glossary)
    with mirror_of(repository) as mirror:
        commit = mirror.fetch(repository.branch)
    if not commit:
        raise FolderError(_("The repository is empty."))
    return ImportPlan.objects.create(
        glossary=glossary,
        person=person,
        title=name_of(repository)[:200],
        source=REPOSITORY.name,
        data={"commit": commit},
    )


def _plan_archive(
    glossary: Glossary,
    person: Any,
    name: str,
    file: BinaryIO,
    inside: str = "",
    is_whole: bool = False,
) -> ImportPlan:
    """``is_whole`` if the archive has all files of the glossary, so that others are removed."""
    known = Term.objects.filter(glossary=glossary).order_by().values_list("path", flat=True)
    source = ArchiveSource(file, name, inside, frozenset(known))
    found = list(source.files())
    paths = [entry.path for entry in found if entry.stamp]
    if not paths:
        first = next((f" “{one.path}” {one.problem}." for one in found), "")
        raise FolderError(_("The archive has no term files (.md).") + first)
    left_out = [(one.path, one.problem, one.is_skipped) for one in found if not one.stamp]
    more = len(left_out) - MOST_LEFT_OUT
    data = {
        "is_whole": is_whole,
        "bases": source.bases,
        "left_out": left_out[:MOST_LEFT_OUT],
        "more_left_out": max(0, more),
    }
    pictures = ((path, source.read_picture(path)[0]) for path in source.pictures)
    texts = ((path, source.read(path)) for path in paths)
    return _stored(glossary, person, name, data, (texts, pictures))


def _plan_files(
    glossary: Glossary, person: Any, files: Sequence[tuple[str, BinaryIO]]
) -> ImportPlan:
    found: dict[str, bytes] = {}
    known = _paths_by_name(glossary)
    for name, file in files:
        path = known.get(name, name)
        if problem := problem_with(path) or ("" if name in known else not_portable(path)):
            raise FolderError(problem)
        if path in found:
            raise FolderError(_("“{name}” is there twice.").format(name=name))
        found[path] = file.read(MAX_FILE + 1)
    title = files[0][0] if len(files) == 1 else _("{count} files").format(count=len(files))
    return _stored(glossary, person, title, {}, (iter(sorted(found.items())),))


def _paths_by_name(glossary: Glossary) -> dict[str, str]:
    """Return name of a file → path of the only term whose file is called so."""
    found: dict[str, str] = {}
    again = set()
    for path in Term.objects.filter(glossary=glossary).order_by().values_list("path", flat=True):
        name = PurePosixPath(path).name
        if name in found:
            again.add(name)
        found[name] = path
    return {name: path for name, path in found.items() if name not in again}


@transaction.atomic
def _stored(
    glossary: Glossary,
    person: Any,
    title: str,
    data: dict[str, Any],
    contents: Iterable[Iterator[_Content]],
) -> ImportPlan:
    plan = ImportPlan.objects.create(
        glossary=glossary, person=person, title=title[:200], source=UPLOAD.name, data=data
    )
    for some in contents:
        while part := list(islice(some, BATCH)):
            rows = ((plan.pk, path, zlib.compress(content, 1)) for path, content in part)
            insert_rows(ImportUpload, ("plan", "path", "content"), rows)
    return plan

"""The kinds of sources that an import can be planned from in the admin.

To add one, write a function that returns a ``TermFileSource`` for a plan, and list its kind in
``SOURCE_KINDS``. The page that creates the plan stores in ``data`` what the function needs.
"""

import os
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from terms.files.folder import FolderError, FoundFile, Stamp
from terms.files.git.source import RepositorySource
from terms.files.plan import Upload
from terms.files.sources import FolderSource, TermFileSource
from terms.formats.paths import is_term_file
from terms.models import Glossary, ImportPlan, ImportUpload, Repository

from .repositories import mirror_of

AT_ONCE = 200  # uploaded files that are read with one query
_UNSTAMPED = Stamp("", 0)


class SourceKind(NamedTuple):
    """A kind of source. ``open`` may raise FolderError; ``upload`` is for files without a place."""

    name: str
    title: str | Promise
    open: Callable[[ImportPlan], TermFileSource]
    upload: Callable[[ImportPlan], Upload | None] = lambda plan: None


class StoredUpload:
    """The files that a person uploaded for a plan."""

    def __init__(self, plan: ImportPlan):
        self.place = upload_place(plan)
        self.renamed: Mapping[str, str] = {}
        self._plan = plan
        self._rows = ImportUpload.objects.filter(plan=plan)
        self._ids = dict(self._rows.order_by("pk").values_list("path", "pk"))
        self._read: dict[str, bytes | memoryview] = {}

    def files(self) -> Iterator[FoundFile]:
        for path in self._ids:
            if is_term_file(path):
                yield FoundFile(path, _UNSTAMPED)
        for path, problem, is_skipped in self._plan.data.get("left_out", ()):
            yield FoundFile(path, None, problem, is_skipped)

    def read(self, path: str) -> bytes:
        if path not in self._read:
            if path not in self._ids:
                raise FolderError(_("The file does not exist."))
            # The planner reads the files in this order.
            some = self._rows.filter(pk__gte=self._ids[path]).order_by("pk")[:AT_ONCE]
            self._read = dict(some.values_list("path", "content"))
        return zlib.decompress(self._read[path])

    def stamp(self, path: str) -> Stamp | None:
        return _UNSTAMPED if path in self._ids else None

    def read_picture(self, path: str, limit: int) -> tuple[bytes, Stamp]:
        row = self._rows.filter(path=path).first()
        if row is None:
            raise FolderError(_("The file does not exist."))
        return zlib.decompress(row.content)[:limit], _UNSTAMPED


def upload_place(plan: ImportPlan) -> str:
    return f"upload:{plan.pk}/{plan.title.replace('/', ' ')}"


def _what_is_uploaded(plan: ImportPlan) -> Upload:
    return Upload(plan.data.get("is_whole", False), plan.data.get("bases", {}))


def allowed_folders() -> list[str]:
    return [os.path.realpath(folder) for folder in settings.IMPORT_FOLDERS]


def folder_within(root: str, inside: str) -> Path:
    """Return the folder ``inside`` one of the allowed folders. Raises FolderError."""
    if os.path.realpath(root) not in allowed_folders():
        raise FolderError(_("“{folder}” is not among the allowed folders.").format(folder=root))
    boundary = os.path.realpath(root)
    try:
        chosen = os.path.realpath(os.path.join(boundary, inside.strip("/")))
        is_inside = os.path.commonpath([chosen, boundary]) == boundary
        is_folder = os.path.isdir(chosen)
    except ValueError:  # a NUL byte
        is_inside = is_folder = False
    if not is_inside:
        text = _("“{folder}” leads out of the allowed folder.")
        raise FolderError(text.format(folder=inside))
    if not is_folder:
        raise FolderError(_("There is no folder “{folder}” there.").format(folder=inside or root))
    return Path(chosen)


def _open_folder(plan: ImportPlan) -> FolderSource:
    return FolderSource(folder_within(plan.data["folder"], plan.data.get("inside", "")))


def _open_repository(plan: ImportPlan) -> RepositorySource:
    """Open the commit that was fetched when the plan was made."""
    repository = repository_of(plan.glossary)
    commit = plan.data["commit"]
    with mirror_of(repository) as mirror:
        if not mirror.has(commit):
            mirror.fetch(repository.branch)  # to this host, on which the plan was not made
        if not mirror.has(commit):
            raise FolderError(_("The commit is no longer in the repository. Compare again."))
        before = repository.commit if mirror.has(repository.commit) else ""
    # Reading needs no lock.
    return RepositorySource(
        mirror_of(repository), repository.current_place, commit, repository.folder, before
    )


def repository_of(glossary: Glossary) -> Repository:
    """Return the repository of a glossary. Raises FolderError if it has none."""
    repository = Repository.objects.filter(glossary=glossary).first()
    if repository is None:
        raise FolderError(_("The glossary has no repository."))
    return repository


UPLOAD = SourceKind("upload", _lazy("Uploaded files"), StoredUpload, _what_is_uploaded)
FOLDER = SourceKind("folder", _lazy("Folder on the server"), _open_folder)
REPOSITORY = SourceKind("repository", _lazy("Repository"), _open_repository)
SOURCE_KINDS = {kind.name: kind for kind in (UPLOAD, FOLDER, REPOSITORY)}


def source_of(plan: ImportPlan) -> TermFileSource:
    """Open the source of a plan. Raises FolderError."""
    if plan.source not in SOURCE_KINDS:
        raise FolderError(_("This kind of source is no longer supported."))
    return SOURCE_KINDS[plan.source].open(plan)


def upload_of(plan: ImportPlan) -> Upload | None:
    return SOURCE_KINDS[plan.source].upload(plan)

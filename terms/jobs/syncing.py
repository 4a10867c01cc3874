"""Sync of a glossary with its git repository."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from terms.files.folder import FolderError
from terms.files.plan import CONFLICT, CREATED, MERGED, REMOVED, RENAMED, SKIPPED, UPDATED
from terms.interchange.sync import SyncOptions, sync
from terms.interchange.sync_results import Result
from terms.models import Job, Repository, TermFile
from terms.people.permissions import may

from .kind import JobKind, JobLink, JobNote, JobRefused, JobResult
from .watch import Watch


def _sync(job: Job, watch: Watch) -> JobResult:
    repository = Repository.objects.filter(pk=job.arguments["repository"]).first()
    if repository is None:
        raise JobRefused(_("The repository was removed from the admin."))
    if job.person and not may(job.person, "sync_repository", repository.glossary):
        raise JobRefused(_("You may no longer sync this glossary."))
    options = SyncOptions(
        sides=job.arguments.get("sides", {}),
        removes_many=job.arguments.get("removes_many", False),
    )
    words = _("Comparing files")
    result = sync(repository, job.person, options, lambda items: watch.progress(items, words))
    return _told(repository, result)


def _told(repository: Repository, result: Result) -> JobResult:
    ids = _terms(repository, [path for path, _status, _reason in result.attention])
    notes = [
        JobNote(path, _words(status, reason), ids.get(path))
        for path, status, reason in result.attention
    ]
    words = _("Show the page of the sync")
    if any(status == CONFLICT for _path, status, _reason in result.attention):
        words = _("Decide the conflicts")
    links = [JobLink(words, "terms_repository_sync", repository.pk)]
    if result.outcome and (change_set := result.outcome.plan.change_set):
        links.append(JobLink(_("What was received"), "terms_changeset_change", change_set.pk))
    return JobResult(_counts(result), notes, links)


def _counts(result: Result) -> dict[str, int]:
    n = result.received
    files = result.export.files if result.export else []
    collide = {path for path, status, _reason in result.attention if status == CONFLICT}
    held = sum(
        file.status == SKIPPED and file.term is not None and file.path not in collide
        for file in files
    )
    commits, conflicts = len(result.commits), n.get(CONFLICT, 0)
    found = [
        (commits, ngettext("commit pushed", "commits pushed", commits)),
        (n.get(CREATED, 0), ngettext("term created", "terms created", n.get(CREATED, 0))),
        (n.get(UPDATED, 0), ngettext("term updated", "terms updated", n.get(UPDATED, 0))),
        (n.get(MERGED, 0), ngettext("term merged", "terms merged", n.get(MERGED, 0))),
        (n.get(RENAMED, 0), ngettext("file renamed", "files renamed", n.get(RENAMED, 0))),
        (n.get(REMOVED, 0), ngettext("file removed", "files removed", n.get(REMOVED, 0))),
        (conflicts, ngettext("conflict to decide", "conflicts to decide", conflicts)),
        (held, ngettext(
            "term edited just now, to be committed later",
            "terms edited just now, to be committed later", held,
        )),
    ]  # fmt: skip
    return {words: count for count, words in found}


def _terms(repository: Repository, paths: list[str]) -> dict[str, int]:
    """Return path → id of the term that is not in the trash."""
    files = TermFile.objects.of(repository.glossary, repository.current_place)
    rows = files.filter(path__in=paths, term__trashed_at=None).exclude(term=None)
    return dict(rows.values_list("path", "term"))


def _words(status: str, reason: str) -> str:
    return _("conflict, {reason}").format(reason=reason) if status == CONFLICT else reason


SYNC = JobKind(
    "sync", _sync, _lazy("Sync with the repository"), "sync_repository",
    repeats_because="both sides stay complete at every step, and the next sync goes on",
    after_cancel=_lazy("What was received until then stays. The next sync goes on."),
    refusals=(FolderError,),
    needs_person=False,
)  # fmt: skip

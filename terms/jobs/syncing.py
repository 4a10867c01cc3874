"""Sync of a glossary with its git repository."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from terms.files.folder import FolderError
from terms.interchange.sync import Result, SyncOptions, sync
from terms.models import Job, Repository
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
    counts = {_("commits pushed"): len(result.commits)}
    names = {
        "created": _("terms created"), "updated": _("terms updated"), "merged": _("terms merged"),
        "renamed": _("files renamed"), "removed": _("files removed"),
    }  # fmt: skip
    counts |= {names[status]: n for status, n in result.received.items() if status in names}
    notes = [JobNote(path, reason) for path, _status, reason in result.attention]
    links = [JobLink(_("The repository"), "terms_repository_sync", repository.pk)]
    if result.outcome and (change_set := result.outcome.plan.change_set):
        links.append(JobLink(_("What was received"), "terms_changeset_change", change_set.pk))
    return JobResult(counts, notes, links)


SYNC = JobKind(
    "sync", _sync, _lazy("Sync with the repository"), "sync_repository",
    repeats_because="both sides stay complete at every step, and the next sync goes on",
    after_cancel=_lazy("What was received until then stays. The next sync goes on."),
    refusals=(FolderError,),
    needs_person=False,
)  # fmt: skip

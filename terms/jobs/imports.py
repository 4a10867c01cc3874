"""Imports that were planned in the admin: comparing their files, and carrying them out."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from terms.files.folder import FolderError
from terms.interchange.plans import apply_plan, make_plan
from terms.models import ImportPlan, Job
from terms.people.notifications import tell_of_page

from .kind import JobKind, JobLink, JobRefused, JobResult
from .watch import Watch


def _compare(job: Job, watch: Watch) -> JobResult:
    draft = _draft(job)
    make_plan(draft, lambda items: watch.progress(items, _("Comparing files")))
    if draft.state == ImportPlan.State.FAILED:
        raise JobRefused(draft.problem)
    if draft.person_id:
        text = _("The import of {title} waits for your decision.").format(title=draft.title)
        address = reverse("admin:terms_import_plan", args=[draft.pk])
        tell_of_page([draft.person_id], address, text)
    return JobResult({_("files were compared"): draft.files.count()}, [], [_link(draft)])


def _apply(job: Job, watch: Watch) -> JobResult:
    """Carry out a plan. Until all files are compared, it can be cancelled."""
    draft = _draft(job)
    apply_plan(
        draft,
        lambda items: watch.progress(items, _("Comparing files")),
        lambda items: watch.told(items, _("Publishing")),
    )
    if draft.state != ImportPlan.State.APPLIED:
        raise JobRefused(draft.problem, JobResult(links=[_link(draft)]))
    counts = {
        _("files were imported"): draft.files.to_apply().count(),
        _("texts are live"): draft.result["published"],
    }
    return JobResult(counts, [], [_link(draft)])


def _draft(job: Job) -> ImportPlan:
    draft = ImportPlan.objects.filter(pk=job.arguments["plan"]).first()
    if draft is None:
        raise JobRefused(_("The plan of the import is gone."))
    return draft


def _link(draft: ImportPlan) -> JobLink:
    return JobLink(draft.title, "terms_import_plan", draft.pk)


COMPARE = JobKind(
    "plan_import", _compare, _lazy("Plan an import"), "import_terms",
    repeats_because="it saves no term, and replaces the rows of the plan at once",
    refusals=(FolderError,),
)  # fmt: skip
APPLY = JobKind(
    "apply_import", _apply, _lazy("Carry out an import"), "import_terms",
    repeats_because="files that were saved are unchanged when they are compared again",
    refusals=(FolderError,),
)  # fmt: skip

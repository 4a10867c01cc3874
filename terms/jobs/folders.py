"""Writing a glossary as files, and making readers' pages again."""

from pathlib import Path

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from terms.editing.rereading import reread
from terms.files.exporting import CONFLICT, SKIPPED, export
from terms.files.folder import FolderError
from terms.models import Glossary, Job, Term
from terms.pages.build import BuildError, build
from terms.pages.store import note_chrome
from terms.people.permissions import may, rights
from terms.publishing.publish import Refusal, publish_again
from terms.publishing.rebuild import rebuild

from .kind import JobKind, JobNote, JobRefused, JobResult
from .publishing import notes_of
from .watch import Watch


def _export(job: Job, watch: Watch) -> JobResult:
    """Export to ``folder``, which the caller has checked: it never comes from a form."""
    if job.glossary is None or not may(job.person, "view_term", job.glossary):
        raise JobRefused(_("The glossary is gone, or you may no longer see it."))
    found = export(
        job.glossary,
        Path(job.arguments["folder"]),
        live=job.arguments.get("live", False),
        prune=job.arguments.get("prune", False),
        progress=lambda items: watch.progress(items, _("Writing files")),
    )
    notes = [JobNote(f.path, f.reason) for f in found.files if f.status in (CONFLICT, SKIPPED)]
    return JobResult({status: count for status, count in found.counts.items() if count}, notes)


def _build(job: Job, watch: Watch) -> JobResult:
    """Build the static site in ``folder``, which the caller has checked."""
    _require_everywhere(job)
    words = _("Writing files")
    report = build(
        Path(job.arguments["folder"]), lambda items, total: watch.progress(items, words, total)
    )
    text = _("No file system can hold it beside the others.")
    notes = [JobNote(path, text) for path in report.left_out]
    return JobResult({_("written"): report.written, _("removed"): report.removed}, notes)


def _rebuild(job: Job, watch: Watch) -> JobResult:
    """Read all texts and make all pages again, of one glossary or of all."""
    if job.glossary is None:
        _require_everywhere(job)
    elif not may(job.person, "change_glossary", job.glossary):
        raise JobRefused(_("You may no longer change this glossary."))
    glossaries = [job.glossary] if job.glossary else list(Glossary.objects.order_by("slug"))
    refusals: list[Refusal] = []
    for glossary in glossaries:
        refusals += _rebuild_one(job, glossary, watch)
    if job.glossary is None:
        note_chrome()
    return JobResult({_("glossaries were rebuilt"): len(glossaries)}, notes_of(refusals))


def _rebuild_one(job: Job, glossary: Glossary, watch: Watch) -> list[Refusal]:
    reading = _("{glossary}: reading texts").format(glossary=glossary.name)
    writing = _("{glossary}: writing pages").format(glossary=glossary.name)
    changed = reread(glossary, lambda items: watch.progress(items, reading))
    watch.say(writing)
    refusals = publish_again(glossary, Term.objects.filter(pk__in=changed), job.person)
    return refusals + rebuild(glossary, lambda items: watch.told(items, writing))


def _require_everywhere(job: Job) -> None:
    if not rights(job.person, "change_glossary").everywhere:
        raise JobRefused(_("You may no longer change all glossaries."))


EXPORT = JobKind(
    "export", _export, _lazy("Export to a folder"), "view_term",
    repeats_because="each file is written atomically, and the next export completes the folder",
    after_cancel=_lazy("Files that were written stay. The next export completes the folder."),
    refusals=(FolderError, OSError),
)  # fmt: skip
BUILD = JobKind(
    "build", _build, _lazy("Build the static site"), "change_glossary",
    repeats_because="the folder stays the old site until the new one is complete",
    after_cancel=_lazy("The site is as before."),
    refusals=(BuildError, OSError),
)  # fmt: skip
REBUILD = JobKind(
    "rebuild", _rebuild, _lazy("Rebuild readers’ pages"), "change_glossary",
    repeats_because="it derives everything from the texts, and finish_abandoned does so as well",
    after_cancel=_lazy("Pages that were written before stay."),
)  # fmt: skip

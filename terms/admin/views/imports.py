"""Imports in the admin: choosing the files, and the plans that wait."""

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_http_methods, require_safe

from terms.files.archives import MAX_ARCHIVE
from terms.files.folder import FolderError
from terms.interchange.plans import is_larger, make_plan
from terms.interchange.sources import allowed_folders
from terms.interchange.uploads import plan_folder, plan_repository, plan_upload
from terms.jobs.kinds import MANY
from terms.jobs.starting import start_job
from terms.models import Glossary, ImportPlan, Repository
from terms.people.permissions import rights

from .page import admin_page

SHOWN = 50  # plans
MOST_OPEN = 20  # plans of a glossary


class ManyFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    widget = ManyFiles

    def clean(self, data, initial=None):
        files = data if isinstance(data, list | tuple) else [data]
        return [super(FilesField, self).clean(file, initial) for file in files or [None]]


class UploadForm(forms.Form):
    content = FilesField(
        label=_lazy("Zip archive or term files"),
        error_messages={"required": _lazy("Choose a zip archive, or files that end in .md.")},
    )
    inside = forms.CharField(label=_lazy("Folder in the archive"), max_length=500, required=False)
    is_whole = forms.BooleanField(
        label=_lazy("The archive has all files of the glossary"), required=False
    )

    def clean_content(self):
        files = self.cleaned_data["content"]
        if sum(file.size for file in files) > MAX_ARCHIVE:
            text = _("Upload {most} MB at most.")
            raise forms.ValidationError(text.format(most=MAX_ARCHIVE // 1024**2))
        return files

    def plan(self, glossary, person):
        """Return the new plan. Raises FolderError."""
        chosen = self.cleaned_data
        files = [(file.name, file) for file in chosen["content"]]
        is_archive = len(files) == 1 and files[0][0].lower().endswith(".zip")
        options = {"inside": chosen["inside"], "is_whole": chosen["is_whole"]} if is_archive else {}
        return plan_upload(glossary, person, files, **options)


class FolderForm(forms.Form):
    root = forms.ChoiceField(label=_lazy("Folder"))
    below = forms.CharField(label=_lazy("Subfolder"), max_length=500, required=False)

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["root"].choices = [(folder, folder) for folder in allowed_folders()]

    def plan(self, glossary, person):
        """Return the new plan. Raises FolderError."""
        return plan_folder(glossary, person, self.cleaned_data["root"], self.cleaned_data["below"])


class RepositorySourceForm(forms.Form):
    """Has no fields: a glossary has one repository."""

    def plan(self, glossary, person):
        """Return the new plan. Raises FolderError."""
        return plan_repository(glossary, person)


FORMS = {"upload": UploadForm, "folder": FolderForm, "repository": RepositorySourceForm}


def glossary_for(request, pk: int, permission: str) -> Glossary:
    """Return a glossary in which the person has a permission. Raises Http404, PermissionDenied."""
    found = rights(request.user, permission)
    if not found:
        raise PermissionDenied
    glossary = Glossary.objects.filter(pk=pk).first()
    if glossary is None:
        raise Http404(_("This glossary does not exist."))
    if not found.hold_in(pk):
        raise PermissionDenied
    return glossary


def glossaries_for(request, permission: str) -> list[Glossary]:
    """Return the glossaries in which the person has a permission. Raises PermissionDenied."""
    found = rights(request.user, permission)
    if not found:
        raise PermissionDenied
    return [one for one in Glossary.objects.order_by("name") if found.hold_in(one.pk)]


def _refuse_many(glossary: Glossary) -> None:
    """Raise FolderError if too many plans of a glossary are open: they keep uploaded files."""
    if ImportPlan.objects.open().filter(glossary=glossary).count() >= MOST_OPEN:
        text = _("{count} imports are to be decided already. Apply or discard one first.")
        raise FolderError(text.format(count=MOST_OPEN))


def compare_now_or_later(request, draft: ImportPlan) -> HttpResponseRedirect:
    """Compare the files of a plan, or start a job if there are many. Return where to go on."""
    if is_larger(draft, MANY):
        return started_for(request, draft, "plan_import")
    make_plan(draft)
    return HttpResponseRedirect(reverse("admin:terms_import_plan", args=[draft.pk]))


def started_for(request, draft: ImportPlan, kind: str) -> HttpResponseRedirect:
    """Start a job for a plan, and return the redirect to the page of the job."""
    title = _("Import of {title}").format(title=draft.title)
    job = start_job(kind, draft.glossary, request.user, {"plan": draft.pk}, title)
    ImportPlan.objects.filter(pk=draft.pk).update(job=job)
    return HttpResponseRedirect(reverse("admin:terms_job_change", args=[job.pk]))


@require_safe
def imports_view(request, model_admin):
    """List the glossaries and their plans; if the person may import into one, go to its page."""
    glossaries = glossaries_for(request, "import_terms")
    if len(glossaries) == 1:
        return HttpResponseRedirect(reverse("admin:terms_import", args=[glossaries[0].pk]))
    plans = ImportPlan.objects.filter(glossary__in=glossaries)
    plans = plans.defer("data", "result").select_related("glossary", "person")
    context = {
        "glossaries": glossaries,
        "open_plans": plans.open()[:SHOWN],
        "done_plans": plans.exclude(state__in=ImportPlan.OPEN)[:SHOWN],
    }
    return admin_page(model_admin, request, "glossary/imports", _("Import"), **context)


@require_http_methods(["GET", "HEAD", "POST"])
def import_view(request, model_admin, pk):
    """Choose files, and compare them with the glossary."""
    glossary = glossary_for(request, pk, "import_terms")
    source = request.POST.get("source", "")
    bound = {
        name: form(request.POST, request.FILES) if name == source else form()
        for name, form in FORMS.items()
    }
    if source in FORMS and bound[source].is_valid():
        ImportPlan.objects.sweep()
        try:
            _refuse_many(glossary)
            draft = bound[source].plan(glossary, request.user)
        except FolderError as error:
            bound[source].add_error(None, str(error))
        else:
            return compare_now_or_later(request, draft)
    plans = ImportPlan.objects.filter(glossary=glossary).defer("data", "result")
    plans = plans.select_related("person")
    context = {
        "glossary": glossary,
        "forms": bound,
        "repository": Repository.objects.filter(glossary=glossary).first(),
        "most": MAX_ARCHIVE // 1024**2,
        "open_plans": plans.open()[:SHOWN],
        "done_plans": plans.exclude(state__in=ImportPlan.OPEN)[:SHOWN],
    }
    title = _("Import into {glossary}").format(glossary=glossary)
    return admin_page(model_admin, request, "glossary/import", title, **context)

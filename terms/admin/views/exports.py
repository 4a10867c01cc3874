"""Export of a glossary: an archive to download, a folder on the server, the static site."""

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect, StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_http_methods, require_safe

from terms.files.folder import FolderError
from terms.interchange.downloads import archive_of
from terms.interchange.sources import allowed_folders, folder_within
from terms.models import Term
from terms.people.permissions import may, rights

from .imports import FolderForm, glossaries_for, glossary_for
from .page import admin_page, started


@require_safe
def exports_view(request, model_admin):
    """List the glossaries that the person may export; if there is one, go to its page."""
    glossaries = glossaries_for(request, "export_terms")
    if len(glossaries) == 1:
        return HttpResponseRedirect(reverse("admin:terms_export", args=[glossaries[0].pk]))
    context = {"glossaries": glossaries}
    return admin_page(model_admin, request, "glossary/exports", _("Export"), **context)


class ExportForm(FolderForm):
    """A folder on the server to export to."""

    is_live = forms.BooleanField(label=_lazy("Only live texts"), required=False)
    prunes = forms.BooleanField(
        label=_lazy("Remove the files of terms that are gone"), required=False
    )

    def start(self, request, glossary):
        """Start the job, and return the redirect to its page. Raises FolderError."""
        chosen = self.cleaned_data
        folder = folder_within(chosen["root"], chosen["below"])
        arguments = {"live": chosen["is_live"], "prune": chosen["prunes"], "folder": str(folder)}
        title = _("Export {glossary} to {folder}").format(glossary=glossary, folder=folder.name)
        return started(request, "export", glossary, arguments, title)


class BuildForm(FolderForm):
    """A folder on the server for the static site of all glossaries."""

    name = forms.RegexField(
        r"\A\w[\w.-]{0,60}\Z",
        label=_lazy("Name of the site’s folder"),
        initial="site",
        error_messages={"invalid": _lazy("Use letters, digits, hyphens and full stops.")},
    )

    def start(self, request, glossary):
        """Start the job, and return the redirect to its page. Raises FolderError."""
        chosen = self.cleaned_data
        folder = folder_within(chosen["root"], chosen["below"]) / chosen["name"]
        title = _("Build the static site in {folder}").format(folder=folder.name)
        return started(request, "build", None, {"folder": str(folder)}, title)


FORMS = {"export": ExportForm, "build": BuildForm}


@require_http_methods(["GET", "HEAD", "POST"])
def export_view(request, model_admin, pk):
    """Offer archives, and on POST start an export to a folder, or a build of the static site."""
    glossary = glossary_for(request, pk, "export_terms")
    allowed = {
        "export": may(request.user, "import_terms", glossary),
        "build": rights(request.user, "change_glossary").everywhere,
    }
    task = request.POST.get("task", "")
    if request.method == "POST" and not allowed.get(task):
        raise PermissionDenied
    shown = {
        name: form(request.POST, prefix=name) if name == task else form(prefix=name)
        for name, form in FORMS.items()
        if allowed[name] and allowed_folders()
    }
    if task in shown and shown[task].is_valid():
        try:
            return shown[task].start(request, glossary)
        except FolderError as error:
            shown[task].add_error(None, str(error))
    terms = Term.objects.filter(glossary=glossary)
    context = {
        "glossary": glossary,
        "newest": terms.count(),
        "live": terms.live().count(),
        "forms": shown,
    }
    title = _("Export {glossary}").format(glossary=glossary)
    return admin_page(model_admin, request, "glossary/export", title, **context)


@require_safe
def archive_view(request, model_admin, pk):
    """Send the archive while it is made."""
    glossary = glossary_for(request, pk, "export_terms")
    live = request.GET.get("texts") == "live"
    day = timezone.localtime().date().isoformat()
    name = f"{glossary.slug}{'-live' if live else ''}-{day}.zip"
    response = StreamingHttpResponse(archive_of(glossary, live), content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response

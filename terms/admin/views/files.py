"""The file of a term, saved or as it would be saved, and its download."""

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from terms.formats.differences import compare

from .page import admin_page, term_for


@require_safe
def file_view(request, model_admin, pk):
    term = term_for(model_admin, request, pk)
    text = term.newest_revision().text
    live = term.revisions.filter(fingerprint=term.live_fingerprint).first()
    blocks = compare(live.text, text) if live and live.text != text else ()
    title = _("The file {path}").format(path=term.path)
    return admin_page(model_admin, request, "term/file", title, term=term, text=text, blocks=blocks)


@require_POST
def unsaved_view(request, model_admin, pk=None):
    """Show the file as the posted form would save it, without saving."""
    term = term_for(model_admin, request, pk, "change") if pk else None
    if not term and not model_admin.has_add_permission(request):
        raise PermissionDenied
    form_class = model_admin.get_form(request, term, change=term is not None)
    form = form_class(request.POST, instance=term)
    if not form.is_valid():
        problems = [text for errors in form.errors.values() for text in errors]
        title = _("The file cannot be written")
        return admin_page(model_admin, request, "term/file", title, term=term, problems=problems)
    text = form.revision_text
    blocks = compare(form.document.text, text) if term else ()
    path = term.path if term else form.cleaned_data["path"]
    title = _("Preview of the file {path}").format(path=path)
    return admin_page(model_admin, request, "term/file", title, term=term, text=text, blocks=blocks)


@require_safe
def download_view(request, model_admin, pk):
    term = term_for(model_admin, request, pk)
    response = HttpResponse(
        term.newest_revision().text.encode(), content_type="text/markdown; charset=utf-8"
    )
    name = term.path.rpartition("/")[2]
    response["Content-Disposition"] = content_disposition_header(True, name)
    response["X-Content-Type-Options"] = "nosniff"
    return response

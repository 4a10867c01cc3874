"""What a term's file looks like, saved or not yet, and the file itself."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.template.response import TemplateResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST, require_safe

from terms.differences import compare
from terms.models import Term


def _term_for(model_admin, request, pk: int) -> Term:
    term = Term.objects.filter(pk=pk).first()
    if term is None:
        raise Http404("There is no such term.")
    if not model_admin.has_view_permission(request, term):
        raise PermissionDenied
    return term


def _page(model_admin, request, term, text, title, blocks=(), problems=()):
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": Term._meta,
        "title": title,
        "term": term,
        "text": text,
        "blocks": blocks,
        "problems": problems,
    }
    return TemplateResponse(request, "admin/terms/term/file.html", context)


def file_view(model_admin):
    @require_safe
    def view(request, pk):
        term = _term_for(model_admin, request, pk)
        text = term.newest_revision().text
        live = term.revisions.filter(fingerprint=term.live_fingerprint).first()
        blocks = compare(live.text, text) if live and live.text != text else ()
        return _page(model_admin, request, term, text, f"The file {term.path}", blocks)

    return view


def unsaved_view(model_admin):
    """The file as the posted form would save it; nothing is saved."""

    @require_POST
    def view(request, pk=None):
        term = _term_for(model_admin, request, pk) if pk else None
        may = model_admin.has_change_permission(request, term)
        if not (may if term else model_admin.has_add_permission(request)):
            raise PermissionDenied
        form_class = model_admin.get_form(request, term, change=term is not None)
        form = form_class(request.POST, instance=term)
        if not form.is_valid():
            problems = [text for errors in form.errors.values() for text in errors]
            return _page(model_admin, request, term, "", "The file cannot be written", (), problems)
        before = form.document.text if term else ""
        blocks = compare(before, form.revision_text) if term else ()
        title = f"The file {term.path if term else form.cleaned_data['path']} after saving"
        return _page(model_admin, request, term, form.revision_text, title, blocks)

    return view


def download_view(model_admin):
    @require_safe
    def view(request, pk):
        term = _term_for(model_admin, request, pk)
        response = HttpResponse(
            term.newest_revision().text.encode(), content_type="text/markdown; charset=utf-8"
        )
        name = term.path.rpartition("/")[2]
        response["Content-Disposition"] = content_disposition_header(True, name)
        response["X-Content-Type-Options"] = "nosniff"
        return response

    return view

"""The public page of a term as the form would save it, without saving."""

import re
from html import escape, unescape
from urllib.parse import urljoin

from django.http import HttpResponse, JsonResponse
from django.templatetags.static import static
from django.urls import get_script_prefix
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _

from terms.editing.numbers import number_in
from terms.formats.document import read_document
from terms.models import Term
from terms.publishing.unsaved import page_of_text
from terms.rendering import CannotRender

_SCRIPT = re.compile(r"<script\b[^>]*\bsrc=[^>]*></script>")
_ADDRESS = re.compile(r'\b(href|src)="([^"]*)"')
UNPROCESSABLE = 422  # the form has errors: the status of RFC 9110


def preview_view(request, model_admin):
    """Return the page of the posted form, or the list of its errors.

    With ``term``, it is the form of this term. Links on the page open in a tab.
    """
    if not model_admin.admin_site.has_permission(request):
        error = _("You are logged out. Log in in another tab, then continue.")
        return JsonResponse({"error": error}, status=403)
    asked = request.GET.get("term", "")
    term = Term.objects.select_related("glossary").filter(pk=number_in(asked) or 0).first()
    may = model_admin.has_change_permission(request, term) if term else not asked
    if not (may and (term or model_admin.has_add_permission(request))):
        return JsonResponse({"error": _("You may not edit this term.")}, status=403)
    if request.method != "POST":
        return HttpResponse(status=405, headers={"Allow": "POST"})
    response = _answer(model_admin, request, term)
    response["Cache-Control"] = "no-store"
    return response


def _answer(model_admin, request, term) -> HttpResponse:
    form_class = model_admin.get_form(request, term, change=term is not None)
    form = form_class(request.POST, instance=term)
    if not form.is_valid():
        return _refused(text for errors in form.errors.values() for text in errors)
    # The form has changed the instance.
    stored = Term.objects.select_related("glossary").get(pk=term.pk) if term else None
    path = stored.path if stored else form.cleaned_data["path"]
    try:
        address, html = page_of_text(
            form.instance.glossary, read_document(form.revision_text, path), stored
        )
    except CannotRender as error:
        return _refused([str(error)])
    return HttpResponse(_beside_the_form(html.decode(), address))


def _beside_the_form(html: str, address: str) -> str:
    """Make a public page work at another address, without scripts, its links in a tab.

    The policy of the admin allows no ``base``, so that the addresses themselves are resolved.
    """
    prefix = get_script_prefix().rstrip("/")

    def resolved(found: re.Match[str]) -> str:
        there = urljoin(address, unescape(found[2]))
        return f'{found[1]}="{escape(prefix + there if there.startswith("/") else there)}"'

    html = _SCRIPT.sub("", html)
    html = _ADDRESS.sub(resolved, html).replace("<a ", '<a target="_blank" ')
    style = format_html('<link rel="stylesheet" href="{}">', static("terms/preview.css"))
    return html.replace("</head>", f"{style}</head>", 1)


def _refused(problems) -> HttpResponse:
    items = format_html_join("", "<li>{}</li>", ((text,) for text in problems))
    return HttpResponse(format_html("<ul>{}</ul>", items), status=UNPROCESSABLE)

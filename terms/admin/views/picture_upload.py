"""Uploading pictures to the library of a glossary, without a text."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from terms.editing.numbers import number_in
from terms.media.pictures import MAX_BYTES, BadPicture
from terms.media.uploads import add_picture
from terms.models import Glossary
from terms.people.display import glossary_of
from terms.people.permissions import rights

from .page import admin_page

MOST = 50  # files


@require_http_methods(["GET", "HEAD", "POST"])
def picture_upload_view(request, model_admin):
    """Show the form, or store the posted files as pictures of a glossary."""
    found = rights(request.user, "add_term").glossaries_in(Glossary.objects.order_by("name", "pk"))
    glossaries = list(found)
    if not glossaries:
        raise PermissionDenied
    asked = number_in(request.POST.get("glossary", "")) or glossary_of(request.user)
    glossary = next((one for one in glossaries if one.pk == asked), glossaries[0])
    files = request.FILES.getlist("pictures")
    problem = ""
    if request.method == "POST":
        problem = _why_not(files)
        if not problem:
            _store(model_admin, request, glossary, files)
            return HttpResponseRedirect(reverse("admin:terms_picture_changelist"))
    return admin_page(
        model_admin, request, "picture/upload", _("Add pictures"), glossaries=glossaries,
        chosen=glossary, problem=problem, megabytes=MAX_BYTES // 1024**2,
    )  # fmt: skip


def _why_not(files) -> str:
    if not files:
        return _("Choose at least one picture.")
    if len(files) > MOST:
        return _("Choose {most} pictures at most.").format(most=MOST)
    return ""


def _store(model_admin, request, glossary: Glossary, files) -> None:
    added = []
    for file in files:
        try:
            added.append(add_picture(glossary, file.read(MAX_BYTES + 1), file.name))
        except (BadPicture, OSError) as error:
            text = _("“{file}” was not stored: {problem}")
            text = text.format(file=file.name, problem=getattr(error, "strerror", None) or error)
            model_admin.message_user(request, text, messages.ERROR)
    if added:
        text = ngettext("{count} picture was added:", "{count} pictures were added:", len(added))
        rows = [
            (reverse("admin:terms_picture_change", args=[one.pk]), one.path) for one in added[:10]
        ]
        links = format_html_join(", ", '<a href="{}">{}</a>', rows)
        said = format_html_join(" ", "{}", ((text.format(count=len(added)),), (links,)))
        model_admin.message_user(request, said)

"""Download of a glossary as a zip archive."""

from django.http import HttpResponseRedirect, StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from terms.interchange.downloads import archive_of
from terms.models import Term

from .imports import glossaries_for, glossary_for
from .page import admin_page


@require_safe
def exports_view(request, model_admin):
    """List the glossaries that the person may export; if there is one, go to its page."""
    glossaries = glossaries_for(request, "export_terms")
    if len(glossaries) == 1:
        return HttpResponseRedirect(reverse("admin:terms_export", args=[glossaries[0].pk]))
    context = {"glossaries": glossaries}
    return admin_page(model_admin, request, "glossary/exports", _("Export"), **context)


@require_safe
def export_view(request, model_admin, pk):
    glossary = glossary_for(request, pk, "export_terms")
    terms = Term.objects.filter(glossary=glossary)
    context = {"glossary": glossary, "newest": terms.count(), "live": terms.live().count()}
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

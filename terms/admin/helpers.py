"""Requests by the term form's scripts: picture upload, names, icons.

markdownx's own views are not used: they check no permissions and trust the client about the type of
a file.
"""

from functools import wraps

from django.http import HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from terms.editing.lookup import called, names_with, spelled_like
from terms.editing.numbers import number_in
from terms.formats.paths import problem_with
from terms.media.pictures import MAX_BYTES, BadPicture
from terms.models import Glossary, Picture, Term
from terms.models.glossary import DEFAULT_SLUG
from terms.people.permissions import rights
from terms.people.watching import people_called
from terms.rendering.icons import find_icons, icon_body
from terms.review.suggestions import why_declined

from .pictures import code_of, keep_picture

MAX_SUGGESTIONS = 20
MAX_KNOWN = 3
MAX_PICTURES = 60
NEW = "picture.md"  # a new term without a path, which will be in no folder


def _for_editors(method):
    """Restrict a view to people who may change or add terms, and to one HTTP method."""

    def decorate(view):
        @wraps(view)
        def answered(request, model_admin):
            if not model_admin.admin_site.has_permission(request):
                error = _("You are logged out. Log in in another tab, then continue.")
                return JsonResponse({"error": error}, status=403)
            may = model_admin.has_change_permission(request)
            if not (may or model_admin.has_add_permission(request)):
                return JsonResponse({"error": _("You may not edit terms.")}, status=403)
            if request.method != method:
                return HttpResponse(status=405, headers={"Allow": method})
            response = view(request)
            response["Cache-Control"] = "no-store"
            return response

        return answered

    return decorate


def _place(request, of_term, of_new) -> tuple[Term | None, Glossary | None, str]:
    """Return the term of a text, its glossary and its path. A new text is no term yet.

    ``of_term`` and ``of_new`` are the permissions for a term, and for a new one.
    """
    if asked := request.GET.get("term", ""):
        terms = rights(request.user, of_term).among(Term.objects.select_related("glossary"))
        term = terms.filter(pk=number_in(asked) or 0).first()
        return (term, term.glossary, term.path) if term else (None, None, NEW)
    found = rights(request.user, of_new).glossaries_in(Glossary.objects.order_by("pk"))
    if asked := request.GET.get("glossary", ""):
        glossary = found.filter(pk=number_in(asked) or 0).first()
    else:
        glossary = found.filter(slug=DEFAULT_SLUG).first() or found.first()
    path = request.GET.get("path", "").strip()
    return None, glossary, path if path and not problem_with(path) else NEW


@_for_editors("POST")
def upload_view(request):
    """Store the posted ``image`` for the text of ``term``, or of a new one in ``glossary``.

    Return JSON with its Markdown, or an error.
    """
    image = request.FILES.get("image")
    if image is None:
        return JsonResponse({"error": _("No picture was sent.")}, status=400)
    _term, glossary, path = _place(request, "change_term", "add_term")
    if glossary is None:
        return JsonResponse({"error": _("You may not edit terms there.")}, status=403)
    try:
        code = keep_picture(glossary, path, image.read(MAX_BYTES + 1), image.name)
    except BadPicture as error:
        return JsonResponse({"error": str(error)}, status=400)
    except OSError as error:
        text = _("The picture could not be stored: {problem}.")
        text = text.format(problem=error.strerror or error)
        return JsonResponse({"error": text}, status=507)
    return JsonResponse({"image_code": code})


@_for_editors("GET")
def pictures_view(request):
    """Return the pictures of the glossary whose paths contain ``q``, newest first.

    Each has its Markdown for the text of ``term``, or of a new one in ``glossary``.
    """
    _term, glossary, path = _place(request, "change_term", "add_term")
    query = request.GET.get("q", "").replace("\0", "").strip()[:100]
    found = Picture.objects.filter(glossary=glossary, path__icontains=query).order_by("-pk")
    pictures = [
        {
            "path": picture.path,
            "address": reverse("picture", args=[picture.file]),
            "page": reverse("admin:terms_picture_change", args=[picture.pk]),
            "code": code_of(path, picture.path, picture.path),
        }
        for picture in (found[:MAX_PICTURES] if glossary else ())
    ]
    return JsonResponse({"pictures": pictures})


@_for_editors("GET")
def suggest_view(request):
    """Return names that begin with or contain ``q``, and the terms with exactly this name.

    For a ``new`` name with no results, also return terms with a similar spelling. This compares all
    names.
    """
    query = request.GET.get("q", "").replace("\0", "")[:200]
    terms = rights(request.user, "view_term").among(Term.objects.all())
    names = names_with(terms, query, MAX_SUGGESTIONS)
    known = _links(called(terms, query, MAX_KNOWN))
    seen = rights(request.user, "view_term").glossaries_in(Glossary.objects.all())
    declined = "" if known else why_declined(seen, query)
    is_new = "new" in request.GET and not (names or known or declined)
    alike = terms.filter(pk__in=spelled_like(terms, query))[:MAX_KNOWN] if is_new else []
    return JsonResponse(
        {"names": names, "known": known, "alike": _links(alike), "declined": declined}
    )


@_for_editors("GET")
def people_view(request):
    """Return people whose names begin with ``q``, and who may view the ``term``."""
    term, _glossary, _path = _place(request, "view_term", "add_term")
    query = request.GET.get("q", "").replace("\0", "")[:150]
    found = people_called(query, term) if term else []
    return JsonResponse({"people": [{"name": name, "full": full} for name, full in found]})


def _links(terms) -> list[dict[str, str]]:
    return [
        {"name": term.name, "address": reverse("admin:terms_term_change", args=[term.pk])}
        for term in terms
    ]


@_for_editors("GET")
def icons_view(request):
    """Return names and SVG elements of icons whose names contain the words of ``q``."""
    found = find_icons(request.GET.get("q", "")[:100])
    icons = [{"name": name, "body": icon_body(name)} for name in found]
    return JsonResponse({"icons": icons})

"""Search from everywhere: terms, pages, settings and actions for what was typed."""

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import JsonResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from terms.admin.navigation import OTHER, matching, places_for, settings_for
from terms.editing.lookup import called, look_up, names_with
from terms.models import Term
from terms.people.permissions import rights
from terms.review.stages import stages_of

MOST = 8  # terms
LONGEST = 200  # characters


@require_safe
def jump_view(request, model_admin):
    """Return groups of links for ``q`` as JSON; without words, the pages and actions."""
    if not model_admin.admin_site.has_permission(request):
        raise PermissionDenied
    words = request.GET.get("q", "").replace("\0", "")[:LONGEST].strip()
    terms = {"title": _("Terms"), "items": list(_terms(request.user, words)) if words else []}
    pages = {"title": _("Pages"), "items": list(_pages(model_admin, request, words))}
    is_page = any(one["title"].casefold().startswith(words.casefold()) for one in pages["items"])
    is_term = any(one["title"].casefold().startswith(words.casefold()) for one in terms["items"])
    groups = [
        *([pages, terms] if words and is_page and not is_term else [terms, pages]),
        {"title": _("Actions"), "items": list(_actions(request.user, words))},
    ]
    response = JsonResponse({"groups": [group for group in groups if group["items"]]})
    response["Cache-Control"] = "no-store"
    return response


def _item(title: Any, address: str, detail: Any = "", is_new: bool = False) -> dict[str, Any]:
    return {"title": str(title), "detail": str(detail), "address": address, "isNew": is_new}


def _terms(person, words: str) -> Iterator[dict[str, Any]]:
    terms = rights(person, "view_term").among(Term.objects.defer("body", "extra"))
    exact = list(called(terms, words, MOST))
    names = {name: rank for rank, name in enumerate(names_with(terms, words, MOST))}
    begun = sorted(terms.filter(name__in=names), key=lambda term: names[term.name])
    found = list({term.pk: term for term in [*exact, *begun]}.values())[:MOST]
    if not found:
        ids = sorted(look_up(terms, words))[:MOST]
        found = list(terms.filter(pk__in=ids).order_by("name_key"))
    stages = stages_of(found)
    for term in found:
        address = reverse("admin:terms_term_change", args=[term.pk])
        yield _item(term.name, address, stages[term.pk].words)


def _pages(model_admin, request, words: str) -> Iterator[dict[str, Any]]:
    for place in matching(places_for(request.user), words):
        yield _item(place.title, place.address)
    wanted = words.casefold().split()
    sections = settings_for(model_admin.admin_site.get_app_list(request))
    if sections and all(word in _("Settings").casefold() for word in wanted):
        yield _item(_("Settings"), reverse("admin:settings"))
    for section in sections:
        if words and all(word in section.title.casefold() for word in wanted):
            yield _item(section.title, section.address, _("Settings"))


def _actions(person, words: str) -> Iterator[dict[str, Any]]:
    for place in matching(places_for(person, OTHER), words):
        yield _item(place.title, place.address)
    if words and rights(person, "add_term"):
        address = reverse("admin:terms_term_add")
        title = _("New term “{name}”").format(name=words)
        yield _item(title, f"{address}?{urlencode({'name': words})}", is_new=True)

"""The work lists."""

from django.core.exceptions import BadRequest, PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from terms.models import PublishedTerm, Relation, Review, Term
from terms.people.permissions import rights
from terms.review.stages import stages_of
from terms.review.worklists import LISTS

from .page import admin_page
from .work_actions import ACTIONS

PAGE = 100
NAMED = 3  # terms that want a name


@require_http_methods(["GET", "HEAD", "POST"])
def work_view(request, model_admin, name):
    if name not in LISTS:
        raise Http404(_("This list does not exist."))
    if not rights(request.user, "view_term"):
        raise PermissionDenied
    if request.method == "POST":
        act = next((act for name, act in ACTIONS.items() if name in request.POST), None)
        if act is None:
            raise BadRequest(_("Unknown action."))
        act(model_admin, request)
        return HttpResponseRedirect(request.get_full_path())
    found = LISTS[name]
    shown = Paginator(found.rows(request.user), PAGE).get_page(request.GET.get("p"))
    if found.kind == "terms":
        _say_stages(shown)
    if name == "wanted":
        _say_who_wants(shown, request.user)
    context = {
        "list": found,
        "name": name,
        "page": shown,
        "pages": _targets(shown) if found.kind == "mentions" else {},
        "suggestions": _with_terms(shown) if found.kind == "suggestions" else (),
        "may_change": bool(rights(request.user, "change_term")),
    }
    return admin_page(model_admin, request, "term/work", found.title, **context)


def _say_stages(terms):
    """Set the stage and the open review of each term."""
    found = stages_of(list(terms))
    asked = Review.objects.open().filter(term__in=found).select_related("opened_by")
    reviews = {review.term_id: review for review in asked}
    for term in terms:
        term.stage, term.asked = found[term.pk], reviews.get(term.pk)


def _say_who_wants(names, person):
    """Set the terms that want each name, and the number of others."""
    keys = [row["key"] for row in names]
    relations = Relation.objects.wanted().filter(key__in=keys)
    terms = rights(person, "view_term").among(Term.objects.all())
    rows = relations.filter(term__in=terms).order_by("term__name_key")
    wanting: dict[str, list[tuple[int, str]]] = {}
    for key, pk, name in rows.values_list("key", "term", "term__name"):
        wanting.setdefault(key, []).append((pk, name))
    for row in names:
        found = wanting.get(row["key"], [])
        row["wanting"], row["others"] = found[:NAMED], max(0, len(found) - NAMED)


def _targets(mentions):
    """Return the id of each mention, with its source term and the name of its target."""
    uids = {mention.target_uid for mention in mentions} | {
        mention.source.uid for mention in mentions
    }
    terms = {term.uid: term for term in Term.objects.filter(uid__in=uids).only("uid", "name")}
    pages = {p.uid: p.name for p in PublishedTerm.objects.filter(uid__in=uids).only("uid", "name")}
    return [
        (mention.pk, terms.get(mention.source.uid), pages.get(mention.target_uid, mention.label))
        for mention in mentions
    ]


def _with_terms(suggestions):
    """Return each suggestion with its term, or None if that no longer exists."""
    uids = {suggestion.term_uid for suggestion in suggestions}
    terms = {term.uid: term for term in Term.objects.filter(uid__in=uids).only("uid", "name")}
    return [(suggestion, terms.get(suggestion.term_uid)) for suggestion in suggestions]

"""The work lists, and the one click that mends a one-way relation."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods

from terms.editing import StaleWrite
from terms.formats.related import read_names
from terms.indexing import known_names, runs
from terms.models import PublishedTerm, Relation, Term
from terms.refactoring import CannotRefactor, Operation, apply
from terms.rights import may, rights
from terms.worklists import LISTS

PAGE = 100


def work_view(model_admin):
    @require_http_methods(["GET", "HEAD", "POST"])
    def view(request, name):
        if name not in LISTS:
            raise Http404("There is no such list.")
        if not rights(request.user, "view_term"):
            raise PermissionDenied
        if request.method == "POST":
            _return(model_admin, request)
            return HttpResponseRedirect(request.get_full_path())
        found = LISTS[name]
        page = Paginator(found.rows(request.user), PAGE).get_page(request.GET.get("p"))
        context = {
            **model_admin.admin_site.each_context(request),
            "opts": Term._meta,
            "title": found.title,
            "list": found,
            "name": name,
            "page": page,
            "pages": _targets(page) if found.kind == "mentions" else {},
            "may_change": bool(rights(request.user, "change_term")),
        }
        return TemplateResponse(request, "admin/terms/term/work.html", context)

    return view


def _targets(page):
    """Each mention with the pages and terms on both ends."""
    uids = {mention.target_uid for mention in page} | {mention.source.uid for mention in page}
    terms = {term.uid: term for term in Term.objects.filter(uid__in=uids).only("uid", "name")}
    pages = {p.uid: p.name for p in PublishedTerm.objects.filter(uid__in=uids).only("uid", "name")}
    return [
        (terms.get(mention.source.uid), pages.get(mention.target_uid, mention.label))
        for mention in page
    ]


def _return(model_admin, request):
    """Have the target of a relation relate back."""
    number = request.POST.get("relation", "")
    is_number = number.isascii() and number.isdigit() and len(number) < 18
    relations = Relation.objects.select_related("term", "target__glossary")
    relation = relations.filter(pk=int(number)).first() if is_number else None
    if relation is None or relation.target is None:
        model_admin.message_user(request, "This relation is no longer there.", messages.ERROR)
        return
    target, term = relation.target, relation.term
    if not may(request.user, "change_term", target):
        raise PermissionDenied
    known = known_names(target.glossary, set(runs(target.related)))
    labels = read_names(target.related, known.__contains__)
    operation = Operation(target.glossary, f"{target} relates to {term}")
    try:
        if term.name not in labels:
            operation.rewrite(target, f"relates to {term}", related=[*labels, term.name])
        operation.require(target)
        apply(operation, request.user)
    except (CannotRefactor, StaleWrite) as error:
        model_admin.message_user(request, str(error), messages.ERROR)
        return
    url = reverse("admin:terms_term_review", args=[target.pk])
    text = '“{}” relates to “{}” now. Readers see it once <a href="{}">it is published</a>.'
    model_admin.message_user(request, format_html(text, target, term, url))

"""Decisions about names that a term's text mentions."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from terms.editing.gate import Draft, StaleWrite, save_one
from terms.editing.incoming import drafts_mentioning, incoming
from terms.formats.document import changed
from terms.formats.problems import CannotSplice
from terms.models import PublishedTerm, Term
from terms.people.permissions import rights
from terms.publishing.mention_decisions import NEVER, decide_mentions, names_in, suggested_relations
from terms.publishing.publish import publish_again
from terms.review.suggestions import decline_relations

from .page import admin_page, term_for


@require_http_methods(["GET", "HEAD", "POST"])
def links_view(request, model_admin, pk):
    term = term_for(model_admin, request, pk)
    names = names_in(term)
    if request.method == "POST":
        if not model_admin.has_change_permission(request, term):
            raise PermissionDenied
        _act(model_admin, request, term, names)
        return HttpResponseRedirect(reverse("admin:terms_term_links", args=[pk]))
    visible = rights(request.user, "view_term").among(Term.objects.all())
    found = incoming(term, visible)
    context = {
        "term": term,
        "incoming": found,
        "drafts": [one for one in drafts_mentioning(term, visible) if one not in found.mentioning],
        "names": names,
        "never": NEVER,
        "suggested": suggested_relations(term, names),
        "declined": term.declined.count(),
        "may_change": model_admin.has_change_permission(request, term),
    }
    title = _("Links of {term}").format(term=term)
    return admin_page(model_admin, request, "term/links", title, **context)


def _act(model_admin, request, term, names):
    if "again" in request.POST:
        term.declined.all().delete()
        model_admin.message_user(request, _("They will be suggested again."))
        return
    if "relate" in request.POST:
        wanted = set(request.POST.getlist("relate"))
        found = suggested_relations(term, names)
        pages = [target for target in found if target.uid in wanted]
        if "decline" in request.POST:
            decline_relations(term, [target.uid for target in pages], request.user)
            model_admin.message_user(request, _("They will not be suggested again."))
        else:
            _relate(model_admin, request, term, pages)
        return
    chosen = {named.key: request.POST.get(f"name-{n}") for n, named in enumerate(names)}
    if not decide_mentions(term, names, chosen, "is_linked" in request.POST):
        model_admin.message_user(request, _("Nothing was changed."))
        return
    if not term.live_fingerprint:
        text = _("Saved. Publish the term to show it to readers.")
        model_admin.message_user(request, text)
    elif model_admin.has_publish_permission(request, term):
        publish_again(term.glossary, Term.objects.filter(pk=term.pk), request.user)
        text = _("Saved, and “{term}” is live with these links.").format(term=term)
        model_admin.message_user(request, text)
    else:
        text = _("Saved. Readers see the change after a publisher publishes the term.")
        model_admin.message_user(request, text, messages.WARNING)


def _relate(model_admin, request, term, pages: list[PublishedTerm]):
    """Add names to the relations in the file."""
    if not pages:
        text = _("Choose the terms to relate.")
        model_admin.message_user(request, text, messages.WARNING)
        return
    labels = [*term.relations.values_list("label", flat=True), *(target.name for target in pages)]
    try:
        text = changed(term.document(), related=labels)
        draft = Draft(term.path, text, term, term.version)
        save_one(term.glossary, draft, request.user, _("Related"))
    except CannotSplice as error:
        model_admin.message_user(request, str(error), messages.ERROR)
    except StaleWrite:
        text = _(
            "“{term}” was saved by someone else. Check the new version before you add relations."
        )
        model_admin.message_user(request, text.format(term=term), messages.ERROR)
    else:
        added = ", ".join(target.name for target in pages)
        text = _("Related to {names}. Readers see it once published.").format(names=added)
        model_admin.message_user(request, text)

"""Actions of the work lists."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from terms.changes.operation import CannotRefactor, Operation, apply
from terms.editing.gate import StaleWrite
from terms.editing.index import known_names, runs
from terms.editing.numbers import number_in
from terms.formats.paths import name_key
from terms.formats.related import read_names
from terms.models import Glossary, Mention, Relation, Suggestion, Term
from terms.people.permissions import may, rights
from terms.review import suggestions


def relate_back(model_admin, request):
    """Make the target of a relation relate back."""
    relations = Relation.objects.select_related("term", "target__glossary")
    relation = relations.filter(pk=_number(request, "relation")).first()
    if relation is None or relation.target is None:
        model_admin.message_user(request, _("This relation no longer exists."), messages.ERROR)
        return
    target, term = relation.target, relation.term
    if not may(request.user, "change_term", target):
        raise PermissionDenied
    known = known_names(target.glossary, set(runs(target.related)))
    labels = read_names(target.related, known.__contains__)
    title = _("{term} relates to {other}").format(term=target, other=term)
    operation = Operation(target.glossary, title)
    try:
        if term.name not in labels:
            words = _("relates to {name}").format(name=term)
            operation.rewrite(target, words, related=[*labels, term.name])
        operation.require(target)
        apply(operation, request.user)
    except (CannotRefactor, StaleWrite) as error:
        model_admin.message_user(request, str(error), messages.ERROR)
        return
    url = reverse("admin:terms_term_review", args=[target.pk])
    text = _(
        '“{term}” relates to “{other}” now. <a href="{url}">Publish it</a> to show it to readers.'
    )
    model_admin.message_user(request, format_html(text, term=target, other=term, url=url))


def decline_relation(model_admin, request):
    """Stop suggesting that a term relates to one that its text mentions."""
    mentions = Mention.objects.exclude(target_uid=None).select_related("source")
    mention = mentions.filter(pk=_number(request, "mention")).first()
    term = mention and Term.objects.filter(uid=mention.source.uid).first()
    if term is None:
        model_admin.message_user(request, _("This suggestion no longer exists."), messages.ERROR)
        return
    if not may(request.user, "change_term", term):
        raise PermissionDenied
    suggestions.decline_relations(term, [mention.target_uid], request.user)
    url = reverse("admin:terms_term_links", args=[term.pk])
    text = _(
        'It will not be suggested again. <a href="{url}">The links of “{term}”</a> show what was'
        " declined."
    )
    model_admin.message_user(request, format_html(text, url=url, term=term))


def _decide_suggestion(model_admin, request):
    """Mark a reader's suggestion as done or declined."""
    suggestion = Suggestion.objects.filter(pk=_number(request, "suggestion")).first()
    if suggestion is None:
        model_admin.message_user(request, _("This suggestion no longer exists."), messages.ERROR)
        return
    if not may_decide(request.user, suggestion):
        raise PermissionDenied
    is_declined = request.POST.get("do") != "done"
    if is_declined and suggestion.term_uid is None:
        answer = request.POST.get("answer", "")
        public = "public" in request.POST
        suggestions.decline_name(suggestion.glossary, suggestion.name, request.user, answer, public)
    else:
        state = Suggestion.State.DECLINED if is_declined else Suggestion.State.DONE
        answer = request.POST.get("answer", "")
        if not suggestions.decide_suggestion(suggestion, state, request.user, answer):
            model_admin.message_user(request, _("This was already resolved."), messages.WARNING)
            return
    text = (
        _("The suggestion about “{name}” is declined, and will not be listed again.")
        if is_declined
        else _("The suggestion about “{name}” is done.")
    )
    model_admin.message_user(request, text.format(name=suggestion))


def may_decide(person, suggestion: Suggestion) -> bool:
    """Return whether the person may change the term, or add it if it is missing."""
    if suggestion.term_uid is None:
        return rights(person, "add_term").hold_in(suggestion.glossary_id)
    term = Term.with_trash.filter(uid=suggestion.term_uid).first()
    if term is None:
        return rights(person, "change_term").hold_in(suggestion.glossary_id)
    return may(person, "change_term", term)


def decline_wanted(model_admin, request):
    """Decline a name that other terms relate to, so that it is no longer wanted."""
    name = request.POST.get("name", "").replace("\0", "")
    found = rights(request.user, "add_term")
    wanted = Relation.objects.wanted().filter(key=name_key(name)).values("term__glossary")
    glossaries = Glossary.objects.filter(pk__in=wanted)
    if any(not found.hold_in(glossary.pk) for glossary in glossaries):
        raise PermissionDenied
    for glossary in glossaries:
        answer, public = request.POST.get("answer", ""), "public" in request.POST
        suggestions.decline_name(glossary, name, request.user, answer, public)
    if glossaries:
        text = _("“{name}” is declined, and will not be listed again.").format(name=name)
        model_admin.message_user(request, text)
    else:
        model_admin.message_user(
            request, _("No term refers to this name any more."), messages.ERROR
        )


# By the form field that identifies the subject.
ACTIONS = {
    "relation": relate_back,
    "mention": decline_relation,
    "suggestion": _decide_suggestion,
    "name": decline_wanted,
}


def _number(request, name):
    return number_in(request.POST.get(name, ""))

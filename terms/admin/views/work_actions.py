"""Actions of the work lists."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from terms.changes.operation import CannotRefactor, Operation, apply
from terms.changes.reword import labels_of
from terms.editing.gate import StaleWrite
from terms.editing.numbers import number_in
from terms.formats.paths import name_key
from terms.models import ChangeSet, Glossary, Mention, Relation, Suggestion, Term
from terms.people.permissions import may, rights
from terms.review import suggestions
from terms.review.worklists import one_way, suggested

from .page import undo_button, undo_by_post

MOST_AT_ONCE = 300  # relations


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
    title = _("{term} relates to {other}").format(term=target, other=term)
    operation = Operation(target.glossary, title)
    _relate(operation, target, term.name)
    if _carried_out(model_admin, request, operation, target):
        _say_related(model_admin, request, target, term)


def _relate(operation: Operation, term: Term, name: str) -> None:
    """Plan the relation of ``term`` to the term called ``name``, after its others."""
    draft = operation.drafts.get(term.pk)
    document = (draft and draft.document) or term.document()
    labels = labels_of(document, term.glossary)
    if name not in labels:
        words = _("relates to {name}").format(name=name)
        operation.rewrite(term, words, related=[*labels, name])


def _carried_out(model_admin, request, operation: Operation, *needed: Term) -> bool:
    """Carry out ``operation``, or show why it is not possible."""
    try:
        operation.require(*needed)
        apply(operation, request.user)
    except (CannotRefactor, StaleWrite) as error:
        model_admin.message_user(request, str(error), messages.ERROR)
        return False
    return True


def _say_related(model_admin, request, term: Term, other: Term) -> None:
    url = reverse("admin:terms_term_review", args=[term.pk])
    text = _(
        '“{term}” relates to “{other}” now. <a href="{url}">Publish it</a> to show it to readers.'
    )
    model_admin.message_user(request, format_html(text, term=term, other=other, url=url))


def relate_all_back(model_admin, request):
    """Make the targets of the listed relations relate back, as one change set a glossary."""
    may_change = rights(request.user, "change_term")
    rows = one_way(request.user).select_related("term", "target__glossary")[:MOST_AT_ONCE]
    pairs = [(row.target, row.term) for row in rows if may_change.hold_for(row.target)]
    _relate_all(model_admin, request, pairs)


def relate_mentions(model_admin, request):
    """Relate a term to one that its text mentions, or all of the list with ``all``."""
    found = suggested(request.user)
    if request.POST["relate"] != "all":
        found = found.filter(pk=_number(request, "relate"))
    rows = list(found[:MOST_AT_ONCE])
    uids = {row.source.uid for row in rows} | {row.target_uid for row in rows}
    terms = {term.uid: term for term in Term.objects.filter(uid__in=uids)}
    may_change = rights(request.user, "change_term")
    pairs = [
        (terms[row.source.uid], terms[row.target_uid])
        for row in rows
        if row.source.uid in terms
        and row.target_uid in terms
        and may_change.hold_for(terms[row.source.uid])
    ]
    if not pairs:
        model_admin.message_user(request, _("This suggestion no longer exists."), messages.ERROR)
    _relate_all(model_admin, request, pairs)


def _relate_all(model_admin, request, pairs: list[tuple[Term, Term]]) -> None:
    """Relate the first term of each pair to the second, as one change set a glossary."""
    glossaries = Glossary.objects.in_bulk({term.glossary_id for term, _other in pairs})
    for glossary in glossaries.values():
        own = [(term, other) for term, other in pairs if term.glossary_id == glossary.pk]
        title = _("{term} relates to {other}").format(term=own[0][0], other=own[0][1])
        if len(own) > 1:
            title = _("{count} relations").format(count=len(own))
        operation = Operation(glossary, title)
        for term, other in own:
            _relate(operation, term, other.name)
        if len(own) == 1 and _carried_out(model_admin, request, operation, own[0][0]):
            _say_related(model_admin, request, *own[0])
        elif len(own) > 1 and operation.count and _carried_out(model_admin, request, operation):
            change_set = ChangeSet.objects.filter(glossary=glossary).latest("pk")
            url = reverse("admin:terms_changeset_change", args=[change_set.pk])
            text = ngettext(
                'The file of {count} term has changed. <a href="{url}">Publish or undo it</a>',
                'The files of {count} terms have changed. <a href="{url}">Publish or undo them</a>',
                operation.count,
            )
            said = format_html(text, count=operation.count, url=url)
            model_admin.message_user(request, format_html("{} {}", said, undo_button(change_set)))


def _mentioned(model_admin, request, field: str) -> tuple[Term, Any] | None:
    """Return the term and the target (uid) of the mention that ``field`` identifies.

    Reports it and returns None if there is none any more.
    """
    mentions = Mention.objects.exclude(target_uid=None).select_related("source")
    mention = mentions.filter(pk=_number(request, field)).first()
    term = Term.objects.filter(uid=mention.source.uid).first() if mention else None
    if mention is None or term is None:
        model_admin.message_user(request, _("This suggestion no longer exists."), messages.ERROR)
        return None
    if not may(request.user, "change_term", term):
        raise PermissionDenied
    return term, mention.target_uid


def decline_relation(model_admin, request):
    """Stop suggesting that a term relates to one that its text mentions."""
    if found := _mentioned(model_admin, request, "mention"):
        term, target = found
        suggestions.decline_relations(term, [target], request.user)
        url = reverse("admin:terms_term_links", args=[term.pk])
        text = _(
            'It will not be suggested again. <a href="{url}">The links of “{term}”</a> show what'
            " was declined."
        )
        said = format_html(text, url=url, term=term)
        _say_undoable(model_admin, request, said, "again", request.POST["mention"])


def suggest_again(model_admin, request):
    """Take back that a relation was declined."""
    if found := _mentioned(model_admin, request, "again"):
        term, target = found
        suggestions.undo_declined(term, [target])
        model_admin.message_user(request, _("It will be suggested again."))


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
        suggestion = suggestions.decline_name(
            suggestion.glossary, suggestion.name, request.user, answer, public
        )
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
    _say_undoable(model_admin, request, text.format(name=suggestion), "reopen", suggestion.pk)


def _say_undoable(model_admin, request, text: str, name: str, value: object) -> None:
    """Report a decision, with a button that takes it back by another action of this page."""
    undo = undo_by_post(request.get_full_path(), name, value)
    model_admin.message_user(request, format_html("{} {}", text, undo))


def reopen_suggestion(model_admin, request):
    """Take the decision about a suggestion or a name back."""
    suggestion = Suggestion.objects.filter(pk=_number(request, "reopen")).first()
    if suggestion is not None and not may_decide(request.user, suggestion):
        raise PermissionDenied
    if suggestion is None or not suggestions.reopen(suggestion, request.user):
        model_admin.message_user(request, _("This suggestion no longer exists."), messages.ERROR)
        return
    text = _("The decision about “{name}” was taken back.").format(name=suggestion)
    model_admin.message_user(request, text)


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
    decided = None
    for glossary in glossaries:
        answer, public = request.POST.get("answer", ""), "public" in request.POST
        decided = suggestions.decline_name(glossary, name, request.user, answer, public)
        text = _("“{name}” is declined, and will not be listed again.").format(name=name)
        _say_undoable(model_admin, request, text, "reopen", decided.pk)
    if decided is None:
        model_admin.message_user(
            request, _("No term refers to this name any more."), messages.ERROR
        )


# By the form field that identifies the subject.
ACTIONS = {
    "relation": relate_back,
    "relate_all_back": relate_all_back,
    "relate": relate_mentions,
    "mention": decline_relation,
    "suggestion": _decide_suggestion,
    "name": decline_wanted,
    "reopen": reopen_suggestion,
    "again": suggest_again,
}


def _number(request, name):
    return number_in(request.POST.get(name, ""))

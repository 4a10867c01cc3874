"""Rename, merge, split, replace and withdraw, with a list of effects first."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_http_methods

from terms.changes import removals, rename
from terms.changes.operation import MEANWHILE, CannotRefactor, apply
from terms.editing.gate import StaleWrite
from terms.editing.incoming import incoming
from terms.jobs.kinds import MANY
from terms.jobs.operations import plan_refactoring
from terms.models import Term

from .page import admin_page, effects, started, term_for, undo_button
from .refactor_forms import FileForm, FollowForm, MergeForm, OtherForm, RenameForm, SplitForm


@dataclass(frozen=True)
class Kind:
    title: str | Promise
    verb: str | Promise
    help: str | Promise
    label: str | Promise = ""


KINDS = {
    "rename": Kind(
        _lazy("Rename"), _lazy("Rename"), _lazy("Other terms' files get the new name.")
    ),
    "follow": Kind(
        _lazy("Rename in other terms"), _lazy("Rename"),
        _lazy("Terms that are related to it by its old name get the new one."),
    ),
    "merge": Kind(
        _lazy("Merge into another term"), _lazy("Merge"),
        _lazy("The other term gets its names and relations. Its address redirects there."),
        _lazy("Term to merge it into"),
    ),
    "split": Kind(
        _lazy("Split"), _lazy("Split"),
        _lazy("Parts of it become a new term, and both are related to each other."),
    ),
    "replace": Kind(
        _lazy("Replace by another term"), _lazy("Replace"),
        _lazy("It stays, with a banner that links to the other term."),
        _lazy("Term to read instead"),
    ),
    "file": Kind(
        _lazy("Rename its file"), _lazy("Rename the file"),
        _lazy("The file name is part of the address. The old address redirects permanently."),
    ),
    "withdraw": Kind(
        _lazy("Withdraw"), _lazy("Withdraw"),
        _lazy(
            "Readers no longer see it. Its address says that it is gone, and what to read instead."
        ),
        _lazy("Term to read instead (optional)"),
    ),
}  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
def refactor_view(request, model_admin, pk):
    term = term_for(model_admin, request, pk, "publish")
    kind = request.POST.get("kind", "")
    if request.method != "POST" or kind not in KINDS:
        return _page(model_admin, request, term)
    form = _form(kind, term, request.POST)
    if not form.is_valid():
        return _page(model_admin, request, term, kind, form)
    try:
        if kind == "withdraw":
            return _withdraw(model_admin, request, term, form)
        return _refactor(model_admin, request, term, kind, form)
    except (CannotRefactor, StaleWrite) as error:
        form.add_error(None, str(error))
        return _page(model_admin, request, term, kind, form)


def _form(kind, term, data=None):
    if kind == "rename":
        return RenameForm(data, initial={"name": term.name})
    if kind == "follow":
        return FollowForm(data)
    if kind == "file":
        return FileForm(data, initial={"path": term.path})
    if kind == "split":
        return SplitForm(data, term=term)
    of_other = MergeForm if kind == "merge" else OtherForm
    required = kind != "withdraw"
    return of_other(
        data, glossary=term.glossary, term=term, label=KINDS[kind].label, required=required
    )


def _operation(request, term, kind, form):
    if kind == "file":
        return rename.plan_move(term, form.cleaned_data["path"].strip())
    return plan_refactoring(request.user, term, kind, _values(kind, form.cleaned_data))


def _values(kind, cleaned):
    """Return the values of a form as JSON."""
    if kind == "split":
        return {**cleaned, "parts": sorted(int(number) for number in cleaned["parts"])}
    if "other" in cleaned:
        return {**cleaned, "other": cleaned["other"].pk}
    return cleaned


def _refactor(model_admin, request, term, kind, form):
    operation = _operation(request, term, kind, form)
    confirmed = request.POST.get("confirm", "")
    if confirmed != operation.digest:
        if confirmed:
            model_admin.message_user(request, MEANWHILE, messages.WARNING)
        return _page(model_admin, request, term, kind, form, operation)
    if kind == "file":
        path = form.cleaned_data["path"].strip()
        if reason := removals.why_not(term, removals.MOVE, path):
            removals.ask(term, removals.MOVE, request.user, path)
            text = _("The file of “{term}” is not renamed yet: {reason} They have been notified.")
            text = text.format(term=term, reason=reason)
            model_admin.message_user(request, text, messages.WARNING)
            return HttpResponseRedirect(reverse("admin:terms_term_review", args=[term.pk]))
        change_set = rename.move(term, path, request.user)
        text = _('{title}. <a href="{url}">The change set</a> can undo it.')
    elif operation.count > MANY:
        values = _values(kind, form.cleaned_data)
        arguments = {
            "term": term.pk, "operation": kind, "values": values, "shown": operation.digest,
        }  # fmt: skip
        return started(request, "refactor", term.glossary, arguments, operation.title)
    else:
        change_set = apply(operation, request.user)
        text = _(
            '{title}. Review or publish <a href="{url}">the change set</a> to show it to readers.'
        )
    url = reverse("admin:terms_changeset_change", args=[change_set.pk])
    said = format_html(text, title=change_set, url=url)
    model_admin.message_user(request, format_html("{} {}", said, undo_button(change_set)))
    return HttpResponseRedirect(url)


def _withdraw(model_admin, request, term, form):
    successor = form.cleaned_data["other"]
    if not term.live_fingerprint:
        raise CannotRefactor(_("This term is not published, so there is nothing to withdraw."))
    if successor == term:
        raise CannotRefactor(_("A term cannot replace itself."))
    if not request.POST.get("confirm"):
        return _page(model_admin, request, term, "withdraw", form)
    detail = successor.uid if successor else ""
    review = reverse("admin:terms_term_review", args=[term.pk])
    if refused := removals.withdraw_where_allowed(
        term.glossary, [term], request.user, detail or None
    ):
        removals.ask(term, removals.WITHDRAW, request.user, detail)
        text = _("“{term}” is not withdrawn yet: {reason} They have been notified.")
        text = text.format(term=term, reason=refused[0].reason)
        model_admin.message_user(request, text, messages.WARNING)
        return HttpResponseRedirect(review)
    text = _('“{term}” was withdrawn. <a href="{url}">Publish it again</a>.')
    model_admin.message_user(request, format_html(text, term=term, url=review))
    return HttpResponseRedirect(reverse("admin:terms_term_change", args=[term.pk]))


def _page(model_admin, request, term, chosen="", form=None, operation=None):
    """Show all operations, or the effects of the ``chosen`` one with a button to confirm it."""
    forms_of = {kind: _form(kind, term) for kind in KINDS}
    if old := request.GET.get("follow", "")[:300]:
        forms_of = {"follow": FollowForm(initial={"old": old})}
    elif chosen != "follow":
        del forms_of["follow"]
    if chosen:
        forms_of[chosen] = form
    is_withdrawing = chosen == "withdraw" and form.is_valid() and term.live_fingerprint
    context = {
        **effects(request, operation),
        "term": term,
        "kinds": [(name, KINDS[name], shown) for name, shown in forms_of.items()],
        "chosen": chosen,
        "referring": incoming(term, Term.objects.all())
        if is_withdrawing and not form.errors
        else None,
        "verb": KINDS[chosen].verb if chosen else "",
    }
    title = _("Rename, merge or split {term}").format(term=term)
    return admin_page(model_admin, request, "term/refactor", title, **context)

"""Rename, merge, replace, withdraw: what each would do is shown, then it is done."""

from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods

from terms import refactoring, rewording
from terms.editing import StaleWrite
from terms.formats.paths import name_key
from terms.indexing import known_names
from terms.models import Term
from terms.publishing import withdraw
from terms.refactoring import CannotRefactor
from terms.rights import may, rights
from terms.trashing import referring_to
from terms.widgets import refuse_control_characters, refuse_misleading

SHOWN = 300  # effects


class RenameForm(forms.Form):
    name = forms.CharField(label="New name", max_length=300)
    keeps_old = forms.BooleanField(
        label="Keep the old name as an alias", required=False, initial=True
    )

    def clean_name(self):
        name = self.cleaned_data["name"]
        refuse_control_characters(name)
        refuse_misleading(name)
        return name


class OtherForm(forms.Form):
    """Another term, by its name or an alias."""

    other = forms.CharField(max_length=300)

    def __init__(self, *args, glossary, term, label, required=True, **options):
        super().__init__(*args, **options)
        self.glossary, self.term = glossary, term
        self.fields["other"].label = label
        self.fields["other"].required = required

    def clean_other(self):
        key = name_key(self.cleaned_data["other"])
        if not key:
            return None
        found = known_names(self.glossary, [key]).get(key)
        if found is None:
            raise forms.ValidationError(f"There is no term “{self.cleaned_data['other']}”.")
        return Term.objects.select_related("glossary").get(pk=found)


@dataclass(frozen=True)
class Kind:
    title: str
    verb: str
    help: str
    label: str = ""


KINDS = {
    "rename": Kind("Rename", "Rename", "Other files that relate to it say the new name."),
    "merge": Kind(
        "Merge into another term", "Merge",
        "The other gets its names, and whoever related to it; its address will lead there.",
        "Term to merge it into",
    ),
    "replace": Kind(
        "Replace by another term", "Replace",
        "It stays, with a banner that leads to the other.", "Term to read instead",
    ),
    "withdraw": Kind(
        "Withdraw", "Withdraw",
        "Readers see it no more. Its address says that it is gone, and what to read instead.",
        "Term to read instead, if any",
    ),
}  # fmt: skip


def refactor_view(model_admin):
    @require_http_methods(["GET", "HEAD", "POST"])
    def view(request, pk):
        term = Term.objects.filter(pk=pk).select_related("glossary").first()
        if term is None:
            raise Http404("There is no such term.")
        if not may(request.user, "publish_term", term):
            raise PermissionDenied
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

    return view


def _form(kind, term, data=None):
    if kind == "rename":
        return RenameForm(data, initial={"name": term.name})
    required = kind != "withdraw"
    return OtherForm(
        data, glossary=term.glossary, term=term, label=KINDS[kind].label, required=required
    )


def _operation(request, term, kind, form):
    allowed = rights(request.user, "change_term").hold_for
    if kind == "rename":
        return rewording.rename(
            term, form.cleaned_data["name"], allowed, form.cleaned_data["keeps_old"]
        )
    other = form.cleaned_data["other"]
    if kind == "merge" and not allowed(other):
        raise CannotRefactor(f"You may not write in “{other}”.")
    return getattr(rewording, kind)(term, other, allowed)


def _refactor(model_admin, request, term, kind, form):
    operation = _operation(request, term, kind, form)
    confirmed = request.POST.get("confirm", "")
    if confirmed != operation.digest:
        if confirmed:
            text = "Something has been changed meanwhile: look again at what would be done."
            model_admin.message_user(request, text, messages.WARNING)
        return _page(model_admin, request, term, kind, form, operation)
    change_set = refactoring.apply(operation, request.user)
    url = reverse("admin:terms_changeset_change", args=[change_set.pk])
    text = '{}. Readers see it once <a href="{}">the change set</a> is published.'
    model_admin.message_user(request, format_html(text, change_set, url))
    return HttpResponseRedirect(url)


def _withdraw(model_admin, request, term, form):
    successor = form.cleaned_data["other"]
    if not term.live_fingerprint:
        raise CannotRefactor("Readers do not see this term: there is nothing to withdraw.")
    if successor == term:
        raise CannotRefactor("A term cannot be read instead of itself.")
    if not request.POST.get("confirm"):
        return _page(model_admin, request, term, "withdraw", form)
    one = Term.objects.filter(pk=term.pk)
    withdraw(term.glossary, one, by=request.user, successor=successor and successor.uid)
    review = reverse("admin:terms_term_review", args=[term.pk])
    text = 'Readers do not see “{}” any more. <a href="{}">Publish it again</a>.'
    model_admin.message_user(request, format_html(text, term, review))
    return HttpResponseRedirect(reverse("admin:terms_term_change", args=[term.pk]))


def _page(model_admin, request, term, chosen="", form=None, operation=None):
    """All that can be done, or of what was ``chosen`` the effects with a button to do it."""
    forms_of = {kind: _form(kind, term) for kind in KINDS}
    if chosen:
        forms_of[chosen] = form
    is_withdrawing = chosen == "withdraw" and form.is_valid() and term.live_fingerprint
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": Term._meta,
        "title": f"Rename, merge, replace, withdraw {term}",
        "term": term,
        "kinds": [(name, KINDS[name], forms_of[name]) for name in KINDS],
        "chosen": chosen,
        "operation": operation,
        "effects": operation.effects[:SHOWN] if operation else (),
        "more": max(0, len(operation.effects) - SHOWN) if operation else 0,
        "typed": [(n, v) for n, v in request.POST.items() if n not in NOT_SENT],
        "referring": referring_to(term) if is_withdrawing and not form.errors else None,
        "verb": KINDS[chosen].verb if chosen else "",
    }
    return TemplateResponse(request, "admin/terms/term/refactor.html", context)


NOT_SENT = ("csrfmiddlewaretoken", "confirm")

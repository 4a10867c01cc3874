"""Editing many terms with one form, after all effects were listed."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from terms.admin.form.widgets import IconWidget
from terms.changes import bulk
from terms.changes.headers import write_headers
from terms.changes.operation import MEANWHILE, CannotRefactor, apply
from terms.editing.gate import StaleWrite
from terms.editing.numbers import number_in
from terms.editing.validators import refuse_control_characters, refuse_misleading
from terms.jobs.kinds import MANY
from terms.jobs.operations import plan_edit
from terms.models import Event, Glossary, Term
from terms.people.audit_log import record
from terms.people.permissions import rights

from .page import admin_page, effects, started, undo_button

NAMED = 20  # terms
KEEP, NONE = "", "none"
OF_ROWS = ("category", "vertical", "owner")  # values that are rows of other tables
TYPED = ("icon", "relate", "unrelate")
APART = {"owner": _lazy("owner"), "review_by": _lazy("review date")}  # not in the files


class BulkForm(forms.Form):
    """New values of many terms; what is left empty stays as it is."""

    category = forms.ChoiceField(label=_lazy("Category"), required=False)
    vertical = forms.ChoiceField(label=_lazy("Vertical"), required=False)
    icon = forms.CharField(label=_lazy("Icon"), max_length=300, required=False, widget=IconWidget)
    no_icon = forms.BooleanField(label=_lazy("Remove the icon"), required=False)
    relate = forms.CharField(label=_lazy("Relate to"), max_length=300, required=False)
    unrelate = forms.CharField(label=_lazy("Remove relation to"), max_length=300, required=False)
    owner = forms.ChoiceField(label=_lazy("Owner"), required=False)
    review_by = forms.DateField(
        label=_lazy("Review by"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    no_review_by = forms.BooleanField(label=_lazy("Remove the review date"), required=False)

    def __init__(self, data, model_admin, request, glossary):
        super().__init__(data)
        self._rows = {}
        for name in OF_ROWS:
            field = Term._meta.get_field(name)
            rows = model_admin.formfield_for_foreignkey(field, request).queryset
            rows = rows if name == "owner" else rows.filter(glossary=glossary)
            self._rows[name] = {str(row.pk): row for row in rows}
            named = [(pk, str(row)) for pk, row in self._rows[name].items()]
            self.fields[name].choices = [(KEEP, _("leave as it is")), (NONE, _("none")), *named]

    def clean(self):
        for name in TYPED:
            refuse_control_characters(self.cleaned_data.get(name, ""))
            refuse_misleading(self.cleaned_data.get(name, ""))
        for name in ("icon", "review_by"):
            if self.cleaned_data.get(name) and self.cleaned_data.get(f"no_{name}"):
                self.add_error(name, _("Choose a new value or none, not both."))
        if not self.errors and not (self.in_files or self.apart):
            raise forms.ValidationError(_("Choose at least one new value."))

    @property
    def in_files(self) -> dict[str, Any]:
        """The values that the files hold, as JSON: the arguments of ``changes.bulk.edit``."""
        columns = dict(self._chosen(bulk.COLUMNS))
        names = {name: " ".join(self.cleaned_data[name].split()) for name in ("relate", "unrelate")}
        texts = {name: str(value) if value else "" for name, value in columns.items()}
        found = {"columns": texts} if texts else {}
        return {**found, **{name: value for name, value in names.items() if value}}

    @property
    def apart(self) -> dict[str, Any]:
        """The values that the files do not hold."""
        return dict(self._chosen(APART))

    def _chosen(self, names) -> Iterator[tuple[str, Any]]:
        """Yield the columns that get a new value, or None, with that value."""
        for name in names:
            value = self.cleaned_data.get(name)
            if (value == NONE and name in OF_ROWS) or self.cleaned_data.get(f"no_{name}"):
                yield name, None
            elif value:
                yield name, self._rows[name][value] if name in OF_ROWS else value


def first_page(model_admin, request, queryset):
    """Return the form for the selected terms, or None if they cannot be edited."""
    chosen = rights(request.user, "change_term").among(queryset)
    for term in queryset.exclude(pk__in=chosen.values("pk"))[:5]:
        text = _("You may not change “{term}”.").format(term=term)
        model_admin.message_user(request, text, messages.WARNING)
    ids = list(chosen.order_by("pk").values_list("pk", flat=True)[: bulk.MOST + 1])
    problem = _problem(ids, chosen)
    if problem:
        model_admin.message_user(request, problem, messages.ERROR)
        return None
    glossary = chosen.first().glossary
    return _page(model_admin, request, ids, BulkForm(None, model_admin, request, glossary))


def _problem(ids: list[int], chosen: QuerySet[Term]) -> str:
    if len(ids) > bulk.MOST:
        return _("Choose {most} terms at most.").format(most=f"{bulk.MOST:,}")
    if not ids:
        return _("You do not have permission to change these terms.")
    if chosen.order_by().values("glossary").distinct().count() > 1:
        return _("Choose terms from one glossary.")
    return ""


@require_POST
def bulk_view(request, model_admin):
    if not model_admin.has_change_permission(request):
        raise PermissionDenied
    ids = _ids(request.POST.get("terms", ""))
    found = rights(request.user, "change_term")
    terms = found.among(Term.objects.filter(pk__in=ids)).select_related("glossary")
    if _problem(ids, terms) or terms.count() != len(ids):
        text = _("Some of these terms are gone, or you may no longer change them. Choose again.")
        model_admin.message_user(request, text, messages.ERROR)
        return HttpResponseRedirect(reverse("admin:terms_term_changelist"))
    form = BulkForm(request.POST, model_admin, request, terms[0].glossary)
    if not form.is_valid() or "edit" in request.POST:
        return _page(model_admin, request, ids, form)
    try:
        return _change(model_admin, request, terms, ids, form)
    except (CannotRefactor, StaleWrite) as error:
        form.add_error(None, str(error))
        return _page(model_admin, request, ids, form)


def _ids(text: str) -> list[int]:
    """Return at most MOST + 1 numbers."""
    pieces = text.split(",", bulk.MOST + 1)[: bulk.MOST + 1]
    return sorted({number for piece in pieces if (number := number_in(piece)) is not None})


def _change(model_admin, request, terms, ids, form):
    """Show the effects of the form, or carry them out once they are confirmed."""
    operation = plan_edit(terms, form.in_files) if form.in_files else None
    confirmed = request.POST.get("confirm")
    if confirmed != (operation.digest if operation else "1"):
        if confirmed:
            model_admin.message_user(request, MEANWHILE, messages.WARNING)
        return _page(model_admin, request, ids, form, operation, is_preview=True)
    glossary = terms[0].glossary
    names = dict(terms.values_list("pk", "name"))
    if operation and operation.count > MANY:
        _set_apart(model_admin, request, glossary, names, form.apart)
        arguments = {"terms": ids, "values": form.in_files, "shown": operation.digest}
        return started(request, "edit", glossary, arguments, operation.title)
    with transaction.atomic():
        change_set = apply(operation, request.user) if operation else None
        _set_apart(model_admin, request, glossary, names, form.apart)
    if change_set is None:
        return HttpResponseRedirect(reverse("admin:terms_term_changelist"))
    url = reverse("admin:terms_changeset_change", args=[change_set.pk])
    text = _('{title}. Review or publish <a href="{url}">the change set</a> to show it to readers.')
    said = format_html(text, title=change_set, url=url)
    model_admin.message_user(request, format_html("{} {}", said, undo_button(change_set)))
    return HttpResponseRedirect(url)


def _words_of(name: str, value: Any) -> str:
    shown = date_format(value, "j F Y") if name == "review_by" and value else value
    return f"{APART[name]}: {shown or _('none')}"


def _set_apart(model_admin, request, glossary: Glossary, names: dict[int, str], apart) -> None:
    """Set values that are not in the files, and log them."""
    if not apart:
        return
    detail = "; ".join(_words_of(name, value) for name, value in apart.items())
    terms = Term.objects.filter(pk__in=names)
    terms.update(**apart)
    write_headers(glossary, terms, request.user)
    record(glossary, Event.Kind.ASSIGNED, names.items(), request.user, detail)
    text = ngettext(
        "{count} term was updated: {detail}.", "{count} terms were updated: {detail}.", len(names)
    )
    model_admin.message_user(request, text.format(count=f"{len(names):,}", detail=detail))


def _page(model_admin, request, ids, form, operation=None, is_preview=False):
    apart = form.apart if is_preview else {}
    context = {
        "form": form,
        "is_of_terms": True,
        "is_preview": is_preview,
        "apart": [_words_of(name, value) for name, value in apart.items()],
        "ids": ",".join(map(str, ids)),
        "count": len(ids),
        "names": Term.objects.filter(pk__in=ids[:NAMED]).values_list("name", flat=True),
        "more_names": max(0, len(ids) - NAMED),
        **effects(request, operation),
    }
    title = ngettext("Edit {count} term", "Edit {count} terms", len(ids))
    title = title.format(count=f"{len(ids):,}")
    return admin_page(model_admin, request, "term/bulk", title, **context)

"""Editing one field of many terms, with a list of effects first."""

from django import forms
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.core.exceptions import BadRequest, PermissionDenied
from django.db.models import QuerySet
from django.http import HttpResponseRedirect
from django.urls import reverse
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
from terms.models import Category, Event, Glossary, Term, Vertical
from terms.people.audit_log import record
from terms.people.permissions import rights

from .page import admin_page, effects, started, undo_button

NAMED = 20  # terms
FILE, TEXT = {"category", "vertical", "icon"}, {"relate", "unrelate"}
APART = {"owner", "review_by"}  # not in the files, and changed without a preview


class BulkForm(forms.Form):
    """The fields for a bulk edit; the posted ``field`` selects one."""

    category = forms.ModelChoiceField(
        Category.objects.none(),
        label=_lazy("Category"),
        required=False,
        empty_label=_lazy("none"),
    )
    vertical = forms.ModelChoiceField(
        Vertical.objects.none(),
        label=_lazy("Vertical"),
        required=False,
        empty_label=_lazy("none"),
    )
    icon = forms.CharField(label=_lazy("Icon"), max_length=300, required=False, widget=IconWidget)
    relate = forms.CharField(label=_lazy("Relate to"), max_length=300, required=False)
    unrelate = forms.CharField(label=_lazy("Remove relation to"), max_length=300, required=False)
    owner = forms.ModelChoiceField(
        get_user_model().objects.none(),
        label=_lazy("Owner"),
        required=False,
        empty_label=_lazy("none"),
    )
    review_by = forms.DateField(
        label=_lazy("Review by"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, data, model_admin, request, glossary):
        super().__init__(data)
        for name in ("category", "vertical", "owner"):
            field = Term._meta.get_field(name)
            rows = model_admin.formfield_for_foreignkey(field, request).queryset
            self.fields[name].queryset = rows if name == "owner" else rows.filter(glossary=glossary)

    def clean(self):
        for name in TEXT | {"icon"}:
            refuse_control_characters(self.cleaned_data.get(name, ""))
            refuse_misleading(self.cleaned_data.get(name, ""))


def first_page(model_admin, request, queryset):
    """Return the page to choose a field, or None if the selection cannot be edited."""
    chosen = rights(request.user, "change_term").among(queryset)
    for term in queryset.exclude(pk__in=chosen.values("pk"))[:5]:
        text = _("You may not change “{term}”.").format(term=term)
        model_admin.message_user(request, text, messages.WARNING)
    ids = list(chosen.order_by("pk").values_list("pk", flat=True)[: bulk.MOST + 1])
    problem = _problem(ids, chosen)
    if problem:
        model_admin.message_user(request, problem, messages.ERROR)
        return None
    return _page(model_admin, request, ids, chosen.first().glossary)


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
    glossary = terms[0].glossary
    field = request.POST.get("field", "")
    form = BulkForm(request.POST, model_admin, request, glossary)
    if field not in form.fields:
        raise BadRequest(_("This field does not exist."))
    is_valid = form.is_valid()
    if is_valid and field in APART and "remove" in request.POST:
        form.cleaned_data[field] = None
    elif is_valid and field in APART and not form.cleaned_data[field]:
        form.add_error(field, _("Choose a value first."))
    if form.errors:
        return _page(model_admin, request, ids, glossary, form)
    try:
        return _change(model_admin, request, terms, ids, form, field)
    except (CannotRefactor, StaleWrite) as error:
        form.add_error(None, str(error))
        return _page(model_admin, request, ids, glossary, form)


def _ids(text: str) -> list[int]:
    """Return at most MOST + 1 numbers."""
    pieces = text.split(",", bulk.MOST + 1)[: bulk.MOST + 1]
    return sorted({number for piece in pieces if (number := number_in(piece)) is not None})


def _change(model_admin, request, terms, ids, form, field):
    value = form.cleaned_data[field]
    if field in APART:
        return _set_apart(model_admin, request, terms, field, value)
    glossary = terms[0].glossary
    operation = plan_edit(terms, field, str(value or ""))
    if request.POST.get("confirm") != operation.digest:
        if request.POST.get("confirm"):
            model_admin.message_user(request, MEANWHILE, messages.WARNING)
        return _page(model_admin, request, ids, glossary, form, operation)
    if operation.count > MANY:
        arguments = {
            "terms": ids, "field": field, "value": str(value or ""), "shown": operation.digest,
        }  # fmt: skip
        return started(request, "edit", glossary, arguments, operation.title)
    change_set = apply(operation, request.user)
    url = reverse("admin:terms_changeset_change", args=[change_set.pk])
    text = _('{title}. Publish <a href="{url}">the change set</a> to show it to readers.')
    said = format_html(text, title=change_set, url=url)
    model_admin.message_user(request, format_html("{} {}", said, undo_button(change_set)))
    return HttpResponseRedirect(url)


def _set_apart(model_admin, request, terms, field, value):
    """Set a value that is not in the files, at once, and log it."""
    names = list(terms.values_list("pk", "name"))
    terms.update(**{field: value})
    label = _("owner") if field == "owner" else BulkForm.base_fields[field].label
    detail = f"{label}: {value or _('none')}"
    write_headers(terms[0].glossary, Term.objects.filter(pk__in=dict(names)), request.user)
    record(terms[0].glossary, Event.Kind.ASSIGNED, names, request.user, detail)
    text = ngettext(
        "{count} term was updated: {detail}.", "{count} terms were updated: {detail}.", len(names)
    )
    model_admin.message_user(request, text.format(count=f"{len(names):,}", detail=detail))
    return HttpResponseRedirect(reverse("admin:terms_term_changelist"))


def _page(model_admin, request, ids, glossary: Glossary, form=None, operation=None):
    context = {
        "form": form or BulkForm(None, model_admin, request, glossary),
        "chosen": request.POST.get("field", "") if form else "",
        "ids": ",".join(map(str, ids)),
        "count": len(ids),
        "names": Term.objects.filter(pk__in=ids[:NAMED]).values_list("name", flat=True),
        "more_names": max(0, len(ids) - NAMED),
        **effects(request, operation),
    }
    title = ngettext("Edit {count} term", "Edit {count} terms", len(ids))
    title = title.format(count=f"{len(ids):,}")
    return admin_page(model_admin, request, "term/bulk", title, **context)

"""The term form with values that were submitted before."""

from typing import Any

from django.contrib.admin.helpers import AdminForm
from django.utils.translation import gettext as _

from .form import COLUMNS


def typed_values(form: Any) -> dict[str, Any]:
    """Return the values typed into a bound ``form`` as initial values of a new form."""
    form.is_valid()
    values = {name: as_shown(name, form) for name in COLUMNS if name in form.fields}
    for name in ("owner", "review_by", "glossary", "path"):
        if name in form.fields and name in form.cleaned_data:
            values[name] = form.cleaned_data[name]
    for name in ("reason", "source", "released"):
        values[name] = form.data.get(name, "")
    return values


def keep_initial(form: Any, data: Any) -> Any:
    """Make an unbound ``form`` resend the initial values of the form that its writer opened."""
    names = (form.add_initial_prefix(name) for name in ("owner", "review_by"))
    form.data = {name: data[name] for name in names if name in data}
    return form


def as_shown(name: str, form: Any) -> Any:
    """Return the typed value in the format of an initial value."""
    if form.fields[name].disabled:
        return form.initial.get(name)
    if name in ("category", "vertical"):
        return form.cleaned_data.get(name)
    return form[name].value()


def form_page(model_admin, request, term, form, context: dict[str, Any], status: int = 200):
    """Return the page of the form for ``term``, or with None for a new term."""
    admin_form = AdminForm(
        form,
        model_admin.get_fieldsets(request, term),
        {},
        model_admin.get_readonly_fields(request, term),
        model_admin=model_admin,
    )
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _("Change {term}").format(term=term) if term else _("New term"),
        "subtitle": None,
        "adminform": admin_form,
        "object_id": term and term.pk,
        "original": term,
        "is_popup": False,
        "to_field": None,
        "media": model_admin.media + admin_form.media,
        "inline_admin_formsets": [],
        "errors": None,
        "preserved_filters": model_admin.get_preserved_filters(request),
        **context,
    }
    response = model_admin.render_change_form(
        request, context, add=term is None, change=term is not None, obj=term
    )
    response.status_code = status
    return response

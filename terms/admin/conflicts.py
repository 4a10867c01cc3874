"""Somebody saved the term first: what they changed, what was typed here, field by field."""

from dataclasses import dataclass

from django.contrib.admin.helpers import AdminForm

from terms.differences import Piece, words
from terms.forms import COLUMNS


@dataclass(frozen=True)
class Field:
    """One field that differs. ``collides`` where both changed it, each otherwise."""

    name: str
    label: str
    pieces: list[Piece]  # what the other changed
    mine: list[Piece]
    changed_by_them: bool
    collides: bool


def page(model_admin, request, term, extra_context):
    """The form again: values that only they changed are theirs, all others as typed."""
    form_class = model_admin.get_form(request, term, change=True)
    typed = form_class(request.POST, instance=term)
    typed.is_valid()
    newest = form_class(instance=term)
    fields, values = [], {}
    for name in COLUMNS:
        if name not in typed.fields:
            continue
        base, theirs = typed.initial.get(name), newest.initial.get(name)
        mine = _as_shown(name, typed)
        they_changed = _text(base) != _text(theirs)
        i_changed = _text(mine) != _text(base)
        values[name] = mine if i_changed else theirs
        if they_changed or i_changed:
            collides = they_changed and i_changed and _text(mine) != _text(theirs)
            fields.append(
                Field(
                    name,
                    str(typed.fields[name].label or name.capitalize()),
                    list(words(_text(base), _text(theirs))),
                    list(words(_text(base), _text(mine))),
                    they_changed,
                    collides,
                )
            )
    values["reason"] = request.POST.get("reason", "")
    form = form_class(instance=term, initial=values)
    return _render(model_admin, request, term, form, fields, extra_context)


def _as_shown(name, form):
    """The typed value in the shape of an initial one."""
    if form.fields[name].disabled:
        return form.initial.get(name)
    if name in ("category", "vertical"):
        return form.cleaned_data.get(name)
    return form.fields[name].prepare_value(form[name].data)


def _text(value) -> str:
    """A value as lines of text, to compare and show."""
    if not isinstance(value, list):
        return "" if value is None else str(value).replace("\r\n", "\n")
    return "\n".join(_line(item) for item in value)


def _line(item) -> str:
    if hasattr(item, "label"):
        return item.label
    if hasattr(item, "kind"):
        return item.name
    return f"{item.title}: {item.value} {item.url}".replace("\r\n", "\n").strip()


def _render(model_admin, request, term, form, fields, extra_context):
    newest = term.newest_revision()
    admin_form = AdminForm(
        form,
        model_admin.get_fieldsets(request, term),
        {},
        model_admin.get_readonly_fields(request, term),
        model_admin=model_admin,
    )
    context = {
        **model_admin.admin_site.each_context(request),
        "title": f"{term} has been changed by somebody else",
        "subtitle": None,
        "adminform": admin_form,
        "object_id": term.pk,
        "original": term,
        "is_popup": False,
        "to_field": None,
        "media": model_admin.media + admin_form.media,
        "inline_admin_formsets": [],
        "errors": None,
        "preserved_filters": model_admin.get_preserved_filters(request),
        "conflict": {"revision": newest, "fields": fields},
        **extra_context,
    }
    response = model_admin.render_change_form(request, context, change=True, obj=term)
    response.status_code = 409
    return response

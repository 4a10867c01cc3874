"""Changes of settings in the log: who, what, before and after."""

import re
from collections.abc import Iterator
from typing import Any

from django import forms
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from terms.models import Event, Glossary
from terms.models.term import NAME_LENGTH
from terms.people.audit_log import record

from .mixin import Mixin

LONGEST = 200  # characters of a value
_IN_ADDRESS = re.compile(r"://[^/@\s]+@")  # a name and password
SECRET = ("password", "secret", "token")  # parts of names of fields that are not written


class Recorded(Mixin):
    """Writes what is added, changed and deleted here into the log."""

    def construct_change_message(self, request, form, formsets, add=False):
        lines = [*_changes(form), *(line for one in formsets or () for line in _rows(one))]
        request.recorded = "\n".join(lines)
        return super().construct_change_message(request, form, formsets, add)

    def log_addition(self, request, obj, message):
        self._record(request, obj, _("added {thing}"))
        return super().log_addition(request, obj, message)

    def log_change(self, request, obj, message):
        if getattr(request, "recorded", ""):
            self._record(request, obj, _("changed {thing}"))
        return super().log_change(request, obj, message)

    def log_deletions(self, request, queryset):
        for obj in queryset:
            self._record(request, obj, _("deleted {thing}"))
        return super().log_deletions(request, queryset)

    def _record(self, request, obj, said):
        thing = said.format(thing=self.opts.verbose_name)
        detail = "\n".join(filter(None, [thing, getattr(request, "recorded", "")]))
        glossary = obj if isinstance(obj, Glossary) else getattr(obj, "glossary", None)
        name = str(obj)[:NAME_LENGTH]
        record(glossary, Event.Kind.SETTING, [(None, name)], request.user, detail)


def _changes(form: Any) -> Iterator[str]:
    """Yield a line for each changed field: its label, the value before and after."""
    for name in form.changed_data:
        field = form.fields.get(name)  # the form of a password names another one
        label = str(field.label or name) if field else name.capitalize()
        if field is None or any(part in name for part in SECRET):
            yield _("{label}: changed").format(label=label)
            continue
        before = _shown(field, form.get_initial_for_field(field, name))
        after = _shown(field, form.cleaned_data.get(name))
        if before != after:
            yield _("{label}: “{before}” → “{after}”").format(
                label=label, before=before, after=after
            )


def _rows(formset: Any) -> Iterator[str]:
    """Yield a line for each row that was added or deleted, and for changed fields of others."""
    for row in getattr(formset, "new_objects", ()):
        yield _("added: {row}").format(row=row)
    for row in getattr(formset, "deleted_objects", ()):
        yield _("deleted: {row}").format(row=row)
    changed = {row.pk for row, _names in getattr(formset, "changed_objects", ())}
    for form in formset.initial_forms:
        if form.instance.pk in changed:
            yield from (f"{form.instance}: {line}" for line in _changes(form))


def _shown(field: Any, value: Any) -> str:
    """Return a value as the form shows it."""
    if callable(value):
        value = value()
    if isinstance(value, list | tuple | QuerySet):
        return ", ".join(sorted(str(one) for one in _models(field, value)))[:LONGEST]
    if isinstance(field, forms.ModelChoiceField):
        return ", ".join(str(one) for one in _models(field, [value] if value else []))
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    choices = dict(getattr(field, "choices", ()))
    shown = str(choices.get(value, "" if value is None else value))
    return _IN_ADDRESS.sub("://…@", shown)[:LONGEST]


def _models(field: Any, values: Any) -> list[Any]:
    """Return the rows of ``values``, which are rows or their ids."""
    if not isinstance(field, forms.ModelChoiceField):
        return list(values)
    ids = [value.pk if isinstance(value, Model) else value for value in values]
    rows: Any = field.queryset
    return list(rows.model._default_manager.filter(pk__in=ids))

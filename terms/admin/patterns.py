"""Patterns for new terms, which administrators of a glossary manage."""

from typing import Any, NamedTuple

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from terms.editing.numbers import number_in
from terms.editing.validators import refuse_control_characters
from terms.formats.line_ends import normalise
from terms.models import Glossary, Pattern
from terms.people.permissions import rights

from .form.widgets import IconWidget
from .permissions import Scoped
from .recorded import Recorded


def patterns_for(person: Any) -> QuerySet[Pattern]:
    """Return the patterns of the glossaries in which a person may create terms."""
    glossaries = rights(person, "add_term").glossaries_in(Glossary.objects.all())
    return Pattern.objects.filter(glossary__in=glossaries).select_related("glossary")


def values_of(person: Any, chosen: str) -> dict[str, object]:
    """Return the first values of a new term with the chosen pattern (its id in an address)."""
    pattern = patterns_for(person).filter(pk=number_in(chosen) or 0).first()
    return pattern.values() if pattern else {}


class Choice(NamedTuple):
    """A way to begin a new term."""

    title: str
    address: str
    is_chosen: bool


def choices(person: Any, chosen: str, name: str = "") -> list[Choice]:
    """Return the ways to begin a new term, called ``name``; none if there are no patterns."""
    found = list(patterns_for(person))
    if not found:
        return []
    are_of_several = len({pattern.glossary_id for pattern in found}) > 1
    address = reverse("admin:terms_term_add")
    named: dict[str, str] = {"name": name} if name else {}
    empty = f"{address}?{urlencode(named)}" if named else address
    ways = [Choice(_("an empty text"), empty, not chosen)]
    for pattern in found:
        title = f"{pattern} ({pattern.glossary})" if are_of_several else str(pattern)
        is_chosen = pattern.pk == number_in(chosen)
        query = urlencode({"pattern": str(pattern.pk), **named})
        ways.append(Choice(title, f"{address}?{query}", is_chosen))
    return ways


class PatternForm(forms.ModelForm):
    def clean(self):
        cleaned = super().clean()
        category, glossary = cleaned.get("category"), cleaned.get("glossary")
        if category and glossary and category.glossary_id != glossary.pk:
            text = _("“{category}” is a category of another glossary.")
            self.add_error("category", text.format(category=category))
        for name in ("description", "body"):
            cleaned[name] = normalise(cleaned.get(name) or "")
            try:
                refuse_control_characters(cleaned[name])
            except ValidationError as error:
                self.add_error(name, error)
        return cleaned


class PatternAdmin(Recorded, Scoped, admin.ModelAdmin):
    form = PatternForm
    list_display = ["name", "glossary", "category"]
    list_select_related = ["glossary", "category"]
    search_fields = ["name"]
    fields = ["glossary", "name", "category", "icon", "description", "body", "order"]
    empty_words = _lazy("No patterns yet. With one, a new term begins with its sections and texts.")

    def rights(self, request, action):
        """The right to change a glossary covers its patterns."""
        return rights(request.user, "change_glossary")

    def get_changeform_initial_data(self, request):
        only = list(self._choices(request, Glossary)[:2])
        chosen = {"glossary": only[0].pk} if len(only) == 1 else {}
        return {**chosen, **super().get_changeform_initial_data(request)}

    def formfield_for_dbfield(self, field, request, **options):
        if field.name == "icon":
            options["widget"] = IconWidget
        if field.name == "body":
            options["widget"] = forms.Textarea(attrs={"rows": 16, "class": "term-source"})
        if field.name == "description":
            options["widget"] = forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"})
        return super().formfield_for_dbfield(field, request, **options)

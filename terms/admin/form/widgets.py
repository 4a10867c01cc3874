"""Form fields for lists in a term file: rows, related names, aliases."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextInputWidget
from django.core.exceptions import ValidationError
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from markdownx.widgets import AdminMarkdownxWidget

from terms.editing.validators import refuse_control_characters, refuse_misleading
from terms.formats.document import MAX_NAME, DetailRow
from terms.formats.line_ends import normalise
from terms.models import Alias

MAX_ROWS = 200


class ListWidget(forms.Widget):
    """Rows of inputs in the order of the page, with an empty one for a new row."""

    template_name = "admin/terms/widgets/list.html"
    row_template = ""
    columns: tuple[str, ...] = ()

    class Media:
        css = {"all": ["terms/admin.css"]}
        js = ["terms/admin.js"]

    def get_context(self, name: str, value: Any, attrs: dict | None) -> dict:
        context = super().get_context(name, value, attrs)
        disabled = bool(context["widget"]["attrs"].pop("disabled", False))
        rows = [*(value or []), *([] if disabled else [None])]
        context["widget"].update(
            rows=rows, row_template=self.row_template, columns=self.columns, disabled=disabled
        )
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[tuple[str, ...]]:
        lists = [data.getlist(f"{name}-{column}") for column in self.columns]
        return list(zip(*lists, strict=False))

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return False

    def id_for_label(self, id_: str) -> str:
        return f"{id_}_0"


class ListField(forms.Field):
    """A list of rows; empty rows are dropped."""

    def __init__(self, **options: Any):
        super().__init__(required=False, **options)

    def clean(self, value: list[tuple[str, ...]]) -> list:
        if len(value) > MAX_ROWS:
            raise ValidationError(_("There are more than {most} rows.").format(most=MAX_ROWS))
        for row in value:
            for text in row:
                refuse_control_characters(normalise(text))
        return [item for item in map(self.to_item, value) if item is not None]

    def to_item(self, row: tuple[str, ...]) -> Any:
        raise NotImplementedError

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.bound_data(data, initial) != list(initial or ())


class DetailsWidget(ListWidget):
    row_template = "admin/terms/widgets/detail.html"
    columns = ("origin", "title", "value", "url")


@dataclass(frozen=True)
class TypedRow:
    """A detail row as typed; ``origin`` as in ``DetailRow``."""

    origin: int | None
    title: str
    value: str
    url: str

    @property
    def is_empty(self) -> bool:
        return not (self.title or self.value or self.url)


class NewNameWidget(AdminTextInputWidget):
    """A name field that shows the terms with the typed name."""

    template_name = "admin/terms/widgets/new_name.html"

    def get_context(self, name: str, value: Any, attrs: dict | None) -> dict:
        context = super().get_context(name, value, attrs)
        context["widget"]["attrs"]["data-names"] = reverse_lazy("admin:terms_term_suggest")
        return context


class DetailsField(ListField):
    widget = DetailsWidget

    def to_item(self, row: tuple[str, ...]) -> TypedRow | None:
        origin, title, value, url = row
        if not (origin or title or value or url):
            return None
        number = int(origin) if origin.isascii() and origin.isdigit() else None
        return TypedRow(number, title, normalise(value), url)

    def bound_data(
        self, data: list[tuple[str, ...]], initial: list[DetailRow] | None
    ) -> list[DetailRow]:
        """Return the typed rows for redisplay; rows that follow a field stay unchanged."""
        before = initial or []
        shown = []
        for typed in filter(None, map(self.to_item, data)):
            origin = typed.origin
            old = before[origin] if origin is not None and origin < len(before) else None
            if old is not None and old.follows:
                shown.append(old)
            elif not typed.is_empty:
                kept = None if old is None else origin
                shown.append(DetailRow(typed.title, typed.value, typed.url, kept))
        return shown


class RelatedWidget(ListWidget):
    row_template = "admin/terms/widgets/related.html"
    columns = ("label",)

    def get_context(self, name: str, value: Any, attrs: dict | None) -> dict:
        context = super().get_context(name, value, attrs)
        context["widget"]["suggestions"] = reverse_lazy("admin:terms_term_suggest")
        return context


@dataclass(frozen=True)
class RelatedName:
    """A related name, and whether a term has it."""

    label: str
    is_known: bool | None = None


class RelatedField(ListField):
    widget = RelatedWidget

    def to_item(self, row: tuple[str, ...]) -> str | None:
        return row[0].strip() or None

    def bound_data(
        self, data: list[tuple[str, ...]], initial: list[RelatedName] | None
    ) -> list[RelatedName]:
        known = {label.label: label.is_known for label in initial or ()}
        return [RelatedName(label, known.get(label)) for (label,) in data if label]


class AliasesWidget(ListWidget):
    row_template = "admin/terms/widgets/alias.html"
    columns = ("name", "kind")

    def get_context(self, name: str, value: Any, attrs: dict | None) -> dict:
        context = super().get_context(name, value, attrs)
        context["widget"]["kinds"] = Alias.Kind.choices
        return context


@dataclass(frozen=True)
class TypedAlias:
    name: str
    kind: str = Alias.Kind.ALTERNATIVE


class AliasesField(ListField):
    widget = AliasesWidget

    def to_item(self, row: tuple[str, ...]) -> TypedAlias | None:
        name, kind = row
        if not name.strip():
            return None
        refuse_misleading(name)
        if len(name) > MAX_NAME:
            text = _("“{beginning}…” is longer than {most} characters.")
            raise ValidationError(text.format(beginning=name[:40], most=MAX_NAME))
        return TypedAlias(name, kind if kind in Alias.Kind.values else Alias.Kind.ALTERNATIVE)

    def bound_data(
        self, data: list[tuple[str, ...]], initial: list[TypedAlias] | None
    ) -> list[TypedAlias]:
        return [TypedAlias(*row) for row in data if row[0]]


class TextWidget(AdminMarkdownxWidget):
    """A Markdown text; its preview and its pictures belong to ``term``.

    markdownx's script is left out: it would render the text alone, and ask for it again.
    """

    term: int | None = None

    @property
    def media(self) -> forms.Media:
        return forms.Media()

    def get_context(self, name: str, value: Any, attrs: dict | None) -> dict:
        context = super().get_context(name, value, attrs)
        if self.term:
            for name in ("data-markdownx-urls-path", "data-markdownx-upload-urls-path"):
                context["widget"]["attrs"][name] += f"?term={self.term}"
        return context


class IconWidget(AdminTextInputWidget):
    """An icon's name, with its picture and a chooser for all icons."""

    template_name = "admin/terms/widgets/icon.html"

    class Media:
        css = {"all": ["terms/admin.css"]}
        js = ["terms/admin.js"]

    def get_context(self, name: str, value: Any, attrs: dict | None) -> dict:
        context = super().get_context(name, value, attrs)
        context["widget"]["search"] = reverse_lazy("admin:terms_term_icons")
        return context

"""The term form: validates the fields and writes the changed values into the term file's text."""

from collections import Counter
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from markdownx.fields import MarkdownxFormField

from terms.editing.index import known_names, runs
from terms.editing.numbers import number_in
from terms.editing.paths import free_path
from terms.editing.validators import (
    refuse_conflicts,
    refuse_control_characters,
    refuse_misleading,
)
from terms.formats.dialects import DETAIL_TITLES
from terms.formats.document import MAX_NAME, DetailRow, TermDocument, changed, read_document
from terms.formats.front_matter import MAX_FILE
from terms.formats.holding_back import marks_of_holding_back
from terms.formats.line_ends import like_original, normalise
from terms.formats.paths import name_key, problem_with
from terms.formats.problems import CannotSplice
from terms.formats.related import read_names, write_names
from terms.models import Term
from terms.people.permissions import why_not_save

from .passages import carried, chosen_body
from .values import (
    CLASSES,
    TEXT_FIELDS,
    as_browser_returns,
    initial_values,
    is_as_before,
    titled,
    verticals_of_categories,
)
from .widgets import AliasesField, DetailsField, IconWidget, NewNameWidget, RelatedField, TextWidget

EMPTY = "---\n---\n"
SAME_NAME = "same-name"  # field by which a second term of a name is confirmed
# Form field → the column of a term file that it edits.
COLUMNS = {name: name for name in (*TEXT_FIELDS, *CLASSES, "body")} | {
    "detail_rows": "details",
    "related_terms": "details",
    "other_names": "aliases",
}


class TermForm(forms.ModelForm):
    """Writes only changed fields; the rest of the file is not touched.

    ``document`` is the text that the writer saw, of the version in ``seen``.
    """

    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)
    name = forms.CharField(
        required=False,
        label=_lazy("Name"),
        strip=False,
        max_length=MAX_NAME,
        widget=AdminTextInputWidget(
            attrs={"class": "vTextField", "placeholder": _lazy("Name of the term")}
        ),
    )
    icon = forms.CharField(
        required=False,
        strip=False,
        max_length=MAX_NAME,
        label=_lazy("Icon"),
        widget=IconWidget,
    )
    description = forms.CharField(
        required=False,
        label=_lazy("Definition"),
        strip=False,
        widget=AdminTextareaWidget(attrs={"rows": 3}),
        help_text=_lazy("In one sentence."),
    )
    body = MarkdownxFormField(required=False, strip=False, widget=TextWidget, label=_lazy("Text"))
    detail_rows = DetailsField(label=_lazy("Detail rows"))
    related_terms = RelatedField(
        label=_lazy("Related terms"),
        help_text=_lazy(
            "Readers see them in this order. A name without a term is kept as a wanted term."
        ),
    )
    other_names = AliasesField(label=_lazy("Aliases"))
    source = forms.CharField(
        required=False,
        strip=False,
        label=_lazy("File"),
        widget=forms.Textarea(attrs={"class": "term-source", "rows": 24, "spellcheck": "false"}),
    )
    released = forms.BooleanField(required=False, label=_lazy("Stop holding this term back"))
    reason = forms.CharField(
        required=False,
        max_length=300,
        label=_lazy("Reason"),
        help_text=_lazy("What changed and why, for the history. Optional."),
        widget=AdminTextInputWidget,
    )

    same_name: Term | None = None  # another term with the name of a new one
    user: Any = None  # the writer; rights may be limited to some categories

    class Meta:
        model = Term
        fields = ("glossary", "path", "category", "vertical", "owner", "review_by")

    def __init__(self, *args: Any, **options: Any):
        super().__init__(*args, **options)
        self.revision_text = EMPTY
        if self.instance.pk:
            self.document = self._seen_document()
            values = initial_values(self.document, self.instance)
            self.initial.update(values | (options.get("initial") or {}))
            self.fields["body"].widget.term = self.instance.pk
        else:
            self.document = read_document(EMPTY, "")
            self.fields["path"].required = False
            self.fields["name"].widget = NewNameWidget(self.fields["name"].widget.attrs)
        for name, column in COLUMNS.items():
            unreadable = self.document.problem is not None
            if name in self.fields and (unreadable or column in self.document.fixed):
                self.fields[name].disabled = True
                self.fields[name].widget.attrs["disabled"] = True
        marks = list(marks_of_holding_back(self.document.source.data, timezone.now()))
        if marks:
            text = _(
                "The file has “{marks}”, so this text cannot be published. If ticked, this is"
                " removed from the file when you save."
            )
            self.fields["released"].help_text = text.format(marks="”, “".join(marks))
        else:
            del self.fields["released"]
        for name in ("owner", "review_by"):
            if name in self.fields:
                # A change is a difference from the value that the writer saw, not from the current
                # one.
                self.fields[name].show_hidden_initial = True
        for name in CLASSES:
            if name in self.fields and self.instance.pk:
                field: Any = self.fields[name]
                field.queryset = field.queryset.filter(glossary=self.instance.glossary_id)
        if "vertical" in self.fields:
            widget: Any = self.fields["vertical"].widget
            attributes = getattr(widget, "widget", widget).attrs  # the admin wraps it
            attributes["data-verticals"] = verticals_of_categories()

    def _seen_document(self) -> TermDocument:
        number = self.data.get("seen", "") if self.is_bound else ""
        revisions = self.instance.revisions
        seen = revisions.filter(number=number_in(number))
        revision = seen.first() or self.instance.newest_revision()
        self.initial["seen"] = revision.number
        self.seen_version = revision.number
        return read_document(revision.text, self.instance.path)

    @property
    def taken(self) -> list[str]:
        """Fields for which the writer chose the other editor's version."""
        return [name for name in COLUMNS if self.data.get(f"take-{name}") == "theirs"]

    @property
    def taken_labels(self) -> list[str]:
        return [str(self.fields[name].label or name.capitalize()) for name in self.taken]

    @property
    def carried(self) -> list[tuple[str, str]]:
        return carried(self.data)

    # Cleaning

    def clean_name(self) -> str:
        name = self.cleaned_data["name"]
        refuse_control_characters(name)
        refuse_misleading(name)
        if not name.strip():
            raise ValidationError(_("A term needs a name."))
        return name

    def _refuse_second(self, cleaned: dict[str, Any]) -> None:
        """Ask before a new term gets the name of another one."""
        if self.instance.pk or self.data.get(SAME_NAME):
            return
        same = Term.objects.filter(
            glossary=cleaned["glossary"], name_key=name_key(cleaned["name"])
        ).first()
        if same is not None:
            self.same_name = same
            text = _("There is a term “{name}” already.")
            self.add_error("name", text.format(name=same))

    def clean_related_terms(self) -> list[str]:
        labels: list[str] = self.cleaned_data["related_terms"]
        before = Counter(label.label for label in self.initial.get("related_terms", []))
        for label, count in Counter(labels).items():
            if count > max(before[label], 1):  # the file may have it twice already
                raise ValidationError(_("“{name}” is in the list twice.").format(name=label))
        return labels

    def clean_path(self) -> str:
        path = self.cleaned_data["path"].strip()
        if not path or self.instance.pk:
            return self.instance.path if self.instance.pk else ""
        if problem := problem_with(path):
            raise ValidationError(problem)
        return path

    def clean(self) -> dict[str, Any]:
        super().clean()
        cleaned = self.cleaned_data
        for name in ("description", "body", "source"):
            try:
                refuse_control_characters(normalise(cleaned.get(name) or ""))
                refuse_conflicts(cleaned.get(name) or "")
            except ValidationError as error:
                self.add_error(name, error)
        if not self.errors:
            self._refuse_second(cleaned)
        if not self.errors:
            self._settle_path(cleaned)
            self._write_text()
        return cleaned

    def _settle_path(self, cleaned: dict[str, Any]) -> None:
        if self.instance.pk:
            return
        self.instance.glossary = cleaned["glossary"]
        taken = Term.objects.filter(glossary=cleaned["glossary"])
        path = cleaned["path"]
        if path and taken.at_path(path).exists():
            text = _("There is a term file “{path}” already.")
            self.add_error("path", text.format(path=path))
        if not path:
            path = free_path(cleaned["glossary"], cleaned["name"])
        cleaned["path"] = path

    def _write_text(self) -> None:
        try:
            self.revision_text = self._text()
        except CannotSplice as error:
            self.add_error(None, str(error))
            return
        self._check_rights()
        if len(self.revision_text.encode()) > MAX_FILE:
            text = _("The file would have more than {most} bytes.")
            self.add_error(None, text.format(most=f"{MAX_FILE:,}"))

    def _check_rights(self) -> None:
        document = read_document(self.revision_text, self.document.path)
        is_new = not self.instance.pk
        reason = self.user and why_not_save(self.user, self.instance.glossary, document, is_new)
        if reason:
            self.add_error("category" if "category" in self.fields else None, reason)

    # Typed values → text

    def _text(self) -> str:
        document = self.document
        if document.problem is not None:
            typed = normalise(self.cleaned_data.get("source") or "")
            if not typed or typed == normalise(document.text):
                return document.text
            return like_original(typed, document.text)
        text = changed(
            document,
            columns=self._columns(),
            rows=self._rows(),
            related=self._related(),
            aliases=self._aliases(),
            body=self._body(),
            released_at=timezone.now() if self.cleaned_data.get("released") else None,
        )
        self._check_related(text)
        return text

    def _is_open(self, name: str) -> bool:
        """Return whether the field can be edited and keeps the writer's value."""
        return not self.fields[name].disabled and name not in self.taken

    def _columns(self) -> dict[str, str]:
        columns = {}
        for name in TEXT_FIELDS:
            typed = normalise(self.cleaned_data[name])
            before = as_browser_returns(getattr(self.document, name), name == "description")
            if self._is_open(name) and typed != before:
                columns[name] = typed
        for name in CLASSES:
            chosen = self.cleaned_data.get(name)
            if self._is_open(name) and name in self.fields:
                columns[name] = chosen.name if chosen else ""
        return columns

    def _rows(self) -> list[DetailRow] | None:
        if not self._is_open("detail_rows"):
            return None
        if not self.instance.pk:
            return self._first_rows()
        before = self.document.rows
        rows = []
        for typed in self.cleaned_data["detail_rows"]:
            known = typed.origin is not None and typed.origin < len(before)
            old = before[typed.origin] if known else None
            if old is not None and (old.follows or is_as_before(old, typed)):
                rows.append(old)
            elif not typed.is_empty:
                rows.append(titled(typed, typed.origin if known else None))
        return None if tuple(rows) == before else rows

    def _first_rows(self) -> list[DetailRow]:
        """Return a new term's rows, including those that repeat its category and vertical."""
        repeated = [
            DetailRow(DETAIL_TITLES[name], chosen.name, follows=name)
            for name in CLASSES
            if (chosen := self.cleaned_data.get(name))
        ]
        typed = self.cleaned_data["detail_rows"]
        return [*repeated, *(titled(row, None) for row in typed)]

    def _related(self) -> list[str] | None:
        labels = self.cleaned_data["related_terms"]
        shown = self.initial.get("related_terms", [])
        before = [as_browser_returns(label.label, lines=False) for label in shown]
        return labels if self._is_open("related_terms") and labels != before else None

    def _aliases(self) -> list[str] | None:
        names = [alias.name for alias in self.cleaned_data["other_names"]]
        before = [as_browser_returns(name, lines=False) for name in self.document.aliases]
        return names if self._is_open("other_names") and names != before else None

    def _body(self) -> str | None:
        typed = normalise(self.cleaned_data["body"])
        typed = chosen_body(self.instance, self.document.body, self.data, typed)
        if not self._is_open("body") or typed == normalise(self.document.body):
            return None
        return typed

    def _check_related(self, text: str) -> None:
        """Check that the relation string is read as the typed names. Raises CannotSplice."""
        labels = self._related()
        if labels is None:
            return
        written = write_names(labels)
        known = known_names(self.instance.glossary, set(runs(written)))
        own = name_key(read_document(text, self.document.path).name)
        if own in map(name_key, labels):
            raise CannotSplice(_("A term cannot be related to itself."))
        found = read_names(written, known.__contains__)
        for label in labels:
            if label not in found:
                text = _(
                    "“{name}” cannot be told from the other related terms in the file: "
                    "a name with commas can be used once its term exists."
                )
                raise CannotSplice(text.format(name=label))

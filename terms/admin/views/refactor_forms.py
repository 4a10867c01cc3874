"""Forms for renaming, merging, splitting, replacing and withdrawing."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from terms.editing.index import known_names
from terms.editing.validators import refuse_control_characters, refuse_misleading
from terms.formats.line_ends import normalise
from terms.formats.paths import MAX_PATH, name_key
from terms.models import Term
from terms.rendering import sections

MOST_PARTS = 200  # sections, names


class RenameForm(forms.Form):
    name = forms.CharField(label=_lazy("New name"), max_length=300)
    keeps_old = forms.BooleanField(
        label=_lazy("Keep the old name as an alias"), required=False, initial=True
    )
    in_texts = forms.BooleanField(
        label=_lazy("Replace the old name in running texts, too; links, headings and code stay"),
        required=False,
    )

    def clean_name(self):
        name = self.cleaned_data["name"]
        refuse_control_characters(name)
        refuse_misleading(name)
        return name


class FollowForm(forms.Form):
    """A former name of a term, to which others are still related."""

    old = forms.CharField(label=_lazy("Old name"), max_length=300)
    keeps_old = forms.BooleanField(
        label=_lazy("Only keep the old name as an alias; the other files stay as they are"),
        required=False,
    )


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
            text = _("There is no term “{name}”.")
            raise forms.ValidationError(text.format(name=self.cleaned_data["other"]))
        return Term.objects.select_related("glossary").get(pk=found)


class MergeForm(OtherForm):
    takes_text = forms.BooleanField(
        label=_lazy("Add its definition and text to the other term, as a section"), required=False
    )


class FileForm(forms.Form):
    path = forms.CharField(label=_lazy("File name"), max_length=MAX_PATH)


class SplitForm(forms.Form):
    """The parts of a term that become another term: numbers of sections, and names."""

    name = forms.CharField(label=_lazy("Name of the new term"), max_length=300)
    parts = forms.MultipleChoiceField(
        label=_lazy("Sections to move"), required=False, widget=forms.CheckboxSelectMultiple
    )
    names = forms.MultipleChoiceField(
        label=_lazy("Names to move"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args, term, **options):
        super().__init__(*args, **options)
        document = term.document()
        every = enumerate(sections(normalise(document.body))[:MOST_PARTS])
        self.fields["parts"].choices = [(str(n), section.title) for n, section in every]
        self.fields["names"].choices = [(name, name) for name in document.aliases[:MOST_PARTS]]

    clean_name = RenameForm.clean_name

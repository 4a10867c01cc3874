"""Glossaries: their settings, quality rules and review steps."""

from django import forms
from django.contrib import admin, messages
from django.db import models
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from terms.changes.headers import write_headers
from terms.jobs.kinds import MANY
from terms.languages.collation import why_not_sorted
from terms.languages.translations import english_name, is_tag, languages
from terms.models import Address, Category, PublishedTerm, ReviewStep, Term
from terms.people.permissions import rights
from terms.publishing.rebuild import rebuild
from terms.quality.checking import BLOCK, OFF, WARN, level_of, rules
from terms.review.approvals import count_reviewers

from .lists import WithoutDeletion
from .permissions import Scoped
from .recorded import Recorded
from .rows import Rows
from .views import exports, import_file, import_plan, imports
from .views.glossaries import delete_glossary_page, start_rebuilding
from .watching import WATCHING, Watchable

LEVELS = [(WARN, _lazy("warn")), (BLOCK, _lazy("prevent publishing")), (OFF, _lazy("off"))]
FIELDSETS = (
    (None, ("name", "slug", "language")),
    (_lazy("Reviews"), ("approvals_needed",)),
    (_lazy("Readers"), ("takes_suggestions", "edit_link")),
    (_lazy("Files"), ("origin", "picture_folder", "keeps", "owner_key", "review_key")),
)
ON_EVERY_PAGE = {"name", "slug", "language", "origin", "takes_suggestions", "edit_link"}
GLOSSARY_FIELDS = [name for _title, names in FIELDSETS for name in names]


def rule_fields():
    """Return the quality rules by the form field for their level."""
    return {f"rule_{name}": rule for name, rule in rules().items()}


class GlossaryForm(forms.ModelForm):
    """A glossary, with a field for the level of each quality rule."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        for field_name, rule in rule_fields().items():
            self.fields[field_name] = forms.ChoiceField(
                choices=LEVELS, label=rule.title, required=False
            )
            self.initial[field_name] = level_of(self.instance, rule.name)
        if field := self.fields.get("language"):
            spoken = ", ".join(sorted(map(english_name, languages())))
            text = _(
                "A BCP 47 tag: en, de-AT. Names are sorted by it, and readers' pages speak it"
                " where they can: {languages}."
            )
            field.help_text = text.format(languages=spoken)

    def clean_language(self):
        if not is_tag(tag := self.cleaned_data["language"]):
            text = _("“{tag}” is not a valid language tag, such as en or de-AT.")
            raise forms.ValidationError(text.format(tag=tag))
        if problem := why_not_sorted(tag):
            raise forms.ValidationError(problem)
        return tag

    def save(self, commit=True):
        chosen = {rule.name: self.cleaned_data.get(name) for name, rule in rule_fields().items()}
        self.instance.rules = {name: level for name, level in chosen.items() if level}
        return super().save(commit)


class StepInline(Rows):
    """The steps of reviews; the right to change the glossary covers them."""

    model = ReviewStep
    fields = ["order", "name", "group", "approvals_needed", "category"]
    verbose_name_plural = _lazy("Review steps, in their order")

    def _may_change(self, request, obj):
        may_change = rights(request.user, "change_glossary")
        return bool(may_change) if obj is None else may_change.hold_for(obj)

    def has_view_permission(self, request, obj=None):
        return self._may_change(request, obj)

    def has_add_permission(self, request, obj=None):
        return self._may_change(request, obj)

    def has_change_permission(self, request, obj=None):
        return self._may_change(request, obj)

    def has_delete_permission(self, request, obj=None):
        return self._may_change(request, obj)

    def formfield_for_foreignkey(self, field, request, **options):
        if field.name == "category":
            glossary = request.resolver_match.kwargs["object_id"]
            options["queryset"] = Category.objects.filter(glossary=glossary)
            options["empty_label"] = _("all others")
        return super().formfield_for_foreignkey(field, request, **options)


def _number(glossary):
    """Give the steps that have no place yet a place after the others."""
    last = max(glossary.steps.values_list("order", flat=True), default=0)
    for number, step in enumerate(glossary.steps.filter(order=0).order_by("pk"), 1):
        ReviewStep.objects.filter(pk=step.pk).update(order=last + number)


class GlossaryAdmin(Recorded, Watchable, WithoutDeletion, Scoped, admin.ModelAdmin):
    form = GlossaryForm
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    list_display = ["name", "slug", "language"]
    actions = WATCHING
    change_form_template = "admin/terms/glossary/change_form.html"

    def get_urls(self):
        def address(route, view, name, **values):
            view = self.admin_site.admin_view(view)
            return path(route, view, {"model_admin": self, **values}, name=f"terms_{name}")

        plan = "import/<int:pk>/"
        return [
            address("import/", imports.imports_view, "imports"),
            address("<int:pk>/import/", imports.import_view, "import"),
            address(plan, import_plan.plan_view, "import_plan"),
            address(f"{plan}file/<int:row>/", import_file.import_file_view, "import_file"),
            address(f"{plan}report.csv", import_plan.report_view, "import_csv", form="csv"),
            address(f"{plan}report.json", import_plan.report_view, "import_json", form="json"),
            address("export/", exports.exports_view, "exports"),
            address("<int:pk>/export/", exports.export_view, "export"),
            address("<int:pk>/export/archive/", exports.archive_view, "export_archive"),
            *super().get_urls(),
        ]

    def get_inlines(self, request, obj):
        return [StepInline] if obj else []  # first the glossary, then its steps

    def get_changeform_initial_data(self, request):
        return {"name": "", **super().get_changeform_initial_data(request)}

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj else {"slug": ["name"]}

    def has_add_permission(self, request):
        return self.rights(request, "add").everywhere

    def get_fieldsets(self, request, obj=None):
        rules = {"fields": list(rule_fields()), "classes": ["collapse"]}
        sets = [(title, {"fields": names}) for title, names in FIELDSETS]
        return [*sets, (_("Quality rules"), rules)]

    def get_form(self, request, obj=None, change=False, **options):
        # The form itself adds the fields of rules, which are not columns.
        return super().get_form(request, obj, change, **{**options, "fields": GLOSSARY_FIELDS})

    def has_delete_permission(self, request, obj=None):
        return self.rights(request, "delete").everywhere

    def delete_view(self, request, object_id, extra_context=None):
        return delete_glossary_page(self, request, object_id)

    def get_readonly_fields(self, request, obj=None):
        # Public addresses contain it.
        is_public = obj is not None and Address.objects.filter(glossary=obj).exists()
        return ["slug"] if is_public else []

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        _number(form.instance)
        for step in form.instance.steps.select_related("group", "category"):
            have = count_reviewers(step)
            if have < step.approvals_needed:
                text = ngettext(
                    "The step “{step}” needs {count} approval, but “{group}” has {have} members"
                    " with the right to approve. Give them the role Reviewer.",
                    "The step “{step}” needs {count} approvals, but “{group}” has {have} members"
                    " with the right to approve. Give them the role Reviewer.",
                    step.approvals_needed,
                )
                said = text.format(
                    step=step, count=step.approvals_needed, group=step.group, have=have
                )
                self.message_user(request, said, messages.WARNING)

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        if {"keeps", "owner_key", "review_key"} & set(form.changed_data):
            self._write_headers(request, obj)
        if ON_EVERY_PAGE & set(form.changed_data):
            # Every page shows these; the language also sorts names, and the origin resolves links.
            if PublishedTerm.objects.filter(glossary=obj).count() > MANY:
                start_rebuilding(self, request, obj)
                return
            for refusal in rebuild(obj):
                messages.warning(request, f"{refusal.term.name}: {refusal.reason}")

    def _write_headers(self, request, obj):
        change_set = write_headers(obj, Term.objects.filter(glossary=obj), request.user)
        if change_set:
            url = reverse("admin:terms_changeset_change", args=[change_set.pk])
            text = _('<a href="{url}">{title}</a>: publish this change set like any other.')
            self.message_user(request, format_html(text, url=url, title=change_set))

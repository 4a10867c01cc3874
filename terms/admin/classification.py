from django import forms
from django.contrib import admin, messages
from django.db import models
from django.db.models import Count, Q
from django.http import HttpResponseRedirect
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from terms.addresses import RESERVED
from terms.changes.headers import write_headers
from terms.changes.operation import MEANWHILE, CannotRefactor
from terms.changes.rename import plan_renaming, rename_classification
from terms.jobs.kinds import MANY
from terms.jobs.starting import start_job
from terms.languages.collation import why_not_sorted
from terms.languages.translations import english_name, is_tag, languages
from terms.models import Address, Category, PublishedClass, PublishedTerm, Term
from terms.people.permissions import rights
from terms.publishing.publish import rebuild
from terms.quality.checking import BLOCK, OFF, WARN, level_of, rules

from .form.widgets import IconWidget
from .permissions import Scoped
from .views import exports, import_file, import_plan, imports
from .views.page import admin_page, effects

LEVELS = [(WARN, _lazy("warn")), (BLOCK, _lazy("prevent publishing")), (OFF, _lazy("off"))]
GLOSSARY_FIELDS = [
    "name", "slug", "language", "origin", "picture_folder", "keeps", "owner_key", "review_key",
    "approvals_needed", "takes_suggestions",
]  # fmt: skip


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


class GlossaryAdmin(Scoped, admin.ModelAdmin):
    form = GlossaryForm
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    list_display = ["name", "slug", "language"]
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

    def has_add_permission(self, request):
        return self.rights(request, "add").everywhere

    def get_fieldsets(self, request, obj=None):
        return [
            (None, {"fields": GLOSSARY_FIELDS}),
            (_("Quality rules"), {"fields": list(rule_fields())}),
        ]

    def get_form(self, request, obj=None, change=False, **options):
        # The form itself adds the fields of rules, which are not columns.
        return super().get_form(request, obj, change, **{**options, "fields": GLOSSARY_FIELDS})

    def has_delete_permission(self, request, obj=None):
        return False

    def get_readonly_fields(self, request, obj=None):
        # Public addresses contain it.
        is_public = obj is not None and Address.objects.filter(glossary=obj).exists()
        return ["slug"] if is_public else []

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        if {"keeps", "owner_key", "review_key"} & set(form.changed_data):
            self._write_headers(request, obj)
        if {"name", "slug", "language", "origin", "takes_suggestions"} & set(form.changed_data):
            # Every page shows these; the language also sorts names, and the origin resolves links.
            if PublishedTerm.objects.filter(glossary=obj).count() > MANY:
                self._start_rebuilding(request, obj)
                return
            for refusal in rebuild(obj):
                messages.warning(request, f"{refusal.term.name}: {refusal.reason}")

    def _start_rebuilding(self, request, glossary):
        title = _("{glossary}: rebuild readers’ pages").format(glossary=glossary.name)
        job = start_job("rebuild", glossary, request.user, {}, title)
        url = reverse("admin:terms_job_change", args=[job.pk])
        text = _('Readers’ pages are being rebuilt: <a href="{url}">see the progress</a>.')
        self.message_user(request, format_html(text, url=url))

    def _write_headers(self, request, obj):
        change_set = write_headers(obj, Term.objects.filter(glossary=obj), request.user)
        if change_set:
            url = reverse("admin:terms_changeset_change", args=[change_set.pk])
            text = _('<a href="{url}">{title}</a>: publish this change set like any other.')
            self.message_user(request, format_html(text, url=url, title=change_set))


# Model and field → why a value cannot be had twice.
TAKEN = {
    ("category", "name"): _lazy("There is another category with this name."),
    ("category", "slug"): _lazy("There is another category with this slug."),
    ("vertical", "name"): _lazy("There is another vertical with this name."),
    ("vertical", "slug"): _lazy("There is another vertical with this slug."),
}


class ClassificationForm(forms.ModelForm):
    def clean(self):
        """Check for duplicates; Django does not if the form has no field for the glossary."""
        cleaned = super().clean()
        glossary = cleaned.get("glossary") or getattr(self.instance, "glossary", None)
        others = type(self.instance).objects.filter(glossary=glossary).exclude(pk=self.instance.pk)
        for name in ("name", "slug"):
            value = cleaned.get(name)
            if value and others.filter(**{name: value}).exists():
                self.add_error(name, TAKEN[self._meta.model._meta.model_name, name])
        if cleaned.get("slug") in RESERVED:
            self.add_error("slug", _("The glossary already has a page at this address."))
        return cleaned


class ClassificationAdmin(Scoped, admin.ModelAdmin):
    """Categories and verticals; a new name is written to the files of all their terms."""

    form = ClassificationForm
    list_display = ["name", "slug", "order", "terms"]
    list_editable = ["order"]
    list_filter = ["glossary"]
    search_fields = ["name"]
    prepopulated_fields = {"slug": ["name"]}

    def has_add_permission(self, request):
        found = self.rights(request, "add")
        return found.everywhere or bool(found.glossaries)  # a right in one category is not enough

    def get_queryset(self, request):
        return (
            super()
            .get_queryset(request)
            .annotate(term_count=Count("term", filter=Q(term__trashed_at=None)))
        )

    def get_fields(self, request, obj=None):
        fields = ["glossary", "name", "slug", "icon", "order"]
        return [*fields, "approvals_needed"] if self.model is Category else fields

    def get_readonly_fields(self, request, obj=None):
        fields = ["glossary"] if obj else []
        if obj and self._is_public(obj):
            fields.append("slug")  # keeps the addresses of its terms
        # Publishing rights do not include the number of required approvals.
        may_decide = rights(request.user, "change_glossary")
        if self.model is Category and not (may_decide.hold_in(obj and obj.glossary_id)):
            fields.append("approvals_needed")
        return fields

    def _is_public(self, obj):
        which = f"{obj._meta.model_name}_slug"
        return PublishedClass.objects.filter(glossary=obj.glossary, **{which: obj.slug}).exists()

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj else self.prepopulated_fields

    def formfield_for_dbfield(self, field, request, **options):
        if field.name == "icon":
            options["widget"] = IconWidget
        return super().formfield_for_dbfield(field, request, **options)

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        """Show the files that a new name changes before it is saved."""
        row = self.get_object(request, object_id) if object_id else None
        if request.method == "POST" and row and self.has_change_permission(request, row):
            form = self.get_form(request, row, change=True)(request.POST, instance=row)
            if form.is_valid() and "name" in form.changed_data:
                row = self.get_object(request, object_id)
                try:
                    operation = plan_renaming(row, form.cleaned_data["name"])
                    if operation.drafts and request.POST.get("confirm") != operation.digest:
                        return self._confirm(request, row, operation)
                    return super().changeform_view(request, object_id, form_url, extra_context)
                except CannotRefactor as error:
                    self.message_user(request, str(error), messages.ERROR)
                    return HttpResponseRedirect(request.path)
        return super().changeform_view(request, object_id, form_url, extra_context)

    def _confirm(self, request, row, operation):
        if request.POST.get("confirm"):
            self.message_user(request, MEANWHILE, messages.WARNING)
        context = {"row": row, **effects(request, operation)}
        title = _("{title}?").format(title=operation.title)
        return admin_page(self, request, "rename_class", title, **context)

    def save_model(self, request, obj, form, change):
        if change and "name" in form.changed_data:
            name, obj.name = obj.name, form.initial["name"]
            shown = request.POST.get("confirm", "")
            if obj.term_set.count() > MANY:
                self._start_renaming(request, obj, name, shown)
                super().save_model(request, obj, form, change)
                return
            change_set = rename_classification(obj, name, request.user, shown)
            count = change_set.revisions.count()
            text = ngettext(
                '{count} term file was updated. Publish <a href="{url}">the change set</a>'
                " to show the new name to readers.",
                '{count} term files were updated. Publish <a href="{url}">the change set</a>'
                " to show the new name to readers.",
                count,
            )
            url = reverse("admin:terms_changeset_change", args=[change_set.pk])
            self.message_user(request, format_html(text, count=count, url=url))
        super().save_model(request, obj, form, change)

    def _start_renaming(self, request, obj, name, shown):
        arguments = {
            "model": obj._meta.model_name, "pk": obj.pk, "name": name, "shown": shown,
        }  # fmt: skip
        title = _("{old} renamed to {new}").format(old=obj.name, new=name)
        job = start_job("rename_class", obj.glossary, request.user, arguments, title)
        url = reverse("admin:terms_job_change", args=[job.pk])
        text = _('The files of its terms get the new name: <a href="{url}">see the progress</a>.')
        self.message_user(request, format_html(text, url=url))

    @admin.display(description=_lazy("terms"), ordering="term_count")
    def terms(self, obj):
        column = obj._meta.model_name
        url = reverse("admin:terms_term_changelist")
        return format_html(
            '<a href="{}?{}__id__exact={}">{}</a>', url, column, obj.pk, obj.term_count
        )

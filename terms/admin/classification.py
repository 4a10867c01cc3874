"""Categories and verticals."""

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, Q
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from terms.addresses import RESERVED
from terms.changes.operation import MEANWHILE, CannotRefactor
from terms.changes.rename import plan_renaming, rename_classification
from terms.jobs.kinds import MANY
from terms.jobs.starting import start_job
from terms.models import Category, PublishedClass
from terms.people.permissions import rights

from .form.widgets import IconWidget
from .permissions import Scoped
from .recorded import Recorded
from .views.page import admin_page, effects
from .watching import WATCHING, Watchable

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


class ClassificationAdmin(Recorded, Scoped, admin.ModelAdmin):
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
        found = super().formfield_for_dbfield(field, request, **options)
        if field.name == "order":
            found.widget.attrs["aria-label"] = _("Order")  # in the list, no label is beside it
        return found

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
                "{count} term file was updated. Review or publish"
                ' <a href="{url}">the change set</a> to show the new name to readers.',
                "{count} term files were updated. Review or publish"
                ' <a href="{url}">the change set</a> to show the new name to readers.',
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


class CategoryAdmin(Watchable, ClassificationAdmin):
    actions = WATCHING

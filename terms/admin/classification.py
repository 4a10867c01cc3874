from django.contrib import admin
from django.db.models import Count
from django.urls import reverse
from django.utils.html import format_html

from terms.renaming import rename_classification
from terms.widgets import IconWidget


class GlossaryAdmin(admin.ModelAdmin):
    list_display = ["name", "slug", "language"]

    def has_delete_permission(self, request, obj=None):
        return False


class ClassificationAdmin(admin.ModelAdmin):
    """Categories and verticals; a new name is written into the files of all their terms."""

    list_display = ["name", "slug", "order", "terms"]
    list_editable = ["order"]
    list_filter = ["glossary"]
    search_fields = ["name"]
    fields = ["glossary", "name", "slug", "icon", "order"]
    prepopulated_fields = {"slug": ["name"]}

    def get_queryset(self, request):
        return super().get_queryset(request).annotate(term_count=Count("term"))

    def get_readonly_fields(self, request, obj=None):
        return ["glossary"] if obj else []

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj else self.prepopulated_fields

    def formfield_for_dbfield(self, field, request, **options):
        if field.name == "icon":
            options["widget"] = IconWidget
        return super().formfield_for_dbfield(field, request, **options)

    def save_model(self, request, obj, form, change):
        if change and "name" in form.changed_data:
            name, obj.name = obj.name, form.initial["name"]
            change_set = rename_classification(obj, name, request.user)
            count = change_set.revisions.count()
            self.message_user(request, f"The new name was written into {count} term files.")
        super().save_model(request, obj, form, change)

    @admin.display(description="terms", ordering="term_count")
    def terms(self, obj):
        column = obj._meta.model_name
        url = reverse("admin:terms_term_changelist")
        return format_html(
            '<a href="{}?{}__id__exact={}">{}</a>', url, column, obj.pk, obj.term_count
        )

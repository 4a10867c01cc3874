"""Tables of rows in the form of what they belong to."""

from django.contrib import admin
from django.utils.text import capfirst


class Rows(admin.TabularInline):
    """Rows without a title of their own; each field is named, as phones show no head."""

    template = "admin/rows.html"
    extra = 0

    def formfield_for_foreignkey(self, field, request, **options):
        options.setdefault("empty_label", capfirst(field.verbose_name))
        return super().formfield_for_foreignkey(field, request, **options)

    def formfield_for_dbfield(self, field, request, **options):
        found = super().formfield_for_dbfield(field, request, **options)
        if found is not None:
            widget = getattr(found.widget, "widget", found.widget)
            widget.attrs["aria-label"] = str(found.label)
            for way in ("add", "change", "delete", "view"):
                setattr(found.widget, f"can_{way}_related", False)
        return found

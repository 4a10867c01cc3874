from urllib.parse import urlencode

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from .permissions import ReadOnly, Scoped


class SearchMissAdmin(ReadOnly, Scoped, admin.ModelAdmin):
    """Readers' failed searches: terms to write, or aliases to add."""

    empty_words = _lazy("Every search has found something.")
    list_display = ["key", "count", "last_on", "write"]
    list_filter = ["glossary"]
    search_fields = ["key"]
    date_hierarchy = "last_on"

    def has_delete_permission(self, request, obj=None):
        return self._has(request, "delete", obj)

    @admin.display(description="")
    def write(self, obj):
        url = f"{reverse('admin:terms_term_add')}?{urlencode({'name': obj.key})}"
        return format_html('<a href="{}">{}</a>', url, _("Write this term"))

"""The audit log in the admin: list, filters, CSV export."""

from collections.abc import Iterator

from django.contrib import admin
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import StreamingHttpResponse
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_safe

from .filters import ByFilter
from .permissions import ReadOnly, Scoped
from .spreadsheets import csv_lines

SHOWN = 1_000  # characters of a detail
_COLUMNS = ("at", "person__username", "glossary__slug", "term", "name", "kind", "detail")


class EventAdmin(ReadOnly, Scoped, admin.ModelAdmin):
    list_display = ["at", "person", "kind", "term_link", "shown_detail"]
    list_display_links = None
    list_filter = [ByFilter, "kind", "glossary", ("person", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["person"]
    search_fields = ["name", "detail", "person__username"]
    date_hierarchy = "at"
    show_full_result_count = False
    list_per_page = 100
    change_list_template = "admin/terms/event/change_list.html"

    @admin.display(description=_lazy("term"))
    def term_link(self, obj):
        if obj.term_id is None:
            return obj.name
        url = reverse("admin:terms_term_history", args=[obj.term_id])
        return format_html('<a href="{}">{}</a>', url, obj.name)

    @admin.display(description=_lazy("detail"))
    def shown_detail(self, obj):
        text = obj.detail if len(obj.detail) <= SHOWN else obj.detail[: SHOWN - 1] + "…"
        lines = ((line,) for line in text.split("\n"))
        return format_html_join("", '<span class="term-line">{}</span>', lines)

    def get_urls(self):
        view = self.admin_site.admin_view(self.export_view)
        return [path("export/", view, name="terms_event_export"), *super().get_urls()]

    @property
    def export_view(self):
        @require_safe
        def view(request):
            """Return all lines of the filtered list as CSV."""
            if not self.has_view_permission(request):
                raise PermissionDenied
            try:
                events = self.get_changelist_instance(request).get_queryset(request)
            except (DisallowedModelAdminLookup, IncorrectLookupParameters) as error:
                raise BadRequest(_("This filter is not valid for the log.")) from error
            rows = events.order_by("pk").values_list(*_COLUMNS).iterator(chunk_size=2_000)
            response = StreamingHttpResponse(_lines(rows), content_type="text/csv; charset=utf-8")
            response["Content-Disposition"] = 'attachment; filename="log.csv"'
            response["Cache-Control"] = "no-store"
            return response

        return view


def _lines(rows) -> Iterator[str]:
    header = [name.partition("__")[0] for name in _COLUMNS]
    return csv_lines(header, ((at.isoformat(), *rest) for at, *rest in rows))

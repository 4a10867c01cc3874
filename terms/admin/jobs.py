"""Jobs in the admin: the list, and the page of one with its progress and result."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpResponseRedirect, JsonResponse
from django.urls import NoReverseMatch, path, reverse
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_safe

from terms.jobs.starting import cancel_job
from terms.models import Job
from terms.people.permissions import rights

from .permissions import ReadOnly, Scoped
from .views.page import admin_page, row_for

SHOWN = 200  # notes


class JobAdmin(ReadOnly, Scoped, admin.ModelAdmin):
    """Everybody sees the jobs that they started, and with ``view_job`` those of others."""

    empty_words = _lazy("Work that takes long, for instance on many terms, is listed here.")
    list_display = ["title", "shown_state", "glossary", "person", "created_at", "took"]
    list_filter = ["state", ("glossary", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["glossary", "person"]
    search_fields = ["title"]
    show_full_result_count = False

    def has_view_permission(self, request, obj=None):
        if obj is None:
            return bool(rights(request.user, "view_term") or rights(request.user, "view_job"))
        return self._may(request, "view", obj)

    def has_module_permission(self, request):
        return self.has_view_permission(request)

    def get_queryset(self, request):
        rows = self.of_listed(request, Job.objects.all())
        found = rights(request.user, "view_job")
        if found.everywhere:
            return rows
        return rows.filter(Q(person=request.user.pk) | Q(glossary__in=found.glossaries))

    def _may(self, request, action, job):
        is_own = job.person_id == request.user.pk
        return is_own or rights(request.user, f"{action}_job").hold_in(job.glossary_id)

    @admin.display(description=_lazy("state"), ordering="state")
    def shown_state(self, obj):
        if obj.is_active and obj.total:
            return f"{obj.get_state_display()}, {100 * obj.done // obj.total} %"
        return obj.get_state_display()

    @admin.display(description=_lazy("time"), empty_value="")
    def took(self, obj):
        return _duration(obj)

    def get_urls(self):
        view = require_safe(self.progress_view)
        return [path("<int:pk>/progress/", view, name="terms_job_progress"), *super().get_urls()]

    def progress_view(self, request, pk):
        """Return the progress as JSON, for the script of the page."""
        if not self.admin_site.has_permission(request):
            return JsonResponse({"error": _("You are logged out.")}, status=403)
        job = row_for(self, request, pk)
        return JsonResponse(job.as_told(), headers={"Cache-Control": "no-store"})

    def change_view(self, request, object_id, form_url="", extra_context=None):
        rows = Job.objects.select_related("glossary", "person")
        job = row_for(self, request, object_id, rows=rows)
        if request.method == "POST":
            return self._cancel(request, job)
        result = job.result or {}
        notes = result.get("notes", [])
        context = {
            "job": job,
            "may_cancel": job.is_active and self._may(request, "change", job),
            "counts": [(name, n) for name, n in result.get("counts", {}).items() if n],
            "notes": [_note(*note) for note in notes[:SHOWN]],
            "more": max(0, len(notes) - SHOWN) + result.get("more", 0),
            "links": [link for found in result.get("links", []) if (link := _link(*found))],
            "took": _duration(job),
        }
        return admin_page(self, request, "job/page", job.title, **context)

    def _cancel(self, request, job):
        if not self._may(request, "change", job):
            raise PermissionDenied
        if not cancel_job(job):
            self.message_user(request, _("It had ended already."), messages.WARNING)
        return HttpResponseRedirect(request.path)


def _duration(job: Job) -> str:
    if job.started_at is None:
        return ""
    until = job.finished_at or timezone.now()
    seconds = int((until - job.started_at).total_seconds())
    if seconds < 60:
        return _("{seconds} s").format(seconds=max(1, seconds))
    return timesince(job.started_at, until)


def _note(about: str, text: str, term: int | None = None) -> dict[str, Any]:
    address = reverse("admin:terms_term_change", args=[term]) if term else ""
    return {"about": about, "text": text, "address": address}


def _link(words: str, page: str, argument: int | str | None = None) -> tuple[str, str] | None:
    try:
        return words, reverse(f"admin:{page}", args=[] if argument is None else [argument])
    except NoReverseMatch:  # of another version
        return None

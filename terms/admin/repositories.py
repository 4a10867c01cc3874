"""Repositories in the admin: settings, and the page that shows the state of the sync."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_http_methods

from terms.files.plan import FILE, GLOSSARY
from terms.interchange.hooks import secret_of
from terms.interchange.repositories import remove_unused_copies, why_not_allowed
from terms.jobs.starting import SYNC, start_sync
from terms.models import Job, Repository, Sync
from terms.people.permissions import may

from . import sync_state
from .permissions import Scoped
from .recorded import Recorded
from .views.page import admin_page, row_for

BAD_IN_BRANCHES = ("..", "//", "@{", ".lock")


class RepositoryForm(forms.ModelForm):
    def clean_url(self):
        url = self.cleaned_data["url"].strip()
        if problem := why_not_allowed(url):
            raise forms.ValidationError(problem)
        return url

    def clean_branch(self):
        return _branch(self.cleaned_data["branch"])

    def clean_request_branch(self):
        return _branch(self.cleaned_data["request_branch"])

    def clean_folder(self):
        folder = self.cleaned_data["folder"].strip().strip("/")
        if any(part in ("", ".", "..", ".git") for part in folder.split("/")) and folder:
            raise forms.ValidationError(_("This is not a folder inside the repository."))
        return folder

    def clean(self):
        cleaned = super().clean()
        is_request = cleaned.get("push") == Repository.Push.REQUEST
        if is_request and cleaned.get("branch") == cleaned.get("request_branch"):
            self.add_error("request_branch", _("Choose another branch than the one above."))
        return cleaned


def _branch(name: str) -> str:
    """Check the name of a branch, as git does."""
    name = name.strip()
    is_bad = name.startswith(("-", ".", "/")) or name.endswith(("/", ".", ".lock"))
    is_bad = is_bad or any(part in name for part in (*BAD_IN_BRANCHES, "/.", ":", "\\"))
    if is_bad or not name.isprintable() or set(name) & set(" ~^?*["):
        raise forms.ValidationError(_("This cannot be the name of a branch."))
    return name


class RepositoryAdmin(Recorded, Scoped, admin.ModelAdmin):
    form = RepositoryForm
    empty_words = _lazy(
        "Add the git repository of a glossary to keep its terms and files the same."
    )
    list_display = ["glossary", "url", "branch", "push", "compared", "state"]
    list_select_related = ["glossary"]
    fieldsets = [
        (None, {"fields": ["glossary", "url", "branch", "folder"]}),
        (_lazy("What is received"), {"fields": ["publishes"]}),
        (
            _lazy("What is sent"),
            {"fields": ["push", "request_branch", "texts", "wait", "signs_off"]},
        ),
        (_lazy("When"), {"fields": ["is_active"]}),
    ]
    change_form_template = "admin/terms/repository/change_form.html"

    def get_readonly_fields(self, request, obj=None):
        return ["glossary"] if obj else []

    def has_sync_permission(self, request, obj=None):
        return self._has(request, "sync", obj)

    @admin.display(description=_lazy("last compared"), ordering="checked_at", empty_value="–")
    def compared(self, obj):
        return obj.checked_at

    @admin.display(description=_lazy("sync"))
    def state(self, obj):
        words = sync_state.state_of(obj.syncs.first(), obj.checked_at is not None)
        address = reverse("admin:terms_repository_sync", args=[obj.pk])
        return format_html('<a href="{}">{}</a>', address, words)

    def delete_model(self, request, obj):
        super().delete_model(request, obj)
        remove_unused_copies()

    def delete_queryset(self, request, queryset):
        super().delete_queryset(request, queryset)
        remove_unused_copies()

    def response_add(self, request, obj, post_url_continue=None):
        return HttpResponseRedirect(reverse("admin:terms_repository_sync", args=[obj.pk]))

    def get_urls(self):
        view = require_http_methods(["GET", "HEAD", "POST"])(self.sync_view)
        view = self.admin_site.admin_view(view)
        return [path("<int:pk>/sync/", view, name="terms_repository_sync"), *super().get_urls()]

    def sync_view(self, request, pk):
        rows = Repository.objects.select_related("glossary")
        repository = row_for(self, request, pk, rows=rows)
        if request.method == "POST":
            return self._act(request, repository)
        last = repository.syncs.first()
        may_change = self.has_change_permission(request, repository)
        pending = sync_state.pending_of(repository)
        number = pending.count()
        hook = reverse("git-hook", args=[repository.glossary.slug])
        context = {
            "repository": repository,
            "last": last,
            "is_failed": last is not None and last.state == Sync.State.FAILED,
            "conflicts": list(sync_state.conflicts_of(repository, last)),
            "requests": list(sync_state.requests_of(repository)),
            "others": sync_state.others_of(repository, last),
            "asks_removal": sync_state.question_of(last),
            "pending": pending.order_by("name")[: sync_state.SHOWN],
            "number_pending": number,
            "more": max(0, number - sync_state.SHOWN),
            "when": sync_state.when_committed(repository),
            "syncs": _syncs(repository),
            "job": Job.objects.active().filter(kind=SYNC, glossary=repository.glossary).first(),
            "may_sync": self.has_sync_permission(request, repository),
            "may_change": may_change,
            "may_import": may(request.user, "import_terms", repository.glossary),
            "hook": request.build_absolute_uri(hook),
            "secret": secret_of(repository) if may_change else "",
        }
        context["headline"] = sync_state.sync_headline(context)
        title = _("Sync of “{glossary}”").format(glossary=repository.glossary.name)
        return admin_page(self, request, "repository/sync", title, **context)

    def _act(self, request, repository):
        if request.POST.get("do") == "secret":
            if not self.has_change_permission(request, repository):
                raise PermissionDenied
            repository.hook_number += 1
            repository.save(update_fields=["hook_number"])
            text = _("The hook has a new secret. Enter it at the server, too.")
            self.message_user(request, text, messages.SUCCESS)
            return HttpResponseRedirect(request.path)
        if not self.has_sync_permission(request, repository):
            raise PermissionDenied
        chosen = {
            name.removeprefix("side-"): value
            for name, value in request.POST.items()
            if name.startswith("side-") and value in (GLOSSARY, FILE)
        }
        choices = {"sides": chosen} if chosen else {}
        if request.POST.get("do") == "remove":
            choices["removes_many"] = True
        job = start_sync(repository, request.user, **choices)
        return HttpResponseRedirect(reverse("admin:terms_job_change", args=[job.pk]))


def _syncs(repository: Repository) -> list[tuple[Sync, str]]:
    """Return the last syncs, each with what it received in words."""
    rows = repository.syncs.select_related("person", "change_set")[: sync_state.SHOWN]
    return [(row, sync_state.received(row.received)) for row in rows]

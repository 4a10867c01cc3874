"""Repositories in the admin: settings, and the page that shows the state of the sync."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import F, Q
from django.http import HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_http_methods

from terms.files.plan import CONFLICT, FILE, GLOSSARY
from terms.formats.differences import compare
from terms.interchange.hooks import secret_of
from terms.interchange.repositories import why_not_allowed
from terms.jobs.starting import SYNC, start_sync
from terms.models import Job, Repository, Sync, Term, TermFile
from terms.people.permissions import may

from .permissions import Scoped
from .views.page import admin_page, row_for

SHOWN = 20  # syncs, and terms that wait
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


class RepositoryAdmin(Scoped, admin.ModelAdmin):
    form = RepositoryForm
    list_display = ["glossary", "url", "branch", "push", "checked_at", "state"]
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

    @admin.display(description=_lazy("state"))
    def state(self, obj):
        last = obj.syncs.first()
        return last.get_state_display() if last else _("not synced yet")

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
        attention = last.attention if last else []
        may_change = self.has_change_permission(request, repository)
        hook = reverse("git-hook", args=[repository.glossary.slug])
        pending = _pending(repository)
        context = {
            "repository": repository,
            "last": last,
            "is_failed": last is not None and last.state == Sync.State.FAILED,
            "conflicts": list(_conflicts(repository, attention)),
            "others": [row for row in attention if row[1] != CONFLICT and row[0]],
            "asks_removal": _asks_removal(attention),
            "pending": pending.order_by("name")[:SHOWN],
            "more": max(0, pending.count() - SHOWN),
            "syncs": repository.syncs.select_related("person", "change_set")[:SHOWN],
            "job": Job.objects.active().filter(kind=SYNC, glossary=repository.glossary).first(),
            "may_sync": self.has_sync_permission(request, repository),
            "may_change": may_change,
            "may_import": may(request.user, "import_terms", repository.glossary),
            "hook": request.build_absolute_uri(hook),
            "secret": secret_of(repository) if may_change else "",
        }
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


def _pending(repository: Repository):
    """Return the terms whose newest text the repository does not have yet."""
    files = TermFile.objects.of(repository.glossary, repository.current_place)
    agreeing = files.filter(Q(fingerprint=F("term__fingerprint")) | Q(conflict_version__gt=0))
    terms = Term.objects.filter(glossary=repository.glossary)
    return terms.exclude(pk__in=agreeing.values("term"))


def _conflicts(repository: Repository, attention):
    """Yield the files with a conflict: path, reason, id of the term, and the differences."""
    files = TermFile.objects.of(repository.glossary, repository.current_place)
    rows = files.exclude(conflict_version=0).exclude(term=None).select_related("term")
    found = {row.path: row for row in rows}
    for number, (name, status, reason) in enumerate(attention):
        if status != CONFLICT:
            continue
        row, blocks = found.get(name), []
        if row and row.term and number < SHOWN:
            blocks = compare(row.term.newest_revision().text, row.conflict_text)
        yield name, reason, row and row.term_id, blocks


def _asks_removal(attention) -> str:
    """Return the question of the last sync about many removed files, or an empty string."""
    asked = [why for _path, status, why in attention if status == "removal"]
    return asked[0] if asked else ""

"""URLs of the term admin's custom pages."""

from django.urls import path

from . import helpers
from .form import recovery
from .mixin import Mixin
from .views import (
    bulk,
    files,
    history,
    jump,
    links,
    look,
    neighbours,
    page,
    preferences,
    refactor,
    reports,
    review,
    schedule,
    trash,
    work,
)


class Addresses(Mixin):
    """The custom URLs of the term admin."""

    def get_urls(self):
        values = {"model_admin": self}

        def address(route, view, name):
            safe = self.admin_site.admin_view(page.while_there(view))
            return path(route, safe, values, name=f"terms_term_{name}")

        def helper(route, view, name):
            # Requested by scripts, which cannot follow a redirect to the login page.
            return path(route, view, values, name=f"terms_term_{name}")

        return [
            helper("preview/", look.preview_view, "preview"),
            helper("upload/", helpers.upload_view, "upload"),
            helper("suggest/", helpers.suggest_view, "suggest"),
            helper("icons/", helpers.icons_view, "icons"),
            address("add/file/", files.unsaved_view, "add_file"),
            helper("add/keep/", recovery.keep_view, "add_keep"),
            address("add/discard/", recovery.discard_view, "add_discard"),
            helper("<int:pk>/keep/", recovery.keep_view, "keep"),
            address("<int:pk>/discard/", recovery.discard_view, "discard"),
            address("<int:pk>/file/", files.file_view, "file"),
            address("<int:pk>/links/", links.links_view, "links"),
            address("work/<slug:name>/", work.work_view, "work"),
            address("edit/", bulk.bulk_view, "bulk"),
            helper("jump/", jump.jump_view, "jump"),
            address("reports/", reports.reports_view, "reports"),
            address("keys/", reports.keys_view, "keys"),
            address("go/", neighbours.go_view, "go"),
            address("trash/", trash.trash_view, "trash"),
            address("schedule/", schedule.schedule_view, "schedule"),
            address("<int:pk>/refactor/", refactor.refactor_view, "refactor"),
            address("<int:pk>/review/", review.review_view, "review"),
            address("preferences/", preferences.preferences_view, "preferences"),
            address("<int:pk>/file/unsaved/", files.unsaved_view, "unsaved"),
            address("<int:pk>/file/download/", files.download_view, "download"),
            address("<int:pk>/history/restore/", history.restore_view, "restore"),
            *super().get_urls(),
        ]

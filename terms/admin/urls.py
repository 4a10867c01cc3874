"""URLs of the term admin's custom pages."""

from django.urls import path

from . import helpers, lists
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
    notices,
    page,
    preferences,
    refactor,
    reports,
    review,
    schedule,
    trash,
    work,
)

# Requested by scripts, which cannot follow a redirect to the login page: route, view, name.
HELPERS = (
    ("preview/", look.preview_view, "preview"),
    ("upload/", helpers.upload_view, "upload"),
    ("suggest/", helpers.suggest_view, "suggest"),
    ("pictures/", helpers.pictures_view, "pictures"),
    ("people/", helpers.people_view, "people"),
    ("icons/", helpers.icons_view, "icons"),
    ("add/keep/", recovery.keep_view, "add_keep"),
    ("<int:pk>/keep/", recovery.keep_view, "keep"),
    ("jump/", jump.jump_view, "jump"),
)
PAGES = (
    ("add/file/", files.unsaved_view, "add_file"),
    ("add/discard/", recovery.discard_view, "add_discard"),
    ("<int:pk>/discard/", recovery.discard_view, "discard"),
    ("<int:pk>/file/", files.file_view, "file"),
    ("<int:pk>/links/", links.links_view, "links"),
    ("work/<slug:name>/", work.work_view, "work"),
    ("edit/", bulk.bulk_view, "bulk"),
    ("switch/", lists.switch_view, "switch"),
    ("lists/", lists.lists_view, "lists"),
    ("reports/", reports.reports_view, "reports"),
    ("keys/", reports.keys_view, "keys"),
    ("help/", reports.guides_view, "guides"),
    ("help/<slug:name>/", reports.guide_view, "guide"),
    ("go/", neighbours.go_view, "go"),
    ("notices/", notices.notices_view, "notices"),
    ("notices/<int:pk>/", notices.notice_view, "notice"),
    ("<int:pk>/watch/", notices.watch_view, "watch"),
    ("trash/", trash.trash_view, "trash"),
    ("schedule/", schedule.schedule_view, "schedule"),
    ("<int:pk>/refactor/", refactor.refactor_view, "refactor"),
    ("<int:pk>/review/", review.review_view, "review"),
    ("preferences/", preferences.preferences_view, "preferences"),
    ("<int:pk>/file/unsaved/", files.unsaved_view, "unsaved"),
    ("<int:pk>/file/download/", files.download_view, "download"),
    ("<int:pk>/history/restore/", history.restore_view, "restore"),
)


class Addresses(Mixin):
    """The custom URLs of the term admin."""

    def get_urls(self):
        values = {"model_admin": self}
        safe = self.admin_site.admin_view
        pages = [(route, safe(page.while_there(view)), name) for route, view, name in PAGES]
        return [
            *(
                path(route, view, values, name=f"terms_term_{name}")
                for route, view, name in (*HELPERS, *pages)
            ),
            *super().get_urls(),
        ]

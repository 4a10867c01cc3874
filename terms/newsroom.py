"""The admin's site: what editors use most stands first."""

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig

ORDER = ["Term", "ChangeSet", "Category", "Vertical", "Glossary", "SearchMiss", "Event"]


class Newsroom(AdminSite):
    site_header = site_title = "Glossary"
    index_title = "Editing"

    def get_app_list(self, request, app_label=None):
        """Terms before accounts, and all else as Django orders it."""
        apps = super().get_app_list(request, app_label)
        for app in apps:
            app["models"].sort(key=lambda model: _place(model["object_name"]))
        return sorted(apps, key=lambda app: app["app_label"] != "terms")


class NewsroomConfig(AdminConfig):
    default_site = "terms.newsroom.Newsroom"


def _place(name: str) -> int:
    return ORDER.index(name) if name in ORDER else len(ORDER)

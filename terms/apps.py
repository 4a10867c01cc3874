import gc
from typing import Any

from django.apps import AppConfig, apps
from django.contrib.admin import apps as admin_apps
from django.core.signals import setting_changed
from django.db import connections
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

from .formats.dialects import Dialect, add_dialects


class NewsroomConfig(admin_apps.AdminConfig):
    default = False
    default_site = "terms.admin.site.Newsroom"

    def ready(self) -> None:
        # Importing the site imports its package, which registers models with the site. If the
        # site were imported first, it would be created twice, the second time empty.
        from . import admin  # noqa: F401

        super().ready()
        from django.contrib.admin import site

        # The rows of the queue have only ids of jobs, which have pages of their own.
        site.unregister(apps.get_model("django_tasks_database", "DBTaskResult"))


class TermsConfig(AppConfig):
    default = True
    name = "terms"
    verbose_name = _("Glossary")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Rows are many and have no cycles, so collecting after every 700 objects wastes time.
        gc.set_threshold(50_000, 20, 20)
        from .management import checks  # noqa: F401 — registers the checks

        _show_names()
        post_migrate.connect(_after_migrating, sender=self)
        _add_dialects()
        setting_changed.connect(_setting_changed)


def _show_names() -> None:
    """Show people by their full names, unless the model of accounts says how."""
    from django.contrib.auth import get_user_model
    from django.contrib.auth.base_user import AbstractBaseUser

    model: Any = get_user_model()
    if model.__str__ is AbstractBaseUser.__str__:
        model.__str__ = lambda person: person.get_full_name() or person.get_username()


def _add_dialects() -> None:
    from .models.extensions import extensions_in

    add_dialects(extensions_in("DIALECTS", Dialect))


def _setting_changed(setting: str, **options: Any) -> None:
    if setting == "DIALECTS":
        _add_dialects()


def _after_migrating(sender: AppConfig, using: str, **options: Any) -> None:
    from .models.sqlite_statistics import write_statistics

    write_statistics(sender, connections[using])

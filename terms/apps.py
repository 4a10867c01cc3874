import gc
from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate


class TermsConfig(AppConfig):
    name = "terms"
    verbose_name = "Glossary"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Rows are many and hold no cycles: not to be gone through again for each 700 new ones.
        gc.set_threshold(50_000, 20, 20)
        from . import checks  # noqa: F401 — registers them

        post_migrate.connect(_after_migrating, sender=self)


def _after_migrating(sender: AppConfig, using: str, **options: Any) -> None:
    from .planner import write_statistics

    write_statistics(sender, connections[using])

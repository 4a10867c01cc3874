"""System checks that must pass before the site is served.

``glossary.E001`` is a setting that cannot be read, ``E009`` an extension that cannot be loaded. The
others concern the places that the settings name; ``manage.py check --deploy`` and ``manage.py
serve`` run them.
"""

import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import Error, register
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from terms.files.file_formats import file_formats
from terms.quality.checking import rules


@register()
def settings_can_be_read(**options: Any) -> list[Error]:
    return [
        Error(f"{name}: {problem}", id="glossary.E001")
        for name, problem in sorted(settings.PROBLEMS_OF_SETTINGS.items())
    ]


@register()
def extensions_can_be_loaded(**options: Any) -> list[Error]:
    """Check the rules and formats in the settings; dialects are loaded when Django starts."""
    found = []
    for load in (rules, file_formats):
        try:
            load()
        except ImproperlyConfigured as error:
            found.append(Error(str(error), id="glossary.E009"))
    return found


@register(deploy=True)
def ready_to_serve(**options: Any) -> list[Error]:
    """Return all problems that prevent the site from being served as it is set up."""
    if settings.PROBLEMS_OF_SETTINGS:
        return []  # must be corrected first
    return [*_secrets(), *_hosts(), *_folders(), *_static(), *_database()]


def _secrets() -> list[Error]:
    key = settings._wrapped.SECRET_KEY  # type: ignore[misc]  # the proxy raises where empty
    if not key:
        text = "SECRET_KEY is empty."
        hint = "Set it to 50 random characters, and keep it secret."
        return [Error(text, hint=hint, id="glossary.E002")]
    return []


def _hosts() -> list[Error]:
    if settings.ALLOWED_HOSTS or settings.DEBUG:
        return []
    text = "ALLOWED_HOSTS is empty: every request would be refused."
    return [Error(text, hint="Name the site's names, by commas.", id="glossary.E003")]


def _folders() -> list[Error]:
    folder = settings.DATA_DIR
    if folder.is_dir() and os.access(folder, os.W_OK | os.X_OK):
        return []
    state = "cannot be written to" if folder.is_dir() else "is not a folder"
    text = f"DATA_DIR: “{folder}” {state}; uploaded pictures are kept there."
    return [Error(text, id="glossary.E004")]


def _static() -> list[Error]:
    if settings.DEBUG or (Path(settings.STATIC_ROOT) / "staticfiles.json").is_file():
        return []
    text = "The static files are not collected."
    return [Error(text, hint="Run: manage.py collectstatic", id="glossary.E005")]


def why_no_database() -> str:
    """Return the reason why a SQLite database has no file, or an empty string."""
    if connection.vendor != "sqlite":
        return ""
    name = str(connection.settings_dict["NAME"])
    # Connecting to a missing file creates an empty one.
    if "memory" in name or (Path(name).is_file() and Path(name).stat().st_size):
        return ""
    return _no_database(name)


def _no_database(name: str) -> str:
    return (
        f"There is no database at “{name}”. “manage.py migrate” makes a new one; if there is one,"
        " DATA_DIR or DATABASE_URL names another place."
    )


def _database() -> list[Error]:
    if missing := why_no_database():
        return [Error(missing, id="glossary.E006")]
    try:
        if connection.vendor == "sqlite" and not connection.introspection.table_names():
            # Another check has connected and created an empty file.
            return [Error(_no_database(str(connection.settings_dict["NAME"])), id="glossary.E006")]
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        return [Error(f"DATABASE_URL: {one_line(error)}", id="glossary.E007")]
    if plan:
        text = "The database is of an older version."
        return [Error(text, hint="Run: manage.py migrate", id="glossary.E008")]
    return []


def one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:500]

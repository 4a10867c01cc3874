"""Runs commands. Common failures give one sentence and an exit code, not a traceback.

0: done. 1: not done, or something needs attention. 2: wrong arguments. 130: interrupted from the
keyboard.
"""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

# Commands that work without a database, or create one.
WITHOUT = {
    "check", "collectstatic", "compilemessages", "help", "makemessages", "makemigrations",
    "migrate", "restore", "run_demo", "serve", "test", "version", "--help", "-h", "--version",
}  # fmt: skip
FULL = ("database or disk is full", "No space left on device", "File too large")


# Short names of commands in `glossary-cms`.
SHORT = {
    "build": "build_site", "check-glossary": "check_glossary", "demo": "run_demo",
    "due": "run_due", "export": "export_terms", "import": "import_terms",
    "jobs": "run_jobs", "rebuild": "rebuild_site", "sync": "sync_terms",
}  # fmt: skip


def run() -> None:
    """Run ``glossary-cms``: like ``manage.py``, with short names for commands."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "glossary_cms.settings")
    main([sys.argv[0], *(SHORT.get(word, word) for word in sys.argv[1:2]), *sys.argv[2:]])


def main(words: list[str]) -> None:
    try:
        _need_database(words)
        execute_from_command_line(words)
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped.\n")
        sys.exit(130)
    except Exception as error:
        sentence = sentence_of(error)
        if not sentence or "--traceback" in words:
            raise
        sys.stderr.write(f"{sentence}\n")
        sys.exit(1)


def _need_database(words: list[str]) -> None:
    """Exit if opening a SQLite database would create it."""
    if len(words) < 2 or words[1] in WITHOUT:
        return
    import django

    django.setup()
    from terms.management.checks import why_no_database

    if missing := why_no_database():
        sys.stderr.write(f"{missing}\n")
        sys.exit(1)


def sentence_of(error: Exception) -> str:
    """Return the cause and remedy of a failure outside the code, or an empty string."""
    from django.db import DatabaseError, InterfaceError

    from terms.web.page_reader import DATABASE_ERRORS

    text = " ".join(str(error).split())[:500]
    if any(full in text for full in FULL):
        return "The disk is full: nothing of this was kept. Make room and try again."
    if isinstance(error, ImproperlyConfigured):
        return f"Settings: {text}"
    if isinstance(error, (DatabaseError, InterfaceError, *DATABASE_ERRORS)):
        lower = text.lower()
        if "no such table" in lower or "no such column" in lower or "does not exist" in lower:
            return f"The database is not migrated ({text}). Run: manage.py migrate"
        if "i/o error" in lower:
            return f"The database cannot be written: {text}. Is the disk full?"
        if "locked" in lower:
            return "The database is busy: another process writes. Try again in a moment."
        if "readonly" in lower or "read-only" in lower:
            return f"The database cannot be written to: {text}."
        return f"The database does not answer as it should: {text}. See DATABASE_URL."
    if isinstance(error, PermissionError | FileNotFoundError | NotADirectoryError):
        return f"“{error.filename}”: {error.strerror}."
    return ""

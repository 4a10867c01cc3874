"""Imports a folder several times into a new database, each time killed a little later.

``python -m tests.files.killing SOURCE START TIMES`` copies the migrated database START to the one
of the settings before each import. The first import is not killed, to measure its time. For each of
TIMES more imports, a JSON line has whether it was killed, and what the database has.
"""

import io
import json
import os
import shutil
import signal
import sys
import threading
import time
from contextlib import closing
from pathlib import Path
from sqlite3 import connect

TABLES = ("terms_term", "terms_revision", "terms_termfile")


def import_for(seconds, source, start, file):
    """Import ``source`` in a child process that is killed after ``seconds``. Return its status."""
    for old in file.parent.glob(f"{file.name}*"):
        old.unlink()
    shutil.copy(start, file)
    if (child := os.fork()) == 0:
        from django.core.management import call_command

        def kill():
            time.sleep(seconds)
            os.kill(os.getpid(), signal.SIGKILL)

        threading.Thread(target=kill, daemon=True).start()
        call_command("import_terms", source, stdout=io.StringIO())
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def content(file):
    """Return the number of rows of each table, and whether SQLite finds the database complete."""
    with closing(connect(file)) as database:
        counts = [
            database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 — names of our own tables
            for table in TABLES
        ]
        return counts, database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def write_line(values):
    sys.stdout.write(f"{json.dumps(values)}\n")
    sys.stdout.flush()


def main(source, start, times):
    import django

    django.setup()
    from django.conf import settings

    file = Path(settings.DATABASES["default"]["NAME"])
    began = time.perf_counter()
    assert import_for(60, source, start, file) == 0
    whole = time.perf_counter() - began
    for step in range(times):
        status = import_for(whole * step / times, source, start, file)
        write_line([status == -signal.SIGKILL, *content(file)])


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))

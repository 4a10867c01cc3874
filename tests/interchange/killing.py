"""Syncs a glossary with a repository many times, each time killed at another point.

``python -m tests.interchange.killing TIMES`` needs a DATA_DIR with a migrated database. It makes a
glossary and a repository with edits on both sides there, and keeps them as a folder beside it. Each
sync begins with a copy of that folder. A JSON line has how the sync ended, how the next one did, and
what both sides have then. The first line is about a sync that was not killed.

Commands of git are killed by a program of that name that comes first in PATH.
"""

import io
import json
import os
import shutil
import signal
import sys
import threading
import time
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

# What the program does at the command with the chosen number. $PPID is the sync, $1 the real git.
ENDS = {
    "sync before": "kill -9 $PPID; kill -9 $$",
    "sync during": 'real "$@" <&0 & sleep 0.004; kill -9 $PPID $!',
    "sync after": 'real "$@"; kill -9 $PPID',
    "sync alone": 'kill -9 $PPID; real "$@"',
    "git before": "kill -9 $$",
    "git during": 'real "$@" <&0 & sleep 0.004; kill -9 $!; wait $!; exit 137',
    "git after": 'real "$@"; exit 137',
}
LONGEST = "longest"  # kill the sync after a part of the time that it takes


class Place:
    """The folder of a glossary and its repository, of which each sync gets a copy."""

    def __init__(self, folder):
        self.work = folder
        self.start = folder.parent / "start"
        self.programs = folder.parent / "programs"
        self.count = folder.parent / "count"
        self.git = shutil.which("git")
        self.programs.mkdir()

    def copy(self):
        shutil.rmtree(self.work, ignore_errors=True)
        shutil.copytree(self.start, self.work, symlinks=True)
        self.count.write_text("0\n")

    def intercept(self, number=0, end=""):
        """Have the command of git with this number end as ``end`` says."""
        program = self.programs / "git"
        program.write_text(
            f'#!/bin/sh\nreal() {{ "{self.git}" "$@"; }}\n'
            f'read -r n < "{self.count}"; n=$((n + 1)); echo $n > "{self.count}"\n'
            f'if [ $n = {number} ]; then\n{end or ":"}\nfi\nexec "{self.git}" "$@"\n'
        )
        program.chmod(0o755)


def sync_in_child(seconds=None):
    """Sync in a child process that is killed after ``seconds``. Return its status and what it says.

    The status is negative if the process was killed.
    """
    read, write = os.pipe()
    if (child := os.fork()) == 0:
        from django.core.management import call_command

        if seconds is not None:
            threading.Thread(target=_kill_after, args=(seconds,), daemon=True).start()
        out = io.StringIO()
        status = 9
        try:
            with redirect_stdout(out), redirect_stderr(out):
                call_command("sync_terms", stdout=out, stderr=out)
            status = 0
        except SystemExit as error:
            status = int(error.code or 0)
        finally:
            os.write(write, out.getvalue().encode())
            os._exit(status)
    os.close(write)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    with open(read, "rb") as pipe:
        return status, pipe.read().decode()


def _kill_after(seconds):
    time.sleep(seconds)
    os.kill(os.getpid(), signal.SIGKILL)


def make_both_sides(folder):
    """Make a glossary and a repository that were synced, and are edited since on both sides."""
    from django.contrib.auth import get_user_model

    from terms.changes.rename import move
    from terms.changes.trash import trash
    from terms.interchange.sync import sync
    from terms.models import Term
    from terms.publishing.publish import publish
    from tests.factory import default_glossary, make_term, text_of
    from tests.interchange.git import Colleague, add_repository, git

    body = "\n\n".join(f"Sentence {n} of a text that is long enough." for n in range(8))
    colleague = Colleague(folder)
    for name in ("Flask", "Django", "WSGI", "Celery", "Redis", "Jinja"):
        colleague.write(f"{name.lower()}.md", text_of(name, body=f"{name}: {body}"))
    colleague.push("Begin")
    repository = add_repository(colleague, publishes=True)
    sync(repository)
    ann = get_user_model().objects.create_user("ann", "ann@example.org", first_name="Ann")

    colleague.write("flask.md", colleague.read("flask.md").replace("Sentence 2", "Line 2"))
    colleague.write("asgi.md", text_of("ASGI", body=f"ASGI: {body}"))
    (colleague.folder / "sub").mkdir()
    git(colleague.clone, "mv", "django.md", "sub/django.md")
    git(colleague.clone, "rm", "-q", "wsgi.md")
    colleague.push("A week")

    edit("Flask", "Sentence 6", "Phrase 6", ann)
    edit("Celery", "Sentence 6", "Phrase 6", ann)
    edit("Celery", "Sentence 7", "Phrase 7", None)
    move(Term.objects.get(name="Redis"), "stores/redis.md", ann)
    trash(Term.objects.get(name="Jinja"), ann)
    make_term("Gunicorn", path="gunicorn.md", text=text_of("Gunicorn", body=body))
    publish(default_glossary(), Term.objects.filter(name="Celery"))


def edit(name, before, after, author):
    from terms.editing.gate import Draft, save_one
    from terms.models import Term

    term = Term.objects.get(name=name)
    text = term.newest_revision().text.replace(before, after)
    save_one(term.glossary, Draft(term.path, text, term, term.version), author)


def both_sides(folder):
    """Return what the glossary and the repository have, and what both should keep once only."""
    from django.db import connections

    from terms.models import Revision, Term
    from tests.interchange.git import git

    origin = folder / "words.git"
    paths = git(origin, "ls-tree", "-r", "-z", "--name-only", "main").split("\0")[:-1]
    found = {
        "here": {term.path: term.newest_revision().text for term in Term.objects.all()},
        "there": {path: git(origin, "show", f"main:{path}") for path in paths},
        "revisions": Revision.objects.count(),
        "terms": Term.with_trash.count(),
        "commits": sorted(git(origin, "log", "--format=%an: %s", "main").splitlines()),
    }
    connections.close_all()
    return found


def main(times):
    import django

    django.setup()
    from django.conf import settings
    from django.db import connections

    place = Place(Path(settings.DATA_DIR))
    make_both_sides(place.work)
    connections.close_all()
    place.work.rename(place.start)
    os.environ["PATH"] = f"{place.programs}:{os.environ['PATH']}"

    place.intercept()
    for _ in range(2):  # the first one also loads code
        place.copy()
        began = time.monotonic()
        status, said = sync_in_child()
        whole = time.monotonic() - began
    commands = int(place.count.read_text())
    write_line({"end": "", "again": status, "said": said, **both_sides(place.work)})
    points = [(number, end) for number in range(1, commands + 1) for end in ENDS]
    parts = max(len(points) // 4, times - len(points))
    points += [(part, LONGEST) for part in range(parts)]
    for number, end in points[:: max(1, len(points) // times)]:
        place.copy()
        place.intercept(number, ENDS.get(end, ""))
        seconds = whole * number / parts if end == LONGEST else None
        status, first = sync_in_child(seconds)
        place.intercept()
        began = time.monotonic()
        again, said = sync_in_child()
        write_line({
            "end": f"{end} {number}", "status": status, "first": first, "again": again,
            "said": said, "seconds": time.monotonic() - began, **both_sides(place.work),
        })  # fmt: skip


def write_line(values):
    sys.stdout.write(f"{json.dumps(values)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]))

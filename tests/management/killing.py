"""Runs a command of ``manage.py`` many times, each time killed at a different write.

``python -m tests.management.killing OUT COMMAND...`` needs a DATA_DIR next to a folder ``start``,
which is copied to ``work`` before each run. For each kill, a JSON line has the files of OUT after
the kill and after a second run that is not killed.
"""

import hashlib
import io
import json
import os
import shutil
import signal
import sys
from contextlib import redirect_stdout
from itertools import count
from pathlib import Path

WRITES = {
    "os.rename", "os.remove", "os.link", "os.symlink", "os.mkdir", "os.rmdir", "os.truncate",
    "shutil.rmtree",
}  # fmt: skip
MOST = 2_000


def kill_at(number):
    """Kill this process before its write with this number, counted from 1."""
    left = [number]

    def hook(event, values):
        if event in WRITES or (event == "open" and values[2] & (os.O_WRONLY | os.O_RDWR)):
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def run(command, number):
    """Run ``command`` in a child process. Return its exit code, negative if it was killed."""
    if (child := os.fork()) == 0:
        try:
            from django.core.management import call_command

            if number:
                kill_at(number)
            sys.stdout = sys.stderr = io.StringIO()
            call_command(*command)
            os._exit(0)
        except SystemExit as error:
            os._exit(int(error.code or 0))
        except BaseException:
            os._exit(9)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def visible(folder):
    """Return path → digest of all files that are not hidden. Symlinks are followed."""
    found = {}
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        parts = path.relative_to(folder).parts
        if path.is_file() and not any(part.startswith(".") for part in parts):
            found["/".join(parts)] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def hidden(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*.partial"))


def start_again(place):
    """Copy the folder ``start`` to ``work``."""
    shutil.rmtree(place.parent / "work", ignore_errors=True)
    shutil.copytree(place.parent / "start", place.parent / "work", symlinks=True)


def warm_up(place, command):
    """Run ``command`` in this process, so that its children find code and templates loaded."""
    from django.core.management import call_command
    from django.db import connections

    start_again(place)
    with redirect_stdout(io.StringIO()):
        call_command(*command)
    connections.close_all()


def write_line(values):
    sys.stdout.write(f"{json.dumps(values)}\n")
    sys.stdout.flush()


def main():
    out, *command = sys.argv[1:]
    import django

    django.setup()
    from django.conf import settings

    place, out = Path(settings.DATA_DIR), Path(out)
    warm_up(place, command)
    for number in count(1):
        assert number < MOST
        start_again(place)
        status = run(command, number)
        if status != -signal.SIGKILL:
            break
        report = {"kill": number, "left": visible(out)}
        report["again"] = run(command, 0)
        report["done"], report["partial"] = visible(out), hidden(place.parent / "work")
        write_line(report)
    write_line({"status": status, "done": visible(out)})


if __name__ == "__main__":
    main()

"""Runs a command of ``manage.py`` many times, each time killed at another of its writes.

``python -m tests.management.killing OUT COMMAND...`` in the environment of a site whose DATA_DIR is a
folder beside ``start``, from which it is set up each time. For each kill, and then for the run
after it, what is left is handed to ``judge``: a JSON line of what is there.
"""

import hashlib
import io
import json
import os
import shutil
import signal
import sys
from itertools import count
from pathlib import Path

WRITES = {
    "os.rename", "os.remove", "os.link", "os.symlink", "os.mkdir", "os.rmdir", "os.truncate",
    "shutil.rmtree",
}  # fmt: skip
MOST = 2_000


def kill_at(number):
    """End this process, as by a loss of power, before its write of this number."""
    left = [number]

    def hook(event, values):
        if event in WRITES or (event == "open" and values[2] & (os.O_WRONLY | os.O_RDWR)):
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def run(command, number):
    """The status of a process that carries ``command`` out; negative where it was killed."""
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
    """Digests of the files that others see, by path; of a link what it leads to."""
    found = {}
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        parts = path.relative_to(folder).parts
        if path.is_file() and not any(part.startswith(".") for part in parts):
            found["/".join(parts)] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def hidden(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*.partial"))


def tell(said):
    sys.stdout.write(f"{json.dumps(said)}\n")
    sys.stdout.flush()


def main():
    out, *command = sys.argv[1:]
    import django

    django.setup()
    from django.conf import settings

    place, out = Path(settings.DATA_DIR), Path(out)
    for number in count(1):
        assert number < MOST
        shutil.rmtree(place.parent / "work", ignore_errors=True)
        shutil.copytree(place.parent / "start", place.parent / "work", symlinks=True)
        status = run(command, number)
        if status != -signal.SIGKILL:
            break
        told = {"kill": number, "left": visible(out)}
        told["again"] = run(command, 0)
        told["done"], told["partial"] = visible(out), hidden(place.parent / "work")
        tell(told)
    tell({"status": status, "done": visible(out)})


if __name__ == "__main__":
    main()

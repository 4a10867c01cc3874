import os
import resource
import socket
import sys
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from terms.management.checks import ready_to_serve, settings_can_be_read

WORKERS = 1
CONNECTIONS = 16_384  # of a worker at most, including idle ones
OTHER_FILES = 512  # other open files of a worker
HEAD = 10_000  # milliseconds for a request's headers to arrive


class Command(BaseCommand):
    requires_system_checks = []  # they would create an empty database; handle runs the needed ones
    help = "Serve the glossary: readers' pages from an event loop, the admin from threads."

    def add_arguments(self, parser):
        parser.add_argument("--host", default="127.0.0.1", help="default: 127.0.0.1")
        parser.add_argument("--port", type=int, default=8000, help="default: 8000")
        parser.add_argument("--socket", metavar="PATH", help="serve on a Unix socket instead")
        parser.add_argument("--workers", type=int, default=WORKERS, help="processes; default: 1")

    def handle(self, host, port, workers, **options):
        self._refuse_what_is_not_ready()
        if not 1 <= workers <= 256:
            raise CommandError("--workers: from 1 to 256 processes.")
        if options["socket"]:
            free_socket(Path(options["socket"]))
            where = ["--uds", options["socket"]]
        else:
            need_free(host, port)
            where = ["--host", host, "--port", str(port)]
        connections = _connections()
        command = [
            sys.executable, "-m", "granian", "--interface", "rsgi", "--loop", "uvloop", *where,
            "--workers", str(workers), "--http", "1", "--no-ws", "--respawn-failed-workers",
            "--backlog", str(connections), "--backpressure", str(connections),
            "--http1-header-read-timeout", str(HEAD), "--workers-kill-timeout", "30",
            "--log-level", "warning", "glossary_cms.rsgi:application",
        ]  # fmt: skip
        if settings.IS_CHECKOUT:
            os.chdir(settings.BASE_DIR)  # the packages are found there
        # Replaces this process, so that stopping it stops the server.
        os.execv(sys.executable, command)  # noqa: S606 — our own words

    def _refuse_what_is_not_ready(self):
        found = settings_can_be_read() or ready_to_serve()
        for problem in found:
            hint = f" {problem.hint}" if problem.hint else ""
            self.stderr.write(f"{problem.id}: {problem.msg}{hint}")
        if found:
            raise CommandError("The site was not started.")


def _connections():
    """Return the number of connections of a worker, limited by the files that it may open."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = CONNECTIONS + OTHER_FILES if most == resource.RLIM_INFINITY else most
    files = min(files, CONNECTIONS + OTHER_FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, most))  # the server inherits it
    return max(64, files - OTHER_FILES)


def free_socket(path):
    """Remove a killed server's socket at ``path``. Raises CommandError if it is in use."""
    if not path.parent.is_dir():
        raise CommandError(f"--socket: there is no folder “{path.parent}”.")
    if not path.exists():
        return
    if not path.is_socket():
        raise CommandError(f"--socket: “{path}” is not a socket.")
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
        except OSError as error:
            raise CommandError(f"--socket: “{path}” cannot be used: {error.strerror}.") from error
        else:
            raise CommandError(f"--socket: another server answers at “{path}”.")


def need_free(host, port, other="--port"):
    """Raise CommandError if the port is taken: two servers would share its requests."""
    if not 0 < port < 65536:
        raise CommandError(f"{port} is not a port: use a number from 1 to 65535.")
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, OverflowError) as error:
        raise CommandError(f"“{host}”, port {port}, is not an address to serve on.") from error
    family, kind, protocol, _, address = found[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or error
            raise CommandError(
                f"Cannot listen on {host}:{port}: {reason}. Choose another port: {other}."
            ) from error

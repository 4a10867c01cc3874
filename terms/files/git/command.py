"""Runs git with bounds, without the configuration or hooks of anybody, and explains its errors."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import threading
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from terms.files.folder import FolderError

from .address import PLAIN, PROTOCOLS, Remote

TIMEOUT = 900.0  # seconds for one command
SLOWEST = 60  # seconds that a server may send nothing
GRACE = 5.0  # seconds in which git may remove its locks before it is killed
MOST_RECORDS = 2_000_000  # files or lines that git may list
MAX_MESSAGE = 300  # characters of an error that is shown
NEXT_COPY = "the next sync fetches all of it again."
BLOCK = 512  # bytes; the unit of `ulimit -f`

_CONFIG = {
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "core.quotePath": "false",
    "core.alternateRefsCommand": "",
    "core.bigFileThreshold": "2m",  # larger files are streamed, not held in memory
    "credential.helper": "",
    "diff.renameLimit": "10000",
    "fastimport.unpackLimit": "0",
    "gc.auto": "0",
    "http.followRedirects": "false",
    "http.lowSpeedLimit": "1",
    "http.lowSpeedTime": str(SLOWEST),
    "protocol.version": "2",
}
# The rest of the environment does not reach git.
_PASSED = (
    "PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "SSH_AUTH_SOCK", "SSL_CERT_FILE", "SSL_CERT_DIR",
    "GIT_SSL_CAINFO", "http_proxy", "https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY",
    "ALL_PROXY", "all_proxy",
)  # fmt: skip


class GitError(FolderError):
    """A problem with a repository; the message is for its owner."""


class NoBranch(GitError):
    """The repository has no such branch, or no commit at all."""


class PushRefused(GitError):
    """The branch has commits that were not fetched yet. ``said`` are git's words."""

    def __init__(self, message: str, said: str = ""):
        super().__init__(message)
        self.said = said


class DamagedCopy(GitError):
    """The copy of the repository on this machine cannot be read."""


@dataclass(frozen=True)
class Limits:
    """``size``: bytes of one file that git writes, so of a fetched pack."""

    size: int = 2 * 1024**3
    seconds: float = TIMEOUT


class Git:
    """Runs git's commands in the bare repository at ``directory``.

    ``kept`` are file descriptors that its processes inherit.
    """

    def __init__(self, directory: Path, remote: Remote, limits: Limits | None = None):
        self.directory = directory
        self.remote = remote
        self.limits = limits or Limits()
        self.kept: tuple[int, ...] = ()

    def run(
        self,
        *words: str,
        stdin: bytes | None = None,
        names: Mapping[str, str] | None = None,
        reaches_remote: bool = False,
    ) -> bytes:
        """Return what git prints. Raises GitError."""
        with self.started(*words, names=names, reaches_remote=reaches_remote) as process:
            try:
                out, errors = process.communicate(stdin, timeout=self.limits.seconds)
            except subprocess.TimeoutExpired:
                _stop(process)
                raise self._late(words) from None
        if process.returncode:
            raise self.error(process.returncode, errors)
        return out

    def records(self, *words: str, most: int = MOST_RECORDS) -> Generator[bytes, None, None]:
        """Yield what git prints, split at NUL, without holding it in memory. Raises GitError.

        A few small objects can list billions of files, so the number is limited.
        """
        late = threading.Event()
        with self.started(*words) as process:
            if process.stdout is None or process.stderr is None:
                raise GitError("git was closed.")
            clock = threading.Timer(self.limits.seconds, _stop_late, (process, late))
            clock.daemon = True
            clock.start()
            try:
                for number, record in enumerate(_split(process.stdout)):
                    if number >= most:
                        raise GitError(f"The repository has more than {most:,} files or changes.")
                    yield record
                errors = process.stderr.read()
                process.wait()
            finally:
                clock.cancel()
        if late.is_set():
            raise self._late(words)
        if process.returncode:
            raise self.error(process.returncode, errors)

    def _late(self, words: tuple[str, ...]) -> GitError:
        text = f"git {words[0]} took more than {self.limits.seconds:.0f} s and was stopped."
        return GitError(text)

    @contextlib.contextmanager
    def started(
        self,
        *words: str,
        names: Mapping[str, str] | None = None,
        reaches_remote: bool = False,
    ):
        """Start git, and end it with the block. Raises GitError if there is no git."""
        environment = self._environment(reaches_remote) | dict(names or {})
        command = self._command(words)
        try:
            process = subprocess.Popen(  # noqa: S603 — no shell reads the words
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment,
                cwd=self.directory,
                start_new_session=True,
                pass_fds=self.kept,
            )
        except OSError as error:
            raise GitError(f"git cannot be started: {error.strerror}.") from error
        try:
            yield process
        finally:
            if process.poll() is None:
                _stop(process)
            for pipe in filter(None, (process.stdin, process.stdout, process.stderr)):
                with contextlib.suppress(OSError, ValueError):
                    pipe.close()

    def _command(self, words: Iterable[str]) -> list[str]:
        if shutil.which("git") is None:
            raise GitError("git is not installed on this machine.")
        config = [word for key, value in _CONFIG.items() for word in ("-c", f"{key}={value}")]
        git = ["git", "--no-replace-objects", "--literal-pathspecs", *config, *words]
        limit = str(self.limits.size // BLOCK)
        # If this process is killed, git ends as well, where the system can do that.
        guard = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []
        start = 'ulimit -f "$0" 2>/dev/null; exec "$@"'  # a lower limit of the account stays
        return [*guard, "/bin/sh", "-c", start, limit, *git]

    def _environment(self, reaches_remote: bool) -> dict[str, str]:
        found = {name: os.environ[name] for name in _PASSED if name in os.environ}
        ssh = os.environ.get("GIT_SSH_COMMAND") or "ssh"
        found |= {
            "GIT_DIR": str(self.directory),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ALLOW_PROTOCOL": ":".join((*PROTOCOLS, PLAIN)),
            "GIT_SSH_COMMAND": f"{ssh} {_SSH_OPTIONS}",
            "LC_ALL": "C",
        }
        return found | (self.remote.environment() if reaches_remote else {})

    def error(self, code: int, errors: bytes) -> GitError:
        """Return the exception for what git wrote to its error stream."""
        text = errors.decode("utf-8", "replace")
        size = f"{self.limits.size // 1024**2:,} MB"
        if code in (-signal.SIGXFSZ, 128 + signal.SIGXFSZ):
            return GitError(_TOO_LARGE.format(size=size))
        if code < 0:
            return GitError(f"git was ended by signal {-code}; the next run tries again.")
        lines = [line for line in text.splitlines() if line.strip()] or [f"exit code {code}"]
        chosen = [line for line in lines if line.startswith(("fatal:", "error:"))] or lines
        for pattern, kind, sentence in _KNOWN:
            if found := pattern.search(text):
                said = _said(text) or found.groupdict().get("said") or chosen[-1]
                said = self._safe(said)[:MAX_MESSAGE]
                message = sentence.format(size=size, said=said)
                return PushRefused(message, said) if kind is PushRefused else kind(message)
        return GitError(f"git failed: {self._safe(chosen[-1])[:MAX_MESSAGE]}")

    @staticmethod
    def _safe(text: str) -> str:
        """Remove credentials from a text, and characters that are not printable."""
        text = re.sub(r"://[^/@\s]*@", "://", text)
        return "".join(one for one in text if one.isprintable())


_SSH_OPTIONS = (
    "-o BatchMode=yes -o ConnectTimeout=20 -o ServerAliveInterval=15 -o ServerAliveCountMax=4"
)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End git with the processes that it started; it may remove its locks first."""
    with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(GRACE)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _stop_late(process: subprocess.Popen[bytes], late: threading.Event) -> None:
    late.set()
    _stop(process)


def _split(stream: IO[bytes]) -> Iterator[bytes]:
    """Yield the parts of a stream that are separated by NUL."""
    rest = b""
    while block := stream.read(1 << 16):
        *parts, rest = (rest + block).split(b"\0")
        yield from parts
    if rest:
        yield rest


def _said(text: str) -> str:
    """Return what the server said, in one line."""
    lines = [
        line.removeprefix("remote:") for line in text.splitlines() if line.startswith("remote:")
    ]
    return " ".join(" ".join(lines).split())


_TOO_LARGE = "The repository is larger than {size}."
_NOTHING_THERE = "There is no repository at this address, or this account may not read it."
_KNOWN = [
    (re.compile(pattern, re.DOTALL), kind, sentence)
    for pattern, kind, sentence in (
        (
            r"couldn't find remote ref|Remote branch .* not found",
            NoBranch,
            "There is no such branch.",
        ),
        (
            r"is currently checked out",
            GitError,
            "The branch is checked out in that repository: make the repository bare, or push to"
            " another branch.",
        ),
        (
            r"'refs/[^']*' exists; cannot create|\.lock': File exists",
            GitError,
            "The server refused the commits: {said}",
        ),
        (r"SIGXFSZ|died of signal 25|File too large", GitError, _TOO_LARGE),
        (r"No space left on device|Disk quota exceeded", GitError, "The disk is full."),
        (
            r"\[rejected\][^(\n]*\((?P<said>[^)\n]*)|\[rejected\]|non-fast-forward"
            r"|cannot lock ref|failed to update ref",
            PushRefused,
            "The branch has new commits.",
        ),
        (
            r"\[remote rejected\][^(]*\((?P<said>[^)]*)\)",
            GitError,
            "The server refused the commits: {said}",
        ),
        (
            r"dubious ownership",
            GitError,
            "The repository belongs to another account of this machine, and git refuses to use it.",
        ),
        (
            r"could not read Username|Authentication failed|Permission denied|HTTP 40[13]"
            r"|error: 40[13]|Host key verification failed",
            GitError,
            "The server asks for credentials: set GIT_CREDENTIALS, or an ssh key for this account.",
        ),
        (
            r"unable to update url base from redirection|HTTP 30\d|error: 30\d",
            GitError,
            "The server answers with another address: enter that one.",
        ),
        (
            r"does not appear to be a git repository|Repository not found|error: 404|does not exist"
            r"|is this a git repository|repository '[^']*' not found",
            GitError,
            _NOTHING_THERE,
        ),
        (
            r"Could not resolve|unable to access|unable to connect|Connection|timed out|early EOF"
            r"|hung up|unexpected disconnect|RPC failed|Operation too slow|expected flush"
            r"|protocol error|invalid index-pack output|index-pack failed|bad line length"
            r"|expected packfile|fatal: expected|invalid server response|remote-curl"
            r"|failed to push some refs",
            GitError,
            "The server cannot be reached, or the connection broke; the next run tries again.",
        ),
        (
            r"not a git repository|bad object|is corrupt|unable to read|missing object|missing blob"
            r"|not a tree object|cannot be accessed|invalid object|could not parse|bad tree",
            DamagedCopy,
            f"The copy of the repository on this machine is damaged; {NEXT_COPY}",
        ),
    )
]

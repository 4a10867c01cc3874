"""Runs git with bounds, without the configuration or hooks of anybody, and explains its errors."""

import base64
import contextlib
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from terms.files.folder import FolderError

TIMEOUT = 900.0  # seconds for one command
SLOWEST = 60  # seconds that a server may send nothing
MAX_MESSAGE = 300  # characters of an error that is shown
BLOCK = 512  # bytes; the unit of `ulimit -f`
PROTOCOLS = ("https", "ssh", "file")

_CONFIG = {
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "core.quotePath": "false",
    "core.alternateRefsCommand": "",
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
    """The branch has commits that were not fetched yet."""


@dataclass(frozen=True)
class Limits:
    """``size``: bytes of one file that git writes, so of a fetched pack."""

    size: int = 2 * 1024**3
    seconds: float = TIMEOUT


@dataclass(frozen=True)
class Remote:
    """The address of a repository, without credentials. ``credentials``: addresses with them."""

    url: str
    credentials: tuple[str, ...] = ()

    def environment(self) -> dict[str, str]:
        """Return the variables that pass credentials to git: not its arguments, which show."""
        for found in self.credentials:
            parts = urlsplit(found)
            place = urlunsplit((parts.scheme, _host(found), parts.path, "", ""))
            if _is_below(self.url, place):
                pair = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
                value = base64.b64encode(pair.encode()).decode()
                return {
                    "GIT_CONFIG_COUNT": "1",
                    "GIT_CONFIG_KEY_0": f"http.{place}.extraHeader",
                    "GIT_CONFIG_VALUE_0": f"Authorization: Basic {value}",
                }
        return {}


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2]


def _is_below(url: str, place: str) -> bool:
    return url == place or url.startswith(place if place.endswith("/") else f"{place}/")


_SSH = re.compile(r"(?:[\w.-]+@)?[\w.-]+:(?!//)[^\s:][^\s]*")
_PLAIN_URL = re.compile(r"[!-~]+")


def why_not_remote(url: str) -> str:
    """Return the reason why ``url`` is not the address of a repository, or an empty string.

    https, ssh (also as git@host:path), and paths on this machine are. Names of git's remote
    helpers, and words that git would read as options, are not.
    """
    if url.startswith("-") or "::" in url or not _PLAIN_URL.fullmatch(url):
        return "is not the address of a repository: https://example.org/words.git"
    if url.startswith("/"):
        return ""
    if "://" not in url:
        return "" if _SSH.fullmatch(url) else "is not an address with https:// or ssh://."
    try:
        parts = urlsplit(url)
        has_host = bool(parts.hostname) and not (parts.hostname or "").startswith("-")
        _ = parts.port
    except ValueError:
        return "is not an address."
    if parts.scheme not in PROTOCOLS:
        return f"has the protocol “{parts.scheme}”; https, ssh and file are possible."
    if parts.scheme != "file" and not has_host:
        return "has no host."
    if parts.password or (parts.username and parts.scheme == "https"):
        return "has credentials in it; they belong into the environment: GIT_CREDENTIALS."
    return "" if not (parts.query or parts.fragment) else "has a query or fragment."


def host_of(url: str) -> tuple[str, int]:
    """Return host and port of a repository, or an empty host for one on this machine."""
    if url.startswith(("/", "file:")):
        return "", 0
    if "://" not in url:
        return url.partition(":")[0].rpartition("@")[2], 22
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or (22 if parts.scheme == "ssh" else 443)


class Git:
    """Runs git's commands in the bare repository at ``directory``."""

    def __init__(self, directory: Path, remote: Remote, limits: Limits | None = None):
        self.directory = directory
        self.remote = remote
        self.limits = limits or Limits()

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
                _kill(process)
                text = f"git {words[0]} took more than {self.limits.seconds:.0f} s and was stopped."
                raise GitError(text) from None
        if process.returncode:
            raise self.error(process.returncode, errors)
        return out

    @contextlib.contextmanager
    def started(
        self,
        *words: str,
        names: Mapping[str, str] | None = None,
        reaches_remote: bool = False,
    ):
        """Start git, and end it with the block. Raises GitError if there is no git."""
        environment = self._environment(reaches_remote) | dict(names or {})
        try:
            process = subprocess.Popen(  # noqa: S603 — no shell reads the words
                self._command(words),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment,
                cwd=self.directory,
                start_new_session=True,
            )
        except OSError as error:
            raise GitError(f"git cannot be started: {error.strerror}.") from error
        try:
            yield process
        finally:
            if process.poll() is None:
                _kill(process)
            for pipe in filter(None, (process.stdin, process.stdout, process.stderr)):
                with contextlib.suppress(OSError, ValueError):
                    pipe.close()

    def _command(self, words: Iterable[str]) -> list[str]:
        if shutil.which("git") is None:
            raise GitError("git is not installed on this machine.")
        config = [word for key, value in _CONFIG.items() for word in ("-c", f"{key}={value}")]
        git = ["git", "--no-replace-objects", "--literal-pathspecs", *config, *words]
        limit = str(self.limits.size // BLOCK)
        return ["/bin/sh", "-c", 'ulimit -f "$0"; exec "$@"', limit, *git]

    def _environment(self, reaches_remote: bool) -> dict[str, str]:
        found = {name: os.environ[name] for name in _PASSED if name in os.environ}
        ssh = os.environ.get("GIT_SSH_COMMAND") or "ssh"
        found |= {
            "GIT_DIR": str(self.directory),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ALLOW_PROTOCOL": ":".join(PROTOCOLS),
            "GIT_SSH_COMMAND": f"{ssh} -o BatchMode=yes -o ConnectTimeout=20",
            "LC_ALL": "C",
        }
        return found | (self.remote.environment() if reaches_remote else {})

    def error(self, code: int, errors: bytes) -> GitError:
        """Return the exception for what git wrote to its error stream."""
        text = errors.decode("utf-8", "replace")
        for pattern, kind, sentence in _KNOWN:
            if found := pattern.search(text):
                size = f"{self.limits.size // 1024**2:,} MB"
                said = self._safe(_said(text) or found.groupdict().get("said") or "")
                return kind(sentence.format(size=size, said=said[:MAX_MESSAGE]))
        if code in (-signal.SIGXFSZ, 128 + signal.SIGXFSZ):
            return GitError(_TOO_LARGE.format(size=f"{self.limits.size // 1024**2:,} MB"))
        lines = [line for line in text.splitlines() if line.strip()] or [f"exit code {code}"]
        chosen = [line for line in lines if line.startswith(("fatal:", "error:"))] or lines
        return GitError(f"git failed: {self._safe(chosen[-1])[:MAX_MESSAGE]}")

    @staticmethod
    def _safe(text: str) -> str:
        """Remove credentials from a text, and characters that are not printable."""
        text = re.sub(r"://[^/@\s]*@", "://", text)
        return "".join(one for one in text if one.isprintable())


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End git with the processes that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _said(text: str) -> str:
    """Return what the server said, in one line."""
    lines = [
        line.removeprefix("remote:") for line in text.splitlines() if line.startswith("remote:")
    ]
    return " ".join(" ".join(lines).split())


_TOO_LARGE = "The repository is larger than {size}."
_KNOWN = [
    (re.compile(pattern, re.DOTALL), kind, sentence)
    for pattern, kind, sentence in (
        (
            r"couldn't find remote ref|Remote branch .* not found",
            NoBranch,
            "There is no such branch.",
        ),
        (
            r"\[rejected\]|\(fetch first\)|non-fast-forward|cannot lock ref|failed to update ref",
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
        (r"SIGXFSZ|died of signal 25|File too large", GitError, _TOO_LARGE),
        (r"No space left on device|Disk quota exceeded", GitError, "The disk is full."),
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
            r"does not appear to be a git repository|Repository not found|not found|does not exist"
            r"|not a git repository",
            GitError,
            "There is no repository at this address, or this account may not read it.",
        ),
        (
            r"Could not resolve|unable to access|unable to connect|Connection|timed out|early EOF"
            r"|hung up|unexpected disconnect|RPC failed|Operation too slow",
            GitError,
            "The server cannot be reached, or the connection broke; the next run tries again.",
        ),
    )
]

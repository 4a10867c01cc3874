"""A bare copy of a repository on this machine: what is fetched, and commits to push."""

import contextlib
import fcntl
import itertools
import os
import re
import shutil
import subprocess
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from .address import Remote
from .command import NEXT_COPY, DamagedCopy, Git, GitError, Limits, NoBranch, PushRefused

HEAD = "refs/sync/head"  # the branch as fetched
BASE = "refs/sync/base"  # the commit of the last sync, kept from being pruned
REQUEST = "refs/sync/request"  # the branch of the merge request as fetched
NEW = "refs/sync/new"  # commits that are to be pushed
FILE, EXECUTABLE, LINK, SUBMODULE = "100644", "100755", "120000", "160000"
TEXT, AUTO, AS_IT_IS = "text", "auto", "as it is"  # line ends of a file in commits
COMPLETE = "glossary-cms"  # a file that is there once the copy was made completely
LONGEST_LOCK = 60.0  # seconds
LOOK_EVERY = 0.1  # seconds
MOST_FILES = 500_000  # of one commit
PACKS = 50  # with more, they are packed again
MOST_CHANGES = 1_000_000  # of files, among which their authors are looked for
AUTHOR_LINE = "\x01%H%x00%an%x00%ae"
_COMMIT = re.compile(rb"\x01[0-9a-f]{40,64}")


class TreeEntry(NamedTuple):
    """A file of a commit. ``size`` is -1 for submodules."""

    mode: str
    blob: str
    size: int


class GitCommit(NamedTuple):
    """A commit of the repository, as its author made it."""

    id: str
    name: str = ""
    email: str = ""


@dataclass(frozen=True)
class NewCommit:
    """A commit to write. ``files``: path → mode and content, or None to remove the file.

    ``author`` and ``committer`` are “Name <address>”. ``tree`` is a commit whose files are taken
    first, instead of those of the parent.
    """

    author: str
    at: datetime
    committer: str
    message: str
    files: dict[str, tuple[str, bytes] | None]
    tree: str = ""


class Mirror:
    """Use as a context manager: one process at a time works in the copy."""

    def __init__(self, directory: Path, remote: Remote, limits: Limits | None = None):
        self.directory = directory
        self.git = Git(directory, remote, limits)
        self.url = remote.url
        self._lock = -1
        self._unread = ""
        self._batch: subprocess.Popen[bytes] | None = None
        self._open = contextlib.ExitStack()

    def __enter__(self) -> "Mirror":
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = os.open(self.directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise GitError(f"“{self.directory}” cannot be used: {error.strerror}.") from error
        try:
            self._wait()
            # A git that outlives this process keeps the lock until it ends.
            self.git.kept = (self._lock,)
            self._repair()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        self._open.close()
        self._batch = None
        os.close(self._lock)

    def _wait(self) -> None:
        """Lock the copy. Raises GitError if another process works in it for long."""
        until = time.monotonic() + LONGEST_LOCK
        while True:
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > until:
                    text = f"git still runs in “{self.directory}” for an earlier sync."
                    raise GitError(f"{text} The next sync tries again.") from None
                time.sleep(LOOK_EVERY)
            else:
                return

    def _repair(self) -> None:
        """Create the repository if it is not there or not whole, and remove locks of the dead."""
        parts = (self.directory / name for name in ("HEAD", "config", "objects", "refs", COMPLETE))
        if not all(part.exists() for part in parts):
            self._remove_all()
            self.git.run("init", "--bare", "--quiet", "--template=", str(self.directory))
            (self.directory / COMPLETE).touch()
        # git itself only removes them if it is not killed.
        for pattern in ("*.lock", "refs/**/*.lock", "objects/pack/tmp_*", "objects/tmp_*"):
            for path in self.directory.glob(pattern):
                path.unlink(missing_ok=True)

    def _remove_all(self) -> None:
        for path in self.directory.iterdir():
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()

    def recreate(self) -> None:
        """Have the copy made again by the next sync, as it is damaged."""
        (self.directory / COMPLETE).unlink(missing_ok=True)

    # Reading

    def fetch(self, branch: str) -> str:
        """Fetch a branch. Return the id of its newest commit, or "" if the repository is empty.

        Raises NoBranch if there are only other branches, GitError.
        """
        try:
            self._fetch(branch, HEAD)
        except NoBranch:
            if self.git.run("ls-remote", "--heads", "--", self.url, reaches_remote=True).strip():
                text = f"The repository has no branch “{branch}”."
                raise NoBranch(text) from None
            self.drop(HEAD)
            return ""
        return self.commit(HEAD)

    def fetch_request(self, branch: str) -> str:
        """Fetch the branch of a merge request. Return its newest commit, or ""."""
        try:
            self._fetch(branch, REQUEST)
        except NoBranch:
            self.drop(REQUEST)
            return ""
        return self.commit(REQUEST)

    def _fetch(self, branch: str, ref: str) -> None:
        words = (
            "--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head",
            "--update-shallow",  # or git passes over the branch if a part of its history is missing
        )  # fmt: skip
        where = ("--", self.url, f"+refs/heads/{branch}:{ref}")
        try:
            self.git.run("fetch", *words, *where, reaches_remote=True)
        except PushRefused as error:  # git uses the same words
            raise GitError(f"The branch cannot be fetched: {error.said}") from error

    def commit(self, ref: str) -> str:
        """Return the id of the commit that ``ref`` names, or an empty string."""
        # Refs are files here until they are packed; a process for each takes longer than reading.
        with contextlib.suppress(OSError):
            return (self.directory / ref).read_text().strip()
        with contextlib.suppress(GitError):
            return (
                self.git.run("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
                .decode()
                .strip()
            )
        return ""

    def has(self, commit: str) -> bool:
        """Whether the copy has this commit, with its tree."""
        if not commit:
            return False
        try:
            self.git.run("cat-file", "-e", f"{commit}^{{tree}}")
        except GitError:
            return False
        return True

    def keep(self, ref: str, commit: str) -> None:
        self.git.run("update-ref", ref, commit)

    def drop(self, ref: str) -> None:
        self.git.run("update-ref", "-d", ref)

    def tree(self, commit: str, folder: str = "") -> Iterator[tuple[bytes, TreeEntry]]:
        """Yield the files of a commit below ``folder``: path within it, and entry."""
        where = f"{commit}:{folder}" if folder else commit
        for row in self.git.records("ls-tree", "-r", "-l", "-z", where, most=MOST_FILES):
            about, _, path = row.partition(b"\t")
            mode, _kind, blob, size = about.decode().split()
            yield path, TreeEntry(mode, blob, int(size) if size.isdigit() else -1)

    def has_folder(self, commit: str, folder: str) -> bool:
        if not folder:
            return True
        return b" tree " in self.git.run("ls-tree", "-z", "-d", commit, "--", folder)

    def renames(self, before: str, after: str, folder: str = "") -> dict[str, str]:
        """Return the files that were renamed between two commits, as git finds: new → old path."""
        words = ("-r", "-z", "-M", "--no-ext-diff", "--diff-filter=R", "--name-status")
        found = list(self.git.records("diff-tree", *words, before, after))
        prefix = f"{folder}/".encode() if folder else b""
        pairs = zip(found[1::3], found[2::3], strict=False)
        return {
            _text(new.removeprefix(prefix)): _text(old.removeprefix(prefix))
            for old, new in pairs
            if old.startswith(prefix) and new.startswith(prefix)
        }

    def authors(
        self, before: str, after: str, folder: str, wanted: Collection[str]
    ) -> dict[str, GitCommit]:
        """Return the newest commit of each wanted file that was changed after ``before``.

        Without ``before``, all commits up to ``after`` count. Of a very long history, only the
        newest commits are read.
        """
        span = f"{before}..{after}" if before else after
        words = ("--format=" + AUTHOR_LINE, "--name-only", "--no-renames", "--no-ext-diff", "-z")
        where = ("--", folder) if folder else ("--",)
        prefix = f"{folder}/".encode() if folder else b""
        found: dict[str, GitCommit] = {}
        commit: GitCommit | None = None
        left = set(wanted)
        with contextlib.closing(self.git.records("log", *words, span, *where)) as records:
            parts = itertools.islice(records, MOST_CHANGES)
            for part in parts:
                line = part.lstrip(b"\n")
                if _COMMIT.fullmatch(line):
                    about = [one.decode("utf-8", "replace") for one in itertools.islice(parts, 2)]
                    commit = GitCommit(line[1:].decode(), *about)
                elif line.startswith(prefix) and line and commit:
                    path = _text(line.removeprefix(prefix))
                    if path in left:
                        left.remove(path)
                        found[path] = commit
                if not left:
                    break
        return found

    def read(self, blob: str, limit: int) -> bytes:
        """Return at most ``limit`` bytes of a blob. Raises GitError.

        It can pass for a fault of this file, so ``require_read`` has to be called in the end.
        """
        if self._batch is None or self._batch.poll() is not None:
            self._batch = self._open.enter_context(self.git.started("cat-file", "--batch"))
        stdin, stdout = self._batch.stdin, self._batch.stdout
        if stdin is None or stdout is None:
            raise GitError("git was closed.")
        try:
            stdin.write(f"{blob}\n".encode())
            stdin.flush()
            head = stdout.readline().split()
        except OSError:
            head = []
        size = int(head[2]) if len(head) == 3 else -1
        content = stdout.read(min(size, limit)) if size >= 0 else b""
        rest = size - len(content)
        while rest > 0 and (block := stdout.read(min(rest, 1 << 20))):
            rest -= len(block)
        if size < 0 or rest or stdout.read(1) != b"\n":
            self._unread = blob
            raise GitError("git cannot read this file.")
        return content

    def require_read(self) -> None:
        """Raise GitError if git did not read a blob that was asked for."""
        if not self._unread:
            return
        try:
            self.git.run("cat-file", "-e", self._unread)
        except GitError as error:
            raise DamagedCopy(f"git cannot read the object {self._unread}; {NEXT_COPY}") from error
        raise GitError("git was ended while it read files; the next run tries again.")

    def line_ends(self, commit: str, paths: Sequence[str]) -> list[str]:
        """Return TEXT, AUTO or AS_IT_IS for each path, by the attributes of the commit."""
        names = {"GIT_INDEX_FILE": str(self.directory / "index")}
        self.git.run("read-tree", commit, names=names)
        words = ("check-attr", "--cached", "-z", "--stdin", "text", "eol")
        asked = b"".join(path.encode() + b"\0" for path in paths)
        found = self.git.run(*words, stdin=asked, names=names).split(b"\0")
        values = zip(found[2::6], found[5::6], strict=True)
        return [_line_ends(text.decode(), eol.decode()) for text, eol in values]

    def has_others(self, before: str, after: str, committer: str) -> bool:
        """Whether commits after ``before``, up to ``after``, are by others than ``committer``."""
        words = ("log", "--no-merges", "-z", "--format=%cn <%ce>", f"{before}..{after}", "--")
        with contextlib.closing(self.git.records(*words)) as records:
            return any(record.decode("utf-8", "replace") != committer for record in records)

    def is_ancestor(self, older: str, newer: str) -> bool:
        try:
            self.git.run("merge-base", "--is-ancestor", older, newer)
        except GitError:
            return False
        return True

    # Writing

    def write(self, parents: Sequence[str], commits: Sequence[NewCommit]) -> str:
        """Write commits, one on top of the other. Return the id of the last one.

        The first has ``parents``: the files of the first of these are kept where a commit has no
        others. Raises GitError.
        """
        self.drop(NEW)
        trees = {commit.tree: self._tree_id(commit.tree) for commit in commits if commit.tree}
        stream = b"".join(_lines(parents, commits, trees))
        self.git.run("fast-import", "--quiet", "--date-format=raw", stdin=stream)
        return self.commit(NEW)

    def _tree_id(self, commit: str) -> str:
        return self.git.run("rev-parse", "--verify", f"{commit}^{{tree}}").decode().strip()

    def push(self, commit: str, branch: str) -> None:
        """Push without force. Raises PushRefused if the branch has other new commits, GitError."""
        where = ("--", self.url, f"{commit}:refs/heads/{branch}")
        self.git.run("push", "--quiet", "--no-verify", *where, reaches_remote=True)

    def changed(self, before: str, after: str) -> set[str]:
        """Return the paths that differ between two commits."""
        words = ("diff-tree", "-r", "-z", "--no-renames", "--no-ext-diff", "--name-only")
        if before:
            return set(map(_text, self.git.records(*words, before, after)))
        return {_text(path) for path, _entry in self.tree(after)}

    def tidy(self) -> None:
        """Pack the objects again if there are many packs."""
        if sum(1 for _ in (self.directory / "objects").glob("pack/*.pack")) > PACKS:
            self.git.run("gc", "--quiet", "--prune=2.weeks.ago")


def _line_ends(text: str, eol: str) -> str:
    if text == "auto":
        return AUTO
    is_text = text in ("set", "input") or (text == "unspecified" and eol in ("lf", "crlf"))
    return TEXT if is_text else AS_IT_IS


def _text(path: bytes) -> str:
    return path.decode("utf-8", "surrogateescape")


def _lines(
    parents: Sequence[str], commits: Sequence[NewCommit], trees: Mapping[str, str]
) -> Iterator[bytes]:
    """Yield the input of ``git fast-import``."""
    for number, commit in enumerate(commits, 1):
        at = int(commit.at.timestamp())
        message = commit.message.encode()
        yield f"commit {NEW}\nmark :{number}\n".encode()
        yield f"author {commit.author} {at} +0000\n".encode()
        yield f"committer {commit.committer} {int(time.time())} +0000\n".encode()
        yield b"data %d\n%s\n" % (len(message), message)
        if number == 1:
            for word, parent in zip(_PARENTS, parents, strict=False):
                yield f"{word} {parent}\n".encode()
        else:
            yield b"from :%d\n" % (number - 1)
        if commit.tree:
            yield f'M 040000 {trees[commit.tree]} ""\n'.encode()
        # Removals first: a file may take the place of a folder.
        for path, file in sorted(commit.files.items(), key=lambda item: item[1] is not None):
            if file is None:
                yield b"D %s\n" % _quoted(path)
            else:
                mode, content = file
                yield b"M %s inline %s\ndata %d\n" % (mode.encode(), _quoted(path), len(content))
                yield content + b"\n"
    yield b"done\n"


_PARENTS = ("from", "merge")


def _quoted(path: str) -> bytes:
    escaped = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'.encode("utf-8", "surrogateescape")

"""The static site: public pages as files for any web server or CDN.

``out`` is a symbolic link to one of two sibling trees. A build updates the other tree with the
pages written since that tree was built, then switches the link. The folder is always a complete
site, old or new, and the cost of a build depends on the number of changes.
"""

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from terms.media.atomic_files import sync_files, sync_folder, write_whole
from terms.models import Glossary, Page, PageWrite, Site
from terms.models.bulk import batches

from .extras import extra_files, media_files, redirect_maps
from .store import GONE

CountedProgress = Callable[[Iterable, int], Iterable]
MAX_NAME = 255  # bytes
BATCH = 500


class BuildError(Exception):
    """The site cannot be built; the message is the reason."""


@dataclass
class Report:
    written: int = 0
    removed: int = 0
    left_out: list[str] = field(default_factory=list)


class State(NamedTuple):
    """The state of a tree: its site, its last page write and its files that are not stored
    pages."""

    site: str = ""
    mark: str = ""
    extras: tuple[str, ...] = ()


def build(
    out: Path, progress: CountedProgress = lambda items, total: items, whole: bool = False
) -> Report:
    """Bring the folder ``out`` up to date with the public pages. Raises BuildError or OSError.

    With ``whole``, no file of an earlier build is reused.
    """
    out = Path(os.path.abspath(out))
    if not out.name:
        raise BuildError("Name a folder within another one.")
    out.parent.mkdir(parents=True, exist_ok=True)
    with _alone(out):
        live = _live_tree(out)
        spare = _tree(out, "b" if live == _tree(out, "a") else "a")
        now = _now()
        report = Report()
        if whole:
            _forget(spare)
            if live:
                _state_file(live).unlink(missing_ok=True)
        if live and _state(live)[:2] == now[:2] and not _extras_differ(live):
            return report
        if live and not _is_of(_state(spare), now) and _is_of(_state(live), now):
            _copy(live, spare)
        _bring_up(spare, now, report, progress)
        _turn(out, spare)
        if live is None:
            _copy(spare, _tree(out, "b"))  # makes the next build incremental as well
        return report


def _now() -> State:
    site = Site.objects.first()
    return State(str(site.uid), site.mark) if site else State()


def _is_of(state: State, now: State) -> bool:
    """Return whether the pages written since can bring a tree up to date.

    After an older database is restored, a tree may be newer than the database.
    """
    return state.site == now.site and _number_of(state.mark) is not None


def _number_of(mark: str) -> int | None:
    return PageWrite.objects.filter(mark=mark).values_list("sequence", flat=True).first()


# Trees


def _tree(out: Path, name: str) -> Path:
    return out.with_name(f".{out.name}-{name}")


def _live_tree(out: Path) -> Path | None:
    if out.is_symlink():
        target = out.parent / os.readlink(out)
        if target in (_tree(out, "a"), _tree(out, "b")):
            return target if target.is_dir() else None
        raise BuildError(f"“{out}” is a link to “{target}”, which is not a site built here.")
    if out.is_dir() and not any(out.iterdir()):
        out.rmdir()
    if out.exists():
        raise BuildError(f"“{out}” holds something else; name a folder that is new or empty.")
    return None


@contextmanager
def _alone(out: Path) -> Iterator[None]:
    with out.with_name(f".{out.name}-lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise BuildError(f"“{out}” is being built already.") from error
        yield


def _state_file(tree: Path) -> Path:
    return tree.with_name(f"{tree.name}.json")


def _state(tree: Path) -> State:
    """Return the state of a tree, empty if the tree was never finished."""
    try:
        site, mark, extras = json.loads(_state_file(tree).read_text())
        return State(str(site), str(mark), tuple(extras))
    except (OSError, ValueError, TypeError):
        return State()


def _note(tree: Path, state: State) -> None:
    write_whole(_state_file(tree), json.dumps(state).encode())


def _forget(tree: Path) -> None:
    _state_file(tree).unlink(missing_ok=True)
    shutil.rmtree(tree, ignore_errors=True)


def _copy(tree: Path, copy: Path) -> None:
    """Copy a tree as hard links; its files are replaced, never written into."""
    state = _state(tree)
    _forget(copy)
    for folder, _, files in os.walk(tree):
        other = copy / os.path.relpath(folder, tree)
        other.mkdir()
        for name in files:
            os.link(f"{folder}/{name}", f"{other}/{name}")
    _note(copy, state)


def _turn(out: Path, tree: Path) -> None:
    link = out.with_name(f".{out.name}-link")
    link.unlink(missing_ok=True)
    link.symlink_to(tree.name)
    link.replace(out)
    sync_folder(out.parent)


# Files


def _bring_up(tree: Path, now: State, report: Report, progress: CountedProgress) -> None:
    state = _state(tree)
    if not _is_of(state, now):
        _forget(tree)
        state = State(now.site)
    tree.mkdir(exist_ok=True)
    writer = _Writer(tree, report)
    before = state.extras
    while True:
        # Pages may be published meanwhile; they are written before the link is switched.
        number = _number_of(state.mark)
        if state.mark and number is None:
            raise BuildError("The database was replaced meanwhile: build the site again.")
        pages = Page.objects.filter(sequence__gt=-1 if number is None else number)
        for page in progress(_in_order(pages), pages.count()):
            writer.page(page)
        newest = _now()
        if newest.mark == now.mark:
            break
        state, now = now, newest
    extras = _refresh_extras(writer, before)
    sync_files(list(writer.names))  # before the tree can go live
    _note(tree, now._replace(extras=extras))


def _in_order(pages: Any) -> Iterator[Page]:
    """Yield pages sorted by path, which fills folders fastest."""
    # Sorted here: the database would scan all paths instead of the new rows.
    for some in batches(sorted(pages.order_by().values_list("path", flat=True)), BATCH):
        yield from Page.objects.filter(path__in=some).order_by("path")


class _Writer:
    def __init__(self, tree: Path, report: Report):
        self.tree = str(tree)
        self.report = report
        self.folders: set[str] = {self.tree}
        self.names: dict[str, None] = {}  # written files

    def page(self, page: Page) -> None:
        path = page.path
        name = self.tree + path + ("index.html" if path.endswith("/") else "")
        # Redirects and 410 responses for other forms than HTML are only in the redirect maps.
        if page.status == GONE or (page.status != 200 and not path.endswith("/")):
            self.remove(name)
            return
        if any(len(part.encode()) > MAX_NAME - len(".gz") for part in name.split("/")):
            self.report.left_out.append(path)
            return
        seconds = page.changed_at.timestamp()
        try:
            self.write(name, page.content, seconds)
            if page.gzip:
                self.write(f"{name}.gz", page.gzip, seconds)
            else:
                _unlink(f"{name}.gz")
        except (IsADirectoryError, NotADirectoryError, FileExistsError):
            self.report.left_out.append(path)

    def write(self, name: str, content: bytes | memoryview, seconds: float) -> None:
        folder = name[: name.rindex("/")]
        if folder not in self.folders:
            os.makedirs(folder, exist_ok=True)
            self.folders.add(folder)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        try:
            file = os.open(name, flags, 0o644)
        except FileExistsError:
            os.unlink(name)  # it may be a hard link shared with the other tree
            file = os.open(name, flags, 0o644)
        try:
            left = memoryview(content)
            while left:
                left = left[os.write(file, left) :]
            os.utime(file, (seconds, seconds))
        finally:
            os.close(file)
        self.report.written += 1
        self.names[name] = None

    def remove(self, name: str) -> None:
        found = _unlink(name)
        _unlink(f"{name}.gz")
        for one in (name, f"{name}.gz"):
            self.names.pop(one, None)
        self.report.removed += found
        folder = name[: name.rindex("/")]
        while found and folder != self.tree:
            try:
                os.rmdir(folder)
            except OSError:
                break
            self.folders.discard(folder)
            folder = folder[: folder.rindex("/")]


def _unlink(name: str) -> bool:
    try:
        os.unlink(name)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, PermissionError):
        return False
    return True


def _extras() -> Iterator[tuple[str, bytes]]:
    """Yield the paths and contents of files that are not stored pages."""
    pages = Page.objects.moved().order_by("path")
    yield from extra_files(list(Glossary.objects.order_by("slug")))
    yield from redirect_maps(list(pages.values_list("path", "status", "location")))
    yield from media_files()


def _is_there(tree: Path, path: str, content: bytes) -> bool:
    file = Path(f"{tree}{path}")
    return file.is_file() and file.read_bytes() == content


def _extras_differ(tree: Path) -> bool:
    found = dict(_extras())
    return set(found) != set(_state(tree).extras) or not all(
        _is_there(tree, path, content) for path, content in found.items()
    )


def _refresh_extras(writer: _Writer, before: Iterable[str]) -> tuple[str, ...]:
    """Write extra files that differ and remove old ones. Return the paths of all extra files."""
    found = dict(_extras())
    for path in set(before) - found.keys():
        writer.remove(writer.tree + path)
    for path, content in found.items():
        if not _is_there(Path(writer.tree), path, content):
            writer.write(writer.tree + path, content, 0)
    return tuple(sorted(found))

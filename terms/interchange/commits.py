"""Commits for what was edited here: one for each editor and change set, oldest first."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import inf
from operator import attrgetter
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import get_user_model
from django.utils import timezone

from terms.files.exporting import REMOVED, RENAMED, Exported
from terms.files.git.mirror import NewCommit
from terms.files.git.source import TreeTarget
from terms.formats.fingerprint import fingerprint_of
from terms.formats.front_matter import decode
from terms.formats.paths import is_term_file
from terms.formats.problems import FormatError
from terms.media.pictures import file_beside
from terms.models import ChangeSet, FormerPath, Repository, Revision, Term, TermFile
from terms.models.bulk import batches
from terms.rendering import picture_addresses

MAX_SUBJECT = 72  # characters
MAX_NAMED = 50  # terms in a message


class _Step(NamedTuple):
    """One edit of one file. ``revision`` is None if the file is removed."""

    order: float
    at: datetime
    term: int
    author: int | None
    change_set: int | None
    reason: str
    revision: int | None


@dataclass
class _Group:
    """The edits of one commit.

    ``revisions``: term → its newest revision, or None. ``renames``: term → the path from now on.
    """

    author: int | None
    change_set: int | None
    at: datetime
    revisions: dict[int, int | None] = field(default_factory=dict)
    reasons: dict[int, str] = field(default_factory=dict)
    renames: dict[int, str] = field(default_factory=dict)


def commits_for(
    repository: Repository, target: TreeTarget, files: Iterable[Exported]
) -> list[NewCommit]:
    """Return the commits that write what an export to ``target`` has written."""
    changed = [file for file in files if file.path in target.written and file.term]
    groups = _grouped(list(_steps(target, changed, repository)), _renames(changed))
    return list(_Commits(repository, target, changed).all(groups))


# What was edited


def _steps(
    target: TreeTarget, files: Iterable[Exported], repository: Repository
) -> Iterator[_Step]:
    """Yield the edits since the texts that the repository has."""
    by_term = {file.term: file for file in files if file.term}
    if not by_term:
        return
    # What a sync merged is the edit of its editor, not of the sync.
    titled = ChangeSet.objects.filter(title=title_of_sync(repository))
    received = set(titled.filter(glossary=repository.glossary_id).values_list("pk", flat=True))
    agreed = dict(
        TermFile.objects.of(repository.glossary, target.place).values_list("term", "fingerprint")
    )
    for some in batches(by_term):
        terms = Term.with_trash.in_bulk(some)
        for pk, revisions in _revisions(some):
            file = by_term[pk]
            if file.status == REMOVED:
                term = terms[pk]
                at = term.trashed_at or timezone.now()
                yield _Step(inf, at, pk, term.trashed_by_id, None, "", None)
                continue
            wanted = fingerprint_of(decode(target.read(file.path)))
            before = _fingerprint(target, file.before or file.path)
            for row in _between(revisions, before, wanted, agreed.get(pk, "")):
                is_merge = row.change_set_id in received
                told = _edit_before(revisions, row, received) if is_merge else row
                yield _Step(
                    row.pk, row.created_at, pk, row.author_id,
                    told.change_set_id if told else None, told.reason if told else "", row.pk,
                )  # fmt: skip


def _edit_before(
    revisions: list[Revision], merged: Revision, received: set[int]
) -> Revision | None:
    """Return the edit that a sync merged, which has the reason."""
    earlier = revisions[: revisions.index(merged)]
    edits = (row for row in reversed(earlier) if row.change_set_id not in received)
    return next((row for row in edits if row.author_id == merged.author_id), None)


def _revisions(terms: Iterable[int]) -> Iterator[tuple[int, list[Revision]]]:
    found: dict[int, list[Revision]] = {pk: [] for pk in terms}
    # Without the texts: a term may have hundreds.
    rows = Revision.objects.filter(term__in=list(found)).order_by("number").defer("text")
    for revision in rows:
        found[revision.term_id].append(revision)
    yield from found.items()


def _fingerprint(target: TreeTarget, path: str) -> str:
    """Return the fingerprint of a file as it is in the repository, or an empty string."""
    if path not in target.source.entries:
        return ""
    try:
        return fingerprint_of(decode(target.source.read(path)))
    except FormatError:
        return ""


def _between(revisions: list[Revision], before: str, wanted: str, agreed: str) -> list[Revision]:
    """Return the revisions after the text ``before``, up to the text ``wanted``.

    If the history does not have ``before``, as it was decided against, they are those after the
    text ``agreed``, which both sides had last.
    """
    texts = [revision.fingerprint for revision in revisions]
    end = len(texts) - texts[::-1].index(wanted)
    known = texts[:end]
    for text in (before, agreed):
        if text in known:
            return revisions[end - known[::-1].index(text) : end]
    return revisions[end - 1 : end] if before else revisions[:end]


def _renames(files: Iterable[Exported]) -> dict[int, tuple[str, int | None]]:
    """Return term → new path and change set, for files that were renamed here."""
    renamed = {file.term: file.path for file in files if file.status == RENAMED and file.term}
    sets: dict[int, int | None] = {}
    for some in batches(renamed):
        former = FormerPath.objects.filter(term__in=some).order_by("pk")
        sets |= dict(former.values_list("term", "change_set"))
    return {pk: (path, sets.get(pk)) for pk, path in renamed.items()}


def _grouped(steps: list[_Step], renames: Mapping[int, tuple[str, int | None]]) -> list[_Group]:
    """Collect edits by author and change set, in an order that keeps that of each term."""
    groups: list[_Group] = []
    last: dict[int, int] = {}  # term → the number of the last group with it
    newest: dict[tuple[int | None, int | None], int] = {}
    for step in sorted(steps, key=attrgetter("order")):
        key = (step.author, step.change_set)
        number = newest.get(key, -1)
        if number < last.get(step.term, 0) or number < 0:
            number = newest[key] = len(groups)
            groups.append(_Group(step.author, step.change_set, step.at))
        group = groups[number]
        group.at = max(group.at, step.at)
        group.revisions[step.term] = step.revision
        if step.reason:
            group.reasons[step.term] = step.reason
        last[step.term] = number
    _rename(groups, renames)
    return groups


def _rename(groups: list[_Group], renames: Mapping[int, tuple[str, int | None]]) -> None:
    """Add renames to the groups of their change sets, or to new ones at the end."""
    sets = {pk for _path, pk in renames.values() if pk}
    made = ChangeSet.objects.in_bulk(sets)
    by_set = {group.change_set: group for group in groups if group.change_set}
    for term, (path, pk) in renames.items():
        group = by_set.get(pk) if pk else None
        if group is None:
            change_set = made.get(pk) if pk else None
            author = change_set.author_id if change_set else None
            at = change_set.created_at if change_set else timezone.now()
            group = _Group(author, pk, at)
            groups.append(group)
            if pk:
                by_set[pk] = group
        group.renames[term] = path


# What is committed


class _Commits:
    def __init__(self, repository: Repository, target: TreeTarget, files: Iterable[Exported]):
        self.repository = repository
        self.target = target
        self.files = {file.term: file for file in files if file.term}
        self.first = {pk: file.before or file.path for pk, file in self.files.items()}
        self.paths = dict(self.first)
        self.before = {file.path: self.first[pk] for pk, file in self.files.items()}
        self.present = {pk: path in target.source.entries for pk, path in self.paths.items()}
        self.texts: dict[int, bytes] = {}  # as committed so far
        self.tree: dict[str, bytes | None] = {}  # path → content as committed, if it was changed

    def all(self, groups: list[_Group]) -> Iterator[NewCommit]:
        """Yield the commits. With the last one, the tree is exactly as the export wrote it."""
        people = get_user_model().objects.in_bulk({group.author for group in groups})
        sets = ChangeSet.objects.in_bulk({g.change_set for g in groups if g.change_set})
        names = dict(Term.with_trash.filter(pk__in=self.files).values_list("pk", "name"))
        for number, group in enumerate(groups):
            author = identity(people.get(group.author or 0))
            message = self._message(group, sets.get(group.change_set or 0), names, author)
            changed = self._changes(group)
            self.tree |= changed
            if number == len(groups) - 1:
                changed |= self._rest()
            if not changed:
                continue
            yield self._commit(author, group.at, message, changed)
        if not groups and (changed := self._rest()):
            author = settings.GIT_COMMITTER  # pictures and the like, which have no history here
            yield self._commit(author, timezone.now(), f"{_beside(changed)}\n", changed)

    def _commit(
        self, author: str, at: datetime, message: str, changed: Mapping[str, bytes | None]
    ) -> NewCommit:
        files = {self._in_repository(path): self._file(path, changed[path]) for path in changed}
        return NewCommit(author, at, settings.GIT_COMMITTER, message, files)

    def _changes(self, group: _Group) -> dict[str, bytes | None]:
        """Return the files that the edits of ``group`` change: path → content, or None."""
        changed: dict[str, bytes | None] = {}
        texts = _texts(group)
        for pk in dict.fromkeys([*group.revisions, *group.renames]):
            path = self.paths[pk]
            if pk in group.revisions and pk not in texts:
                changed[path] = None
                self.present[pk] = False
                continue
            content = texts[pk] if pk in texts else self._content(pk)
            if pk in group.renames:
                if self.present[pk]:
                    changed.setdefault(path, None)
                path = self.paths[pk] = group.renames[pk]
            changed[path] = self.texts[pk] = content
            changed |= self._pictures(path, content)
            self.present[pk] = True
        return {path: text for path, text in changed.items() if text != self._committed(path)}

    def _pictures(self, path: str, content: bytes) -> dict[str, bytes | None]:
        """Return the pictures that a text shows and that the export has written."""
        addresses = picture_addresses(content.decode())
        files = {file for address in addresses if (file := file_beside(path, address))}
        written = self.target.written
        return {file: written[file] for file in files if written.get(file) is not None}

    def _committed(self, path: str) -> bytes | None:
        """Return what is at ``path`` in the repository after the commits so far."""
        if path in self.tree:
            return self.tree[path]
        source = self.target.source
        return self._before(path) if path in source.entries else None

    def _rest(self) -> dict[str, bytes | None]:
        """Return what is left to write, and what has to be as it was."""
        source = self.target.source
        left: dict[str, bytes | None] = {}
        for path in {**self.target.written, **self.tree}:
            before = self._before(path) if path in source.entries else None
            wanted = self.target.written.get(path, before)
            if self.tree.get(path, before) != wanted:
                left[path] = wanted
        return left

    def _before(self, path: str) -> bytes:
        source = self.target.source
        if is_term_file(path):
            return source.read(path)
        return source.read_picture(path, source.entries[path].size)[0]

    def _file(self, path: str, content: bytes | None) -> tuple[str, bytes] | None:
        if content is None:
            return None
        return self.target.mode(self.before.get(path, path)), content

    def _content(self, pk: int) -> bytes:
        return self.texts[pk] if pk in self.texts else self.target.source.read(self.first[pk])

    def _in_repository(self, path: str) -> str:
        folder = self.repository.folder
        return f"{folder}/{path}" if folder else path

    def _message(
        self, group: _Group, change_set: ChangeSet | None, names: Mapping[int, str], author: str
    ) -> str:
        """Return the message: subject, terms with reasons, and trailers."""
        terms = list(dict.fromkeys([*group.revisions, *group.renames]))
        subject = change_set.title if change_set else self._subject(group, terms, names)
        about, trailers = [], []
        if len(terms) > 1 or group.reasons:
            shown = terms[:MAX_NAMED]
            verbs = {pk: self._verb(group, pk) for pk in shown}
            is_mixed = len(set(verbs.values())) > 1
            about = [
                _about(f"{verbs[pk]} " * is_mixed + names.get(pk, ""), group.reasons.get(pk, ""))
                for pk in shown
            ]
            if len(terms) > MAX_NAMED:
                about.append(f"- and {len(terms) - MAX_NAMED:,} more")
        if change_set:
            trailers.append(f"Glossary-Change-Set: {change_set.pk}")
        if self.repository.signs_off:
            trailers.append(f"Signed-off-by: {author}")
        parts = [_shortened(subject, MAX_SUBJECT), "\n".join(about), "\n".join(trailers)]
        return "\n\n".join(filter(None, parts)) + "\n"

    def _subject(self, group: _Group, terms: list[int], names: Mapping[int, str]) -> str:
        verbs = {self._verb(group, pk) for pk in terms}
        verb = verbs.pop() if len(verbs) == 1 else "Change"
        if len(terms) == 1:
            return f"{verb} {names.get(terms[0], '')}"
        shown = ", ".join(names.get(pk, "") for pk in terms[:4])
        return f"{verb} {len(terms)} terms: {shown}{', …' if len(terms) > 4 else ''}"

    def _verb(self, group: _Group, pk: int) -> str:
        if pk in group.revisions and group.revisions[pk] is None:
            return "Remove"
        if pk in group.renames and pk not in group.revisions:
            return "Rename"
        return "Edit" if self.present[pk] else "Add"


def _beside(paths: Iterable[str]) -> str:
    """Return the subject of a commit of files beside the terms."""
    return _shortened(f"Update {', '.join(sorted(paths))}", MAX_SUBJECT)


def identity(person: Any) -> str:
    """Return the author line of a person, or of the product if there is none."""
    if person is None:
        return settings.GIT_COMMITTER
    host = urlsplit(settings.SITE_URL).hostname or "localhost"
    name = _plain(person.get_full_name() or person.get_username())
    email = _plain(person.email) or f"{_plain(person.get_username())}@users.noreply.{host}"
    return f"{name or 'Unknown'} <{email.replace(' ', '')}>"


def _plain(text: str) -> str:
    """Return ``text`` without what separates the parts of an author line."""
    kept = "".join(one for one in text if one.isprintable() and one not in "<>")
    return " ".join(kept.split())


def _texts(group: _Group) -> dict[int, bytes]:
    """Return term → text, for the files that ``group`` writes."""
    found: dict[int, bytes] = {}
    for some in batches([pk for pk in group.revisions.values() if pk]):
        rows = Revision.objects.filter(pk__in=some).values_list("term", "text")
        found |= {pk: text.encode() for pk, text in rows}
    return found


def title_of_sync(repository: Repository) -> str:
    """Return the title of the change sets with what was received."""
    return f"Sync with {name_of(repository)}"


def name_of(repository: Repository) -> str:
    """Return the short name of a repository: ``words`` for ``…/words.git``."""
    last = repository.url.rstrip("/").replace(":", "/").rpartition("/")[2]
    return last.removesuffix(".git") or repository.url


def _about(name: str, reason: str) -> str:
    words = _one_line(reason)
    return f"- {_one_line(name)}: {words}" if words else f"- {_one_line(name)}"


def _one_line(text: str) -> str:
    """Return ``text`` without line ends and control characters, which terminals would obey."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())


def _shortened(text: str, length: int) -> str:
    words = _one_line(text)
    return words if len(words) <= length else f"{words[: length - 1].rstrip()}…"

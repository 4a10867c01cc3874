"""The one gate: every write of a term's text goes through ``save``.

A draft names the version that its writer saw. The row is changed only where it still has
that version, in one statement of the database, so that of two writers the second is told
(StaleWrite) and nothing is lost; reading first and writing then would not do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction
from django.utils import timezone

from terms.formats.document import TermDocument, read_document
from terms.formats.fingerprint import fingerprint_of
from terms.formats.paths import name_key, problem_with
from terms.models import Category, ChangeSet, Event, Glossary, Revision, Term, Vertical
from terms.models.bulk import batches, insert_rows, update_rows
from terms.models.fields import new_uid
from terms.models.signals import revision_saved, send_on_commit
from terms.models.term import NAME_LENGTH
from terms.people.audit_log import record

from .index import MANY, index_terms
from .paths import slugs_for


class StaleWrite(Exception):
    """The term was saved, or its path was taken, since the writer read it."""

    def __init__(self, path: str, seen: int):
        super().__init__(f"“{path}” was changed by someone else since version {seen}.")
        self.path = path
        self.seen = seen


class BadPath(ValueError):
    """No term file can be kept under this path."""


@dataclass(frozen=True)
class Draft:
    """A text to save at ``path``. ``term`` is None, and ``seen`` 0, for a new one.

    ``document`` is what ``text`` was read as, where the writer has read it already.
    """

    path: str
    text: str
    term: Term | None = None
    seen: int = 0
    document: TermDocument | None = None


class Saved(NamedTuple):
    """A revision that was made: of which term, and its number."""

    term: int
    number: int


@dataclass
class _Work:
    draft: Draft
    document: TermDocument
    fingerprint: str
    term: int = 0

    @property
    def number(self) -> int:
        return self.draft.seen + 1


def save(
    glossary: Glossary,
    drafts: Sequence[Draft],
    author: Any = None,
    reason: str = "",
    change_set: ChangeSet | None = None,
) -> list[Saved | None]:
    """Save all drafts or none; None for a draft that changes nothing.

    Raises StaleWrite, BadPath.
    """
    now = timezone.now()
    with transaction.atomic():
        # Writers of one glossary follow one another: each rewrites rows of others' terms
        # (relations that resolve), so that two writers could block each other.
        Glossary.objects.lock(glossary.pk)
        work = [
            _Work(
                draft,
                draft.document or read_document(draft.text, draft.path),
                fingerprint_of(draft.text),
            )
            for draft in drafts
        ]
        changed = _to_write(work)
        _write_terms(glossary, changed, now)
        _write_revisions(changed, (author and author.pk, now, reason, change_set and change_set.pk))
        new = {item.term for item in changed if item.draft.term is None}
        index_terms(glossary, {item.term: item.document for item in changed}, new)
        names = ((item.term, item.document.name[:NAME_LENGTH]) for item in changed)
        record(glossary, Event.Kind.SAVED, names, author, reason, now)
        saved = [Saved(item.term, item.number) if item.term else None for item in work]
        made = [revision for revision in saved if revision]
        send_on_commit(revision_saved, Revision, glossary=glossary, saved=made, author=author)
    return saved


def save_one(
    glossary: Glossary, draft: Draft, author: Any = None, reason: str = ""
) -> Saved | None:
    return save(glossary, [draft], author, reason)[0]


def _to_write(work: Sequence[_Work]) -> list[_Work]:
    """The drafts that change something; raises StaleWrite where one of their terms is not as
    its writer saw it any more."""
    now: dict[int, tuple[int, str]] = {}
    for some in batches((item.draft.term.pk for item in work if item.draft.term), MANY):
        rows = Term.objects.filter(pk__in=some).order_by()
        now |= {pk: rest for pk, *rest in rows.values_list("pk", "version", "fingerprint")}
    found = []
    for item in work:
        term = item.draft.term
        version, fingerprint = now.get(term.pk, (None, "")) if term else (0, "")
        if fingerprint == item.fingerprint:
            continue
        if version != item.draft.seen:
            raise StaleWrite(item.draft.path, item.draft.seen)
        found.append(item)
    return found


def _write_terms(glossary: Glossary, work: Sequence[_Work], now: datetime) -> None:
    documents = [item.document for item in work]
    categories = Category.objects.named(glossary, {d.category for d in documents if d.category})
    verticals = Vertical.objects.named(glossary, {d.vertical for d in documents if d.vertical})
    created, updated = [], []
    for item in work:
        document = item.document
        category = categories.get(document.category)
        vertical = verticals.get(document.vertical)
        values = (
            item.fingerprint,
            now,
            document.name,
            name_key(document.name)[:NAME_LENGTH],
            document.icon,
            category and category.pk,
            vertical and vertical.pk,
            document.description,
            document.body,
            document.related,
            document.extra,
            str(document.problem or ""),
        )
        if item.draft.term is None:
            created.append((item, values))
        else:
            updated.append((item, values))
    _compare_and_set(updated)
    _create(glossary, created, now)


# The columns that are read from the text, and those that a new term has besides.
_READ = (
    "fingerprint", "changed_at", "name", "name_key", "icon", "category", "vertical",
    "description", "body", "related", "extra", "problem",
)  # fmt: skip
_NEW = ("uid", "glossary", "path", "slug", "version", "live_fingerprint", "is_linked", "created_at")


def _create(glossary: Glossary, created: list[tuple[_Work, tuple]], now: datetime) -> None:
    rows = []
    slugs = slugs_for(glossary, [item.draft.path for item, _ in created])
    for item, values in created:
        path = item.draft.path
        if problem := problem_with(path):
            raise BadPath(problem)
        rows.append((new_uid(), glossary.pk, path, slugs[path], 1, "", True, now, *values))
    try:
        insert_rows(Term, (*_NEW, *_READ), rows)
    except IntegrityError as error:
        raise StaleWrite(created[0][0].draft.path if len(rows) == 1 else "A file", 0) from error
    ids: dict[str, int] = {}
    for start in range(0, len(rows), MANY):
        made = Term.objects.filter(uid__in=[row[0] for row in rows[start : start + MANY]])
        ids.update(made.order_by().values_list("path", "pk"))
    for item, _ in created:
        item.term = ids[item.draft.path]


def _compare_and_set(updated: list[tuple[_Work, tuple]]) -> None:
    """Change the rows that still have the version that their writers saw; all, or StaleWrite."""
    rows = [(*values, item.number, item.draft.term.pk, item.draft.seen) for item, values in updated]
    if update_rows(Term, (*_READ, "version"), ("id", "version"), rows) != len(rows):
        draft = updated[0][0].draft
        raise StaleWrite(draft.path if len(rows) == 1 else "A file", draft.seen)
    for item, _ in updated:
        item.term = item.draft.term.pk


def _write_revisions(work: Sequence[_Work], shared: tuple) -> None:
    author, now, reason, change_set = shared
    insert_rows(
        Revision,
        (
            "term", "number", "text", "fingerprint", "based_on",
            "author", "created_at", "reason", "change_set",
        ),
        (
            (
                item.term, item.number, item.draft.text, item.fingerprint, item.draft.seen or None,
                author, now, reason, change_set,
            )
            for item in work
        ),
    )  # fmt: skip

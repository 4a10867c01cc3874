"""The one gate: every write of a term's text, whoever makes it, goes through ``save``.

A draft names the version that its writer saw. The row is changed only where it still has
that version, in one statement of the database, so that of two writers the second is told
(StaleWrite) and nothing is lost; reading first and writing then would not do.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from .formats.document import TermDocument, read_document
from .formats.paths import name_key, problem_with, slug_of
from .indexing import index
from .models import Category, ChangeSet, Glossary, Revision, Term, Vertical
from .models.term import NAME_LENGTH


class StaleWrite(Exception):
    """Somebody else saved the term, or took its path, since the writer read it."""

    def __init__(self, path: str, seen: int):
        super().__init__(f"“{path}” has been changed by somebody else since version {seen}.")
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


@dataclass
class _Work:
    draft: Draft
    document: TermDocument
    fingerprint: str
    term: Term = field(init=False)


def fingerprint_of(text: str) -> str:
    """The SHA-256 of the text's UTF-8 bytes: what an approval and the live version name."""
    return hashlib.sha256(text.encode()).hexdigest()


def save(
    glossary: Glossary,
    drafts: Sequence[Draft],
    author: object = None,
    reason: str = "",
    change_set: ChangeSet | None = None,
) -> list[Revision | None]:
    """Save all drafts or none; the new revisions, None for a draft that changes nothing.

    Raises StaleWrite, BadPath.
    """
    now = timezone.now()
    with transaction.atomic():
        # Writers of one glossary follow one another: each rewrites rows of others' terms
        # (relations that resolve), in which two could otherwise block each other.
        Glossary.objects.select_for_update(no_key=True).get(pk=glossary.pk)
        work = [
            _Work(
                draft,
                draft.document or read_document(draft.text, draft.path),
                fingerprint_of(draft.text),
            )
            for draft in drafts
        ]
        changed = [item for item in work if not _changes_nothing(item)]
        _write_terms(glossary, changed, now)
        revisions = [_revision(item, author, now, reason, change_set) for item in changed]
        Revision.objects.bulk_create(revisions, batch_size=500)
        index(glossary, [(item.term, item.document) for item in changed])
    saved = {id(item): revision for item, revision in zip(changed, revisions, strict=True)}
    return [saved.get(id(item)) for item in work]


def save_one(
    glossary: Glossary, draft: Draft, author: object = None, reason: str = ""
) -> Revision | None:
    return save(glossary, [draft], author, reason)[0]


def _revision(
    item: _Work, author: object, now: datetime, reason: str, change_set: ChangeSet | None
) -> Revision:
    return Revision(
        term=item.term,
        number=item.term.version,
        text=item.draft.text,
        fingerprint=item.fingerprint,
        based_on=item.draft.seen or None,
        author=author,
        created_at=now,
        reason=reason,
        change_set=change_set,
    )


def _changes_nothing(item: _Work) -> bool:
    term = item.draft.term
    return (
        term is not None and Term.objects.filter(pk=term.pk, fingerprint=item.fingerprint).exists()
    )


def _write_terms(glossary: Glossary, work: Sequence[_Work], now: datetime) -> None:
    documents = [item.document for item in work]
    categories = Category.objects.named(glossary, {d.category for d in documents if d.category})
    verticals = Vertical.objects.named(glossary, {d.vertical for d in documents if d.vertical})
    created = []
    for item in work:
        document = item.document
        columns = {
            "fingerprint": item.fingerprint,
            "changed_at": now,
            "name": document.name,
            "name_key": name_key(document.name)[:NAME_LENGTH],
            "icon": document.icon,
            "category": categories.get(document.category),
            "vertical": verticals.get(document.vertical),
            "description": document.description,
            "body": document.body,
            "related": document.related,
            "extra": document.extra,
            "problem": str(document.problem or ""),
        }
        item.term = item.draft.term or _new_term(glossary, item.draft)
        item.term.version = item.draft.seen + 1
        for name, value in columns.items():
            setattr(item.term, name, value)
        if item.draft.term is None:
            created.append(item.term)
        else:
            _compare_and_set(item.draft, columns)
    try:
        Term.objects.bulk_create(created, batch_size=500)
    except IntegrityError as error:
        raise StaleWrite(created[0].path if len(created) == 1 else "A new file", 0) from error


def _new_term(glossary: Glossary, draft: Draft) -> Term:
    if problem := problem_with(draft.path):
        raise BadPath(problem)
    return Term(glossary=glossary, path=draft.path, slug=slug_of(draft.path))


def _compare_and_set(draft: Draft, columns: dict[str, object]) -> None:
    moved = Term.objects.filter(pk=draft.term.pk, version=draft.seen).update(
        version=draft.seen + 1, **columns
    )
    if not moved:
        raise StaleWrite(draft.path, draft.seen)

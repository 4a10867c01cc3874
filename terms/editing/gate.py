"""The single entry point for writes: ``save`` writes every text of a term.

A draft names the version that it is based on. One database statement compares this version and
updates the row, so that the second of two writers gets StaleWrite and nothing is lost. Reading
first and writing later would not be safe.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from terms.formats.document import TermDocument, read_document
from terms.formats.fingerprint import fingerprint_of
from terms.formats.paths import name_key, problem_with
from terms.formats.yaml_nodes import Data
from terms.models import Category, ChangeSet, Event, Glossary, Revision, Term, Vertical
from terms.models.bulk import batches, insert_rows, update_rows
from terms.models.fields import Uid, new_uid
from terms.models.signals import revision_saved, send_on_commit
from terms.models.term import NAME_LENGTH
from terms.people.audit_log import record

from .index import MANY, index_terms
from .metadata import read_headers
from .paths import slugs_for


class StaleWrite(Exception):
    """The term was saved, or its path was taken, after the writer read it."""

    def __init__(self, path: str, seen: int):
        text = _("“{path}” was changed by someone else since version {seen}.")
        super().__init__(text.format(path=path, seen=seen))
        self.path = path
        self.seen = seen


class BadPath(ValueError):
    """The path is not valid for a term file."""


@dataclass(frozen=True)
class Draft:
    """A text to save at ``path``. For a new term, ``term`` is None and ``seen`` is 0.

    ``document`` is the parsed ``text``, if the caller has it. ``author`` is the id of the author
    if it is not the one who saves, and ``origin`` says where the text was written.
    """

    path: str
    text: str
    term: Term | None = None
    seen: int = 0
    document: TermDocument | None = None
    author: int | None = None
    origin: str = ""


class Saved(NamedTuple):
    """A saved revision: the term id and the number."""

    term: int
    number: int


@dataclass
class _Work:
    draft: Draft
    document: TermDocument
    fingerprint: str
    term: int = 0
    uid: Uid = ""

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
    """Save all drafts or none. The result has None for a draft without changes.

    Raises StaleWrite, BadPath.
    """
    now = timezone.now()
    with transaction.atomic():
        # Writers of one glossary take turns. Each also rewrites relations of other terms, so
        # concurrent writers could deadlock.
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
        _write_revisions(changed, author, now, reason, change_set)
        new = {item.term for item in changed if item.draft.term is None}
        written = {item.term: item.document for item in changed}
        index_terms(glossary, written, new)
        read_headers(glossary, written)
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


_COMPARED = ("pk", "version", "fingerprint")


def _to_write(work: Sequence[_Work]) -> list[_Work]:
    """Return the drafts that change their term. Raises StaleWrite if a term has another
    version than its draft was based on."""
    now: dict[int, tuple[int, str]] = {}
    for some in batches((item.draft.term.pk for item in work if item.draft.term), MANY):
        rows = Term.objects.filter(pk__in=some).order_by()
        now |= {pk: (version, text) for pk, version, text in rows.values_list(*_COMPARED)}
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


class TextColumns(NamedTuple):
    """The columns of a term that are read from its text, in the order of the rows to write."""

    name: str
    name_key: str
    icon: str
    category: int | None
    vertical: int | None
    description: str
    body: str
    related: str
    extra: Mapping[str, Data]
    problem: str


class _NewColumns(NamedTuple):
    """The remaining columns of a new term."""

    uid: Uid
    glossary: int
    path: str
    slug: str
    version: int
    fingerprint: str
    live_fingerprint: str
    is_linked: bool
    created_at: datetime
    changed_at: datetime


def text_columns(glossary: Glossary, documents: Sequence[TermDocument]) -> list[TextColumns]:
    """The columns of terms with these texts. Creates categories and verticals that are new."""
    categories = Category.objects.named(glossary, {d.category for d in documents if d.category})
    verticals = Vertical.objects.named(glossary, {d.vertical for d in documents if d.vertical})
    found = []
    for document in documents:
        category = categories.get(document.category)
        vertical = verticals.get(document.vertical)
        columns = TextColumns(
            name=document.name,
            name_key=name_key(document.name)[:NAME_LENGTH],
            icon=document.icon,
            category=category.pk if category else None,
            vertical=vertical.pk if vertical else None,
            description=document.description,
            body=document.body,
            related=document.related,
            extra=document.extra,
            problem=str(document.problem or ""),
        )
        found.append(columns)
    return found


def _write_terms(glossary: Glossary, work: Sequence[_Work], now: datetime) -> None:
    columns = text_columns(glossary, [item.document for item in work])
    both = list(zip(work, columns, strict=True))
    _compare_and_set([(item, found) for item, found in both if item.draft.term], now)
    _create(glossary, [(item, found) for item, found in both if not item.draft.term], now)


def _create(glossary: Glossary, created: list[tuple[_Work, TextColumns]], now: datetime) -> None:
    rows = []
    slugs = slugs_for(glossary, [item.draft.path for item, _columns in created])
    for item, columns in created:
        path = item.draft.path
        if problem := problem_with(path):
            raise BadPath(problem)
        new = _NewColumns(
            uid=new_uid(),
            glossary=glossary.pk,
            path=path,
            slug=slugs[path],
            version=1,
            fingerprint=item.fingerprint,
            live_fingerprint="",
            is_linked=True,
            created_at=now,
            changed_at=now,
        )
        rows.append((*new, *columns))
        item.uid = new.uid
    try:
        insert_rows(Term, (*_NewColumns._fields, *TextColumns._fields), rows)
    except IntegrityError as error:
        raise StaleWrite(created[0][0].draft.path if len(rows) == 1 else _("A file"), 0) from error
    ids: dict[Uid, int] = {}
    for some in batches((item.uid for item, _columns in created), MANY):
        ids.update(Term.objects.filter(uid__in=some).order_by().values_list("uid", "pk"))
    for item, _columns in created:
        item.term = ids[item.uid]


def _compare_and_set(updated: list[tuple[_Work, TextColumns]], now: datetime) -> None:
    """Update the rows if all have the versions that their drafts are based on.

    Raises StaleWrite if one has another.
    """
    for item, _columns in updated:
        if item.draft.term:
            item.term = item.draft.term.pk
    rows = [
        (*columns, item.fingerprint, now, item.number, item.term, item.draft.seen)
        for item, columns in updated
    ]
    columns = (*TextColumns._fields, "fingerprint", "changed_at", "version")
    if update_rows(Term, columns, ("id", "version"), rows) != len(rows):
        draft = updated[0][0].draft
        raise StaleWrite(draft.path if len(rows) == 1 else _("A file"), draft.seen)


class _RevisionRow(NamedTuple):
    term: int
    number: int
    text: str
    fingerprint: str
    based_on: int | None
    author: int | None
    created_at: datetime
    reason: str
    change_set: int | None
    origin: str


def _write_revisions(
    work: Sequence[_Work], author: Any, now: datetime, reason: str, change_set: ChangeSet | None
) -> None:
    rows = (
        _RevisionRow(
            term=item.term,
            number=item.number,
            text=item.draft.text,
            fingerprint=item.fingerprint,
            based_on=item.draft.seen or None,
            author=item.draft.author or (author.pk if author else None),
            created_at=now,
            reason=reason,
            change_set=change_set.pk if change_set else None,
            origin=item.draft.origin,
        )
        for item in work
    )
    insert_rows(Revision, _RevisionRow._fields, rows)

"""A live text → the rows that readers' pages are made of."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from django.db.models import QuerySet

from . import search
from .addresses import list_path, term_path
from .alphabet import letter_of, section_of, sort_key
from .formats.document import TermDocument, read_document
from .formats.paths import name_key
from .models import (
    Address,
    Alias,
    Category,
    Glossary,
    MentionDecision,
    PublishedClass,
    PublishedName,
    PublishedTerm,
    Revision,
    Vertical,
)
from .models.fields import Uid
from .models.rows import insert_rows
from .models.term import NAME_LENGTH
from .published_relations import FILE, RelationRow, resolve_waiting, write_relations
from .rendering import MAX_BODY, bucket, first_sentence, plain_text, spellings, words
from .site.facts import BATCH


class Version(NamedTuple):
    """A text of a term, and what publishing it takes of the term's row."""

    text: str
    fingerprint: str
    number: int
    term: int
    uid: Uid
    path: str
    slug: str
    name: str
    newest: int
    newest_fingerprint: str
    live_fingerprint: str
    is_linked: bool
    category_slug: str | None
    vertical_slug: str | None

    @property
    def is_newest(self) -> bool:
        return self.number == self.newest


_VERSION = (
    "text", "fingerprint", "number", "term", "term__uid", "term__path", "term__slug", "term__name",
    "term__version", "term__fingerprint", "term__live_fingerprint", "term__is_linked",
    "term__category__slug", "term__vertical__slug",
)  # fmt: skip


class Live(NamedTuple):
    """A term with the text that readers see, or are to see."""

    version: Version
    document: TermDocument
    hidden: frozenset[str]  # other names that are not shown
    decisions: dict[str, str]  # of names in the text: the term meant, nothing for none


Batch = dict[Uid, tuple[Live, PublishedTerm]]  # what is to be live, and its row


def lives(revisions: QuerySet[Revision]) -> Iterator[Live]:
    """For each of ``revisions`` what is to be live; of a text made twice the later one first."""
    rows = revisions.order_by("term__path", "-number").values_list(*_VERSION)
    versions = [Version(*row) for row in rows]
    ids = {version.term for version in versions}
    hidden: dict[int, set[str]] = {}
    rows = Alias.objects.order_by().filter(term__in=ids, kind=Alias.Kind.HIDDEN)
    for pk, name in rows.values_list("term", "name"):
        hidden.setdefault(pk, set()).add(name)
    # An older text that goes on being live keeps what was hidden when it was published.
    older = {version.uid: version.term for version in versions if not version.is_newest}
    kept = PublishedName.objects.order_by().filter(term__uid__in=older, is_hidden=True)
    for uid, name in kept.values_list("term__uid", "name"):
        hidden.setdefault(older[uid], set()).add(name)
    decisions: dict[int, dict[str, str]] = {}
    decided = MentionDecision.objects.filter(term__in=ids).order_by("pk")
    for pk, key, uid in decided.values_list("term", "key", "target__uid"):
        decisions.setdefault(pk, {})[key] = uid or ""
    for version in versions:
        yield Live(
            version,
            read_document(version.text, version.path),
            frozenset(hidden.get(version.term, ())),
            decisions.get(version.term, {}),
        )


def published_term(glossary: Glossary, live: Live, now: datetime) -> PublishedTerm:
    version, document = live.version, live.document
    slugs = _slugs(glossary, live)
    # What is too long to be rendered is refused later, and not read here.
    is_defined = bool(document.description.strip()) or len(document.body) > MAX_BODY
    return PublishedTerm(
        glossary=glossary,
        uid=version.uid,
        fingerprint=version.fingerprint,
        path=term_path(glossary.slug, *slugs, version.slug),
        slug=version.slug,
        name=document.name,
        letter=letter_of(document.name, glossary.language),
        section=section_of(document.name, glossary.language),
        sort_key=sort_key(document.name, glossary.language, version.slug),
        icon=document.icon,
        category=document.category if slugs[0] else "",
        category_slug=slugs[0],
        vertical=document.vertical if slugs[1] else "",
        vertical_slug=slugs[1],
        description=document.description if is_defined else first_sentence(document.body),
        is_defined=is_defined,
        text=version.text,
        body_start=len(version.text) - len(document.body),
        plain=plain_text(document.body),
        details=_details(document),
        # Misspellings lead to a page without standing on it.
        aliases=[name for name in document.aliases if name not in live.hidden],
        is_deprecated=document.is_deprecated,
        is_linked=version.is_linked,
        decisions=live.decisions,
        published_at=now,
        changed_at=now,
    )


def _slugs(glossary: Glossary, live: Live) -> tuple[str, str]:
    """Those of category and vertical. The term's own rows are of its newest text, which may
    say others than the live one: then what readers have stays."""
    version, document = live.version, live.document
    if version.is_newest:
        return (version.category_slug or "", version.vertical_slug or "")
    published = PublishedTerm.objects.filter(uid=version.uid, fingerprint=version.fingerprint)
    if found := published.values_list("category_slug", "vertical_slug").first():
        return found
    names = ((Category, document.category), (Vertical, document.vertical))
    return tuple(
        model.objects.named(glossary, {name})[name].slug if name else "" for model, name in names
    )


def _details(document: TermDocument) -> list[dict[str, str]]:
    return [
        {"title": row.title, "value": row.value, "url": row.url, "follows": row.follows}
        for row in document.rows
        if row.follows != "related"
    ]


class NameRow(NamedTuple):
    term: int
    name: str
    key: str
    glossary: int
    bucket: str
    is_alias: bool
    is_hidden: bool


class Written(NamedTuple):
    """The rows of a batch: the published terms' ids, their names and relations; ``resolved``
    are other terms of which a relation has found its target."""

    pks: dict[Uid, int]
    names: list[NameRow]
    relations: list[RelationRow]
    resolved: set[Uid]


def write_rows(glossary: Glossary, batch: Batch) -> Written:
    """Write what is published of a batch of terms, and the words that it is found by."""
    _keep_dates(batch)
    columns = [field.name for field in PublishedTerm._meta.fields if field.name != "id"]
    values = [field.attname for field in PublishedTerm._meta.fields if field.name != "id"]
    insert_rows(
        PublishedTerm,
        columns,
        (tuple(getattr(page, name) for name in values) for _, page in batch.values()),
        replacing=("uid",),
    )
    pks = dict(PublishedTerm.objects.filter(uid__in=batch).values_list("uid", "pk"))
    names = _write_names(glossary, batch, pks)
    files = {FILE + page.slug: uid for uid, (_, page) in batch.items()}
    relations = write_relations(glossary, batch, pks)
    _write_addresses(glossary, batch)
    _write_words(batch, pks, names)
    uids = {pk: uid for uid, pk in pks.items()}
    named = {row.key: uids[row.term] for row in reversed(names)}
    return Written(pks, names, relations, resolve_waiting(glossary, named | files))


def _keep_dates(batch: Batch) -> None:
    former = PublishedTerm.objects.filter(uid__in=batch).order_by()
    columns = ("uid", "fingerprint", "published_at", "changed_at")
    for uid, fingerprint, published_at, changed_at in former.values_list(*columns):
        page = batch[uid][1]
        page.published_at = published_at
        if fingerprint == page.fingerprint:
            page.changed_at = changed_at


def _write_names(glossary: Glossary, batch: Batch, pks: dict[Uid, int]) -> list[NameRow]:
    """The names by which terms are found."""
    PublishedName.objects.filter(term__in=pks.values()).delete()
    rows = []
    for uid, (live, page) in batch.items():
        seen: set[str] = set()
        for whole in (page.name, *live.document.aliases):
            is_alias = whole != page.name
            is_hidden = is_alias and whole not in page.aliases
            for name in spellings(whole):
                if (key := name_key(name)[:NAME_LENGTH]) not in seen:
                    seen.add(key)
                    first = bucket((words(name) or [""])[0])
                    row = (pks[uid], name, key, glossary.pk, first, is_alias, is_hidden)
                    rows.append(NameRow(*row))
    insert_rows(PublishedName, NameRow._fields, rows)
    return rows


def _write_words(batch: Batch, pks: dict[Uid, int], names: Iterable[NameRow]) -> None:
    others: dict[int, list[str]] = {}
    for row in names:
        if row.is_alias:
            others.setdefault(row.term, []).append(row.name)
    search.index(_search_row(pks[uid], page, others) for uid, (_, page) in batch.items())


def write_classes(glossary: Glossary, pages: Iterable[PublishedTerm]) -> set[tuple[str, str]]:
    """The names of categories and verticals as ``pages`` have them; which slugs are renamed."""
    names: dict[tuple[str, str], str] = {}
    for page in pages:
        if page.category_slug:
            names[page.category_slug, ""] = page.category
            if page.vertical_slug:
                names[page.category_slug, page.vertical_slug] = page.vertical
    rows = PublishedClass.objects.filter(glossary=glossary)
    known = {
        (c, v): name for c, v, name in rows.values_list("category_slug", "vertical_slug", "name")
    }
    changed = {slugs for slugs, name in names.items() if known.get(slugs) != name}
    PublishedClass.objects.bulk_create(
        [
            PublishedClass(glossary=glossary, category_slug=c, vertical_slug=v, name=names[c, v])
            for c, v in sorted(changed)
        ],
        update_conflicts=True,
        unique_fields=["glossary", "category_slug", "vertical_slug"],
        update_fields=["name"],
    )
    return {slugs for slugs in changed if slugs in known}


def _write_addresses(glossary: Glossary, batch: Batch) -> None:
    """Remember the paths: a term's own is its last owner's, a list's never takes one away."""
    lists: set[str] = set()
    for _, page in batch.values():
        if page.category_slug:
            lists.add(list_path(glossary.slug, page.category_slug))
            if page.vertical_slug:
                lists.add(list_path(glossary.slug, page.category_slug, page.vertical_slug))
    Address.objects.bulk_create(
        [Address(path=path, glossary=glossary) for path in sorted(lists)],
        ignore_conflicts=True,
        batch_size=BATCH,
    )
    rows = [(page.path, glossary.pk, uid) for uid, (_, page) in batch.items()]
    insert_rows(Address, ("path", "glossary", "term_uid"), rows, replacing=("path",))


def search_rows(pks: Iterable[int]) -> list[search.Row]:
    pages = PublishedTerm.objects.filter(pk__in=pks).order_by("pk")
    others: dict[int, list[str]] = {}
    aliases = PublishedName.objects.filter(term__in=pages, is_alias=True).order_by("pk")
    for pk, name in aliases.values_list("term", "name"):
        others.setdefault(pk, []).append(name)
    return [
        _search_row(page.pk, page, others) for page in pages.only("name", "description", "plain")
    ]


def _search_row(pk: int, page: PublishedTerm, others: dict[int, list[str]]) -> search.Row:
    aliases = "\n".join(others.get(pk, ()))
    return search.Row(pk, page.name, aliases, page.description, page.plain)

"""Links by name or file: links in texts, and links from a meaning such as ``Block (CSS)`` to
``Block``.

The target follows from current names and files, so a term that gains or loses a name changes
links. A link to a file survives a rename of the file.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import groupby
from typing import NamedTuple, Protocol

from django.db.models import F

from terms.addresses import Origin, linked_file
from terms.formats.paths import name_key, slug_above
from terms.models import Glossary, PublishedName, PublishedRelation, PublishedTerm
from terms.models.bulk import BATCH, batches, insert_rows
from terms.models.fields import Uid
from terms.models.term import NAME_LENGTH
from terms.rendering import NAMED, link_addresses, named_term, stems

LINK = PublishedRelation.Kind.LINK.value
MEANING = PublishedRelation.Kind.MEANING.value
DERIVED = (LINK, MEANING)
FILE = "\x1f"  # first character of keys of files; names do not contain it
WHOLE = "\x1e"  # first character of keys that match only a term's whole own name
_MEANING = re.compile(r"(.*\S)\s*\([^()]+\)")


class RelationRow(NamedTuple):
    term: int
    position: int
    label: str
    key: str
    target_uid: Uid | None
    kind: str


class Labelled(Protocol):
    """A reference, or the stored row of one."""

    @property
    def label(self) -> str: ...
    @property
    def key(self) -> str: ...


class Source(NamedTuple):
    """A published term with links to others."""

    pk: int
    name: str
    slug: str
    body: str


def derived_rows(glossary: Glossary, sources: Collection[Source]) -> Iterator[RelationRow]:
    """Yield the links in published texts, and the relations to terms that they are a meaning of."""
    pks = [source.pk for source in sources]
    before = PublishedRelation.objects.filter(term__in=pks, kind__in=DERIVED)
    before = before.exclude(target_uid=None)
    kept = {
        (pk, key): uid
        for pk, key, uid in before.values_list("term", "key", "target_uid")
        if key.startswith(FILE)
    }
    origin = Origin.of(glossary.origin)
    marks = ("](", "]:", "href", "{{", *([origin.site] if origin.site else []))
    references: dict[int, list[_Reference]] = {}
    for source in sources:
        found = [*_meaning_of(source)]
        if any(mark in source.body for mark in marks):
            for address in link_addresses(source.body):
                found += _links(address, glossary.slug, origin)
        references[source.pk] = list(dict.fromkeys(found))
    keys = {reference.key for found in references.values() for reference in found}
    uids = _holders(glossary, keys)
    for pk, found in references.items():
        best = _best_keys(found, uids)
        for position, (label, key, kind) in enumerate(found):
            target = uids[key] if best.get(label) == key else kept.get((pk, key))
            yield RelationRow(pk, position, label, key, target, kind)


class _Reference(NamedTuple):
    """A possible key of the link with this label. With several, the best key is last."""

    label: str
    key: str
    kind: str


def _meaning_of(source: Source) -> Iterator[_Reference]:
    """Yield the term that a term is a meaning of: by its folder, or by a name with brackets."""
    if above := slug_above(source.slug):
        yield _Reference(FILE + above, FILE + above, MEANING)
    elif found := _MEANING.fullmatch(source.name):
        key = WHOLE + name_key(found[1])[: NAME_LENGTH - 1]
        yield _Reference(key, key, MEANING)


def _links(address: str, glossary: str, origin: Origin) -> Iterator[_Reference]:
    """Yield the possible references of an author's link."""
    if name := named_term(address):
        before, _, last = name_key(name.replace("_", " ")).rpartition(" ")
        for word in reversed(stems(last)):  # the singular before the plural
            yield _Reference(NAMED + name, f"{before} {word}".strip()[:NAME_LENGTH], LINK)
    elif file := linked_file(address, glossary, origin):
        yield _Reference(file, FILE + file.lower(), LINK)
        yield _Reference(file, FILE + file, LINK)


def _best_keys(references: Iterable[Labelled], uids: Mapping[str, Uid]) -> dict[str, str]:
    """Return label → the best of its keys that a term has."""
    return {one.label: one.key for one in references if one.key in uids}


def _holders(glossary: Glossary, keys: Collection[str]) -> dict[str, Uid]:
    """Return key → uid of the published term with this file or name.

    Own names take precedence over aliases. Among several terms, the result is always the same.
    """
    uids: dict[str, Uid] = {}
    for some in batches(sorted(key[1:] for key in keys if key.startswith(FILE))):
        pages = PublishedTerm.objects.of(glossary).order_by().filter(slug__in=some)
        uids.update((FILE + slug, uid) for slug, uid in pages.values_list("slug", "uid"))
    for some in batches(sorted(key[1:] for key in keys if key.startswith(WHOLE))):
        own = PublishedName.objects.filter(glossary=glossary, key__in=some, is_alias=False)
        own = own.filter(name=F("term__name")).order_by("-term__uid")
        uids.update((WHOLE + key, uid) for key, uid in own.values_list("key", "term__uid"))
    for some in batches(sorted(key for key in keys if not key.startswith((FILE, WHOLE)))):
        names = PublishedName.objects.filter(glossary=glossary, key__in=some)
        names = names.order_by("-is_alias", "-term__uid")
        uids.update(names.values_list("key", "term__uid"))
    return uids


def point_links(glossary: Glossary, uids: Collection[Uid], keys: Collection[str]) -> set[Uid]:
    """Update the targets of links after the terms ``uids`` gained or lost ``keys``.

    Returns the terms with such a link, and its former and new targets.
    """
    links = PublishedRelation.objects.filter(term__glossary=glossary, kind__in=DERIVED)
    sharing: set[Uid] = set()  # terms with the same name: a link may move between them
    for some in batches(sorted(key for key in keys if not key.startswith((FILE, WHOLE)))):
        names = PublishedName.objects.order_by().filter(glossary=glossary, key__in=some)
        sharing.update(names.values_list("term__uid", flat=True))
    found: set[tuple[int, str]] = set()
    for some in batches(sorted(keys)):
        rows = links.filter(target_uid=None, key__in=some)
        found.update(rows.values_list("term", "label"))
    for some in batches(sorted({*uids, *sharing})):
        found.update(links.filter(target_uid__in=some).values_list("term", "label"))
    return _point(glossary, found)


def _point(glossary: Glossary, found: set[tuple[int, str]]) -> set[Uid]:
    """Update the targets of these links, pairs of term id and label."""
    touched: set[Uid | None] = set()
    for some in batches(sorted(found)):
        terms, labels = {pk for pk, _ in some}, {label for _, label in some}
        links = PublishedRelation.objects.filter(term__in=terms, label__in=labels)
        links = links.filter(kind__in=DERIVED)
        rows = list(links.order_by("term", "position").select_related("term").only(
            "term__uid", "label", "key", "target_uid"
        ))  # fmt: skip
        uids = _holders(glossary, {row.key for row in rows})
        others = []
        for _, group in groupby(rows, lambda row: row.term_id):
            own = list(group)
            best = _best_keys(own, uids)
            for row in own:
                target = uids[row.key] if best.get(row.label) == row.key else None
                if target is None and row.key.startswith(FILE):
                    target = row.target_uid
                if target != row.target_uid:
                    touched |= {row.term.uid, target, row.target_uid}
                    row.target_uid = target
                    others.append(row)
        PublishedRelation.objects.bulk_update(others, ["target_uid"], batch_size=BATCH)
    return {uid for uid in touched if uid}


def rebuild_links(glossary: Glossary, pks: Collection[int]) -> None:
    """Rewrite the derived relations from the published texts."""
    for some in batches(pks):
        terms = PublishedTerm.objects.filter(pk__in=some).only("name", "slug", "text", "body_start")
        sources = [Source(t.pk, t.name, t.slug, t.body) for t in terms.order_by("pk")]
        rows = list(derived_rows(glossary, sources))
        PublishedRelation.objects.filter(term__in=some, kind__in=DERIVED).delete()
        insert_rows(PublishedRelation, RelationRow._fields, rows)

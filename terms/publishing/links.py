"""What leads to other terms by their names and files of today: links of authors to files and
to names, and from ``Block (CSS)``, which is one meaning of it, to ``Block``.

Where a link leads is what the names and files of today say: whoever gains or loses a name
changes it, too. A link to a file survives a rename of the file.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import groupby
from typing import NamedTuple

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
FILE = "\x1f"  # begins the key of a file's name, which no term's name has
WHOLE = "\x1e"  # begins the key of a name that is all of a term's own
_MEANING = re.compile(r"(.*\S)\s*\([^()]+\)")


class RelationRow(NamedTuple):
    term: int
    position: int
    label: str
    key: str
    target_uid: Uid | None
    kind: str


class Source(NamedTuple):
    """A published term with links to others."""

    pk: int
    name: str
    slug: str
    body: str


def derived_rows(glossary: Glossary, sources: Collection[Source]) -> Iterator[RelationRow]:
    """The links in the texts of published terms, and of what they are a meaning."""
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
    leading: dict[int, dict[tuple[str, str, str], None]] = {}
    for pk, name, slug, body in sources:
        ways = [*_meant_by(name, slug)]
        if any(mark in body for mark in marks):
            for address in link_addresses(body):
                ways += [(*way, LINK) for way in _keys_of(address, glossary.slug, origin)]
        if ways:
            leading[pk] = dict.fromkeys(ways)
    uids = _holders(glossary, {key for ways in leading.values() for _, key, _ in ways})
    for pk, ways in leading.items():
        targets = _targets(((label, key) for label, key, _ in ways), uids)
        for position, (label, key, kind) in enumerate(ways):
            target = targets.get((label, key)) or kept.get((pk, key))
            yield RelationRow(pk, position, label, key, target, kind)


def _meant_by(name: str, slug: str) -> Iterator[tuple[str, str, str]]:
    """The term of which one is a meaning: by the folder that it lies in, or by its name, which
    says in brackets what it is about."""
    if above := slug_above(slug):
        yield (FILE + above, FILE + above, MEANING)
    elif found := _MEANING.fullmatch(name):
        key = WHOLE + name_key(found[1])[: NAME_LENGTH - 1]
        yield (key, key, MEANING)


def _keys_of(address: str, glossary: str, origin: Origin) -> Iterator[tuple[str, str]]:
    """What an author's link is called, with each key of what it may lead to, the best last."""
    if name := named_term(address):
        label = NAMED + name
        before, _, last = name_key(name.replace("_", " ")).rpartition(" ")
        for word in reversed(stems(last)):  # the singular before the plural
            yield label, f"{before} {word}".strip()[:NAME_LENGTH]
    elif file := linked_file(address, glossary, origin):
        yield file, FILE + file.lower()
        yield file, FILE + file


def _targets(keys: Iterable[tuple[str, str]], uids: Mapping[str, Uid]) -> dict:
    """For each label, the best key that resolves, with its term."""
    best = {label: (label, key) for label, key in keys if key in uids}
    return {pair: uids[pair[1]] for pair in best.values()}


def _holders(glossary: Glossary, keys: Collection[str]) -> dict[str, Uid]:
    """The published terms that have these files and names; of several the one whose own name
    it is, and of these always the same."""
    uids: dict[str, Uid] = {}
    for some in batches(sorted(key[1:] for key in keys if key.startswith(FILE))):
        rows = PublishedTerm.objects.of(glossary).order_by().filter(slug__in=some)
        uids.update((FILE + slug, uid) for slug, uid in rows.values_list("slug", "uid"))
    for some in batches(sorted(key[1:] for key in keys if key.startswith(WHOLE))):
        rows = PublishedName.objects.filter(glossary=glossary, key__in=some, is_alias=False)
        rows = rows.filter(name=F("term__name")).order_by("-term__uid")
        uids.update((WHOLE + key, uid) for key, uid in rows.values_list("key", "term__uid"))
    for some in batches(sorted(key for key in keys if not key.startswith((FILE, WHOLE)))):
        rows = PublishedName.objects.filter(glossary=glossary, key__in=some)
        rows = rows.order_by("-is_alias", "-term__uid")
        uids.update(rows.values_list("key", "term__uid"))
    return uids


def point_links(glossary: Glossary, uids: Collection[Uid], keys: Collection[str]) -> set[Uid]:
    """Let links lead where they are to lead since the terms ``uids`` gained or lost ``keys``.

    Returns the terms that have such a link, or to which one leads or led.
    """
    links = PublishedRelation.objects.filter(term__glossary=glossary, kind__in=DERIVED)
    sharing: set[Uid] = set()  # with others: a link may lead from one to the other
    for some in batches(sorted(key for key in keys if not key.startswith((FILE, WHOLE)))):
        rows = PublishedName.objects.order_by().filter(glossary=glossary, key__in=some)
        sharing.update(rows.values_list("term__uid", flat=True))
    found: set[tuple[int, str]] = set()
    for some in batches(sorted(keys)):
        rows = links.filter(target_uid=None, key__in=some)
        found.update(rows.values_list("term", "label"))
    for some in batches(sorted({*uids, *sharing})):
        found.update(links.filter(target_uid__in=some).values_list("term", "label"))
    return _point(glossary, found)


def _point(glossary: Glossary, found: set[tuple[int, str]]) -> set[Uid]:
    """Where those links lead: (term's id, label)."""
    touched: set[Uid] = set()
    for some in batches(sorted(found)):
        terms, labels = {pk for pk, _ in some}, {label for _, label in some}
        rows = PublishedRelation.objects.filter(term__in=terms, label__in=labels)
        rows = rows.filter(kind__in=DERIVED)
        rows = list(rows.order_by("term", "position").select_related("term").only(
            "term__uid", "label", "key", "target_uid"
        ))  # fmt: skip
        uids = _holders(glossary, {row.key for row in rows})
        others = []
        for _, group in groupby(rows, lambda row: row.term_id):
            own = list(group)
            targets = _targets([(row.label, row.key) for row in own], uids)
            for row in own:
                target = targets.get((row.label, row.key))
                if target is None and row.key.startswith(FILE):
                    target = row.target_uid
                if target != row.target_uid:
                    touched |= {row.term.uid, target, row.target_uid}
                    row.target_uid = target
                    others.append(row)
        PublishedRelation.objects.bulk_update(others, ["target_uid"], batch_size=BATCH)
    return touched - {None}


def lead_anew(glossary: Glossary, pks: Collection[int]) -> None:
    """Rebuild all these rows from what is published."""
    for some in batches(pks):
        terms = PublishedTerm.objects.filter(pk__in=some).only("name", "slug", "text", "body_start")
        sources = [Source(t.pk, t.name, t.slug, t.body) for t in terms.order_by("pk")]
        rows = list(derived_rows(glossary, sources))
        PublishedRelation.objects.filter(term__in=some, kind__in=DERIVED).delete()
        insert_rows(PublishedRelation, RelationRow._fields, rows)

"""Links of authors to other files and to names → the terms that they lead to.

Where a link leads is what the names and files of today say: whoever gains or loses a name
changes it, too. One to a file stays with the term when its file is called otherwise.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import groupby
from typing import NamedTuple

from .addresses import linked_file
from .formats.paths import name_key
from .models import Glossary, PublishedName, PublishedRelation, PublishedTerm
from .models.fields import Uid
from .models.rows import insert_rows
from .models.term import NAME_LENGTH
from .rendering import NAMED, link_addresses, named_term, stems
from .site.facts import BATCH, batches

LINK = PublishedRelation.Kind.LINK.value
FILE = "\x1f"  # begins the key of a file's name, which no term's name has


class RelationRow(NamedTuple):
    term: int
    position: int
    label: str
    key: str
    target_uid: Uid | None
    kind: str


def link_rows(glossary: Glossary, bodies: Mapping[int, str]) -> Iterator[RelationRow]:
    """The links in the ``bodies`` of published terms, which are given by id and may have some."""
    before = PublishedRelation.objects.filter(term__in=bodies, kind=LINK).exclude(target_uid=None)
    kept = {
        (pk, key): uid
        for pk, key, uid in before.values_list("term", "key", "target_uid")
        if key.startswith(FILE)
    }
    linked: dict[int, dict[tuple[str, str], None]] = {}
    for pk, body in bodies.items():
        if "](" in body or "]:" in body or "href" in body or "{{" in body:
            addresses = link_addresses(body)
            keys = (key for address in addresses for key in _keys_of(address, glossary.slug))
            linked[pk] = dict.fromkeys(keys)
    uids = _holders(glossary, {key for keys in linked.values() for _, key in keys})
    for pk, keys in linked.items():
        targets = _targets(keys, uids)
        for position, (label, key) in enumerate(keys):
            target = targets.get((label, key)) or kept.get((pk, key))
            yield RelationRow(pk, position, label, key, target, LINK)


def _keys_of(address: str, glossary: str) -> Iterator[tuple[str, str]]:
    """What an author's link is called, with each key of what it may lead to, the best last."""
    if name := named_term(address):
        label = NAMED + name
        before, _, last = name_key(name.replace("_", " ")).rpartition(" ")
        for word in reversed(stems(last)):  # the singular before the plural
            yield label, f"{before} {word}".strip()[:NAME_LENGTH]
    elif file := linked_file(address, glossary):
        yield file, FILE + file


def _targets(keys: Iterable[tuple[str, str]], uids: Mapping[str, Uid]) -> dict:
    """Of each label the best key that leads somewhere, with the term that it leads to."""
    best = {label: (label, key) for label, key in keys if key in uids}
    return {pair: uids[pair[1]] for pair in best.values()}


def _holders(glossary: Glossary, keys: Collection[str]) -> dict[str, Uid]:
    """The published terms that have these files and names; of several the one whose own name
    it is, and of these always the same."""
    uids: dict[str, Uid] = {}
    for some in batches(sorted(key[1:] for key in keys if key.startswith(FILE))):
        rows = PublishedTerm.objects.of(glossary).order_by().filter(slug__in=some)
        uids.update((FILE + slug, uid) for slug, uid in rows.values_list("slug", "uid"))
    for some in batches(sorted(key for key in keys if not key.startswith(FILE))):
        rows = PublishedName.objects.filter(glossary=glossary, key__in=some)
        rows = rows.order_by("-is_alias", "-term__uid")
        uids.update(rows.values_list("key", "term__uid"))
    return uids


def point_links(glossary: Glossary, uids: Collection[Uid], keys: Collection[str]) -> set[Uid]:
    """Let links lead where they are to lead since the terms ``uids`` gained or lost ``keys``.

    Returns the terms that have such a link, or to which one leads or led.
    """
    links = PublishedRelation.objects.filter(term__glossary=glossary, kind=LINK)
    sharing: set[Uid] = set()  # with others: a link may lead from one to the other
    for some in batches(sorted(key for key in keys if not key.startswith(FILE))):
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
        rows = PublishedRelation.objects.filter(term__in=terms, label__in=labels, kind=LINK)
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


def relink_files(glossary: Glossary, pks: Collection[int]) -> None:
    """Make all these rows anew from the texts of published terms."""
    for some in batches(pks):
        terms = PublishedTerm.objects.filter(pk__in=some).only("text", "body_start")
        rows = list(link_rows(glossary, {term.pk: term.body for term in terms.order_by("pk")}))
        PublishedRelation.objects.filter(term__in=some, kind=LINK).delete()
        insert_rows(PublishedRelation, RelationRow._fields, rows)

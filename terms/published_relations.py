"""How published terms relate: names that are or wait to be links, other files, successors."""

from collections.abc import Collection, Iterator
from typing import NamedTuple

from .addresses import MAX_SLUG, linked_file
from .formats.paths import name_key
from .formats.related import read_names
from .indexing import known_names, runs
from .live import Batch
from .models import Glossary, PublishedName, PublishedRelation, PublishedTerm, Relation, Term
from .models.fields import Uid
from .models.rows import insert_rows
from .models.term import NAME_LENGTH
from .rendering import NAMED, link_addresses, named_term, stems
from .site.facts import BATCH, batches


class RelationRow(NamedTuple):
    term: int
    position: int
    label: str
    key: str
    target_uid: Uid | None
    kind: str


def write_relations(glossary: Glossary, batch: Batch) -> list[RelationRow]:
    PublishedRelation.objects.filter(term__in=[page.pk for _, page in batch.values()]).delete()
    newest = {uid for uid, (live, _) in batch.items() if live.version.is_newest}
    relations = Relation.objects.filter(term__uid__in=newest).values_list(
        "term__uid", "position", "label", "key", "target__uid"
    )
    rows = [RelationRow(batch[uid][1].pk, *rest, "related") for uid, *rest in relations]
    for uid, (live, page) in batch.items():
        if uid not in newest:
            names = _known(glossary, live.document.related)
            labels = read_names(live.document.related, names.__contains__)
            rows += [_row(names, page.pk, *item, "related") for item in enumerate(labels)]
        if label := live.document.replaced_by:
            rows.append(_row(_known(glossary, label), page.pk, 0, label, "successor"))
    rows += _links(glossary, batch)
    insert_rows(PublishedRelation, RelationRow._fields, rows)
    return rows


FILE = "\x1f"  # begins the key of a file's name, which no term's name has


def _links(glossary: Glossary, batch: Batch) -> Iterator[RelationRow]:
    """Links of authors to other files of the folder, and to terms by their names."""
    linked: dict[int, dict[tuple[str, str], None]] = {}
    for live, page in batch.values():
        body = live.document.body
        if "](" in body or "]:" in body or "href" in body or "{{" in body:
            addresses = link_addresses(body)
            keys = (key for address in addresses for key in _keys_of(address, glossary.slug))
            linked[page.pk] = dict.fromkeys(keys)
    uids = _published(glossary, {key for keys in linked.values() for _, key in keys})
    for pk, keys in linked.items():
        for position, (label, key) in enumerate(keys):
            yield RelationRow(pk, position, label, key, uids.get(key), "link")


def _keys_of(address: str, glossary: str) -> Iterator[tuple[str, str]]:
    """What an author's link is called, with each key of what it may lead to."""
    if name := named_term(address):
        label = NAMED + name
        # The last one that leads somewhere counts.
        yield label, FILE + name.lower().replace(" ", "_")[:MAX_SLUG]  # as MDN calls files
        before, _, last = name_key(name).rpartition(" ")
        for word in reversed(stems(last)):  # the singular before the plural
            yield label, f"{before} {word}".strip()[:NAME_LENGTH]
    elif file := linked_file(address, glossary):
        yield file, FILE + file


def _published(glossary: Glossary, keys: Collection[str]) -> dict[str, Uid]:
    """The terms that files and names lead to; of several the one that had the name first."""
    uids: dict[str, Uid] = {}
    slugs = sorted(key.removeprefix(FILE) for key in keys if key.startswith(FILE))
    for some in batches(slugs):
        found = PublishedTerm.objects.of(glossary).order_by().filter(slug__in=some)
        uids.update((FILE + slug, uid) for slug, uid in found.values_list("slug", "uid"))
    for some in batches(sorted(key for key in keys if not key.startswith(FILE))):
        named = PublishedName.objects.filter(glossary=glossary, key__in=some).order_by("-pk")
        uids.update(named.values_list("key", "term__uid"))
    return uids


def _known(glossary: Glossary, related: str) -> dict[str, Uid]:
    """Keys of all that could be a name in a relation string → the term's uid."""
    known = known_names(glossary, [*runs(related), name_key(related)[:NAME_LENGTH]])
    uids = dict(Term.objects.filter(pk__in=known.values()).values_list("pk", "uid"))
    return {key: uids[pk] for key, pk in known.items()}


def _row(names: dict[str, Uid], pk: int, position: int, label: str, kind: str) -> RelationRow:
    key = name_key(label)[:NAME_LENGTH]
    return RelationRow(pk, position, label, key, names.get(key), kind)


def forget_targets(uids: Collection[Uid]) -> None:
    """Relations to terms that are no more wait for a term of that name again."""
    PublishedRelation.objects.filter(target_uid__in=uids).update(target_uid=None)


def resolve_waiting(glossary: Glossary, targets: dict[str, Uid]) -> set[Uid]:
    """Published relations that waited for one of these keys become links; those of which terms."""
    waiting = PublishedRelation.objects.filter(
        term__glossary=glossary, target_uid=None, key__in=targets
    )
    relations = list(waiting.select_related("term").only("key", "term__uid"))
    for relation in relations:
        relation.target_uid = targets[relation.key]
    PublishedRelation.objects.bulk_update(relations, ["target_uid"], batch_size=BATCH)
    return {relation.term.uid for relation in relations}

"""Relations of published terms: links, waiting names, successors."""

from collections.abc import Collection, Iterator

from terms.editing.index import known_names, runs
from terms.formats.document import TermDocument
from terms.formats.paths import name_key
from terms.formats.related import read_names
from terms.models import Glossary, PublishedRelation, Relation, Term
from terms.models.bulk import BATCH, insert_rows
from terms.models.fields import Uid
from terms.models.term import NAME_LENGTH

from .candidates import Batch
from .links import DERIVED, RelationRow, Source, derived_rows


def write_relations(glossary: Glossary, batch: Batch) -> list[RelationRow]:
    sources = [
        Source(page.pk, page.name, page.slug, live.document.body) for live, page in batch.values()
    ]
    derived = list(derived_rows(glossary, sources))
    PublishedRelation.objects.filter(term__in=[source.pk for source in sources]).delete()
    newest = {uid for uid, (live, _) in batch.items() if live.version.is_newest}
    relations = Relation.objects.filter(term__uid__in=newest).values_list(
        "term__uid", "position", "label", "key", "target__uid"
    )
    rows = [
        RelationRow(batch[uid][1].pk, position, label, key, target, "related")
        for uid, position, label, key, target in relations
    ]
    for uid, (live, page) in batch.items():
        if uid not in newest:
            rows += related_rows(glossary, page.pk, live.document)
        rows += successor_rows(glossary, page.pk, live.document)
    rows += derived
    insert_rows(PublishedRelation, RelationRow._fields, rows)
    return rows


def related_rows(glossary: Glossary, pk: int, document: TermDocument) -> Iterator[RelationRow]:
    """Yield the relations in a text, for the published term with this id."""
    names = _known(glossary, document.related)
    for item in enumerate(read_names(document.related, names.__contains__)):
        yield _row(names, pk, *item, "related")


def successor_rows(glossary: Glossary, pk: int, document: TermDocument) -> Iterator[RelationRow]:
    """Yield the relation to the term that replaces a term, if its text names one."""
    if label := document.replaced_by:
        yield _row(_known(glossary, label), pk, 0, label, "successor")


def _known(glossary: Glossary, related: str) -> dict[str, Uid]:
    """Return key → term uid for all possible names in a relation string."""
    known = known_names(glossary, [*runs(related), name_key(related)[:NAME_LENGTH]])
    uids = dict(Term.objects.filter(pk__in=known.values()).values_list("pk", "uid"))
    return {key: uids[pk] for key, pk in known.items()}


def _row(names: dict[str, Uid], pk: int, position: int, label: str, kind: str) -> RelationRow:
    key = name_key(label)[:NAME_LENGTH]
    return RelationRow(pk, position, label, key, names.get(key), kind)


def forget_targets(uids: Collection[Uid]) -> None:
    """Make the relations to removed terms wait for a term of that name again."""
    relations = PublishedRelation.objects.exclude(kind__in=DERIVED)
    relations.filter(target_uid__in=uids).update(target_uid=None)


def resolve_waiting(glossary: Glossary, targets: dict[str, Uid]) -> set[Uid]:
    """Set the targets of relations that wait for these keys. Return the uids of their terms."""
    waiting = PublishedRelation.objects.exclude(kind__in=DERIVED).filter(
        term__glossary=glossary, target_uid=None, key__in=targets
    )
    relations = list(waiting.select_related("term").only("key", "term__uid"))
    for relation in relations:
        relation.target_uid = targets[relation.key]
    PublishedRelation.objects.bulk_update(relations, ["target_uid"], batch_size=BATCH)
    return {relation.term.uid for relation in relations}

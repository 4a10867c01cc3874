"""Rows of published terms, their categories and addresses."""

from collections.abc import Iterable
from typing import NamedTuple

from django.db.models import QuerySet

from terms.addresses import list_path
from terms.models import Address, Glossary, PublishedClass, PublishedTerm
from terms.models.bulk import BATCH, insert_rows
from terms.models.fields import Uid
from terms.search import index as search_index

from .candidates import Batch
from .names import NameRow, write_published_names, write_words
from .relations import RelationRow, resolve_waiting, write_relations


class Written(NamedTuple):
    """The rows of a batch: names and relations.

    ``resolved`` are other terms with a relation that found its target.
    """

    names: list[NameRow]
    relations: list[RelationRow]
    resolved: set[Uid]


def write_rows(glossary: Glossary, batch: Batch) -> Written:
    """Write the published rows of a batch of terms, and their search rows."""
    _keep_dates(batch)
    columns = [field.name for field in PublishedTerm._meta.fields if field.name != "id"]
    values = [field.attname for field in PublishedTerm._meta.fields if field.name != "id"]
    insert_rows(
        PublishedTerm,
        columns,
        (tuple(getattr(page, name) for name in values) for _, page in batch.values()),
        replacing=("uid",),
    )
    for uid, pk in PublishedTerm.objects.filter(uid__in=batch).values_list("uid", "pk"):
        batch[uid][1].pk = pk
    names = write_published_names(glossary, batch)
    relations = write_relations(glossary, batch)
    _write_addresses(glossary, batch)
    write_words(batch, names)
    uids = {page.pk: uid for uid, (_, page) in batch.items()}
    named = {row.key: uids[row.term] for row in reversed(names)}
    return Written(names, relations, resolve_waiting(glossary, named))


def delete_rows(pages: QuerySet[PublishedTerm]) -> None:
    """Delete published terms with their search rows."""
    search_index.remove_rows(list(pages.values_list("pk", flat=True)))
    pages.delete()


def _keep_dates(batch: Batch) -> None:
    former = PublishedTerm.objects.filter(uid__in=batch).order_by()
    columns = ("uid", "fingerprint", "published_at", "changed_at")
    for uid, fingerprint, published_at, changed_at in former.values_list(*columns):
        page = batch[uid][1]
        page.published_at = published_at
        if fingerprint == page.fingerprint:
            page.changed_at = changed_at


def write_classes(glossary: Glossary, pages: Iterable[PublishedTerm]) -> set[tuple[str, str]]:
    """Write the names of the categories and verticals of ``pages``. Return renamed slugs."""
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
    """Write the addresses. A term replaces the last owner of its path; a list does not."""
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

"""Linked names that occur in a text."""

from collections.abc import Iterable

from django.db.models import QuerySet

from terms.models import Glossary, PublishedName
from terms.models.bulk import batches
from terms.models.fields import Uid
from terms.rendering import Names, buckets


def linked_names(glossary: Glossary) -> QuerySet:
    names = PublishedName.objects.filter(glossary=glossary, term__is_linked=True)
    return names.values_list("name", "term__uid")


def names_of(
    glossary: Glossary, texts: Iterable[str], instead: tuple[Uid, Iterable[str]] = ("", ())
) -> Names:
    """Return the linked names that may occur in ``texts``, which have no markup.

    ``instead``: a term, and the names that it has instead of the published ones.
    """
    uid, own = instead
    rows = linked_names(glossary).exclude(term__uid=uid) if uid else linked_names(glossary)
    wanted = sorted(set().union(*map(buckets, texts)))
    found: list[tuple[str, Uid]] = []
    for some in batches(wanted):
        found += rows.filter(bucket__in=some)
    return Names([*found, *((name, uid) for name in own)])

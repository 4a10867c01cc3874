"""Facts about terms that other pages show, and the effects of a change on other pages."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import NamedTuple

from django.db.models import QuerySet

from terms.models import Glossary, Mention, PublishedName, PublishedRelation, PublishedTerm
from terms.models.bulk import batches
from terms.models.fields import Uid

SHOWN = 60  # terms in a list on a term's page; further ones are only counted


class Facts(NamedTuple):
    """The data of a published term in links, list entries and counts."""

    uid: Uid
    pk: int
    path: str
    name: str
    description: str
    sort_key: str
    is_deprecated: bool
    letter: str
    section: str
    category_slug: str
    vertical_slug: str

    @classmethod
    def of(cls, term: PublishedTerm) -> "Facts":
        return cls(*_facts(term))

    @property
    def link(self) -> tuple[str, str, str]:
        return (self.path, self.name, self.sort_key)

    @property
    def places(self) -> tuple[str, ...]:
        """The term's position in lists."""
        return (self.letter, self.section, self.category_slug, self.vertical_slug)

    @property
    def entry(self) -> tuple[object, ...]:
        """The content and position of the term's entry in lists."""
        shown = (self.path, self.name, self.description, self.sort_key, self.is_deprecated)
        return (*shown, *self.places)


_facts = attrgetter(*Facts._fields)


def links_to(
    terms: Sequence[Facts], way: Callable[[str], str]
) -> tuple[list[tuple[str, str]], int]:
    """Return names and addresses of the first ``terms``, and the number of the others."""
    links = [(facts.name, way(facts.path)) for facts in terms[:SHOWN]]
    return links, max(0, len(terms) - SHOWN)


def facts_of(uids: Collection[Uid]) -> dict[Uid, Facts]:
    found: dict[Uid, Facts] = {}
    for some in batches(uids):
        rows = PublishedTerm.objects.order_by().filter(uid__in=some).values_list(*Facts._fields)
        found.update((facts.uid, facts) for facts in map(Facts._make, rows))
    return found


def names_by_uid(uids: Collection[Uid]) -> dict[Uid, set[tuple[str, bool]]]:
    """Return the names of terms, each with whether it is hidden."""
    found: dict[Uid, set[tuple[str, bool]]] = {}
    for some in batches(uids):
        names = PublishedName.objects.order_by().filter(term__uid__in=some)
        for uid, name, is_hidden in names.values_list("term__uid", "name", "is_hidden"):
            found.setdefault(uid, set()).add((name, is_hidden))
    return found


@dataclass
class Change:
    """The changed terms of a glossary, before and after.

    ``touched``: other terms whose pages show one of them; ``renamed``: pairs of category and
    vertical slugs.
    """

    glossary: Glossary
    uids: dict[Uid, None] = field(default_factory=dict)  # in row order
    before: dict[Uid, Facts] = field(default_factory=dict)
    after: dict[Uid, Facts] = field(default_factory=dict)
    touched: set[Uid] = field(default_factory=set)
    renamed: set[tuple[str, str]] = field(default_factory=set)
    names_before: dict[Uid, set[tuple[str, bool]]] = field(default_factory=dict)
    names_after: dict[Uid, set[tuple[str, bool]]] = field(default_factory=dict)

    def searched_otherwise(self) -> set[str]:
        """Return the old and new names of terms whose search results change."""
        shown = self.shown_otherwise()
        return {
            name
            for uid in self.uids
            if uid in shown or self.names_before.get(uid) != self.names_after.get(uid)
            for name, _ in self.names_before.get(uid, set()) | self.names_after.get(uid, set())
        }

    def shown_otherwise(self) -> set[Uid]:
        """Return the terms whose links on other pages change, appear or disappear."""
        return {
            uid
            for uid in self.uids
            if (self.before[uid].link if uid in self.before else None)
            != (self.after[uid].link if uid in self.after else None)
        }

    def meant_otherwise(self) -> set[Uid]:
        """Return the terms that list a meaning whose definition changed."""
        uids = [
            uid
            for uid in self.before.keys() & self.after.keys()
            if self.before[uid].description != self.after[uid].description
        ]
        found: set[Uid] = set()
        for some in batches(sorted(uids)):
            rows = PublishedRelation.objects.filter(term__uid__in=some, kind="meaning")
            found.update(_targets(rows))
        return found

    def neighbours(self) -> set[Uid]:
        """Return the terms whose pages show changed terms."""
        found: set[Uid] = set()
        for some in batches(sorted(self.shown_otherwise())):
            for rows, source in (
                (PublishedRelation.objects.order_by(), "term__uid"),
                (Mention.objects.order_by(), "source__uid"),
            ):
                found.update(rows.filter(target_uid__in=some).values_list(source, flat=True))
                found.update(_targets(rows.filter(**{f"{source}__in": some})))
        return found


def _targets(rows: QuerySet[PublishedRelation] | QuerySet[Mention]) -> Iterator[Uid]:
    found = rows.exclude(target_uid=None).values_list("target_uid", flat=True)
    return (uid for uid in found if uid)

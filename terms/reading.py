"""What readers' pages show, from the published side only."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from django.db.models import Count, QuerySet

from .alphabet import DIGITS, SYMBOLS
from .models import Glossary, PublishedRelation, PublishedTerm

ONE_PAGE = 1_000  # terms; a larger glossary shows a letter a page
LATIN = [chr(code) for code in range(ord("A"), ord("Z") + 1)]


@dataclass(frozen=True)
class Class:
    """A category or vertical with the number of its terms."""

    name: str
    slug: str
    count: int
    category_slug: str = ""


@dataclass(frozen=True)
class Letter:
    name: str
    count: int


@dataclass(frozen=True)
class Link:
    """A related term: a link, or text while readers cannot see its target."""

    label: str
    target: PublishedTerm | None


def letters(terms: QuerySet[PublishedTerm]) -> list[Letter]:
    """A to Z, what else there is before and behind, each with the number of its terms."""
    counts = dict(terms.order_by().values_list("letter").annotate(Count("pk")))
    others = sorted(counts.keys() - {*LATIN, DIGITS, SYMBOLS})
    ends = [name for name in (DIGITS, SYMBOLS) if name in counts]
    return [Letter(name, counts.get(name, 0)) for name in [*ends, *LATIN, *others]]


def by_letter(terms: Iterable[PublishedTerm]) -> list[tuple[str, list[PublishedTerm]]]:
    """The terms of each letter, in the order of ``letters``."""
    groups = {name: list(group) for name, group in groupby(terms, lambda term: term.letter)}
    first = [name for name in (DIGITS, SYMBOLS) if name in groups]
    return [(name, groups[name]) for name in [*first, *(n for n in groups if n not in first)]]


def categories(glossary: Glossary) -> list[Class]:
    rows = PublishedTerm.objects.of(glossary).exclude(category_slug="").order_by("category")
    return [
        Class(name, slug, count)
        for name, slug, count in rows.values_list("category", "category_slug").annotate(Count("pk"))
    ]


def verticals(glossary: Glossary, category_slug: str = "") -> list[Class]:
    """The verticals of a category, or of all of them."""
    rows = PublishedTerm.objects.of(glossary).exclude(vertical_slug="").exclude(category_slug="")
    if category_slug:
        rows = rows.filter(category_slug=category_slug)
    fields = ("vertical", "vertical_slug", "category_slug")
    return [
        Class(name, slug, count, category)
        for name, slug, category, count in rows.order_by(*fields)
        .values_list(*fields)
        .annotate(Count("pk"))
    ]


def related(term: PublishedTerm) -> list[Link]:
    relations = list(term.relations.all())
    uids = {relation.target_uid for relation in relations} - {None, term.uid}
    targets = {target.uid: target for target in PublishedTerm.objects.listed().filter(uid__in=uids)}
    return [Link(relation.label, targets.get(relation.target_uid)) for relation in relations]


def referring(term: PublishedTerm) -> list[PublishedTerm]:
    """The terms that name this one among their related terms."""
    sources = PublishedRelation.objects.filter(target_uid=term.uid).values("term")
    return list(PublishedTerm.objects.listed().filter(pk__in=sources).exclude(pk=term.pk))

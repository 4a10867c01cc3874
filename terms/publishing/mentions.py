"""Mentions of terms in published texts."""

from collections.abc import Collection, Iterable, Iterator
from functools import partial
from typing import NamedTuple

from terms.models import Glossary, Mention, PublishedTerm, Site
from terms.models.bulk import batches, insert_rows
from terms.models.fields import Uid
from terms.pages.steps import Step
from terms.pages.store import Store
from terms.rendering import Link, Names, Occurrence, links_made, phrases, places
from terms.search import index as search_index
from terms.search.names import linked_names, names_of

FEW = 100  # bodies; with more, all names are read at once
BATCH = 200
A_STEP = 50  # bodies in one step
BODIES_A_NAME = 5  # bodies that are read in the time of one search for a name


def relinking(
    glossary: Glossary, changed: Iterable[int], names: Iterable[str], touched: set[Uid]
) -> Iterator[Step | None]:
    """Yield steps that update the mentions in ``changed`` terms (ids) and in texts that contain
    ``names``.

    Terms at either end of a changed mention are added to ``touched``.
    """
    pks = set(changed)
    pks |= _speaking_of(glossary, [phrase for name in names for phrase in phrases(name)])
    known = _Known(glossary, len(pks))
    for some in batches(sorted(pks), A_STEP):
        yield partial(_relink, glossary, some, known, touched)


class _Known:
    """All linked names, loaded once and valid until the next publication."""

    def __init__(self, glossary: Glossary, texts: int):
        self.glossary = glossary
        self._mark = _mark()
        self._all = _all_names(glossary, texts) if texts > FEW else None

    def of(self, sources: Iterable["MentionSource"]) -> Names:
        if self._all is None or self._mark != _mark():
            return names_of(self.glossary, [source.plain for source in sources])
        return self._all


def _mark() -> str | None:
    """Return a value that changes with each publication."""
    return Site.objects.values_list("mark", flat=True).first()


def _speaking_of(glossary: Glossary, wanted: list) -> set[int]:
    if len(wanted) > FEW:
        # Most bodies contain one of so many names. Reading them is cheaper than many searches.
        every = PublishedTerm.objects.of(glossary).order_by().values_list("pk", flat=True)
        pks = set(every[: len(wanted) * BODIES_A_NAME + 1])
        if len(pks) <= len(wanted) * BODIES_A_NAME:
            return pks
    found: set[int] = set()
    for some in batches(wanted, BATCH):
        found.update(search_index.speaking_of(glossary.pk, some))
    return found


def are_all(glossary: Glossary, pks: Collection[int]) -> bool:
    """Whether ``pks`` are all published terms; always False for FEW or fewer."""
    # The query is expensive in a large glossary, and so few terms are rarely all.
    if len(pks) <= FEW:
        return False
    every = PublishedTerm.objects.of(glossary).order_by()
    return len(pks) == every.count() and set(pks) == set(every.values_list("pk", flat=True))


def _all_names(glossary: Glossary, texts: int) -> Names:
    return Names(linked_names(glossary), texts)


class MentionSource(NamedTuple):
    """The columns of a published term that are needed to find mentions."""

    pk: int
    uid: Uid
    text: str
    body_start: int
    plain: str
    decisions: dict[str, str]


def mentions_in(
    glossary: Glossary, source: MentionSource, own: Collection[str]
) -> Iterator[tuple[Occurrence, Uid | None]]:
    """Yield the mentions in a text that is not stored, whose term has the names ``own``.

    The target of an ambiguous name is None.
    """
    return _mentions(source, names_of(glossary, [source.plain], (source.uid, own)))


def _relink(glossary: Glossary, pks: list[int], known: _Known, touched: set[Uid], _: Store) -> None:
    terms = PublishedTerm.objects.filter(pk__in=pks).order_by()
    sources = [MentionSource(*row) for row in terms.values_list(*MentionSource._fields)]
    names = known.of(sources)
    before: dict[int, set[tuple]] = {}
    former = Mention.objects.filter(source__in=pks).order_by()
    for pk, *mention in former.values_list("source", "start", "end", "label", "target_uid"):
        before.setdefault(pk, set()).add(tuple(mention))
    if before:
        former.delete()
    rows = []
    for source in sources:
        found = list(_mentions(source, names))
        after = {(place.start, place.end, place.label, target) for place, target in found}
        changed = before.get(source.pk, set()) ^ after
        if changed:
            touched |= {source.uid} | {target for *_, target in changed if target}
        rows += [
            (source.pk, place.start, place.end, place.label, place.found.key[:300], target)
            for place, target in found
        ]
    insert_rows(Mention, ("source", "start", "end", "label", "key", "target_uid"), rows)


def _mentions(source: MentionSource, names: Names) -> Iterator[tuple[Occurrence, Uid | None]]:
    body = source.text[source.body_start :]
    found = list(chosen(places(body, names), source.uid, source.decisions))
    links = [Link(place.start, place.end, "x") for place, target in found if target]
    made = {link.start for link in links_made(body, links)}
    return ((place, target) for place, target in found if target is None or place.start in made)


def chosen(
    found: Iterable[Occurrence], own: Uid, decisions: dict[str, str]
) -> Iterator[tuple[Occurrence, Uid | None]]:
    """Yield the first mention of each term, and of each ambiguous name, with None."""
    seen: set[Uid | str] = set()
    for place in found:
        meant = place.found.targets
        decision = decisions.get(place.found.key)
        if decision == "" or own in meant:
            continue
        target = decision if decision in meant else None
        if target is None and len(meant) == 1:
            (target,) = meant
        mark = target or place.found.key
        if mark not in seen:
            seen.add(mark)
            yield place, target

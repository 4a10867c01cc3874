"""Related terms, mentions and incoming links of terms, for their pages."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from terms.models import Mention, PublishedRelation, PublishedTerm
from terms.models.fields import Uid

from .facts import Facts, facts_of


@dataclass(frozen=True, slots=True)
class RelatedLink:
    """A related term: a link, or only text while its target is not public."""

    name: str
    target: Facts | None

    def link(self, way: Callable[[str], str]) -> tuple[str, str]:
        return (self.name, way(self.target.path) if self.target else "")


@dataclass
class Surroundings:
    """The surroundings of one term.

    ``links``: places in its body with the terms mentioned there; ``files``: terms that its author
    links, by file name or by NAMED and a name.
    """

    related: list[RelatedLink] = field(default_factory=list)
    successor: RelatedLink | None = None
    links: list[tuple[int, int, Facts]] = field(default_factory=list)
    files: dict[str, Facts] = field(default_factory=dict)
    meant: Facts | None = None  # the term that it is a meaning of
    meanings: list[Facts] = field(default_factory=list)
    referring: list[Facts] = field(default_factory=list)
    mentioned_in: list[Facts] = field(default_factory=list)

    def add(self, kind: str, label: str, target: Facts | None) -> None:
        """Add a relation of the term, by its label."""
        if kind == PublishedRelation.Kind.RELATED:
            self.related.append(RelatedLink(label, target))
        elif kind == PublishedRelation.Kind.SUCCESSOR:
            self.successor = RelatedLink(label, target)
        elif kind == PublishedRelation.Kind.MEANING:
            self.meant = target
        elif target:
            self.files[label] = target

    @property
    def neighbours(self) -> list[Facts]:
        """The neighbouring terms without duplicates, the term's own relations first."""
        own = [label.target for label in self.related if label.target]
        others = [*self.other_meanings, *self.referring]
        mentioned = [facts for *_, facts in self.links]
        return list(dict.fromkeys([*own, *others, *mentioned, *self.mentioned_in]))

    @property
    def other_meanings(self) -> list[Facts]:
        return [self.meant, *self.meanings] if self.meant else self.meanings


Relations = Sequence[tuple[int, str, str, Uid | None]]  # id of the term, kind, label, target
Mentions = Sequence[tuple[int, int, int, Uid | None]]  # id of the term, start, end, target


def surroundings_of(
    terms: Collection[PublishedTerm], known: Mapping[Uid, Facts]
) -> dict[Uid, Surroundings]:
    uids = {term.pk: term.uid for term in terms}
    relations = list(
        PublishedRelation.objects.filter(term__in=uids)
        .order_by("position")
        .values_list("term", "kind", "label", "target_uid")
    )
    mentions = list(
        Mention.objects.filter(source__in=uids)
        .exclude(target_uid=None)
        .order_by("start")
        .values_list("source", "start", "end", "target_uid")
    )
    return surroundings_with(uids, relations, mentions, known)


def surroundings_with(
    uids: Mapping[int, Uid],
    relations: Relations,
    mentions: Mentions,
    known: Mapping[Uid, Facts] = MappingProxyType({}),
) -> dict[Uid, Surroundings]:
    """Return the surroundings of terms (id → uid) with these relations and mentions.

    Links from other terms are those of the published texts.
    """
    own = set(uids.values())
    back, named = _incoming(own)
    targets = {row[-1] for row in relations} | {row[-1] for row in mentions}
    others = {uid for uid in targets if uid}
    others |= {row[-1] for row in back} | {row[-1] for row in named}
    facts = facts_of(others - known.keys())
    facts |= {uid: known[uid] for uid in others & known.keys()}
    found: dict[Uid, Surroundings] = {uid: Surroundings() for uid in own}
    for pk, kind, label, target in relations:
        other = target if target != uids[pk] else None
        found[uids[pk]].add(kind, label, facts.get(other) if other else None)
    for pk, start, end, target in mentions:
        if target and target in facts:
            found[uids[pk]].links.append((start, end, facts[target]))
    meanings = {(uid, source) for uid, kind, source in back if kind == "meaning"}
    for uid, sources in _grouped(meanings).items():
        found[uid].meanings = _sorted(sources, facts)
    referring = {(uid, source) for uid, _, source in back} - meanings
    for uid, sources in _grouped(referring).items():
        found[uid].referring = _sorted(sources - {uid}, facts)
    for uid, sources in _grouped(named).items():
        found[uid].mentioned_in = _sorted(sources - {uid}, facts)
    return found


def _incoming(own: set[Uid]) -> tuple[set[tuple[Uid, str, Uid]], set[tuple[Uid, Uid]]]:
    """Return the relations to these terms (target, kind, source) and the mentions of them
    (target, source)."""
    related = PublishedRelation.objects.order_by().filter(target_uid__in=own)
    mentioning = Mention.objects.order_by().filter(target_uid__in=own)
    back = related.values_list("target_uid", "kind", "term__uid")
    named = mentioning.values_list("target_uid", "source__uid")
    return (
        {(uid, kind, source) for uid, kind, source in back if uid},
        {(uid, source) for uid, source in named if uid},
    )


def _grouped(pairs: set[tuple[Uid, Uid]]) -> dict[Uid, set[Uid]]:
    groups: dict[Uid, set[Uid]] = defaultdict(set)
    for one, other in pairs:
        groups[one].add(other)
    return groups


def _sorted(uids: set[Uid], facts: dict[Uid, Facts]) -> list[Facts]:
    return sorted((facts[uid] for uid in uids), key=lambda f: (f.sort_key, f.pk))

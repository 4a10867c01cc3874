"""Editors' decisions about mentioned names, and suggested relations."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db import transaction

from terms.models import MentionDecision, PublishedTerm, Term
from terms.rendering import places, plain_text
from terms.search.names import names_of

NEVER = "never"


@dataclass
class Named:
    """A name in the text, with the published terms that it may mean.

    ``decision`` is an empty string, NEVER, or the uid of a term.
    """

    key: str
    label: str
    count: int = 0
    meanings: list[PublishedTerm] = field(default_factory=list)
    decision: str = ""

    @property
    def is_ambiguous(self) -> bool:
        return len(self.meanings) > 1


def names_in(term: Term) -> list[Named]:
    """Return the names of other published terms in the newest text of ``term``, in order."""
    found: dict[str, Named] = {}
    meant: dict[str, set] = {}
    for place in places(term.body, names_of(term.glossary, [plain_text(term.body)])):
        key = place.found.key
        if term.uid in place.found.targets:
            continue
        named = found.setdefault(key, Named(key, place.label))
        named.count += 1
        meant.setdefault(key, set()).update(place.found.targets)
    decisions = dict(term.decisions.values_list("key", "target__uid"))
    uids = set().union(*meant.values()) if meant else set()
    pages = {page.uid: page for page in PublishedTerm.objects.listed().filter(uid__in=uids)}
    for key, named in found.items():
        meanings = [pages[uid] for uid in meant[key] if uid in pages]
        named.meanings = sorted(meanings, key=lambda page: (page.sort_key, page.pk))
        if key in decisions:
            named.decision = str(decisions[key] or NEVER)
    return list(found.values())


def suggested_relations(term: Term, names: list[Named]) -> list[PublishedTerm]:
    """Return terms that the text names but is not related to, except declined ones."""
    no = set(term.declined.values_list("target_uid", flat=True))
    related = no | set(term.relations.exclude(target=None).values_list("target__uid", flat=True))
    certain = [
        page
        for named in names
        for page in named.meanings
        if page.uid == named.decision or (not named.decision and not named.is_ambiguous)
    ]
    return [page for page in dict.fromkeys(certain) if page.uid not in related]


def decide_mentions(
    term: Term, names: list[Named], chosen: Mapping[str, str], is_linked: bool
) -> bool:
    """Store the ``chosen`` decisions by key of ``names``. Return whether anything changed."""
    before = (set(term.decisions.values_list("key", "target__uid")), term.is_linked)
    with transaction.atomic():
        for named in names:
            choice = chosen.get(named.key)
            uids = {page.uid for page in named.meanings}
            if choice is None or choice not in {"", NEVER, *uids}:
                continue
            rows = MentionDecision.objects.filter(term=term, key=named.key)
            if not choice:
                rows.delete()
                continue
            target = Term.objects.get(uid=choice) if choice != NEVER else None
            MentionDecision.objects.update_or_create(
                term=term, key=named.key, defaults={"target": target}
            )
        Term.objects.filter(pk=term.pk).update(is_linked=is_linked)
    after = (set(term.decisions.values_list("key", "target__uid")), is_linked)
    return before != after

"""The effects of changed published terms: names, relations, other pages."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone

from terms.formats.paths import name_key
from terms.models import PublishedName, PublishedRelation
from terms.models.fields import Uid
from terms.models.term import NAME_LENGTH
from terms.pages.facts import Change, Facts, facts_of, names_by_uid

from .candidates import Batch
from .links import FILE, WHOLE
from .rows import Written


@dataclass
class Noting(Change):
    """Records which links and relations have changed."""

    now: datetime = field(default_factory=timezone.now)  # the time of the whole publication
    by: Any = None
    needs_approval: bool = True
    seen: Mapping[int, str] = field(default_factory=dict)  # term id → expected fingerprint
    linked: set[tuple[str, Uid]] = field(default_factory=set)
    edges: set[tuple[Uid, str, str, Uid | None]] = field(default_factory=set)

    def note(self, uids: Collection[Uid]) -> None:
        """Record the state of terms. Call it before they change."""
        self.uids.update(dict.fromkeys(uids))
        known = facts_of(uids)
        if not known:
            return
        self.before.update(known)
        self.names_before.update(names_by_uid(known))
        names = PublishedName.objects.order_by().filter(term__uid__in=known, term__is_linked=True)
        self.linked ^= set(names.values_list("name", "term__uid"))
        edges = PublishedRelation.objects.order_by().filter(term__uid__in=known)
        self.edges ^= set(edges.values_list("term__uid", "kind", "label", "target_uid"))

    def wrote(self, batch: Batch, written: Written) -> None:
        """Record the published state of noted terms. ``batch`` is in the order of the rows."""
        uids = {page.pk: uid for uid, (_, page) in batch.items()}
        for uid, (_, page) in batch.items():
            self.after[uid] = Facts.of(page)
            self.names_after[uid] = set()
        linked = set()
        for row in written.names:
            uid = uids[row.term]
            self.names_after[uid].add((row.name, row.is_hidden))
            if batch[uid][1].is_linked:
                linked.add((row.name, uid))
        self.linked ^= linked
        self.edges ^= {
            (uids[row.term], row.kind, row.label, row.target_uid) for row in written.relations
        }
        self.touched |= written.resolved

    def keys_otherwise(self) -> set[str]:
        """Return the link keys of changed terms: the names and files that they gained or lost."""
        found: set[str] = set()
        for uid in self.uids:
            before = _keys(self.before.get(uid), self.names_before.get(uid, set()))
            after = _keys(self.after.get(uid), self.names_after.get(uid, set()))
            if before != after:
                found |= before[1] | after[1]
        return found


def _keys(facts: Facts | None, names: set[tuple[str, bool]]) -> tuple[str, set[str]]:
    """Return a term's own name, and all its link keys."""
    if facts is None:
        return ("", set())
    keys = {name_key(name)[:NAME_LENGTH] for name, _ in names}
    own = WHOLE + name_key(facts.name)[: NAME_LENGTH - 1]
    return (facts.name, {*keys, own, FILE + facts.path.rsplit("/", 2)[1]})

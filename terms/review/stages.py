"""The stage of a term's newest text, and the next step."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from terms.models import Approval, Glossary, Review, Term

from .approvals import Standing, authors_of, standings

DRAFT, REVIEW, APPROVED, LIVE = "draft", "review", "approved", "live"


@dataclass(frozen=True)
class Stage:
    """The stage of a term's newest text: draft, review, approved or live.

    ``was_live`` means that an older text is live.
    """

    name: str
    was_live: bool
    standing: Standing

    @property
    def words(self) -> str:
        words = {
            DRAFT: "live, changed" if self.was_live else "draft",
            REVIEW: "in review",
            APPROVED: "approved",
            LIVE: "live",
        }[self.name]
        if self.name == REVIEW and self.standing.needed:
            words += f", {self.standing.given} of {self.standing.needed}"
        return words

    @property
    def mark(self) -> str:
        """The state that the dot of the term shows."""
        return "changed" if self.name == DRAFT and self.was_live else self.name

    @property
    def next_step(self) -> str:
        """The status of the text, and the steps that remain before it can be published."""
        who = self.who_is_missing
        if self.name == LIVE:
            return "This version is published."
        seen = "An older version is published." if self.was_live else "Not published yet."
        if not who:
            return f"{seen} It can be published."
        if self.name == REVIEW:
            return f"{seen} {who[0].upper()}{who[1:]} must approve it."
        return f"{seen} Ask for a review: {who} must approve it."

    @property
    def who_is_missing(self) -> str:
        """The missing approvals in words, such as “two more people”, or an empty string."""
        missing, more = self.standing.missing, " more" if self.standing.given else ""
        if not missing:
            return ""
        return f"one{more} person" if missing == 1 else f"{missing}{more} people"


def stages(glossary: Glossary, terms: Collection[Term]) -> dict[int, Stage]:
    """Return term id → stage for terms of one glossary, in a constant number of queries."""
    asked = Review.objects.open().filter(term__in=[term.pk for term in terms])
    in_review = set(asked.values_list("term", flat=True))
    given = standings(glossary, terms)
    return {
        term.pk: Stage(
            _name(term, given[term.pk], term.pk in in_review), _was_live(term), given[term.pk]
        )
        for term in terms
    }


def stages_of(terms: Collection[Term]) -> dict[int, Stage]:
    """Return term id → stage for terms of several glossaries."""
    found: dict[int, Stage] = {}
    for pk, glossary in Glossary.objects.in_bulk({term.glossary_id for term in terms}).items():
        found |= stages(glossary, [term for term in terms if term.glossary_id == pk])
    return found


def stage_of(term: Term) -> Stage:
    return stages(term.glossary, [term])[term.pk]


def _was_live(term: Term) -> bool:
    return bool(term.live_fingerprint) and term.live_fingerprint != term.fingerprint


def _name(term: Term, standing: Standing, is_in_review: bool) -> str:
    if term.live_fingerprint == term.fingerprint:
        return LIVE
    if standing.needed and not standing.missing:
        return APPROVED
    return REVIEW if is_in_review else DRAFT


@dataclass(frozen=True)
class Yes:
    """An approval. It counts if it is of the newest text, by a person who did not write it."""

    approval: Approval
    counts: bool
    version: int | None


def approvals_of(term: Term) -> list[Yes]:
    """Return the approvals of all texts but the live one, including void approvals."""
    numbers = dict(term.revisions.order_by("number").values_list("fingerprint", "number"))
    # Approvals of removals have the fingerprint of no revision, and are left out.
    authors = authors_of(term)
    rows: Any = term.approvals.select_related("person")
    return [
        Yes(
            row,
            row.fingerprint == term.fingerprint and row.person_id not in authors,
            numbers.get(row.fingerprint),
        )
        for row in rows.exclude(fingerprint=term.live_fingerprint)
        if row.fingerprint in numbers
    ]

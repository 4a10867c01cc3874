"""The stage of a term's newest text, and the next step."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy

from terms.models import Approval, Glossary, Review, Term

from .approvals import Standing, authors_of, standings

DRAFT, REVIEW, APPROVED, LIVE = "draft", "review", "approved", "live"


# For the first approvals, and for more.
PEOPLE = (
    ngettext_lazy("one person", "%(count)d people", "count"),
    ngettext_lazy("one more person", "%(count)d more people", "count"),
)
MUST_APPROVE_IT = (
    ngettext_lazy("One person must approve it.", "%(count)d people must approve it.", "count"),
    ngettext_lazy(
        "One more person must approve it.", "%(count)d more people must approve it.", "count"
    ),
)
ASK_FOR_REVIEW = (
    ngettext_lazy(
        "Ask for a review: one person must approve it.",
        "Ask for a review: %(count)d people must approve it.",
        "count",
    ),
    ngettext_lazy(
        "Ask for a review: one more person must approve it.",
        "Ask for a review: %(count)d more people must approve it.",
        "count",
    ),
)


@dataclass(frozen=True)
class Stage:
    """The stage of a term's newest text: draft, review, approved or live.

    ``was_live`` means that an older text is live, and ``is_sent_back`` that the last reviewer
    requested changes.
    """

    name: str
    was_live: bool
    standing: Standing
    is_sent_back: bool = False

    @property
    def words(self) -> str:
        if self.name == DRAFT and self.is_sent_back:
            return _("changes requested")
        if self.name == REVIEW and self.standing.needed:
            if step := self.standing.open_step:
                return _("in review: {step}").format(step=step.name)
            text = _("in review, {given} of {needed}")
            return text.format(given=self.standing.given, needed=self.standing.needed)
        return {
            DRAFT: _("changed") if self.was_live else _("draft"),
            REVIEW: _("in review"),
            APPROVED: _("approved"),
            LIVE: _("live"),
        }[self.name]

    @property
    def mark(self) -> str:
        """The state that the dot of the term shows."""
        if self.name == DRAFT and self.is_sent_back:
            return "sent-back"
        return "changed" if self.name == DRAFT and self.was_live else self.name

    @property
    def next_step(self) -> str:
        """The status of the text, and the steps that remain before it can be published."""
        if self.name == LIVE:
            return _("This version is published.")
        seen = _("An older version is published.") if self.was_live else _("Not published yet.")
        if not self.standing.missing:
            step = _("This text can be published.")
        elif self.name == REVIEW:
            step = self.standing.with_step(*MUST_APPROVE_IT)
        else:
            step = self.standing.in_words(*ASK_FOR_REVIEW)
        return f"{seen} {step}"

    @property
    def who_is_missing(self) -> str:
        """The missing approvals in words, such as “two more people”, or an empty string."""
        return self.standing.in_words(*PEOPLE) if self.standing.missing else ""


def stages(glossary: Glossary, terms: Collection[Term]) -> dict[int, Stage]:
    """Return term id → stage for terms of one glossary, in a constant number of queries."""
    reviews = Review.objects.filter(term__in=[term.pk for term in terms]).order_by("pk")
    last = {
        term: (closed_at is None, outcome == Review.Outcome.CHANGES)
        for term, closed_at, outcome in reviews.values_list("term", "closed_at", "outcome")
    }
    given = standings(glossary, terms)
    found = {}
    for term in terms:
        is_open, is_sent_back = last.get(term.pk, (False, False))
        name = _name(term, given[term.pk], is_open)
        found[term.pk] = Stage(name, _was_live(term), given[term.pk], is_sent_back)
    return found


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
    if standing.given and not standing.missing:
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
    rows: Any = term.approvals.select_related("person", "step")
    return [
        Yes(
            row,
            row.fingerprint == term.fingerprint and row.person_id not in authors,
            numbers.get(row.fingerprint),
        )
        for row in rows.exclude(fingerprint=term.live_fingerprint)
        if row.fingerprint in numbers
    ]

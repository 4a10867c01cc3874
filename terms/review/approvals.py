"""Approvals of exact texts, and the number that is needed."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy

from terms.models import (
    Approval,
    Category,
    Glossary,
    PublishedTerm,
    ReviewStep,
    Revision,
    Term,
)
from terms.people.permissions import groups_of, people_in, people_with

MUST_APPROVE = (
    ngettext_lazy(
        "%(count)d person must approve this text first.",
        "%(count)d people must approve this text first.",
        "count",
    ),
    ngettext_lazy(
        "%(count)d more person must approve this text first.",
        "%(count)d more people must approve this text first.",
        "count",
    ),
)


class CannotReview(ValueError):
    """The request is not possible now; the message gives the reason."""


@dataclass(frozen=True)
class StepStanding:
    """A review step, with the number of approvals that it has."""

    step: ReviewStep
    given: int

    @property
    def missing(self) -> int:
        return max(0, self.step.approvals_needed - self.given)


@dataclass(frozen=True)
class Standing:
    """The number of approvals that a text or a removal needs and has, in all and by step."""

    needed: int
    given: int
    steps: tuple[StepStanding, ...] = ()

    @property
    def missing(self) -> int:
        return max(self.needed - self.given, sum(step.missing for step in self.steps), 0)

    @property
    def open_step(self) -> ReviewStep | None:
        """The first step that is not complete."""
        return next((step.step for step in self.steps if step.missing), None)

    def in_words(self, first: Promise, more: Promise) -> str:
        """Return ``first``, or ``more`` if there are approvals already, for the missing number.

        Both are results of ``ngettext_lazy`` with the key ``count``.
        """
        return str((more if self.given else first) % {"count": self.missing})

    def with_step(self, first: Promise, more: Promise) -> str:
        """Return the words of ``in_words``, and at which step the review is."""
        words = self.in_words(first, more)
        if not self.open_step:
            return words
        step = _("The review is at the step “{step}”.").format(step=self.open_step.name)
        return f"{words} {step}"


@dataclass(frozen=True)
class Requirement:
    """The number of approvals and the steps of a glossary or a category."""

    number: int
    steps: tuple[ReviewStep, ...] = ()

    @property
    def needed(self) -> int:
        return max(self.number, sum(step.approvals_needed for step in self.steps))

    def with_those_of(self, other: "Requirement") -> "Requirement":
        more = tuple(step for step in other.steps if step not in self.steps)
        return Requirement(max(self.number, other.number), self.steps + more)

    def standing(self, approvals: Collection[tuple[int, int | None]]) -> Standing:
        """Return what is needed and given. ``approvals`` are pairs of person and step."""
        of_step = Counter(step for _person, step in approvals)
        steps = tuple(StepStanding(step, of_step[step.pk]) for step in self.steps)
        return Standing(self.needed, len(approvals), steps)


class Requirements:
    """The approvals that the texts of a glossary need, by category."""

    def __init__(self, glossary: Glossary):
        # Read from the database: the object in memory may be out of date.
        number = Glossary.objects.values_list("approvals_needed", flat=True).get(pk=glossary.pk)
        steps: dict[int | None, list[ReviewStep]] = {}
        for step in ReviewStep.objects.filter(glossary=glossary):
            steps.setdefault(step.category_id, []).append(step)
        self.default = Requirement(number, tuple(steps.get(None, ())))
        self._of: dict[object, Requirement] = {}
        rows = Category.objects.filter(glossary=glossary)
        for pk, slug, name, own in rows.values_list("pk", "slug", "name", "approvals_needed"):
            if own is None and pk not in steps:
                continue
            found = Requirement(number if own is None else own, tuple(steps.get(pk, ())))
            # Published rows have slug and name, one of which may have changed since.
            self._of |= dict.fromkeys((pk, ("slug", slug), ("name", name)), found)

    def of_category(self, pk: int | None) -> Requirement:
        return self._of.get(pk, self.default)

    def of_name(self, name: str) -> Requirement:
        return self._of.get(("name", name), self.default)

    def of_page(self, slug: str, name: str) -> Requirement:
        """Return the requirement of a published category."""
        return self._of.get(("slug", slug), self.default).with_those_of(self.of_name(name))


def requirements(glossary: Glossary, terms: Collection[Term]) -> dict[int, Requirement]:
    """Return term id → the approvals that the term needs.

    If a text moves to another category, those of both categories are needed.
    """
    found = Requirements(glossary)
    pages = PublishedTerm.objects.order_by().filter(uid__in=[term.uid for term in terms])
    live = {
        uid: found.of_page(slug, name)
        for uid, slug, name in pages.values_list("uid", "category_slug", "category")
    }
    nothing = Requirement(0)
    return {
        term.pk: found.of_category(term.category_id).with_those_of(live.get(term.uid, nothing))
        for term in terms
    }


def needed_by(glossary: Glossary, terms: Collection[Term]) -> dict[int, int]:
    """Return term id → number of approvals that the term needs."""
    return {pk: found.needed for pk, found in requirements(glossary, terms).items()}


def contributors(terms: Iterable[Term]) -> dict[int, set[int]]:
    """Return term id → ids of the authors of its changes since it was published."""
    live = {term.pk: term.live_fingerprint for term in terms}
    rows = Revision.objects.filter(term__in=live).order_by("term", "-number")
    written = list(rows.values_list("term", "fingerprint", "author"))
    since: dict[int, set[str]] = {}
    reached: set[int] = set()
    for term, fingerprint, _author in written:
        if fingerprint == live[term]:
            reached.add(term)
        elif term not in reached:
            since.setdefault(term, set()).add(fingerprint)
    # Earlier authors of a restored text count as well.
    found: dict[int, set[int]] = {}
    for term, fingerprint, author in written:
        if author is not None and fingerprint in since.get(term, ()):
            found.setdefault(term, set()).add(author)
    return found


def authors_of(term: Term) -> set[int]:
    return contributors([term]).get(term.pk, set())


def standings(glossary: Glossary, terms: Collection[Term]) -> dict[int, Standing]:
    """Return term id → standing. Approvals by authors of the text do not count."""
    needed = requirements(glossary, terms)
    texts = {term.pk: term.fingerprint for term in terms}
    rows = Approval.objects.order_by().filter(term__in=texts)
    people = [
        (term, person, step)
        for term, fingerprint, person, step in rows.values_list(
            "term", "fingerprint", "person", "step"
        )
        if texts[term] == fingerprint
    ]
    approved = {term for term, _person, _step in people}
    authors = contributors([term for term in terms if term.pk in approved]) if people else {}
    given: dict[int, list[tuple[int, int | None]]] = {}
    for term, person, step in people:
        if person not in authors.get(term, ()):
            given.setdefault(term, []).append((person, step))
    return {term.pk: needed[term.pk].standing(given.get(term.pk, ())) for term in terms}


def step_for(person: Any, term: Term, standing: Standing) -> ReviewStep | None:
    """Return the step that an approval by ``person`` counts for, if there are steps.

    Raises CannotReview if the open step is for members of a group only.
    """
    step = standing.open_step
    if step and step.group_id not in groups_of(person, term):
        text = _("The review is at the step “{step}”: only members of “{group}” can approve it.")
        raise CannotReview(text.format(step=step.name, group=step.group))
    return step


def reviewers_of(term: Term, step: ReviewStep | None) -> QuerySet:
    """Return the people who may approve ``term``, in a step those of its group."""
    people = people_with("approve_term", term)
    return people.filter(pk__in=people_in(step.group_id, term).values("pk")) if step else people


def count_reviewers(step: ReviewStep) -> int:
    """Return how many people can approve a step."""
    place = Term(glossary_id=step.glossary_id, category_id=step.category_id)
    return reviewers_of(place, step).count()


def why_unapproved(glossary: Glossary, terms: Collection[Term]) -> dict[int, str]:
    """Return term id → reason, for terms that may not be published as they are.

    Texts that are live remain allowed if the settings change.
    """
    if not asks(glossary):
        return {}
    new = [term for term in terms if term.fingerprint != term.live_fingerprint]
    reasons = {}
    for pk, standing in standings(glossary, new).items():
        if standing.missing:
            reasons[pk] = standing.with_step(*MUST_APPROVE)
    return reasons


def are_asked_for() -> bool:
    """Whether any glossary or category requires approvals."""
    asking = {"approvals_needed__gt": 0}
    return (
        Glossary.objects.filter(**asking).exists()
        or Category.objects.filter(**asking).exists()
        or ReviewStep.objects.exists()
    )


def asks(glossary: Glossary) -> bool:
    """Whether the glossary or one of its categories requires approvals, from the database."""
    fresh = Glossary.objects.filter(pk=glossary.pk, approvals_needed__gt=0)
    stricter = Category.objects.filter(glossary=glossary.pk, approvals_needed__gt=0)
    steps = ReviewStep.objects.filter(glossary=glossary.pk)
    return fresh.exists() or stricter.exists() or steps.exists()

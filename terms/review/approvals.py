"""Approvals of exact texts, and the number that is needed."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import ngettext_lazy

from terms.models import Approval, Category, Glossary, PublishedTerm, Revision, Term

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


@dataclass(frozen=True)
class Standing:
    """The number of approvals that a text or a removal needs and has."""

    needed: int
    given: int

    @property
    def missing(self) -> int:
        return max(0, self.needed - self.given)

    def in_words(self, first: Promise, more: Promise) -> str:
        """Return ``first``, or ``more`` if there are approvals already, for the missing number.

        Both are results of ``ngettext_lazy`` with the key ``count``.
        """
        return str((more if self.given else first) % {"count": self.missing})


def needed_by(glossary: Glossary, terms: Collection[Term]) -> dict[int, int]:
    """Return term id → number of approvals that the term needs.

    If a text moves to another category, the stricter of the two categories counts.
    """
    # Read from the database: the object in memory may be out of date.
    default = Glossary.objects.values_list("approvals_needed", flat=True).get(pk=glossary.pk)
    rows = Category.objects.filter(glossary=glossary).values_list(
        "pk", "slug", "name", "approvals_needed"
    )
    needed: dict[object, int] = {None: default}
    for pk, slug, name, own in rows:
        # Published rows have slug and name, one of which may have changed since.
        for key in (pk, ("slug", slug), ("name", name)):
            needed[key] = default if own is None else own
    pages = PublishedTerm.objects.order_by().filter(uid__in=[term.uid for term in terms])
    live = {
        uid: max(needed.get(("slug", slug), default), needed.get(("name", name), default))
        for uid, slug, name in pages.values_list("uid", "category_slug", "category")
    }
    return {
        term.pk: max(needed.get(term.category_id, default), live.get(term.uid, 0)) for term in terms
    }


def contributors(terms: Iterable[Term]) -> dict[int, set[int]]:
    """Return term id → ids of the authors of its changes since it was published."""
    live = {term.pk: term.live_fingerprint for term in terms}
    rows = Revision.objects.filter(term__in=live).order_by("term", "-number")
    written = list(rows.values_list("term", "fingerprint", "author"))
    since: dict[int, set[str]] = {}
    reached: set[int] = set()
    for term, fingerprint, _ in written:
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
    needed = needed_by(glossary, terms)
    texts = {term.pk: term.fingerprint for term in terms}
    rows = Approval.objects.order_by().filter(term__in=texts)
    people = [
        (term, person)
        for term, fingerprint, person in rows.values_list("term", "fingerprint", "person")
        if texts[term] == fingerprint
    ]
    approved = {term for term, _person in people}
    authors = contributors([term for term in terms if term.pk in approved]) if people else {}
    given: dict[int, int] = {}
    for term, person in people:
        if person not in authors.get(term, ()):
            given[term] = given.get(term, 0) + 1
    return {term.pk: Standing(needed[term.pk], given.get(term.pk, 0)) for term in terms}


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
            reasons[pk] = standing.in_words(*MUST_APPROVE)
    return reasons


def are_asked_for() -> bool:
    """Whether any glossary or category requires approvals."""
    asking = {"approvals_needed__gt": 0}
    return Glossary.objects.filter(**asking).exists() or Category.objects.filter(**asking).exists()


def asks(glossary: Glossary) -> bool:
    """Whether the glossary or one of its categories requires approvals, from the database."""
    fresh = Glossary.objects.filter(pk=glossary.pk, approvals_needed__gt=0)
    stricter = Category.objects.filter(glossary=glossary.pk, approvals_needed__gt=0)
    return fresh.exists() or stricter.exists()

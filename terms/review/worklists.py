"""Work lists: queries over terms, names and suggestions that need attention."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, F, Min, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from terms.models import (
    Approval,
    DeclinedRelation,
    Glossary,
    Mention,
    PublishedRelation,
    PublishedTerm,
    Relation,
    Removal,
    Revision,
    Suggestion,
    Term,
)
from terms.people.permissions import rights

from .stages import APPROVED, stages_of

COUNTED = 1_000  # more are "more than"


@dataclass(frozen=True)
class WorkList:
    """``rows`` finds, for a person, rows of the given ``kind``: terms, pairs of terms,
    names with the number of places where they stand."""

    title: str
    help: str
    rows: Callable[[Any], QuerySet]
    kind: str = "terms"

    def count(self, person: Any) -> int:
        """How many, up to COUNTED. Without their order and columns the database may stop there."""
        rows = self.rows(person).order_by()
        if self.kind != "names":
            rows = rows.select_related(None).values_list("pk")
        return len(rows[:COUNTED])


def _mine(person: Any, permission: str = "view_term") -> QuerySet[Term]:
    return rights(person, permission).among(Term.objects.order_by("name_key"))


def _last_by(person: Any) -> QuerySet[Revision]:
    """The newest revision of an outer term, where this person wrote it."""
    newest = Revision.objects.filter(term=OuterRef("pk"), number=OuterRef("version"))
    return newest.filter(author=person.pk)


def to_review(person: Any) -> QuerySet:
    """In review, not written by this person since it went live, and not yet approved."""
    given = Approval.objects.filter(
        term=OuterRef("pk"), person=person.pk, fingerprint=OuterRef("fingerprint")
    )
    own = Revision.objects.filter(term=OuterRef("pk"), author=person.pk, number=OuterRef("version"))
    asked = _mine(person, "approve_term").in_review().exclude(Exists(given)).exclude(Exists(own))
    approved = Approval.objects.filter(person=person.pk).values("fingerprint")
    leaving = Removal.objects.open().exclude(person=person.pk).exclude(fingerprint__in=approved)
    texts = asked.exclude(pk__in=_approved(asked)).values("pk")
    return _mine(person, "approve_term").filter(Q(pk__in=texts) | Q(pk__in=leaving.values("term")))


def ready(person: Any) -> QuerySet:
    """Approved, and not published yet."""
    yes = Approval.objects.filter(term=OuterRef("pk"), fingerprint=OuterRef("fingerprint"))
    waiting = _mine(person, "publish_term").waiting().filter(Exists(yes))
    return waiting.filter(pk__in=_approved(waiting))


def _approved(terms: QuerySet[Term]) -> list[int]:
    """Ids of the terms that have all required approvals."""
    some = list(terms.defer("body", "extra").select_related("category")[:COUNTED])
    return [pk for pk, stage in stages_of(some).items() if stage.name == APPROVED]


def mine(person: Any) -> QuerySet:
    """Owned, or last changed by this person and not live."""
    last = _last_by(person)
    waiting = ~Q(live_fingerprint=F("fingerprint"))
    return _mine(person).filter(Q(owner=person.pk) | (Exists(last) & waiting))


def stale(person: Any) -> QuerySet:
    return _mine(person).filter(review_by__lte=timezone.localdate()).order_by("review_by")


def wanted(person: Any) -> QuerySet:
    """Wanted names that were not declined, with the number of terms that use them."""
    declined = Suggestion.objects.declined_names().filter(
        key=OuterRef("key"), glossary=OuterRef("term__glossary")
    )
    # Not among all terms: SQLite would go through these first, and there are many more of them.
    own = _mine(person).order_by().filter(pk=OuterRef("term"))
    relations = Relation.objects.wanted().filter(~Exists(declined), Exists(own)).order_by()
    names = relations.values("key").annotate(name=Min("label"), places=Count("pk"))
    return names.order_by("-places", "key")


def one_way(person: Any) -> QuerySet:
    """Relations whose target does not relate back."""
    back = Relation.objects.filter(term=OuterRef("target"), target=OuterRef("term"))
    found = Relation.objects.exclude(target=None).filter(~Exists(back), term__in=_mine(person))
    return found.filter(target__trashed_at=None).select_related("term", "target").order_by("pk")


def suggested(person: Any) -> QuerySet:
    """Live texts that name a term which theirs does not relate to."""
    related = PublishedRelation.objects.filter(
        term=OuterRef("source"), target_uid=OuterRef("target_uid")
    )
    declined = DeclinedRelation.objects.filter(
        term__uid=OuterRef("source__uid"), target_uid=OuterRef("target_uid")
    )
    found = Mention.objects.exclude(target_uid=None).filter(~Exists(related), ~Exists(declined))
    own = _mine(person).values("uid")
    return found.filter(source__uid__in=own).select_related("source").order_by("pk")


def ambiguous(person: Any) -> QuerySet:
    """Names in live texts that several terms have, so that none of them is linked."""
    own = _mine(person).order_by().filter(uid=OuterRef("source__uid"))
    found = Mention.objects.filter(Exists(own), target_uid=None)
    names = found.order_by().values("key").annotate(name=Min("label"), places=Count("pk"))
    return names.order_by("-places", "key")


def said_by_readers(person: Any) -> QuerySet:
    """What waits for an answer, of this person's terms and of missing ones: a suggestion of a
    term that is written by now needs none."""
    terms = rights(person, "view_term")
    written = Term.objects.filter(glossary=OuterRef("glossary"), name_key=OuterRef("key"))
    missing = Q(term_uid=None, glossary__in=terms.glossaries_in(Glossary.objects.all()))
    of_terms = Q(term_uid__in=_mine(person).values("uid"))
    waiting = Suggestion.objects.open().filter(missing | of_terms)
    return waiting.exclude(Q(term_uid=None) & Exists(written))


def orphans(person: Any) -> QuerySet:
    """Published terms without relations or links in either direction."""
    out = Relation.objects.filter(term=OuterRef("pk")).exclude(target=None)
    back = Relation.objects.filter(target=OuterRef("pk"))
    pages = PublishedTerm.objects.filter(uid=OuterRef("uid"))
    named = Mention.objects.filter(target_uid=OuterRef("uid"))
    alone = _mine(person).filter(Exists(pages), ~Exists(out), ~Exists(back))
    return alone.exclude(Exists(named))


LISTS = {
    "review": WorkList(_("To review"), _("Waiting for your approval."), to_review),
    "ready": WorkList(_("Ready to publish"), _("Approved, but not published yet."), ready),
    "mine": WorkList(_("Mine"), _("You own them, or made the latest unpublished change."), mine),
    "drafts": WorkList(
        _("Drafts"), _("Never published."), lambda p: _mine(p).never_published()
    ),
    "changed": WorkList(
        _("Changed since published"), _("An older version is published."),
        lambda p: _mine(p).changed_since_published(),
    ),
    "stale": WorkList(_("Due for review"), _("The review date has passed."), stale),
    "wanted": WorkList(
        _("Wanted"), _("Listed as related terms, but not written yet."), wanted, "names"
    ),
    "one-way": WorkList(
        _("One-way relations"), _("The other term is not related back."), one_way, "pairs"
    ),
    "suggestions": WorkList(
        _("Readers' suggestions"), _("Errors and gaps that readers reported."),
        said_by_readers, "suggestions",
    ),
    "suggested": WorkList(
        _("Mentioned, not related"), _("Their texts mention a term that they are not related to."),
        suggested, "mentions",
    ),
    "ambiguous": WorkList(
        _("Ambiguous names"), _("Shared by several terms, so not linked automatically."),
        ambiguous, "names",
    ),
    "orphans": WorkList(_("Orphans"), _("No links or relations to or from other terms."), orphans),
    "unreadable": WorkList(
        _("Unreadable"), _("Their header cannot be read."), lambda p: _mine(p).unreadable()
    ),
}  # fmt: skip

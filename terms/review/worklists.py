"""Work lists: queries for terms, names and suggestions that need attention."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
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
from terms.models.term import TermQuerySet
from terms.people.display import glossary_of, of_chosen
from terms.people.permissions import groups_of, rights

from .stages import APPROVED, stages_of

COUNTED = 1_000  # higher counts are shown as "more than"
LATELY = 300  # texts of a person, for what has to be fast with any number of them


@dataclass(frozen=True)
class WorkList:
    """A list of rows that need attention. ``rows`` returns those for a person.

    ``kind`` is terms, pairs (relations), names with their number of places, suggestions, declined
    names or mentions.
    """

    title: str | Promise
    help: str | Promise
    rows: Callable[[Any], QuerySet]
    kind: str = "terms"

    def count(self, person: Any) -> int:
        """Return the number of rows, at most COUNTED. The database may stop counting there."""
        rows = self.rows(person).order_by()
        if self.kind != "names":
            rows = rows.select_related(None).values_list("pk")
        return len(rows[:COUNTED])


def _mine(person: Any, permission: str = "view_term") -> TermQuerySet:
    """Return the terms with the permission, of the glossary that the person has chosen."""
    return of_chosen(person, rights(person, permission).among(Term.objects.order_by("name_key")))


def _last_by(person: Any) -> QuerySet[Revision]:
    """Return the newest revision of an outer term, if this person wrote it."""
    newest = Revision.objects.filter(term=OuterRef("pk"), number=OuterRef("version"))
    return newest.filter(author=person.pk)


def asked_for(person: Any) -> TermQuerySet:
    """Match terms in review that the person may approve, has not approved, and did not write."""
    given = Approval.objects.filter(
        term=OuterRef("pk"), person=person.pk, fingerprint=OuterRef("fingerprint")
    )
    terms = _mine(person, "approve_term").in_review()
    return terms.exclude(Exists(given)).exclude(Exists(_last_by(person)))


def to_review(person: Any) -> QuerySet:
    """Match terms with a text in review or a removal request for this person to approve.

    Excluded are newest revisions and requests by the person, those that the person has
    approved, texts with all required approvals, and texts at the step of another group.
    """
    asked = asked_for(person)
    complete, elsewhere = _settled(asked, person)
    approved = Approval.objects.filter(person=person.pk).values("fingerprint")
    leaving = Removal.objects.open().exclude(person=person.pk).exclude(fingerprint__in=approved)
    texts = asked.exclude(pk__in=[*complete, *elsewhere]).values("pk")
    return _mine(person, "approve_term").filter(Q(pk__in=texts) | Q(pk__in=leaving.values("term")))


def ready(person: Any) -> QuerySet:
    """Match terms with an approved text that is not published yet."""
    yes = Approval.objects.filter(term=OuterRef("pk"), fingerprint=OuterRef("fingerprint"))
    waiting = _mine(person, "publish_term").waiting().filter(Exists(yes))
    return waiting.filter(pk__in=_settled(waiting, person)[0])


def _settled(terms: TermQuerySet, person: Any) -> tuple[list[int], list[int]]:
    """Return the ids of terms with all approvals, and of those at the step of another group."""
    some = list(terms.defer("body", "extra").select_related("category")[:COUNTED])
    found = stages_of(some)
    complete = [pk for pk, stage in found.items() if stage.name == APPROVED]
    steps = [(term, found[term.pk].standing.open_step) for term in some]
    elsewhere = [
        term.pk for term, step in steps if step and step.group_id not in groups_of(person, term)
    ]
    return complete, elsewhere


def mine(person: Any) -> QuerySet:
    """Match terms that the person owns, or whose unpublished newest text the person wrote."""
    terms = Term.objects.order_by()
    written = terms.waiting().filter(Exists(_last_by(person)))
    # With OR in one query, databases read all terms.
    found = terms.filter(owner=person.pk).values("pk").union(written.values("pk"))
    return _mine(person).filter(pk__in=found)


def written_lately(person: Any) -> QuerySet:
    """Match terms whose unpublished newest text is among the last LATELY texts of the person."""
    texts = Revision.objects.filter(author=person.pk).order_by("-pk")
    ids = set(texts.values_list("term", flat=True)[:LATELY])
    return _mine(person).waiting().filter(Exists(_last_by(person)), pk__in=ids)


def stale(person: Any) -> QuerySet:
    return _mine(person).filter(review_by__lte=timezone.localdate()).order_by("review_by")


def wanted(person: Any) -> QuerySet:
    """Return wanted names that were not declined, with the number of relations that use them."""
    declined = Suggestion.objects.declined_names().filter(
        key=OuterRef("key"), glossary=OuterRef("term__glossary")
    )
    # With an IN subquery, SQLite would scan the terms first, of which there are many more.
    own = _mine(person).order_by().filter(pk=OuterRef("term"))
    relations = Relation.objects.wanted().filter(~Exists(declined), Exists(own)).order_by()
    names = relations.values("key").annotate(name=Min("label"), places=Count("pk"))
    return names.order_by("-places", "key")


def declined_names(person: Any) -> QuerySet:
    """Match decisions that there is no term of a name, the newest first."""
    glossaries = of_chosen_glossaries(person)
    # Decisions about suggestions of the same name are one.
    newer = Suggestion.objects.declined_names().filter(
        glossary=OuterRef("glossary"), key=OuterRef("key"), pk__gt=OuterRef("pk")
    )
    found = Suggestion.objects.declined_names().filter(~Exists(newer), glossary__in=glossaries)
    return found.select_related("person", "glossary").order_by("-decided_at", "-pk")


def of_chosen_glossaries(person: Any) -> QuerySet[Glossary]:
    """Return the glossaries that a person may view, or the one of them that is chosen."""
    found = rights(person, "view_term").glossaries_in(Glossary.objects.all())
    chosen = glossary_of(person)
    return found.filter(pk=chosen) if chosen else found


def one_way(person: Any) -> QuerySet:
    """Match relations whose target does not relate back."""
    back = Relation.objects.filter(term=OuterRef("target"), target=OuterRef("term"))
    found = Relation.objects.exclude(target=None).filter(~Exists(back), term__in=_mine(person))
    return found.filter(target__trashed_at=None).select_related("term", "target").order_by("pk")


def suggested(person: Any) -> QuerySet:
    """Match mentions of terms to which the mentioning term is not related."""
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
    """Return ambiguous names in live texts, which are not linked, with their number of places."""
    own = _mine(person).order_by().filter(uid=OuterRef("source__uid"))
    found = Mention.objects.filter(Exists(own), target_uid=None)
    names = found.order_by().values("key").annotate(name=Min("label"), places=Count("pk"))
    return names.order_by("-places", "key")


def said_by_readers(person: Any) -> QuerySet:
    """Match open suggestions about visible terms, or for missing terms.

    Suggestions of a term that exists by now are left out.
    """
    written = Term.objects.filter(glossary=OuterRef("glossary"), name_key=OuterRef("key"))
    missing = Q(term_uid=None, glossary__in=of_chosen_glossaries(person))
    of_terms = Q(term_uid__in=_mine(person).values("uid"))
    waiting = Suggestion.objects.open().filter(missing | of_terms)
    return waiting.exclude(Q(term_uid=None) & Exists(written))


def orphans(person: Any) -> QuerySet:
    """Match published terms without relations, and without mentions in other texts."""
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
    "declined": WorkList(
        _("Declined names"), _("Names that no term may have, with the reason."),
        declined_names, "declined",
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
    "orphans": WorkList(
        _("Orphans"), _("Not related to other terms, and not mentioned in their texts."), orphans
    ),
    "unreadable": WorkList(
        _("Unreadable"), _("Their header cannot be read."), lambda p: _mine(p).unreadable()
    ),
}  # fmt: skip

"""Review, approval and publication of many terms together."""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from terms.editing.index import known_names
from terms.formats.paths import name_key
from terms.models import Approval, ChangeSet, Glossary, Revision, Term
from terms.models.bulk import Progress
from terms.people.notifications import gather
from terms.publishing.publish import FEW, Refusal, publish, publish_ids, why_refused, withdraw
from terms.review.requests import CannotReview, approve, submit
from terms.review.stages import LIVE, REVIEW, stages

from .trash import trash


class PublishingRefused(Exception):
    """No term of the set was published, because of the ``refusals`` of some."""

    def __init__(self, refusals: list[Refusal]):
        super().__init__(f"{len(refusals)} of the terms cannot be published")
        self.refusals = refusals


def sets_ahead(term: Term) -> QuerySet[ChangeSet]:
    """Return the change sets with changes of ``term`` that are not published yet."""
    live = term.revisions.filter(fingerprint=term.live_fingerprint).first()
    if term.fingerprint == term.live_fingerprint:
        return ChangeSet.objects.none()
    newer = term.revisions.filter(number__gt=live.number if live else 0).exclude(change_set=None)
    collected = ChangeSet.terms.through.objects.filter(term=term)
    ids = {
        *newer.values_list("change_set", flat=True),
        *collected.values_list("changeset", flat=True),
    }
    return ChangeSet.objects.filter(pk__in=ids, undone_at=None)


def sets_not_published(sets: Iterable[ChangeSet]) -> set[int]:
    """Return the ids of ``sets`` with a text that readers do not have, nor a later one."""
    ids = [change_set.pk for change_set in sets]
    waiting = Term.objects.waiting().order_by()
    live = Revision.objects.filter(
        term=OuterRef("term"),
        fingerprint=OuterRef("term__live_fingerprint"),
        number__gte=OuterRef("number"),
    )
    changed = Revision.objects.filter(~Exists(live), change_set__in=ids, term__in=waiting)
    collected = ChangeSet.terms.through.objects.filter(changeset__in=ids, term__in=waiting)
    return {
        *changed.values_list("change_set", flat=True).distinct(),
        *collected.values_list("changeset", flat=True).distinct(),
    }


def collect(glossary: Glossary, terms: list[Term], title: str, person: Any) -> ChangeSet:
    """Create a set of terms that are reviewed and published together."""
    made = ChangeSet.objects.create(glossary=glossary, title=title[:300], author=person)
    made.terms.set(terms)
    return made


def publish_set(
    change_set: ChangeSet,
    person: Any = None,
    seen: Mapping[int, str] = MappingProxyType({}),
    progress: Progress = iter,
) -> int:
    """Publish all terms of the set in one transaction. Raises PublishingRefused.

    ``seen``: term id → fingerprint of the text that the person has read. Raises CannotReview if
    a term has another text.

    Terms that are merged into another term are withdrawn and moved to the trash; their
    addresses redirect to the other term.
    """
    ids = list(change_set.members().order_by("path").values_list("pk", flat=True))
    if len(ids) > FEW:
        return _publish_large(change_set, ids, person, seen, progress)
    chosen = Term.objects.filter(pk__in=ids)
    with transaction.atomic():
        Glossary.objects.lock(change_set.glossary_id)
        _require_seen(chosen, seen)
        if refusals := publish(change_set.glossary, chosen, by=person):
            raise PublishingRefused(refusals)
        _trash_merged(chosen, person)
    return len(ids)


def _publish_large(
    change_set: ChangeSet,
    ids: list[int],
    person: Any,
    seen: Mapping[int, str],
    progress: Progress,
) -> int:
    """Check that all terms can be published, then publish them in short transactions.

    Raises PublishingRefused even if terms are changed in between; the others are then live.
    """
    glossary = change_set.glossary
    chosen = Term.objects.filter(pk__in=ids)
    _require_seen(chosen, seen)
    meant = dict(chosen.values_list("pk", "fingerprint"))
    if refusals := why_refused(glossary, ids, meant):
        raise PublishingRefused(refusals)
    refusals = publish_ids(glossary, ids, progress, person, meant)
    with transaction.atomic():
        Glossary.objects.lock(glossary.pk)
        _trash_merged(chosen.as_published(), person)
    if refusals:
        raise PublishingRefused(refusals)
    return len(ids)


def _require_seen(terms: QuerySet[Term], seen: Mapping[int, str]) -> None:
    for pk, name, fingerprint in terms.values_list("pk", "name", "fingerprint"):
        if seen.get(pk, fingerprint) != fingerprint:
            text = _("“{name}” has changed since you read it. Check the new version.")
            raise CannotReview(text.format(name=name))


def _trash_merged(terms: QuerySet[Term], person: Any) -> None:
    for term in withdraw_merged(terms, person):
        trash(term, person, is_approved=True)  # approved with the text that merges it


def withdraw_merged(terms: QuerySet[Term], person: Any = None) -> list[Term]:
    """Withdraw terms that are merged into another term, and return them."""
    merged = [term for term in terms.select_related("glossary") if term.document().is_merged]
    if orphaned := [refusal for term in merged if (refusal := _why_not_withdrawn(term))]:
        raise PublishingRefused(orphaned)
    for term in merged:
        withdraw(term.glossary, Term.objects.filter(pk=term.pk), by=person)
    return merged


def _why_not_withdrawn(term: Term) -> Refusal | None:
    """Return a refusal if the address of ``term`` would redirect to no live term."""
    name = term.document().replaced_by
    heir = known_names(term.glossary, [name_key(name)]).get(name_key(name))
    if heir and heir != term.pk and Term.objects.live().filter(pk=heir).exists():
        return None
    text = _("“{name}”, which it is merged into, is not live.")
    return Refusal(term, text.format(name=name))


def submit_set(change_set: ChangeSet, person: Any, note: str = "") -> int:
    """Request a review of the terms that are not live or in review; return their number."""
    return _each(change_set, lambda term: submit(term, person, note), but=REVIEW)


def approve_set(change_set: ChangeSet, person: Any, seen: dict[int, str]) -> int:
    """Approve the texts in ``seen`` (term id → fingerprint), all or none."""
    given = Approval.objects.filter(person=person, term__in=change_set.members())
    done = set(given.values_list("term", "fingerprint"))

    def once(term: Term) -> None:
        if (term.pk, seen.get(term.pk)) not in done:
            approve(term, person, seen.get(term.pk, ""))

    return _each(change_set, once)


def _each(change_set: ChangeSet, act: Callable[[Term], None], but: str = LIVE) -> int:
    """Call ``act`` for the terms that are not live or in stage ``but``; return their number."""
    count = 0
    address = reverse("admin:terms_changeset_change", args=[change_set.pk])
    with transaction.atomic(), gather(address):
        terms = list(change_set.members().select_related("glossary"))
        found = stages(change_set.glossary, terms)
        for term in terms:
            if found[term.pk].name in (LIVE, but):
                continue
            try:
                act(term)
            except CannotReview as error:
                raise CannotReview(f"“{term}”: {error}") from error
            count += 1
        if not count:
            raise CannotReview(_("There is nothing to do for these terms."))
    return count

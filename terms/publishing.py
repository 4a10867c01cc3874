"""The one place where the editors' side and the readers' side meet."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import F, OuterRef, QuerySet, Subquery

from . import search
from .approvals import asks, why_unapproved
from .deriving import derive_anew
from .formats.document import read_document
from .free_addresses import Taken
from .linking import are_all, relink
from .live import Batch, Live, Version, lives, published_term
from .models import (
    Event,
    Glossary,
    Mention,
    PublishedTerm,
    Review,
    Revision,
    Term,
    Withdrawal,
)
from .models.fields import Uid
from .noting import Noting
from .published_links import point_links
from .published_names import search_rows
from .published_rows import write_classes, write_rows
from .quality import Entry, bars, why_barred
from .recording import record
from .rendering import CannotRender, check
from .site.facts import batches
from .site.refreshing import rebuild_pages, refresh

Progress = Callable[[Iterable], Iterable]
AT_ONCE = 50  # terms in a transaction of a rebuild: others wait for a moment only


@dataclass(frozen=True)
class Refusal:
    """A term that readers cannot be shown, and why."""

    term: Term
    reason: str


def publish(
    glossary: Glossary, terms: QuerySet[Term], progress: Progress = iter, by: Any = None
) -> list[Refusal]:
    """Make the newest text of each of ``terms`` what readers see, or say why not."""
    return publish_ids(glossary, terms.order_by("path").values_list("pk", flat=True), progress, by)


def publish_ids(
    glossary: Glossary, ids: Iterable[int], progress: Progress = iter, by: Any = None
) -> list[Refusal]:
    """Publish terms of ``glossary`` by their ids, of which there may be very many."""
    newest = Revision.objects.filter(number=F("term__version"))
    return _publish(glossary, ids, newest, progress, by)


def preview(glossary: Glossary, terms: QuerySet[Term]) -> list[Refusal]:
    """As ``publish``, for a transaction that is rolled back: approvals do not matter."""
    newest = Revision.objects.filter(number=F("term__version"))
    ids = terms.order_by("path").values_list("pk", flat=True)
    return _publish(glossary, ids, newest, iter, None, needs_approval=False)


def publish_again(glossary: Glossary, terms: QuerySet[Term], by: Any = None) -> list[Refusal]:
    """Show the text that readers see already by the decisions and names of today."""
    live = Revision.objects.filter(fingerprint=F("term__live_fingerprint"))
    return _publish(glossary, terms.live().values_list("pk", flat=True), live, iter, by)


def _publish(glossary, ids, revisions, progress, by, needs_approval=True) -> list[Refusal]:
    refusals: list[Refusal] = []
    with _changing(glossary) as change:
        change.by, change.needs_approval = by, needs_approval
        for some in progress(list(batches(ids))):
            refusals += _publish_batch(change, revisions.filter(term__in=some))
    return refusals


def withdraw(
    glossary: Glossary, terms: QuerySet[Term], by: Any = None, successor: Uid | None = None
) -> int:
    """Take ``terms`` off the readers' side; how many were on it.

    Their addresses offer ``successor``, or the one that the live text names.
    """
    with _changing(glossary) as change:
        uids = list(terms.live().values_list("uid", flat=True))
        for some in batches(uids):
            pages = PublishedTerm.objects.filter(uid__in=some)
            change.note(some)
            named = Mention.objects.filter(source__uid__in=some).exclude(target_uid=None)
            change.touched |= set(named.values_list("target_uid", flat=True))
            Withdrawal.objects.filter(term_uid__in=some).delete()
            Withdrawal.objects.bulk_create(_withdrawals(glossary, pages, successor))
            search.remove(list(pages.values_list("pk", flat=True)))
            pages.delete()
            withdrawn = Term.objects.filter(uid__in=some)
            withdrawn.update(live_fingerprint="")
            record(glossary, Event.Kind.WITHDRAWN, withdrawn.values_list("pk", "name"), by)
    return len(uids)


def _withdrawals(
    glossary: Glossary, pages: QuerySet[PublishedTerm], successor: Uid | None
) -> Iterator[Withdrawal]:
    for page in pages.only("uid", "text").prefetch_related("relations"):
        targets = [r for r in page.relations.all() if r.target_uid]
        named = next((r.target_uid for r in targets if r.kind == "successor"), None)
        yield Withdrawal(
            term_uid=page.uid,
            glossary=glossary,
            successor_uid=successor or named,
            is_merged=bool(named) and read_document(page.text, "").is_merged,
            instead=[r.target_uid for r in targets if r.kind == "related"],
        )


def rebuild(glossary: Glossary, progress: Progress = iter) -> list[Refusal]:
    """Make again all that follows from the texts that are published, and these where they lack.

    In many short transactions: others write in between, and what they publish stays. A rebuild
    that was killed is run again.
    """
    published = PublishedTerm.objects.of(glossary)
    lacking = Term.objects.filter(glossary=glossary).exclude(uid__in=published.values("uid"))
    refusals = publish_again(glossary, lacking)
    for some in batches(published.order_by("pk").values_list("pk", flat=True), AT_ONCE):
        with alone(glossary):
            derive_anew(glossary, some)
            search.index(search_rows(some))
    for some in batches(published.order_by("pk").values_list("pk", flat=True), AT_ONCE):
        with alone(glossary):
            relink(glossary, some, ())
    rebuild_pages(glossary, alone, progress)
    return refusals


@contextmanager
def alone(glossary: Glossary) -> Iterator[None]:
    """A transaction that has the lock of the glossary."""
    with transaction.atomic():
        Glossary.objects.lock(glossary.pk)
        yield


@contextmanager
def _changing(glossary: Glossary) -> Iterator[Noting]:
    """Within it published terms are written; then follow links, search rows and pages."""
    with transaction.atomic():
        Glossary.objects.lock(glossary.pk)
        change = Noting(glossary)
        yield change
        if not change.uids:
            return
        change.touched |= point_links(glossary, change.uids, change.keys_otherwise())
        pks = [facts.pk for facts in change.after.values()]
        if are_all(glossary, len(pks)):
            change.touched |= relink(glossary, pks, ())  # all that others could be is in it
        else:
            change.touched |= {target for *_, target in change.edges if target}
            change.touched |= relink(glossary, pks, {name for name, _ in change.linked})
            change.touched |= change.neighbours() | change.meant_otherwise()
        refresh(change)


def _publish_batch(change: Noting, revisions: QuerySet[Revision]) -> list[Refusal]:
    refused: dict[int, str] = {}
    batch: Batch = {}
    made = [(live, published_term(change.glossary, live, change.now)) for live in lives(revisions)]
    taken = Taken(change.glossary, [page for _, page in made])
    held_up = _held_up(change, [live for live, _ in made]) if change.needs_approval else {}
    for live, page in made:
        if page.uid in batch:
            continue  # the same text was made twice
        reason = (
            live.document.why_no_term
            or _why_not_rendered(page)
            or taken.why_not(page)
            or held_up.get(live.version.term, "")
        )
        if reason:
            refused[live.version.term] = reason
        else:
            batch[page.uid] = (live, page)
            taken.take(page)
    change.note(batch)
    change.wrote(batch, write_rows(change.glossary, batch))
    change.renamed |= write_classes(change.glossary, [page for _, page in batch.values()])
    Term.objects.filter(uid__in=batch).update(
        live_fingerprint=Subquery(
            PublishedTerm.objects.filter(uid=OuterRef("uid")).values("fingerprint")
        )
    )
    Withdrawal.objects.filter(term_uid__in=batch).delete()
    _close_reviews(change, [live.version for live, _ in batch.values()])
    terms = Term.with_trash.in_bulk(refused)
    return [Refusal(terms[pk], reason) for pk, reason in refused.items()]


def _held_up(change: Noting, made: list[Live]) -> dict[int, str]:
    """By id of the terms what is missing before their newest text may go live."""
    glossary = Glossary.objects.get(pk=change.glossary.pk)  # a kept one may have older rules
    if not (asks(glossary) or bars(glossary)):
        return {}
    documents = {live.version.term: live.document for live in made if live.version.is_newest}
    newest = list(Term.with_trash.filter(pk__in=documents))
    new = [term for term in newest if term.fingerprint != term.live_fingerprint]
    barred = why_barred(glossary, [Entry(term, documents[term.pk]) for term in new])
    return barred | why_unapproved(glossary, newest)


def _close_reviews(change: Noting, versions: list[Version]) -> None:
    """Note what is live now; what was asked of reviewers is done where it is the newest text."""
    new = [(v.term, v.name) for v in versions if v.live_fingerprint != v.fingerprint]
    record(change.glossary, Event.Kind.PUBLISHED, new, change.by, at=change.now)
    done = Term.objects.as_published().filter(pk__in=[version.term for version in versions])
    Review.objects.open().filter(term__in=done).update(
        closed_by=change.by, closed_at=change.now, outcome=Review.Outcome.PUBLISHED
    )


def _why_not_rendered(page: PublishedTerm) -> str:
    try:
        check(page.body)
    except CannotRender as error:
        return str(error)
    return ""

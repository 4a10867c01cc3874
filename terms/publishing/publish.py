"""Publication and withdrawal: writes the published rows from the editors' terms."""

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _

from terms.formats.document import read_document
from terms.models import (
    Event,
    Glossary,
    Mention,
    PublishedName,
    PublishedTerm,
    Review,
    Revision,
    Term,
    Webhook,
    Withdrawal,
)
from terms.models.bulk import Progress, batches
from terms.models.fields import Uid
from terms.models.signals import published, send_on_commit, withdrawn
from terms.models.term import TermQuerySet
from terms.pages.refresh import refreshing
from terms.pages.steps import Step, at_once, in_parts
from terms.pages.store import Store
from terms.people.audit_log import record
from terms.people.webhooks import tell_webhooks, term_item
from terms.quality.checking import blocks_publishing, why_blocked
from terms.quality.rule import CheckedTerm
from terms.rendering import CannotRender, check_renderable
from terms.review.approvals import asks, why_unapproved

from .addresses import AddressesInUse
from .candidates import Batch, Live, Version, lives, published_term
from .change import Noting
from .links import point_links
from .mentions import are_all, relinking
from .rows import delete_rows, write_classes, write_rows

log = logging.getLogger(__name__)
FEW = 100  # terms published in one transaction; more are published in many short ones
A_STEP, LINKS_A_STEP = 40, 200  # terms in one step


@dataclass(frozen=True)
class Refusal:
    """A term that cannot be published, and the reason."""

    term: Term
    reason: str


def publish(
    glossary: Glossary, terms: TermQuerySet, progress: Progress = iter, by: Any = None
) -> list[Refusal]:
    """Publish the newest text of each of ``terms``, and return the refusals."""
    return publish_ids(glossary, terms.order_by("path").values_list("pk", flat=True), progress, by)


def publish_ids(
    glossary: Glossary,
    ids: Iterable[int],
    progress: Progress = iter,
    by: Any = None,
    seen: Mapping[int, str] = MappingProxyType({}),
) -> list[Refusal]:
    """Publish any number of terms by id, and return the refusals.

    ``seen``: term id → fingerprint of the expected text. A term with another text is refused.
    """
    newest = Revision.objects.filter(number=F("term__version"))
    return _publish(glossary, ids, newest, progress, by, seen)


def why_refused(
    glossary: Glossary, ids: Collection[int], seen: Mapping[int, str] = MappingProxyType({})
) -> list[Refusal]:
    """Return the refusals that ``publish_ids`` would return now. Writes nothing."""
    change = Noting(glossary, seen=seen)
    newest = Revision.objects.filter(number=F("term__version"))
    taken = AddressesInUse(glossary)
    refused: dict[int, str] = {}
    for some in batches(ids, A_STEP):
        revisions = newest.filter(term__in=some, term__trashed_at=None)
        refused |= _checked(change, revisions, taken)[1]
    return _refusals(refused)


def preview(glossary: Glossary, terms: TermQuerySet) -> list[Refusal]:
    """Publish without checks of approvals and rules. The caller rolls the transaction back."""
    newest = Revision.objects.filter(number=F("term__version"))
    change = Noting(glossary, needs_approval=False)
    ids = terms.order_by("path").values_list("pk", flat=True)
    refusals: list[Refusal] = []
    at_once(glossary, _following(change, _publishing(change, batches(ids), newest, refusals)))
    return refusals


def publish_again(glossary: Glossary, terms: TermQuerySet, by: Any = None) -> list[Refusal]:
    """Publish live texts again, with current decisions and names."""
    live = Revision.objects.filter(fingerprint=F("term__live_fingerprint"))
    return _publish(glossary, terms.live().values_list("pk", flat=True), live, iter, by)


def _publish(glossary, ids, revisions, progress, by, seen=MappingProxyType({})) -> list[Refusal]:
    ids = list(ids)
    change = Noting(glossary, by=by, seen=seen)
    refusals: list[Refusal] = []
    is_few = len(ids) <= FEW
    groups = progress(list(batches(ids, max(1, len(ids)) if is_few else A_STEP)))
    carry_out = at_once if is_few else in_parts
    carry_out(glossary, _following(change, _publishing(change, groups, revisions, refusals)))
    return refusals


def _publishing(change, groups, revisions, refusals) -> Iterator[Step | None]:
    for ids in groups:
        # Terms that were trashed meanwhile are left out.
        some = revisions.filter(term__in=ids, term__trashed_at=None)
        yield partial(_publish_some, change, some, refusals)


def withdraw(
    glossary: Glossary, terms: TermQuerySet, by: Any = None, successor: Uid | None = None
) -> int:
    """Withdraw ``terms``, and return the number of those that were live.

    Their addresses offer ``successor``, or the one that the live text names.
    """
    change = Noting(glossary, by=by)
    at_once(glossary, _following(change, _withdrawing(change, terms, successor)))
    return len(change.uids)


def _withdrawing(
    change: Noting, terms: TermQuerySet, successor: Uid | None
) -> Iterator[Step | None]:
    # Read under the lock: withdrawing a term twice would lose what its address offers.
    for uids in batches(terms.live().values_list("uid", flat=True)):
        yield partial(_withdraw_some, change, uids, successor)


def _withdraw_some(change: Noting, uids: list[Uid], successor: Uid | None, store: Store) -> None:
    glossary = change.glossary
    store.begin()
    pages = PublishedTerm.objects.filter(uid__in=uids)
    change.note(uids)
    named = Mention.objects.filter(source__uid__in=uids).exclude(target_uid=None)
    change.touched |= {uid for uid in named.values_list("target_uid", flat=True) if uid}
    Withdrawal.objects.filter(term_uid__in=uids).delete()
    Withdrawal.objects.bulk_create(_withdrawals(glossary, pages, successor))
    gone = (term_item(*row) for row in pages.order_by("pk").values_list("name", "path"))
    tell_webhooks(glossary, {Webhook.Event.WITHDRAWN.value: gone})
    delete_rows(pages)
    terms = Term.objects.filter(uid__in=uids)
    terms.update(live_fingerprint="")
    names = list(terms.values_list("pk", "name"))
    record(glossary, Event.Kind.WITHDRAWN, names, change.by)
    ids = [pk for pk, _ in names]
    send_on_commit(withdrawn, Withdrawal, glossary=glossary, terms=ids, by=change.by)


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


def _following(change: Noting, steps: Iterable[Step | None]) -> Iterator[Step | None]:
    """Yield ``steps``, then the steps that update links, search rows and pages."""
    yield from steps
    if not change.uids:
        return
    yield None
    yield from _linking(change)
    yield None
    change.touched |= change.neighbours() | change.meant_otherwise()
    yield from refreshing(change)


def _linking(change: Noting) -> Iterator[Step | None]:
    glossary = change.glossary
    for uids in batches(change.uids, LINKS_A_STEP):
        yield partial(_point, change, uids, ())
    for keys in batches(sorted(change.keys_otherwise()), LINKS_A_STEP):
        yield partial(_point, change, (), keys)
    yield None
    pks = [facts.pk for facts in change.after.values()]
    if are_all(glossary, pks):
        names: set[str] = set()  # all terms are relinked
    else:
        change.touched |= {target for *_, target in change.edges if target}
        names = {name for name, _ in change.linked}
    yield from relinking(glossary, pks, names, change.touched)


def _point(change: Noting, uids: Collection[Uid], keys: Collection[str], _: Store) -> None:
    change.touched |= point_links(change.glossary, uids, keys)


def _publish_some(
    change: Noting, revisions: QuerySet[Revision], refusals: list[Refusal], store: Store
) -> None:
    store.begin()
    batch, refused = _checked(change, revisions, AddressesInUse(change.glossary))
    change.note(batch)
    change.wrote(batch, write_rows(change.glossary, batch))
    change.renamed |= write_classes(change.glossary, [page for _, page in batch.values()])
    Term.objects.filter(uid__in=batch).update(
        live_fingerprint=Subquery(
            PublishedTerm.objects.filter(uid=OuterRef("uid")).values("fingerprint")
        )
    )
    Withdrawal.objects.filter(term_uid__in=batch).delete()
    versions = [live.version for live, _ in batch.values()]
    _close_reviews(change, versions)
    refusals += _refusals(refused)
    if versions:
        _tell_of_published(change, batch)
        ids = [version.term for version in versions]
        send_on_commit(published, PublishedTerm, glossary=change.glossary, terms=ids, by=change.by)


def _tell_of_published(change: Noting, batch: Batch) -> None:
    pages = [page for _, page in batch.values()]
    former = ((change.before.get(page.uid), page) for page in pages)
    renamed = (
        term_item(page.name, page.path, former_name=before.name, former_path=before.path)
        for before, page in former
        if before and (before.name, before.path) != (page.name, page.path)
    )
    shown = (term_item(page.name, page.path) for page in pages)
    events = {Webhook.Event.PUBLISHED.value: shown, Webhook.Event.RENAMED.value: renamed}
    tell_webhooks(change.glossary, events)


def _refusals(refused: dict[int, str]) -> list[Refusal]:
    terms = Term.with_trash.in_bulk(refused)
    return [Refusal(terms[pk], reason) for pk, reason in refused.items()]


def _checked(
    change: Noting, revisions: QuerySet[Revision], taken: AddressesInUse
) -> tuple[Batch, dict[int, str]]:
    """Return the batch that can be live, and term id → reason for the other terms.

    ``taken`` has the addresses in use, and is updated.
    """
    refused: dict[int, str] = {}
    batch: Batch = {}
    found = list(lives(revisions))
    if change.needs_approval and asks(change.glossary):
        found = list(_showing_names(found))
    made = [(live, published_term(change.glossary, live, change.now)) for live in found]
    taken.look_at([page for _live, page in made])
    held_up = _held_up(change, [live for live, _page in made]) if change.needs_approval else {}
    for live, page in made:
        if page.uid in batch:
            continue  # another revision with the same text
        version = live.version
        is_meant = change.seen.get(version.term, version.fingerprint) == version.fingerprint
        reason = (
            ("" if is_meant else _("It has changed since."))
            or live.document.why_no_term
            or ("" if version.is_live else live.document.why_held_back(change.now))
            or _why_not_rendered(page)
            or taken.why_not(page)
            or held_up.get(live.version.term, "")
        )
        if reason:
            refused[live.version.term] = reason
        else:
            batch[page.uid] = (live, page)
            taken.take(page)
    return batch, refused


def _showing_names(found: list[Live]) -> Iterator[Live]:
    """Yield ``found`` so that public names of live texts stay visible.

    Hiding a name takes effect with the next approved text.
    """
    same = [
        live.version.uid
        for live in found
        if live.hidden and live.version.fingerprint == live.version.live_fingerprint
    ]
    shown: dict[Uid, set[str]] = {}
    names = PublishedName.objects.filter(term__uid__in=same, is_hidden=False).order_by()
    for uid, name in names.values_list("term__uid", "name"):
        shown.setdefault(uid, set()).add(name)
    for live in found:
        yield live._replace(hidden=live.hidden - shown.get(live.version.uid, set()))


def _held_up(change: Noting, made: list[Live]) -> dict[int, str]:
    """Return term id → reason why the newest text may not be published yet."""
    glossary = Glossary.objects.get(pk=change.glossary.pk)  # the given one may have older rules
    if not (asks(glossary) or blocks_publishing(glossary)):
        return {}
    documents = {live.version.term: live.document for live in made if live.version.is_newest}
    newest = list(Term.with_trash.filter(pk__in=documents))
    new = [term for term in newest if term.fingerprint != term.live_fingerprint]
    blocked = why_blocked(glossary, [CheckedTerm(term, documents[term.pk]) for term in new])
    return blocked | why_unapproved(glossary, newest)


def _close_reviews(change: Noting, versions: list[Version]) -> None:
    """Log the publication, and close the reviews of newest texts that are live now."""
    new = [(v.term, v.name) for v in versions if v.live_fingerprint != v.fingerprint]
    record(change.glossary, Event.Kind.PUBLISHED, new, change.by, at=change.now)
    done = Term.objects.as_published().filter(pk__in=[version.term for version in versions])
    Review.objects.open().filter(term__in=done).update(
        closed_by=change.by, closed_at=change.now, outcome=Review.Outcome.PUBLISHED
    )


def _why_not_rendered(page: PublishedTerm) -> str:
    try:
        check_renderable(page.body)
    except CannotRender as error:
        return str(error)
    return ""

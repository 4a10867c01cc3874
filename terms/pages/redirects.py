"""Responses at addresses without a page: redirects for moved terms, 410 for withdrawn ones."""

from collections.abc import Collection, Iterator

from django.db.models import Q

from terms.addresses import beside, home_path, way_from
from terms.models import Address, Glossary, PublishedTerm, Withdrawal
from terms.models.bulk import batches
from terms.models.fields import Uid

from . import layout
from .facts import facts_of, links_to
from .store import FORMS, Built


def former_pages(glossary: Glossary, addresses: Collection[Address]) -> Iterator[Built]:
    """Yield the responses for ``addresses`` without a current page."""
    for some in batches(sorted(addresses, key=lambda address: address.path)):
        taken = PublishedTerm.objects.filter(path__in=[a.path for a in some]).order_by()
        taken_paths = set(taken.values_list("path", flat=True))
        uids = {address.term_uid for address in some if address.term_uid}
        heirs = _heirs(uids)
        now = facts_of(heirs.values())
        gone = {w.term_uid: w for w in Withdrawal.objects.filter(term_uid__in=heirs.values())}
        for address in some:
            if address.path in taken_paths:
                continue
            heir = heirs.get(address.term_uid or "")
            if heir in now:
                pages = _moved(glossary, address.path, now[heir].path)
            else:
                pages = _gone(glossary, address, gone.get(heir or ""))
            # If a list now has the path, the term's other forms still need responses.
            stays_list = is_list(glossary, address.path)
            yield from (page for page in pages if not (stays_list and page.path == address.path))


def _heirs(uids: Collection[Uid]) -> dict[Uid, Uid]:
    """Map each term to the term that it is now part of, across several mergers, or to itself.

    If the target was never public, fall back to the term's own withdrawal.
    """
    merged: dict[Uid, Uid] = {}
    asked = set(uids)
    while asked:
        rows = Withdrawal.objects.filter(term_uid__in=asked, is_merged=True)
        pairs = rows.values_list("term_uid", "successor_uid")
        found = {uid: successor for uid, successor in pairs if successor}
        merged |= found
        asked = set(found.values()) - merged.keys()
    known = set(facts_of(merged.values()))
    withdrawn = Withdrawal.objects.filter(term_uid__in=merged.values())
    known |= set(withdrawn.values_list("term_uid", flat=True))

    def heir(uid: Uid) -> Uid:
        passed = {uid}
        while (after := merged.get(uid)) in known and after not in passed:
            uid = after
            passed.add(uid)
        return uid

    return {uid: heir(uid) for uid in uids}


def is_list(glossary: Glossary, path: str) -> bool:
    """Return whether a current category or vertical has this address."""
    parts = path.strip("/").split("/")[1:]
    terms = PublishedTerm.objects.of(glossary).order_by()
    if len(parts) == 1:
        return terms.filter(category_slug=parts[0]).exists()
    if len(parts) == 2:
        return terms.filter(category_slug=parts[0], vertical_slug=parts[1]).exists()
    return False


def _moved(glossary: Glossary, path: str, target: str) -> Iterator[Built]:
    body = layout.render_template("moved.html", path, glossary, target=target)
    yield Built(path, body, status=301, location=way_from(path)(target))
    for suffix in FORMS:
        here, there = beside(path, suffix), beside(target, suffix)
        body = layout.render_template("moved.html", here, glossary, target=there)
        yield Built(here, body, status=301, location=way_from(here)(there))


def _gone(glossary: Glossary, address: Address, withdrawal: Withdrawal | None) -> Iterator[Built]:
    path, wanted = address.path, []
    if withdrawal:
        wanted = [withdrawal.successor_uid, *withdrawal.instead]
    facts = facts_of({uid for uid in wanted if uid})
    there = [facts[uid] for uid in dict.fromkeys(wanted) if uid in facts]
    instead = links_to(there, way_from(path))
    body = layout.render_template(
        "gone.html", path, glossary=glossary, instead=instead, home=home_path(glossary.slug)
    )
    yield Built(path, body, status=410)
    if address.term_uid:
        for suffix in FORMS:
            here = beside(path, suffix)
            instead = links_to(there, way_from(here))
            body = layout.render_template(
                "gone.html", here, glossary=glossary, instead=instead, home=home_path(glossary.slug)
            )
            yield Built(here, body, status=410)


def withdrawals_naming(glossary: Glossary, uids: Collection[Uid]) -> set[Uid]:
    """Return the withdrawn terms that offer one of ``uids``, or one another, as a replacement."""
    found: set[Uid] = set()
    rows = Withdrawal.objects.filter(glossary=glossary)
    asked = set(uids)
    while asked:
        if len(asked) > 50:
            return set(rows.values_list("term_uid", flat=True))
        condition = Q()
        for uid in asked:
            condition |= Q(successor_uid=uid) | Q(instead__icontains=uid)
        named = set(rows.filter(condition).values_list("term_uid", flat=True)) - found
        found |= named
        # The response of a merged term depends on its successor.
        asked = named
    return found

"""Refreshes only the pages that a change of terms affects."""

from collections.abc import Collection, Iterator
from functools import partial

from terms.addresses import beside, letter_path
from terms.languages.collation import starts_of
from terms.models import Address, Glossary, PublishedTerm
from terms.models.bulk import batches
from terms.models.fields import Uid

from . import feeds, name_index
from .entries import Scope, scopes_of
from .facts import Change, Facts
from .lists import Listing
from .redirects import former_pages, is_list, withdrawals_naming
from .steps import Step
from .store import FORMS, Store
from .term import term_pages

TERMS_A_STEP, FORMER_A_STEP, NAMES_A_STEP = 25, 50, 5


def refreshing(change: Change) -> Iterator[Step | None]:
    """Yield steps that update pages to the state published when each step runs.

    Lists come first: pages that they link to are served before they are stored.
    """
    lists, renamed = _lists(change), _renamed(change)
    for scope in sorted({*lists, *renamed}):
        yield from _list(change.glossary, scope, lists.get(scope, []), scope in renamed)
    yield from _indexes(change, lists)
    # Terms just written come first, in row order, which is the database's own.
    uids = [
        *(uid for uid in change.uids if uid in change.after),
        *sorted(change.touched - change.after.keys()),
    ]
    for some in batches(uids, TERMS_A_STEP):
        yield partial(write_terms, change.glossary, some)
    yield None
    left, addresses = _left(change), _addresses(change)
    for some in batches(sorted(left), FORMER_A_STEP):
        yield partial(_forget, change.glossary, some)
    for some in batches(addresses, FORMER_A_STEP):
        yield partial(_former, change.glossary, some)
    if change.before.keys() != change.after.keys():
        yield write_site


def write_terms(glossary: Glossary, uids: list[Uid], store: Store) -> set[str]:
    return store.write(term_pages(glossary, uids))


def _former(glossary: Glossary, addresses: list[Address], store: Store) -> None:
    store.write(former_pages(glossary, addresses))


def write_site(_: Store) -> None:
    store = Store(None)
    store.begin()  # locks the site before the glossaries are read
    store.write(feeds.site_pages())


def _left(change: Change) -> set[str]:
    """Return the former paths of terms that no term has now."""
    now = {facts.path for facts in change.after.values()}
    return {facts.path for facts in change.before.values()} - now


def _forget(glossary: Glossary, paths: Collection[str], store: Store) -> None:
    """Mark the pages at ``paths`` as gone; later steps write the new responses."""
    taken = PublishedTerm.objects.filter(path__in=paths).values_list("path", flat=True)
    left = sorted(set(paths) - set(taken))
    pages = {page for old in left for page in (old, *(beside(old, form) for form in FORMS))}
    store.gone(pages - {old for old in left if is_list(glossary, old)})


def _addresses(change: Change) -> list[Address]:
    """Return the addresses whose response depends on a changed term."""
    moved = {
        uid
        for uid in change.uids
        if (change.before[uid].path if uid in change.before else None)
        != (change.after[uid].path if uid in change.after else None)
    }
    uids = moved | withdrawals_naming(change.glossary, change.shown_otherwise())
    found: list[Address] = []
    for some in batches(sorted(uids)):
        found += Address.objects.filter(term_uid__in=some)
    left = {
        listing.path
        for facts in change.before.values()
        for listing in (Listing(change.glossary, scope) for scope in scopes_of(facts))
    }
    for some in batches(left - {address.path for address in found}):
        found += Address.objects.filter(path__in=some)
    now = {facts.path for facts in change.after.values()}
    return [address for address in found if address.path not in now]


def _lists(change: Change) -> dict[Scope, list[tuple[Facts | None, Facts | None]]]:
    """Return the lists that show a changed term, each with its entries before and after."""
    found: dict[Scope, list] = {}
    for uid in change.uids:
        before, after = change.before.get(uid), change.after.get(uid)
        if (before and before.entry) == (after and after.entry):
            continue
        scopes = {scope for facts in (before, after) if facts for scope in scopes_of(facts)}
        for scope in scopes:
            was = before if before and scope in scopes_of(before) else None
            now = after if after and scope in scopes_of(after) else None
            found.setdefault(scope, []).append((was, now))
    return found


def _renamed(change: Change) -> set[Scope]:
    """Return the lists in which a category or vertical has a new name on all pages."""
    found: set[Scope] = set()
    for category, vertical in change.renamed:
        if vertical:
            found |= {Scope(category, vertical), Scope(category), Scope()}
        else:
            found |= {*Listing(change.glossary, Scope(category)).below(), Scope()}
    return found


def _stay(entries: list) -> bool:
    """Return whether all entries keep their position."""
    return all(was and now and was.places == now.places for was, now in entries)


def _list(
    glossary: Glossary, scope: Scope, entries: list, is_renamed: bool
) -> Iterator[Step | None]:
    listing = Listing(glossary, scope)
    stored = listing.stored()
    begun = {(facts.letter, facts.section) for pair in entries for facts in pair if facts}
    letters = {
        letter_path(listing.path, letter, start)
        for letter, section in begun
        for start in ("", *starts_of(letter, section))
    }
    stays = not is_renamed and _stay(entries)
    paths = letters & stored
    if not stays:
        every = listing.paths().keys()
        paths = set(every) if is_renamed or every != stored else letters & every
        if stored - every:
            yield partial(_forget_letters, glossary, scope)
    for path in sorted(paths):
        yield partial(write_letter, glossary, scope, path)
    if not (stays and stored):
        yield partial(write_root, glossary, scope)


def write_root(glossary: Glossary, scope: Scope, store: Store) -> set[str]:
    page = _listing_of(glossary, scope, store).root()
    return store.write([page] if page else [])


def write_letter(glossary: Glossary, scope: Scope, path: str, store: Store) -> set[str]:
    listing = _listing_of(glossary, scope, store)
    start = listing.paths().get(path)
    return store.write([listing.letter(path, *start)] if start else [])


def _forget_letters(glossary: Glossary, scope: Scope, store: Store) -> None:
    listing = _listing_of(glossary, scope, store)
    store.gone(listing.stored() - listing.paths().keys())


def _listing_of(glossary: Glossary, scope: Scope, store: Store) -> Listing:
    """Return a list as the transaction sees it; its pages share the query results."""
    if scope not in store.lists:
        store.lists[scope] = Listing(glossary, scope)
    return store.lists[scope]


def _indexes(change: Change, lists: dict) -> Iterator[Step | None]:
    glossary = change.glossary
    both = [*change.before.values(), *change.after.values()]
    yield partial(_changes, glossary)
    for chunk in sorted({facts.pk // feeds.CHUNK for facts in both}):
        yield partial(_sitemap, glossary, chunk)
    if _scopes(change.before) != _scopes(change.after):
        yield partial(_sitemap_of_lists, glossary)
    if _reaches_llms(glossary, lists.get(Scope(), [])):
        yield partial(_llms, glossary)
    names = change.searched_otherwise()
    if names or Scope() in lists:
        yield from _name_indexes(glossary, names)


def _scopes(terms: dict[Uid, Facts]) -> set[Scope]:
    return {scope for facts in terms.values() for scope in scopes_of(facts)}


def _reaches_llms(glossary: Glossary, entries: list) -> bool:
    """Return whether ``llms.txt``, which names the terms or the letters of a long list, changes."""
    return bool(entries) and not (_stay(entries) and Listing(glossary, Scope()).stored())


def _changes(glossary: Glossary, store: Store) -> set[str]:
    return store.write([*feeds.changes_pages(glossary), feeds.description(glossary)])


def _sitemap(glossary: Glossary, chunk: int, store: Store) -> None:
    if not store.write(feeds.sitemaps(glossary, [chunk])):
        store.gone([feeds.sitemap_path(glossary, chunk)])


def _sitemap_of_lists(glossary: Glossary, store: Store) -> None:
    store.write([feeds.sitemap_of_lists(glossary)])


def _llms(glossary: Glossary, store: Store) -> None:
    store.write([feeds.llms(glossary)])


def _name_indexes(glossary: Glossary, names: Collection[str]) -> Iterator[Step | None]:
    """Yield steps that update the serverless search index for ``names``."""
    stored = name_index.stored_indexes(glossary)
    if not Listing(glossary, Scope()).is_split:
        yield partial(_names, glossary, None, stored)
        return
    beginnings = name_index.beginnings(names) if stored else name_index.all_beginnings(glossary)
    for some in batches(sorted(beginnings), NAMES_A_STEP):
        paths = {name_index.index_path(glossary, beginning) for beginning in some}
        yield partial(_names, glossary, some, stored & paths)


def _names(
    glossary: Glossary, beginnings: Collection[str] | None, stored: set[str], store: Store
) -> None:
    store.gone(stored - store.write(name_index.index_pages(glossary, beginnings)))

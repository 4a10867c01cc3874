"""Which pages a change of terms can change; these are made anew, nothing else is touched."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from itertools import chain

from terms.addresses import beside, letter_path
from terms.alphabet import starts_of
from terms.models import Address, Glossary, Page, PublishedTerm, Site
from terms.models.fields import Uid

from . import feeds, name_index
from .entries import Scope, scopes_of
from .facts import Change, Facts, batches
from .former import former_pages, withdrawals_naming
from .lists import Listing
from .store import FORMS, GONE, Built, Store, etag_of
from .term_pages import term_pages

Progress = Callable[[Iterable], Iterable]
AT_ONCE, LETTERS_AT_ONCE = 50, 4  # terms and pages of lists in a transaction of a rebuild


def refresh(change: Change) -> None:
    """Bring the pages up to what is published now."""
    glossary = change.glossary
    store = Store(glossary)
    _forget_former(store, change)
    # Those that were written just now in the order of their rows, which is the database's own.
    uids = [
        *(uid for uid in change.uids if uid in change.after),
        *sorted(change.touched - change.after.keys()),
    ]
    store.write(term_pages(glossary, uids, change.after))
    store.write(former_pages(glossary, _addresses(change)))
    lists, renamed = _lists(change), _renamed(change)
    for scope in {*lists, *renamed}:
        _refresh_list(store, Listing(glossary, scope), lists.get(scope, []), scope in renamed)
    store.write(feeds.changes_pages(glossary))
    _refresh_indexes(store, change, lists)
    if change.before.keys() != change.after.keys():
        Store(None).write(feeds.site_pages())


def _forget_former(store: Store, change: Change) -> None:
    """The pages at paths that a term has left; what answers there now is written later."""
    now = {facts.path for facts in change.after.values()}
    left = [facts.path for facts in change.before.values() if facts.path not in now]
    store.gone(path for old in left for path in (old, *(beside(old, form) for form in FORMS)))


def _addresses(change: Change) -> list[Address]:
    """Addresses whose answer depends on a changed term, or on one shown otherwise."""
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
    """The lists that show a changed term, each with its entries before and after."""
    found: dict[Scope, list] = {}
    for uid in change.uids:
        before, after = change.before.get(uid), change.after.get(uid)
        if _entry(before) == _entry(after):
            continue
        scopes = {scope for facts in (before, after) if facts for scope in scopes_of(facts)}
        for scope in scopes:
            was = before if before and scope in scopes_of(before) else None
            now = after if after and scope in scopes_of(after) else None
            found.setdefault(scope, []).append((was, now))
    return found


def _renamed(change: Change) -> set[Scope]:
    """The lists on all of whose pages a category or vertical has another name now."""
    found: set[Scope] = set()
    for category, vertical in change.renamed:
        if vertical:
            found |= {Scope(category, vertical), Scope(category), Scope()}
        else:
            found |= {*Listing(change.glossary, Scope(category)).below(), Scope()}
    return found


def _entry(facts: Facts | None) -> tuple | None:
    return facts and facts[2:]


def _stay(entries: list) -> bool:
    """Whether all stand where they stood."""
    return all(was and now and was.places == now.places for was, now in entries)


def _refresh_list(store: Store, listing: Listing, entries: list, is_renamed: bool) -> None:
    stored = listing.stored()
    begun = {(facts.letter, facts.section) for pair in entries for facts in pair if facts}
    letters = {
        letter_path(listing.path, letter, start): (letter, start)
        for letter, section in begun
        for start in ("", *starts_of(letter, section))
    }
    stays = not is_renamed and _stay(entries)
    paths = {path: letters[path] for path in letters if path in stored}
    if not stays:
        every = listing.paths()
        all_differ = is_renamed or every.keys() != stored
        paths = every if all_differ else {path: every[path] for path in letters if path in every}
        store.gone(stored - every.keys())
    store.write(listing.letter(path, *start) for path, start in paths.items())
    if not (stays and stored) and (root := listing.root()):
        store.write([root])


def _refresh_indexes(store: Store, change: Change, lists: dict) -> None:
    glossary = change.glossary
    both = [*change.before.values(), *change.after.values()]
    chunks = {facts.pk // feeds.CHUNK for facts in both}
    written = store.write(feeds.sitemaps(glossary, chunks))
    store.gone({feeds.sitemap_path(glossary, chunk) for chunk in chunks} - written)
    store.write([feeds.description(glossary)])
    if _scopes(change.before) != _scopes(change.after):
        store.write([feeds.sitemap_of_lists(glossary)])
    if _reaches_llms(glossary, lists.get(Scope(), [])):
        store.write([feeds.llms(glossary)])
    names = change.searched_otherwise()
    if names or Scope() in lists:
        _refresh_name_index(store, glossary, name_index.beginnings(names))


def _scopes(terms: dict[Uid, Facts]) -> set[Scope]:
    return {scope for facts in terms.values() for scope in scopes_of(facts)}


def _reaches_llms(glossary: Glossary, entries: list) -> bool:
    """It names the terms, or of many of them the letters."""
    return bool(entries) and not (_stay(entries) and Listing(glossary, Scope()).stored())


def _refresh_name_index(store: Store, glossary: Glossary, beginnings: set[str]) -> None:
    stored = name_index.stored_indexes(glossary)
    is_split = Listing(glossary, Scope()).is_split
    touched = beginnings if is_split and stored else None
    written = store.write(name_index.index_pages(glossary, touched))
    if touched is not None:
        stored &= {name_index.index_path(glossary, beginning) for beginning in touched}
    store.gone(stored - written)


# From nothing


def rebuild_pages(
    glossary: Glossary,
    alone: Callable[[Glossary], AbstractContextManager[None]],
    progress: Progress = iter,
) -> None:
    """Make all pages again, few in each transaction that ``alone`` opens; what is not among
    them, and was not written meanwhile, is forgotten."""
    site = Site.objects.first()
    begun = site.sequence if site else 0
    paths: set[str] = set()
    for step in progress(list(_steps(glossary))):
        with alone(glossary):
            paths |= Store(glossary).write(step())
    stored = Page.objects.filter(glossary=glossary, sequence__lte=begun).exclude(status=GONE)
    for some in batches(set(stored.values_list("path", flat=True)) - paths, AT_ONCE):
        with alone(glossary):
            left = stored.filter(path__in=some).values_list("path", flat=True)
            Store(glossary).gone(list(left))
    with alone(glossary):
        Store(None).write(feeds.site_pages())


Step = Callable[[], Iterable[Built]]


def _steps(glossary: Glossary) -> Iterator[Step]:
    """Some pages at a time: each is made of what is there when its turn comes."""
    for scope in _all_scopes(glossary):
        yield partial(_roots, glossary, scope)
        for some in batches(Listing(glossary, scope).paths(), LETTERS_AT_ONCE):
            yield partial(_letters, glossary, scope, some)
    addresses = Address.objects.filter(glossary=glossary).order_by("pk")
    for some in batches(addresses.values_list("pk", flat=True), AT_ONCE):
        yield partial(_former, glossary, some)
    yield partial(_feeds, glossary)
    uids = PublishedTerm.objects.of(glossary).order_by("pk").values_list("uid", flat=True)
    for some in batches(uids, AT_ONCE):
        yield partial(term_pages, glossary, some)


def _roots(glossary: Glossary, scope: Scope) -> Iterator[Built]:
    if root := Listing(glossary, scope).root():
        yield root


def _letters(glossary: Glossary, scope: Scope, paths: list[str]) -> Iterator[Built]:
    listing = Listing(glossary, scope)
    there = listing.paths()
    for path in paths:
        if path in there:
            yield listing.letter(path, *there[path])


def _former(glossary: Glossary, pks: list[str]) -> Iterator[Built]:
    yield from former_pages(glossary, list(Address.objects.filter(pk__in=pks)))


def stale_pages(glossary: Glossary) -> Iterator[str]:
    """The paths of stored pages that would be made otherwise now, or not at all."""
    uids = PublishedTerm.objects.of(glossary).values_list("uid", flat=True)
    stored = Page.objects.filter(glossary=glossary).exclude(status=GONE)
    tags = dict(stored.values_list("path", "etag"))
    if not tags and not uids:
        return  # nothing has been published yet
    for page in chain(_all_but_terms(glossary), term_pages(glossary, uids)):
        if tags.pop(page.path, "") != etag_of(page.body):
            yield page.path
    yield from tags


def _all_but_terms(glossary: Glossary) -> Iterator[Built]:
    for scope in _all_scopes(glossary):
        listing = Listing(glossary, scope)
        for path, start in listing.paths().items():
            yield listing.letter(path, *start)
        if root := listing.root():
            yield root
    yield from former_pages(glossary, list(Address.objects.filter(glossary=glossary)))
    yield from _feeds(glossary)


def _all_scopes(glossary: Glossary) -> list[Scope]:
    terms = PublishedTerm.objects.of(glossary).order_by()
    classes = terms.exclude(category_slug="").values_list("category_slug", "vertical_slug")
    scopes = {Scope()}
    for category, vertical in classes.distinct():
        scopes |= {Scope(category), Scope(category, vertical)}
    return sorted(scopes)


def _feeds(glossary: Glossary) -> Iterator[Built]:
    """What is of the whole glossary and not read as a list."""
    yield from feeds.changes_pages(glossary)
    terms = PublishedTerm.objects.of(glossary).order_by()
    chunks = {pk // feeds.CHUNK for pk in terms.values_list("pk", flat=True)}
    yield from feeds.sitemaps(glossary, chunks)
    yield feeds.sitemap_of_lists(glossary)
    yield feeds.llms(glossary)
    yield feeds.description(glossary)
    yield from name_index.index_pages(glossary, None)

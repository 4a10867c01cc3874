"""Rebuilding all pages of a glossary, and finding stored pages that are out of date."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain

from terms.models import Address, Glossary, Page, PublishedTerm, Site
from terms.models.bulk import Progress, batches

from . import feeds, name_index
from .entries import Scope
from .lists import Listing
from .redirects import former_pages
from .refresh import (
    FORMER_A_STEP,
    NAMES_A_STEP,
    TERMS_A_STEP,
    write_letter,
    write_root,
    write_site,
    write_terms,
)
from .steps import Step
from .store import GONE, Built, Store, etag_of
from .term import term_pages

Write = Callable[[Store], set[str]]  # writes some pages and returns their paths


def rebuilding(glossary: Glossary, progress: Progress = iter) -> Iterator[Step | None]:
    """Yield steps that rebuild all pages of a glossary; a deleted one has none.

    Stored pages that are not among them, and were not written meanwhile, are marked as gone.
    """
    if glossary.deleted_at:
        yield from _removing(glossary)
        return
    site = Site.objects.first()
    begun = site.sequence if site else 0
    paths: set[str] = set()

    def noting(write: Write, store: Store) -> None:
        paths.update(write(store))

    for write in progress(list(_writes(glossary))):
        yield partial(noting, write)
    stored = Page.objects.filter(glossary=glossary, sequence__lte=begun).exclude(status=GONE)
    for some in batches(set(stored.values_list("path", flat=True)) - paths, FORMER_A_STEP):
        yield partial(_forget, glossary, begun, some)
    yield write_site


def _removing(glossary: Glossary) -> Iterator[Step | None]:
    pages = Page.objects.filter(glossary=glossary).exclude(status=GONE).order_by("path")
    for paths in batches(pages.values_list("path", flat=True), FORMER_A_STEP):
        yield partial(_remove, paths)
    yield write_site


def _remove(paths: list[str], store: Store) -> None:
    store.gone(paths)


def _writes(glossary: Glossary) -> Iterator[Write]:
    """Yield writes of a few pages each; a write reads the database when it runs."""
    for scope in _all_scopes(glossary):
        yield partial(write_root, glossary, scope)
        for path in Listing(glossary, scope).paths():
            yield partial(write_letter, glossary, scope, path)
    addresses = Address.objects.filter(glossary=glossary).order_by("pk")
    for some in batches(addresses.values_list("pk", flat=True), FORMER_A_STEP):
        yield partial(_former, glossary, some)
    for built in chain(_feeds(glossary), _name_indexes(glossary)):
        yield partial(_all_of, built)
    uids = PublishedTerm.objects.of(glossary).order_by("pk").values_list("uid", flat=True)
    for some in batches(uids, TERMS_A_STEP):
        yield partial(write_terms, glossary, some)


def _all_of(built: Callable[[], Iterable[Built]], store: Store) -> set[str]:
    return store.write(built())


def _former(glossary: Glossary, pks: list[str], store: Store) -> set[str]:
    return store.write(former_pages(glossary, list(Address.objects.filter(pk__in=pks))))


def _forget(glossary: Glossary, begun: int, paths: list[str], store: Store) -> None:
    """Mark pages as gone unless they are needed again: an unchanged page keeps its old number."""
    left = Page.objects.filter(path__in=paths, sequence__lte=begun)
    store.gone(set(left.values_list("path", flat=True)) - _paths_now(glossary))


def _paths_now(glossary: Glossary) -> set[str]:
    """Return the paths of letter pages and name indexes, which come and go with publishing."""
    found = {path for scope in _all_scopes(glossary) for path in Listing(glossary, scope).paths()}
    beginnings = name_index.all_beginnings(glossary)
    return found | {name_index.index_path(glossary, beginning) for beginning in beginnings}


def _feeds(glossary: Glossary) -> Iterator[Callable[[], Iterable[Built]]]:
    """Yield builders for the pages of the whole glossary that are not lists."""
    yield partial(feeds.changes_pages, glossary)
    terms = PublishedTerm.objects.of(glossary).order_by()
    for chunk in sorted({pk // feeds.CHUNK for pk in terms.values_list("pk", flat=True)}):
        yield partial(feeds.sitemaps, glossary, [chunk])
    yield lambda: [feeds.sitemap_of_lists(glossary), feeds.llms(glossary)]
    yield lambda: [feeds.description(glossary)]


def _name_indexes(glossary: Glossary) -> Iterator[Callable[[], Iterable[Built]]]:
    if not Listing(glossary, Scope()).is_split:
        yield partial(name_index.index_pages, glossary, None)
        return
    for some in batches(sorted(name_index.all_beginnings(glossary)), NAMES_A_STEP):
        yield partial(name_index.index_pages, glossary, some)


def stale_pages(glossary: Glossary) -> Iterator[str]:
    """Yield the paths of stored pages that a rebuild would change or remove."""
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
    for built in _feeds(glossary):
        yield from built()
    yield from name_index.index_pages(glossary, None)


def _all_scopes(glossary: Glossary) -> list[Scope]:
    terms = PublishedTerm.objects.of(glossary).order_by()
    classes = terms.exclude(category_slug="").values_list("category_slug", "vertical_slug")
    scopes = {Scope()}
    for category, vertical in classes.distinct():
        scopes |= {Scope(category), Scope(category, vertical)}
    return sorted(scopes)

"""Public pages that depend on the request: search, and missing pages."""

from contextlib import suppress
from datetime import timedelta
from urllib.parse import quote

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponsePermanentRedirect,
    JsonResponse,
)
from django.shortcuts import get_object_or_404, redirect
from django.urls import get_script_prefix
from django.utils import timezone
from django.views.decorators.http import require_safe

from terms.addresses import LETTERS, home_path, without_ending
from terms.models import Glossary, Page, PublishedTerm
from terms.pages.entries import Scope, gist
from terms.pages.feeds import changes_pages, description, site_pages
from terms.pages.jinja import page_of
from terms.pages.lists import Listing
from terms.pages.store import GONE, Built, etag_of
from terms.pages.unstored import unstored_page
from terms.people.rate_limit import TooMany, client_of, limit
from terms.search.readers import MAX_QUERY, alike, find_terms, note_miss, suggest_names, tidy

from .page_cache import FRESH

NEAREST = 6
MISSES_AN_HOUR = 10  # counted for each visitor


@require_safe
def stored_page(request: HttpRequest, path: str = "") -> HttpResponse:
    """Return a stored page that no layer in front of Django has sent."""
    stored = Page.objects.filter(path=f"/{path}").exclude(status=GONE).first()
    if stored is None and not PublishedTerm.objects.exists():
        stored = _of_nothing_yet(f"/{path}")
    if stored is None and (built := unstored_page(f"/{path}")):
        stored = _as_page(built)
    if stored is None:
        return _elsewhere(request, path)
    response = HttpResponse(stored.content, content_type=stored.type, status=stored.status)
    response["Cache-Control"] = FRESH
    response["ETag"] = f'"{stored.etag}"'
    if stored.location:
        response["Location"] = stored.location
    return response


def _of_nothing_yet(path: str) -> Page | None:
    """Return one of the few pages that exist before anything is published."""
    pages: list[Built | None] = list(site_pages())
    for glossary in Glossary.objects.all():
        pages += [Listing(glossary, Scope()).root(), description(glossary)]
        pages += changes_pages(glossary)
    built = next((page for page in pages if page and page.path == path), None)
    return built and _as_page(built)


def _as_page(built: Built) -> Page:
    return Page(
        path=built.path, status=built.status, type=built.type, location=built.location,
        etag=etag_of(built.body), body=built.body,
    )  # fmt: skip


def _elsewhere(request: HttpRequest, path: str) -> HttpResponse:
    """Redirect to the term that an address is likely to mean, or suggest similar names."""
    parts = path.strip("/").split("/")
    glossary = Glossary.objects.filter(slug=parts[0]).first()
    if not path.endswith("/") and Page.objects.filter(path=f"/{path}/", status=200).exists():
        return _moved(f"/{path}/")
    lower = f"/{path.lower()}"
    if path != path.lower() and Page.objects.filter(path=lower, status=200).exists():
        return redirect(get_script_prefix() + quote(lower[1:]))
    if LETTERS in parts[1:-1]:
        above = f"/{'/'.join(parts[: parts.index(LETTERS)])}/"
        if Page.objects.filter(path=above, status=200).exists():
            return redirect(get_script_prefix() + quote(above[1:]))  # the list now fits on one page
    if meant := _meant(glossary, parts[-1]):
        is_own = glossary is not None and len(parts) in (2, 4)
        return _moved(meant) if is_own else redirect(get_script_prefix() + quote(meant[1:]))
    if glossary is None:
        raise Http404("There is no such page.")
    terms = PublishedTerm.objects.of(glossary).listed()
    words = parts[-1].replace("-", " ").replace("_", " ")
    found = terms.in_bulk(pks := alike(glossary, words, NEAREST))
    nearest = [found[pk] for pk in pks if pk in found]
    return page_of(glossary, request, "missing.html", {"nearest": nearest}, status=404)


def _meant(glossary: Glossary | None, name: str) -> str:
    """Return the path of the only term whose file has this name, or an empty string.

    Authors link to other files of their folder, or to pages of the site it was first made for.
    """
    where = [glossary] if glossary else list(Glossary.objects.all())
    terms = PublishedTerm.objects.order_by().filter(glossary__in=where, slug=without_ending(name))
    paths = list(terms.values_list("path", flat=True)[:2])
    return paths[0] if len(paths) == 1 else ""


def _moved(path: str) -> HttpResponse:
    return HttpResponsePermanentRedirect(get_script_prefix() + quote(path[1:]))


@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """Return the contact for reports of vulnerabilities (RFC 9116)."""
    if not settings.SECURITY_CONTACT:
        raise Http404("No contact is named.")
    until = timezone.now().replace(microsecond=0) + timedelta(days=180)
    lines = [f"Contact: {settings.SECURITY_CONTACT}", f"Expires: {until.isoformat()}"]
    lines.append(f"Canonical: {settings.SITE_URL}/.well-known/security.txt")
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@require_safe
def search_page(request: HttpRequest, glossary: str) -> HttpResponse:
    found = get_object_or_404(Glossary, slug=glossary)
    query = tidy(request.GET.get("q", ""))
    results = find_terms(found, query) if query else None
    if results and (results.are_alike or not results.hits):
        with suppress(TooMany):
            limit(f"miss-{client_of(request)}", MISSES_AN_HOUR, 3600)
            _count_miss(found, query)
    context = {"results": results, "too_long": len(request.GET.get("q", "")) > MAX_QUERY}
    response = page_of(found, request, "search.html", context)
    response["Cache-Control"] = FRESH
    return response


def _count_miss(glossary: Glossary, query: str) -> None:
    """Count a miss without a long wait for the lock; a failed write is ignored."""
    is_sqlite = connection.vendor == "sqlite"
    try:
        with connection.cursor() as cursor:
            if is_sqlite:
                cursor.execute("PRAGMA busy_timeout = 100")
            note_miss(glossary, query)
    except DatabaseError:
        pass
    finally:
        if is_sqlite:
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA busy_timeout = 20000")


@require_safe
def suggestions(request: HttpRequest, glossary: str) -> HttpResponse:
    """Return names for the search box; ``href`` is relative to the glossary's own address."""
    found = get_object_or_404(Glossary, slug=glossary)
    home = home_path(found.slug)
    names = [
        {
            "name": name.name,
            "href": quote(name.path.removeprefix(home)),
            "of": name.own if name.own != name.name else "",
            "gist": gist(name.description),
        }
        for name in suggest_names(found, request.GET.get("q", ""))
    ]
    response = JsonResponse({"names": names})
    response["Cache-Control"] = FRESH
    return response

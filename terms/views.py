"""Readers' pages. They know published terms only."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from . import reading
from .models import Glossary, PublishedTerm
from .models.glossary import DEFAULT_SLUG


@require_safe
def front(request: HttpRequest) -> HttpResponse:
    return redirect("glossary", DEFAULT_SLUG)


@require_safe
def home(request: HttpRequest, glossary: str) -> HttpResponse:
    found = get_object_or_404(Glossary, slug=glossary)
    terms = PublishedTerm.objects.of(found)
    letters = reading.letters(terms)
    total = sum(letter.count for letter in letters)
    shown = request.GET.get("letter", "")[:10]
    if shown and not any(letter.name == shown and letter.count for letter in letters):
        raise Http404("There is no such letter.")
    if total > reading.ONE_PAGE and not shown:
        shown = next(letter.name for letter in letters if letter.count)
    context = {
        "glossary": found,
        "letters": letters,
        "letter": shown,
        "total": total,
        "groups": reading.by_letter((terms.filter(letter=shown) if shown else terms).listed()),
        "categories": reading.categories(found),
        "verticals": reading.verticals(found),
        "split": total > reading.ONE_PAGE,
    }
    return render(request, "home.html", context)


@require_safe
def short(request: HttpRequest, glossary: str, slug: str) -> HttpResponse:
    """A category; else the term of this slug, at its own address."""
    found = get_object_or_404(Glossary, slug=glossary)
    terms = PublishedTerm.objects.of(found).listed()
    listed = terms.filter(category_slug=slug)
    if listed:
        verticals = reading.verticals(found, slug)
        return _list(request, found, listed, listed[0].category, verticals=verticals)
    term = get_object_or_404(
        PublishedTerm.objects.select_related("glossary"), glossary=found, slug=slug
    )
    if term.get_absolute_url() != request.path:
        return redirect(term, permanent=True)
    return _term(request, term)


@require_safe
def vertical(request: HttpRequest, glossary: str, category: str, vertical: str) -> HttpResponse:
    found = get_object_or_404(Glossary, slug=glossary)
    terms = PublishedTerm.objects.of(found).listed()
    listed = terms.filter(category_slug=category, vertical_slug=vertical)
    if not listed:
        raise Http404("There is no term in this category and vertical.")
    return _list(request, found, listed, listed[0].vertical, category=listed[0])


@require_safe
def term(
    request: HttpRequest, glossary: str, category: str, vertical: str, slug: str
) -> HttpResponse:
    terms = PublishedTerm.objects.select_related("glossary")
    term = get_object_or_404(terms, glossary__slug=glossary, slug=slug)
    if (term.category_slug, term.vertical_slug) != (category, vertical):
        return redirect(term, permanent=True)
    return _term(request, term)


def _list(request, glossary, terms, title, verticals=(), category=None):
    context = {
        "glossary": glossary,
        "title": title,
        "groups": reading.by_letter(terms),
        "total": len(terms),
        "verticals": verticals,
        "category": category,
    }
    return render(request, "list.html", context)


def _term(request, term):
    context = {
        "glossary": term.glossary,
        "term": term,
        "related": reading.related(term),
        "referring": reading.referring(term),
    }
    return render(request, "term.html", context)

"""Guest links: a preview of a change set, and a form for comments."""

from collections.abc import Iterator
from contextlib import contextmanager

from django import forms
from django.core.cache import cache
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, get_script_prefix, reverse, set_script_prefix
from django.views.decorators.http import require_http_methods, require_safe

from terms.changes.preview import as_published, link_of
from terms.models import GuestLink, PublishedTerm
from terms.pages.jinja import asset_address
from terms.people.rate_limit import TooMany, client_of, limit
from terms.review.comments import comment
from terms.review.requests import MAX_TEXT, CannotReview

from . import views

A_MINUTE = 60  # requests with one link
GUESSES = 30  # invalid links a minute from one address
HEADERS = {
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Cache-Control": "no-store",
    # No other site receives the link. This one must, to know the origin of comments.
    "Referrer-Policy": "same-origin",
}


class GuestForm(forms.Form):
    term = forms.IntegerField()
    name = forms.CharField(label="Your name", max_length=100)
    quote = forms.CharField(
        label="Quoted passage (optional)",
        max_length=MAX_TEXT,
        required=False,
    )
    wording = forms.CharField(
        label="How the passage should read (optional)",
        max_length=MAX_TEXT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    text = forms.CharField(
        label="Your comment", max_length=MAX_TEXT, required=False, widget=forms.Textarea
    )


def _link(request: HttpRequest, token: str) -> GuestLink:
    """Return the open link. Raises Http404 if it is unknown, expired or revoked."""
    found = link_of(token)
    if found is None:
        limit(f"guest-guess-{client_of(request)}", GUESSES)
        raise Http404("This link is invalid or has expired.")
    limit(f"guest-link-{found.pk}", A_MINUTE)
    return found


@contextmanager
def _one_at_a_time(link: GuestLink) -> Iterator[None]:
    """Allow each link one preview at a time, as a preview blocks writers."""
    key = f"guest-shows-{link.pk}"
    if not cache.add(key, 1, 30):
        raise TooMany
    try:
        yield
    finally:
        cache.delete(key)


def _guarded(view):
    """Keep a page out of search engines, caches and the referrers of other sites."""

    def guarded(request: HttpRequest, token: str, path: str = "") -> HttpResponse:
        try:
            response = view(request, _link(request, token), token, path)
        except TooMany:
            response = HttpResponse("Too many requests: wait a minute.", status=429)
            response["Retry-After"] = "60"
        for name, value in HEADERS.items():
            response[name] = value
        return response

    return guarded


@require_safe
@_guarded
def preview_page(request, link, token, path):
    """Show a public page as it will be."""
    if path.startswith("static/"):
        return redirect(asset_address(path))
    if path.startswith("media/"):
        try:
            return redirect(reverse("picture", args=[path.removeprefix("media/")]))
        except NoReverseMatch as error:
            raise Http404("There is no such picture.") from error
    before = get_script_prefix()
    with _one_at_a_time(link), as_published(link.change_set):
        # The site is mounted below this address while it is shown.
        set_script_prefix(reverse("guest", args=[token]))
        try:
            return _answer(request, path)
        finally:
            set_script_prefix(before)


def _answer(request, path):
    glossary, _, rest = path.partition("/")
    if rest == "search":
        return views.search_page(request, glossary)
    if rest == "suggest":
        return views.suggestions(request, glossary)
    try:
        return views.stored_page(request, path)
    except Http404:
        return render(request, "404.html", status=404)


@require_http_methods(["GET", "HEAD", "POST"])
@_guarded
def guest_page(request, link, token, path):
    """Show the terms of the change set, and a form for comments."""
    terms = list(link.change_set.members())
    form = GuestForm(request.POST or None)
    said = None
    if request.method == "POST" and form.is_valid():
        said = _say(link, terms, form)
        if said is None:
            return HttpResponseRedirect(f"{request.path}?said=1")
    with _one_at_a_time(link), as_published(link.change_set) as refusals:
        pages = _pages(terms)
    context = {
        "link": link,
        "pages": pages,
        "refusals": refusals,
        "form": form,
        "problem": said,
        "is_said": "said" in request.GET,
        "token": token,
    }
    return render(request, "guest/change_set.html", context)


def _pages(terms):
    """Return each term with the path of its future page."""
    paths = dict(
        PublishedTerm.objects.filter(uid__in=[t.uid for t in terms]).values_list("uid", "path")
    )
    return [(term, paths.get(term.uid, "")[1:]) for term in terms]


def _say(link, terms, form):
    """Save the comment. Return the reason why it cannot be saved, or None."""
    term = next((t for t in terms if t.pk == form.cleaned_data["term"]), None)
    if term is None:
        return "Choose one of the terms."
    left = GuestLink.objects.filter(pk=link.pk, comments_left__gt=0)
    if not left.update(comments_left=F("comments_left") - 1):
        return "This link has reached its limit of comments."
    try:
        comment(
            term, None, form.cleaned_data["text"], form.cleaned_data["quote"],
            guest=form.cleaned_data["name"], wording=form.cleaned_data["wording"],
        )  # fmt: skip
    except CannotReview as error:
        return str(error)
    return None

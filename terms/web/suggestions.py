"""The form for readers' suggestions, without an account.

Against spam: a hidden field, a minimum time before sending, few links, and limits for each address
and in total. No outside service is used.
"""

import re
from typing import Any

from django import forms
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from terms.editing.validators import refuse_control_characters, refuse_misleading
from terms.formats.line_ends import normalise
from terms.formats.paths import name_key
from terms.models import Glossary, PublishedName, PublishedTerm
from terms.pages.jinja import page_of
from terms.people.rate_limit import TooMany, client_of, limit
from terms.review.suggestions import MAX_TEXT, CannotSuggest, keep_suggestion

AN_HOUR = 20  # suggestions from one address
MAX_NAME = 100  # characters
QUICK = 3  # seconds; people need more to read and write
LONG = 24 * 3600  # seconds
_LINK = re.compile(r"https?:|www\.", re.IGNORECASE)
MOST_LINKS = 2
_SALT = "suggestion"


class SuggestionForm(forms.Form):
    name = forms.CharField(max_length=MAX_NAME, error_messages={"required": "Choose a term."})
    text = forms.CharField(
        max_length=MAX_TEXT, error_messages={"required": "Say what you suggest."}
    )
    website = forms.CharField(required=False)  # hidden from people
    opened = forms.CharField(required=False)

    def clean_name(self) -> str:
        name = " ".join(self.cleaned_data["name"].split())
        refuse_control_characters(name)
        refuse_misleading(name)
        return name

    def clean_text(self) -> str:
        text = normalise(self.cleaned_data["text"])
        refuse_control_characters(text)
        if len(_LINK.findall(text)) > MOST_LINKS:
            raise forms.ValidationError("Include no more than two links.")
        return text

    def clean(self):
        try:
            signing.loads(self.cleaned_data.get("opened", ""), salt=_SALT, max_age=LONG)
        except signing.BadSignature:
            self.add_error(None, "This page was open for long: send it once more.")
            return
        if _is_quick(self.cleaned_data["opened"]):
            self.add_error(None, "That was quick. Read it over and send it once more.")


def _is_quick(opened: str) -> bool:
    try:
        signing.loads(opened, salt=_SALT, max_age=QUICK)
    except signing.BadSignature:
        return False
    return True


@require_http_methods(["GET", "HEAD", "POST"])
def suggestion_page(request: HttpRequest, glossary: str) -> HttpResponse:
    """Show the form, about the term with the slug ``term`` or a missing one called ``name``."""
    found = Glossary.objects.filter(slug=glossary, takes_suggestions=True).first()
    if found is None:
        raise Http404("No suggestions are taken here.")
    term = _term(found, request.GET.get("term", ""))
    known, problem, form = None, "", SuggestionForm(_data(request, term))
    if request.method == "POST" and form.is_valid():
        known = _known(found, form.cleaned_data["name"]) if term is None else None
        problem = "" if known else _kept(request, found, term, form)
        if not known and not problem:
            query = urlencode({"sent": "1"} | ({"term": term.slug} if term else {}))
            return HttpResponseRedirect(f"{request.path}?{query}")
    context = {
        "term": term,
        "form": form,
        "errors": form.errors if request.method == "POST" else {},
        "known": known,
        "problem": problem,
        "is_sent": "sent" in request.GET,
        "max_text": MAX_TEXT,
        "opened": _opened(form),
    }
    is_wrong = request.method == "POST"
    status = 400 if is_wrong else 200
    response = page_of(found, request, "suggestion.html", context, status)
    response["Cache-Control"] = "no-store"
    return response


def _term(glossary: Glossary, slug: str) -> PublishedTerm | None:
    slug = slug.replace("\0", "")[:255]
    term = PublishedTerm.objects.of(glossary).listed().filter(slug=slug).first() if slug else None
    if slug and term is None:
        raise Http404("This term does not exist.")
    return term


def _data(request: HttpRequest, term: PublishedTerm | None) -> dict[str, Any]:
    data: dict[str, Any] = dict(request.POST.items()) if request.method == "POST" else {}
    if request.method != "POST":
        data["name"] = request.GET.get("name", "").replace("\0", "")[:MAX_NAME]
    return data | ({"name": term.name[:MAX_NAME]} if term else {})


def _opened(form: SuggestionForm) -> str:
    """Return the signed time at which the page was first opened, or now if it is not valid."""
    opened = form.data.get("opened", "")
    try:
        signing.loads(opened, salt=_SALT, max_age=LONG)
    except signing.BadSignature:
        return signing.dumps("", salt=_SALT)
    return opened


def _known(glossary: Glossary, name: str) -> PublishedTerm | None:
    """Return the term that readers already find by this name, or None."""
    named = PublishedName.objects.filter(glossary=glossary, key=name_key(name))
    return PublishedTerm.objects.listed().filter(pk__in=named.values("term")).first()


def _kept(request, glossary, term, form) -> str:
    """Save the suggestion. Return the reason why it cannot be saved, or an empty string."""
    if form.cleaned_data["website"]:
        return ""  # a bot, which gets the usual thanks
    try:
        limit(f"suggestion-{client_of(request)}", AN_HOUR, 3600)
        keep_suggestion(glossary, form.cleaned_data["name"], form.cleaned_data["text"], term)
    except TooMany:
        return "Too many suggestions from your network. Try again in an hour."
    except CannotSuggest as error:
        return str(error)
    return ""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django import template
from django.template import Context
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from terms.formats.differences import DiffPiece
from terms.formats.document import read_document
from terms.formats.marked_passages import mark_passages
from terms.formats.rendered_differences import mark_changes
from terms.media.pictures import rendered
from terms.models import Glossary, Notice, Revision, Term
from terms.people.display import glossary_of
from terms.people.permissions import may
from terms.rendering import CannotRender, plain_text, render_page
from terms.rendering.icons import icon_svg
from terms.review.comments import Thread

from .guide import guide_about
from .navigation import (
    COUNTED,
    count_reviews,
    current_of,
    places_for,
    settings_for,
    visible_glossaries,
)

register = template.Library()
NEAR = 80  # characters beside a change in a short difference


@register.simple_tag
def pieces(found: Iterable[DiffPiece], is_short: bool = False) -> SafeString:
    """Mark removed and added words in a changed passage; ``is_short`` leaves out what is the same.

    A few words before and after each change are kept.
    """
    tags = {"gone": "<del>{}</del>", "new": "<ins>{}</ins>", "same": "{}"}
    shown = [
        (piece.kind, _shortened(piece.text) if is_short and piece.kind == "same" else piece.text)
        for piece in found
    ]
    parts = (format_html_join("", tags[kind], [(text,)]) for kind, text in shown)
    return format_html_join("", "{}", ((part,) for part in parts))


def _shortened(text: str) -> str:
    if len(text) <= 3 * NEAR:
        return text
    before, after = text[:NEAR].rpartition(" ")[0], text[-NEAR:].partition(" ")[2]
    return f"{before or text[:NEAR]} … {after or text[-NEAR:]}"


@register.simple_tag(takes_context=True)
def frame(context: Context) -> dict[str, Any]:
    """Return what the frame shows to the current user."""
    request = context["request"]
    places = places_for(request.user)
    reviews = "reviews" in {place.name for place in places} and count_reviews(request.user)
    settings = settings_for(context.get("available_apps") or [])
    current = current_of(request.path, places)
    is_setting = any(request.path.startswith(page.address) for page in settings)
    is_setting = is_setting or request.path == reverse("admin:settings")
    return {
        "places": places,
        "current": current or ("settings" if is_setting else ""),
        "reviews": f"{COUNTED - 1}+" if reviews and reviews >= COUNTED else reviews,
        "has_settings": bool(settings),
    }


@register.inclusion_tag("admin/switch.html", takes_context=True)
def glossary_switch(context: Context) -> dict[str, Any]:
    """Show the glossaries to choose from, if there are several."""
    request = context["request"]
    if not hasattr(request, "_glossaries"):  # in the bar, and in the drawer of a phone
        request._glossaries = visible_glossaries(request.user)
    glossaries = request._glossaries
    chosen = glossary_of(request.user) if len(glossaries) > 1 else None
    return {
        "glossaries": glossaries if len(glossaries) > 1 else [],
        "chosen": next((one for one in glossaries if one.pk == chosen), None),
        "here": request.get_full_path(),
        "csrf_token": context.get("csrf_token"),
    }


@register.simple_tag(takes_context=True)
def unread_notices(context: Context) -> str:
    """Return the number of the current user's unread notices in words, or an empty string."""
    unread = Notice.objects.filter(person=context["request"].user).unread()
    count = len(unread.order_by().values_list("pk")[:COUNTED])
    return f"{COUNTED - 1}+" if count >= COUNTED else str(count or "")


@register.simple_tag(takes_context=True)
def help_address(context: Context) -> str:
    """Return the address of the help about the current page."""
    return guide_about(context["request"].path)


@register.simple_tag
def guide_page(text: str) -> dict[str, Any]:
    """Return the HTML of a guide, and its sections."""
    rendered = render_page(text)
    sections = [heading for heading in rendered.contents if heading.level == 2]
    return {"html": SafeString(rendered.html), "sections": sections}


@register.filter
def ago(moment: datetime) -> str:
    """Return how long ago a time was, on the same day, or its date."""
    passed = timezone.now() - moment
    if passed < timedelta(minutes=1):
        return _("just now")
    minutes = int(passed.total_seconds() // 60)
    if minutes < 60:
        text = ngettext("{n} minute ago", "{n} minutes ago", minutes)
        return text.format(n=minutes)
    local = timezone.localtime(moment)
    days = (timezone.localdate() - local.date()).days
    if days in (0, 1):
        text = _("today, {time}") if days == 0 else _("yesterday, {time}")
        return text.format(time=date_format(local, "H:i"))
    is_of_this_year = local.year == timezone.localdate().year
    return date_format(local, "j F" if is_of_this_year else "j F Y")


@register.filter
def actions_of(action_form: Any) -> list[tuple[str, str]]:
    """Return the name and the words of each action of a list."""
    return [(name, words) for name, words in action_form.fields["action"].choices if name]


@register.simple_tag
def nav_icon(name: str) -> SafeString:
    return SafeString(icon_svg(name))


@register.simple_tag(takes_context=True)
def interchange_pages(context: Context, glossary: Glossary) -> list[tuple[str, str]]:
    """Return the titles and addresses of the import and export of a glossary."""
    person = context["request"].user
    pages = [
        (_("Import"), "terms_import", "import_terms"),
        (_("Export"), "terms_export", "export_terms"),
    ]
    return [
        (title, reverse(f"admin:{name}", args=[glossary.pk]))
        for title, name, permission in pages
        if may(person, permission, glossary)
    ]


@register.simple_tag
def text_of(
    term: Term, before: Revision | None, after: Revision | None, talk: Iterable[Thread] = ()
) -> SafeString:
    """Return name, definition and text of a term as readers see them.

    With two versions, it is the later one with its changes marked. Passages of open comments are
    marked with the numbers of their threads.
    """
    pages = [_page(term, revision) for revision in (before, after) if revision]
    html = pages[0] if len(pages) == 1 else mark_changes(*pages)
    quotes = [
        (number, plain_text(thread.comment.quote))
        for number, thread in enumerate(talk if after else (), 1)
        if thread.place and not thread.comment.resolved_at
    ]
    return SafeString(mark_passages(html, quotes))


def _page(term: Term, revision: Revision) -> SafeString:
    """Return a version as readers see it, or the reason why the text cannot be rendered."""
    document = read_document(revision.text, term.path)
    try:
        body = SafeString(rendered(document.body, term))
    except CannotRender as error:
        body = format_html("<p>{}</p>", error)
    name = format_html('<p class="term-name">{}</p>', document.name)
    if not document.description:
        return name + body
    return name + format_html('<p class="term-definition">{}</p>', document.description) + body


@register.simple_tag
def icon_picture(name: str | None) -> SafeString | str:
    return SafeString(icon_svg(name)) if name else ""

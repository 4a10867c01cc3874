from collections.abc import Iterable

from django import template
from django.template import Context
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from terms.formats.differences import DiffPiece
from terms.media.pictures import rendered
from terms.models import Glossary, Term
from terms.people.permissions import may, rights
from terms.rendering import CannotRender
from terms.rendering.icons import icon_svg
from terms.review.worklists import LISTS, WorkList

register = template.Library()


@register.simple_tag
def pieces(found: Iterable[DiffPiece]) -> SafeString:
    """Mark removed and added words in a changed passage."""
    tags = {"gone": "<del>{}</del>", "new": "<ins>{}</ins>", "same": "{}"}
    parts = (format_html_join("", tags[piece.kind], [(piece.text,)]) for piece in found)
    return format_html_join("", "{}", ((part,) for part in parts))


@register.simple_tag(takes_context=True)
def work_lists(context: Context) -> list[tuple[str, WorkList, int]]:
    """Return the work lists, with the number of items for the current user."""
    person = context["request"].user
    if not rights(person, "view_term"):
        return []
    return [(name, found, found.count(person)) for name, found in LISTS.items()]


@register.simple_tag(takes_context=True)
def newsroom_pages(context: Context) -> list[tuple[str, str]]:
    """Return the titles and addresses of the pages that the current user may open."""
    person = context["request"].user
    pages = [
        (_("Needs attention"), "index", "view_term"),
        (_("Schedule"), "terms_term_schedule", "view_term"),
        (_("Trash"), "terms_term_trash", "delete_term"),
        (_("Import"), "terms_imports", "import_terms"),
        (_("Export"), "terms_exports", "export_terms"),
        (_("Preferences"), "terms_term_preferences", "view_term"),
    ]
    return [(title, reverse(f"admin:{name}")) for title, name, to in pages if rights(person, to)]


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
def text_of(term: Term) -> SafeString:
    """Return a term's text as readers see it, or the reason why it cannot be rendered."""
    try:
        return SafeString(rendered(term.body, term))
    except CannotRender as error:
        return format_html("<p>{}</p>", error)


@register.simple_tag
def icon_picture(name: str | None) -> SafeString | str:
    return SafeString(icon_svg(name)) if name else ""

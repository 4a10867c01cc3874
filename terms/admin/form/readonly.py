"""The read-only view of a term."""

from django.contrib import admin
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _

from terms.admin.mixin import Mixin

VIEWED = [
    (None, {"fields": ["name", "description", "body"], "classes": ["term-main"]}),
    (
        _("Classification"),
        {"fields": ["category", "vertical", "icon"], "classes": ["term-side"]},
    ),
    (
        _("Relations"),
        {"fields": ["shown_relations", "shown_aliases"], "classes": ["term-side"]},
    ),
    (_("Details"), {"fields": ["shown_details"], "classes": ["term-side"]}),
    (
        _("Editing"),
        {"fields": ["glossary", "path", "owner", "review_by"], "classes": ["term-side"]},
    ),
]


class Viewing(Mixin):
    """A term's rows as text, for the admin's read-only form."""

    @admin.display(description=_("related terms"))
    def shown_relations(self, term):
        relations = term.relations.select_related("target")
        return _lines((r.label, "" if r.target else _("wanted")) for r in relations)

    @admin.display(description=_("aliases"))
    def shown_aliases(self, term):
        return _lines((alias.name, alias.get_kind_display()) for alias in term.aliases.all())

    @admin.display(description=_("detail rows"))
    def shown_details(self, term):
        return _lines((detail.title, detail.value) for detail in term.details.all())


def _lines(pairs):
    return format_html_join("", "<div>{} <small>{}</small></div>", pairs) or "-"

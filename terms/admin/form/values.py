"""Initial values of the term form, and detection of changed values."""

import json
from typing import Any

from django.utils.translation import gettext as _

from terms.editing.index import known_names, runs
from terms.formats.document import DetailRow, TermDocument
from terms.formats.line_ends import normalise
from terms.formats.paths import name_key
from terms.formats.problems import CannotSplice
from terms.formats.related import read_names
from terms.models import Category, PublishedClass, Term, Vertical

from .widgets import RelatedName, TypedAlias, TypedRow

TEXT_FIELDS = ("name", "icon", "description")
CLASSES = ("category", "vertical")


def as_browser_returns(text: str, lines: bool) -> str:
    """Return a value as an unedited form field sends it: one line, or lines that end in LF."""
    text = normalise(text)
    return text if lines else text.replace("\n", "")


def titled(typed: TypedRow, origin: int | None) -> DetailRow:
    if not typed.title.strip():
        text = _("The row with the value “{value}” has no title.")
        raise CannotSplice(text.format(value=typed.value[:40]))
    return DetailRow(typed.title, typed.value, typed.url, origin)


def is_as_before(old: DetailRow, typed: TypedRow | DetailRow) -> bool:
    return (typed.title, typed.value, typed.url) == (
        as_browser_returns(old.title, lines=False),
        as_browser_returns(old.value, lines=True),
        as_browser_returns(old.url, lines=False),
    )


def initial_values(document: TermDocument, term: Term) -> dict[str, Any]:
    """Return the values of a term file for the form."""
    known = known_names(term.glossary, set(runs(document.related)))
    kinds = dict(term.aliases.values_list("name", "kind"))
    values: dict[str, Any] = {name: getattr(document, name) for name in (*TEXT_FIELDS, "body")}
    for name, model in zip(CLASSES, (Category, Vertical), strict=True):
        found = model.objects.filter(glossary=term.glossary, name=getattr(document, name))
        values[name] = found.first()
    values["detail_rows"] = list(document.rows)
    values["related_terms"] = [
        RelatedName(label, name_key(label) in known)
        for label in read_names(document.related, known.__contains__)
    ]
    values["other_names"] = [
        TypedAlias(name, kinds.get(name, TypedAlias.kind)) for name in document.aliases
    ]
    values["source"] = document.text
    return values


def verticals_of_categories() -> str:
    """Return JSON: the id of each category → the ids of its published verticals."""
    pairs = PublishedClass.objects.exclude(vertical_slug="").order_by()
    classes = {
        (model, glossary, slug): pk
        for model in (Category, Vertical)
        for pk, glossary, slug in model.objects.order_by().values_list("pk", "glossary", "slug")
    }
    found: dict[int, list[int]] = {}
    for glossary, of, slug in pairs.values_list("glossary", "category_slug", "vertical_slug"):
        category = classes.get((Category, glossary, of))
        vertical = classes.get((Vertical, glossary, slug))
        if category and vertical:
            found.setdefault(category, []).append(vertical)
    return json.dumps(found)

"""Changes of one field in the files of many terms, as one operation."""

from collections.abc import Iterable, Iterator

from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from terms.editing.index import known_names
from terms.formats.document import TermDocument, read_document
from terms.formats.paths import name_key
from terms.models import Glossary, Revision, Term

from .operation import CannotRefactor, Operation
from .reword import labels_of

COLUMNS = {"category": _lazy("category"), "vertical": _lazy("vertical"), "icon": _lazy("icon")}
NONE = {
    "category": _lazy("no category"),
    "vertical": _lazy("no vertical"),
    "icon": _lazy("no icon"),
}
MOST = 10_000  # terms per operation
BATCH = 500


def set_column(glossary: Glossary, terms: Iterable[Term], column: str, value: str) -> Operation:
    """Set the category, vertical or icon of ``terms`` to ``value``; an empty value removes it."""
    shown = value or str(NONE[column])
    operation = Operation(glossary, "")
    for term, document in _read(terms):
        leads_on = column != "icon" and term.live_fingerprint
        words = (
            _("gets {column} {value}; when this is published, its old address redirects")
            if leads_on
            else _("gets {column} {value}")
        )
        words = words.format(column=COLUMNS[column], value=shown)
        operation.rewrite(term, words, document, columns={column: value})
    return _titled(operation, f"{COLUMNS[column]}: {shown}")


def relate(glossary: Glossary, terms: Iterable[Term], name: str, back: bool = False) -> Operation:
    """Relate ``terms`` to the term called ``name``, or with ``back`` remove the relation."""
    name = " ".join(name.split())
    key = name_key(name)
    if not key:
        raise CannotRefactor(_("Choose a term."))
    if "," in name and key not in known_names(glossary, [key]):
        text = _("“{name}” contains a comma. It can be used once its term exists.")
        raise CannotRefactor(text.format(name=name))
    operation = Operation(glossary, "")
    for term, document in _read(terms):
        labels = labels_of(document, glossary)
        rest = [label for label in labels if name_key(label) != key]
        if back and rest != labels:
            words = _("is no longer related to {name}").format(name=name)
            operation.rewrite(term, words, document, related=rest)
        elif not back and rest == labels and term.name_key != key:
            words = _("relates to {name}").format(name=name)
            operation.rewrite(term, words, document, related=[*labels, name])
    what = _("no longer related to {name}") if back else _("related to {name}")
    return _titled(operation, what.format(name=name))


def _read(terms: Iterable[Term]) -> Iterator[tuple[Term, TermDocument]]:
    """Yield each term with its newest text, read in batches. Raises CannotRefactor."""
    every = list(terms)
    if len(every) > MOST:
        text = _("You chose {count} terms. Choose {most} at most.")
        raise CannotRefactor(text.format(count=f"{len(every):,}", most=f"{MOST:,}"))
    for start in range(0, len(every), BATCH):
        some = {term.pk: term for term in every[start : start + BATCH]}
        newest = Revision.objects.filter(term__in=some, number=F("term__version"))
        texts = dict(newest.values_list("term", "text"))
        for pk, term in some.items():
            yield term, read_document(texts[pk], term.path)


def _titled(operation: Operation, what: str) -> Operation:
    count = len(operation.drafts)
    if not count:
        raise CannotRefactor(
            _(
                "Nothing would change. The terms have this value, or it can only be edited in the"
                " file."
            )
        )
    title = ngettext("{count} term: {what}", "{count} terms: {what}", count)
    operation.title = title.format(count=f"{count:,}", what=what)
    return operation

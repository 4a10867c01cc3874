"""Changes of the same values in the files of many terms, as one operation."""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

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


def edit(
    glossary: Glossary,
    terms: Iterable[Term],
    columns: Mapping[str, str] = MappingProxyType({}),
    relate: str = "",
    unrelate: str = "",
) -> Operation:
    """Plan new values for ``terms``. Raises CannotRefactor if nothing would change.

    ``columns``: category, vertical or icon → value; an empty value removes it. ``relate`` and
    ``unrelate`` are names of terms; an empty one changes no relation.
    """
    relate, unrelate = _name(glossary, relate), _name(glossary, unrelate)
    operation = Operation(glossary, "")
    for term, document in _read(terms):
        new = {name: value for name, value in columns.items() if value != getattr(document, name)}
        words = [_words_of_column(name, value) for name, value in new.items()]
        labels = labels_of(document, glossary) if relate or unrelate else []
        related = _related(term, labels, relate, unrelate)
        added = relate and relate in related and relate not in labels
        removed = unrelate and _has(labels, unrelate)
        words += [_("relates to {name}").format(name=relate)] if added else []
        words += [_("is no longer related to {name}").format(name=unrelate)] if removed else []
        if term.live_fingerprint and new.keys() - {"icon"}:
            words.append(_("when this is published, its old address redirects"))
        if words:
            changed = related if related != labels else None
            operation.rewrite(term, "; ".join(words), document, columns=new, related=changed)
    return _titled(operation, "; ".join(_words_of_edit(columns, relate, unrelate)))


def _name(glossary: Glossary, name: str) -> str:
    """Return the name of a term, without spaces around it. Raises CannotRefactor."""
    name = " ".join(name.split())
    if "," in name and name_key(name) not in known_names(glossary, [name_key(name)]):
        text = _("“{name}” contains a comma. It can be used once its term exists.")
        raise CannotRefactor(text.format(name=name))
    return name


def _has(labels: Iterable[str], name: str) -> bool:
    return name_key(name) in map(name_key, labels)


def _related(term: Term, labels: list[str], relate: str, unrelate: str) -> list[str]:
    """Return the new relations of a term that has the relations ``labels``."""
    found = [label for label in labels if not unrelate or name_key(label) != name_key(unrelate)]
    if relate and not _has(found, relate) and term.name_key != name_key(relate):
        found.append(relate)
    return found


def _words_of_column(column: str, value: str) -> str:
    words = _("gets the {column} {value}") if value else _("loses its {column}")
    return words.format(column=COLUMNS[column], value=value)


def _words_of_edit(columns: Mapping[str, str], relate: str, unrelate: str) -> Iterator[str]:
    for column, value in columns.items():
        yield f"{COLUMNS[column]}: {value or NONE[column]}"
    if relate:
        yield _("related to {name}").format(name=relate)
    if unrelate:
        yield _("no longer related to {name}").format(name=unrelate)


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
                "Nothing would change. The terms have these values, or they can only be edited in"
                " the files."
            )
        )
    title = ngettext("{count} term: {what}", "{count} terms: {what}", count)
    operation.title = title.format(count=f"{count:,}", what=what)
    return operation

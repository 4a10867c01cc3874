"""Changes of one field in the files of many terms, as one operation."""

from collections.abc import Iterable, Iterator

from django.db.models import F

from terms.editing.index import known_names
from terms.formats.document import TermDocument, read_document
from terms.formats.paths import name_key
from terms.models import Glossary, Revision, Term

from .operation import CannotRefactor, Operation
from .reword import labels_of

MOST = 10_000  # terms per operation
BATCH = 500


def set_column(glossary: Glossary, terms: Iterable[Term], column: str, value: str) -> Operation:
    """Set the category, vertical or icon of ``terms`` to ``value``; an empty value removes it."""
    shown = value or f"no {column}"
    operation = Operation(glossary, "")
    for term, document in _read(terms):
        leads_on = column != "icon" and term.live_fingerprint
        then = "; when this is published, its old address redirects" if leads_on else ""
        operation.rewrite(term, f"gets {column} {shown}{then}", document, columns={column: value})
    return _titled(operation, f"{column}: {shown}")


def relate(glossary: Glossary, terms: Iterable[Term], name: str, back: bool = False) -> Operation:
    """Relate ``terms`` to the term called ``name``, or with ``back`` remove the relation."""
    name = " ".join(name.split())
    key = name_key(name)
    if not key:
        raise CannotRefactor("Choose a term.")
    if "," in name and key not in known_names(glossary, [key]):
        raise CannotRefactor(f"“{name}” contains a comma. It can be used once its term exists.")
    operation = Operation(glossary, "")
    for term, document in _read(terms):
        labels = labels_of(document, glossary)
        rest = [label for label in labels if name_key(label) != key]
        if back and rest != labels:
            operation.rewrite(term, f"is no longer related to {name}", document, related=rest)
        elif not back and rest == labels and term.name_key != key:
            operation.rewrite(term, f"relates to {name}", document, related=[*labels, name])
    return _titled(operation, f"no longer related to {name}" if back else f"related to {name}")


def _read(terms: Iterable[Term]) -> Iterator[tuple[Term, TermDocument]]:
    """Yield each term with its newest text, read in batches. Raises CannotRefactor."""
    every = list(terms)
    if len(every) > MOST:
        raise CannotRefactor(f"You chose {len(every):,} terms. Choose {MOST:,} at most.")
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
            "Nothing would change. The terms have this value, or it can only be edited in the file."
        )
    operation.title = f"{count:,} term{'' if count == 1 else 's'}: {what}"
    return operation

"""Splitting a term: sections and names move to a new term."""

from collections.abc import Collection

from django.utils.translation import gettext as _

from terms.editing.index import known_names
from terms.editing.paths import free_path
from terms.formats.dialects import DETAIL_TITLES
from terms.formats.document import DetailRow, changed, read_document
from terms.formats.line_ends import normalise
from terms.formats.paths import name_key
from terms.models import Term
from terms.rendering import divided, sections

from .operation import CannotRefactor, Operation
from .reword import labels_of, tell_of_readers


def split(term: Term, name: str, chosen: Collection[int], aliases: Collection[str]) -> Operation:
    """Plan a new term ``name`` with the ``chosen`` sections (numbers) and ``aliases``.

    The two terms are related to each other. Raises CannotRefactor.
    """
    name = " ".join(name.split())
    if not name:
        raise CannotRefactor(_("The new term needs a name."))
    if known_names(term.glossary, [name_key(name)]).get(name_key(name)) not in (None, term.pk):
        raise CannotRefactor(_("There is a term “{name}” already.").format(name=name))
    if name_key(name) == term.name_key:
        raise CannotRefactor(_("The new term needs a name of its own."))
    document = term.document()
    body = normalise(document.body)
    every = sections(body)
    moved = [section for number, section in enumerate(every) if number in chosen]
    going = [a for a in document.aliases if a in aliases or name_key(a) == name_key(name)]
    if not moved and not going:
        raise CannotRefactor(_("Choose a section or a name to move to the new term."))
    stays, goes = divided(body, moved)
    title = _("{new} split from {term}").format(new=name, term=term.name)
    operation = Operation(term.glossary, title)
    operation.rewrite(
        term,
        _("keeps the rest, and relates to {name}").format(name=name),
        document,
        body=stays,
        aliases=[alias for alias in document.aliases if alias not in going],
        related=[*labels_of(document, term.glossary), name],
    )
    operation.require(term)
    others = [alias for alias in going if name_key(alias) != name_key(name)]
    folder = term.path[: term.path.rfind("/") + 1]
    path = free_path(term.glossary, name, folder)
    words = _("is made, in the file {path}").format(path=path)
    operation.make(path, _text(term, name, goes, others), words)
    tell_of_readers(operation, term, _("its address stays with it"))
    return operation


def _text(term: Term, name: str, body: str, aliases: list[str]) -> str:
    document = term.document()
    columns = {"name": name, "category": document.category, "vertical": document.vertical}
    rows = [DetailRow(t, columns[c], follows=c) for c, t in DETAIL_TITLES.items() if columns[c]]
    return changed(
        read_document("---\n---\n", ""),
        columns={column: value for column, value in columns.items() if value},
        rows=rows,
        related=[term.name],
        aliases=aliases,
        body=f"\n{body}" if body else "",
    )

"""Replacing a name in the running texts of terms."""

from collections.abc import Callable
from typing import NamedTuple

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from terms.formats.document import TermDocument
from terms.formats.line_ends import normalise
from terms.models import Term
from terms.models.fields import Uid
from terms.rendering import Names, occurrences

from .operation import Operation, documents_of

NAMED = 3  # other forms in the words of an effect


class Replaced(NamedTuple):
    """A text with another name: how often it was replaced, and the forms that stay as they are."""

    text: str
    times: int
    others: list[str]


def replace_name(text: str, old: str, new: str, is_markdown: bool = True) -> Replaced:
    """Return ``text`` with ``new`` where ``old`` could be a link.

    It cannot in links, headings, code and math.
    A name in lower case, or with a capital at the beginning of a sentence, keeps its case. Other
    forms, such as plurals, stay.
    """
    names = Names([(old, "own")])
    if is_markdown:
        source = text.encode()
        places = [(one.start, one.end) for one in occurrences(text, names)]
    else:
        source = text.encode("utf-32-le")
        places = [(4 * one.start, 4 * one.end) for one in names.find(text)]
    encoding = "utf-8" if is_markdown else "utf-32-le"
    pieces, others, end, count = [], [], 0, 0
    for start, stop in places:
        written = source[start:stop].decode(encoding)
        meant = _in_case_of(written, old, new)
        if meant is None:
            others.append(written)
            continue
        pieces += [source[end:start], meant.encode(encoding)]
        end, count = stop, count + 1
    whole = b"".join([*pieces, source[end:]]).decode(encoding)
    return Replaced(whole, count, list(dict.fromkeys(others)))


def _in_case_of(written: str, old: str, new: str) -> str | None:
    """Return ``new`` as ``old`` is ``written``, or None for another form of it."""
    if written == old:
        return new
    if written == _capital(old):
        return _capital(new)
    is_plain = new == new.lower() or new == new.title() or new == _capital(new.lower())
    if written == old.lower() and is_plain:
        return new.lower()
    if written == _capital(old.lower()) and is_plain:
        return _capital(new.lower())
    return None


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def replace_in_texts(
    operation: Operation, term: Term, new: str, allowed: Callable[[Term], bool]
) -> set[Uid]:
    """Plan ``new`` for the name of ``term`` in its own text and the texts of other terms.

    Returns the uids of the terms whose texts change.
    """
    changed: set[Uid] = set()
    for other, read in documents_of(_mentioning(term)):
        body = replace_name(normalise(read.body), term.name, new)
        definition = replace_name(read.description, term.name, new, is_markdown=False)
        if body.times or definition.times:
            if allowed(other):
                _rewrite(operation, other, read, body, definition)
                changed.add(other.uid)
            else:
                operation.leave(other, _("mentions it in its text, and you may not edit it"))
        if others := dict.fromkeys([*body.others, *definition.others]):
            listed = ", ".join(f"“{form}”" for form in list(others)[:NAMED])
            words = _("has {names} in its text, which stays: check it")
            operation.leave(other, words.format(names=listed))
    return changed


def _rewrite(
    operation: Operation, term: Term, read: TermDocument, body: Replaced, definition: Replaced
) -> None:
    count = body.times + definition.times
    words = ngettext(
        "gets the new name in its text, in {count} place",
        "gets the new name in its text, in {count} places",
        count,
    )
    operation.rewrite(
        term,
        words.format(count=count),
        read,
        columns={"description": definition.text} if definition.times else {},
        body=body.text if body.times else None,
    )


def _mentioning(term: Term) -> QuerySet[Term]:
    contains = Q(body__icontains=term.name) | Q(description__icontains=term.name)
    found = Term.objects.filter(contains, glossary=term.glossary, problem="")
    return found.order_by("path")

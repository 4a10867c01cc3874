"""Rules about definitions."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from terms.models import Term
from terms.rendering import Names

from .context import GlossaryContext
from .rule import CheckedTerm, Rule

CARD = 300  # characters of a definition that fit on a card


def lacks_definition(entry: CheckedTerm, context: GlossaryContext) -> Iterator[tuple[str, str]]:
    if not entry.document.description.strip():
        yield _("definition"), _("Add a definition of one sentence.")


def repeats_itself(entry: CheckedTerm, context: GlossaryContext) -> Iterator[tuple[str, str]]:
    name, description = entry.document.name, entry.document.description
    # At the start, as in "Flask is …", the name is the subject of the definition.
    if any(found.start > len(name) + 4 for found in Names([(name, "own")]).find(description)):
        message = _("“{name}” is used in its own definition. Rephrase it.")
        yield _("definition"), message.format(name=name)


def is_circular(entry: CheckedTerm, context: GlossaryContext) -> Iterator[tuple[str, str]]:
    document = entry.document
    own = entry.term.pk if entry.term else None
    used = {key: pk for key, pk in context.terms_in(document.description).items() if pk != own}
    definitions = dict(Term.objects.filter(pk__in=used.values()).values_list("pk", "description"))
    own_names = Names((name, "own") for name in (document.name, *document.aliases))
    for key, pk in used.items():
        if own_names.find(definitions.get(pk, "")):
            message = _("It is defined by “{name}”, which is defined by it.")
            yield _("definition"), message.format(name=key)


def is_too_long(entry: CheckedTerm, context: GlossaryContext) -> Iterator[tuple[str, str]]:
    length = len(entry.document.description)
    if length > CARD:
        message = _("It has {length} characters; a card shows {most} well. Shorten it.")
        yield _("definition"), message.format(length=length, most=CARD)


RULES = (
    Rule("definition", _lazy("A definition is missing"), lacks_definition),
    Rule("repeats", _lazy("A definition uses its own term"), repeats_itself),
    Rule("circular", _lazy("Two definitions are circular"), is_circular),
    Rule("long", _lazy("A definition is too long for a card"), is_too_long),
)

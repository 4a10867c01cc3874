"""The interface of quality rules: their input and their findings."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from django.utils.functional import Promise

from terms.formats.document import TermDocument
from terms.models import Term
from terms.rendering import MAX_BODY, Outline, outline

from .context import GlossaryContext


@dataclass(frozen=True)
class CheckedTerm:
    """A text to check. ``term`` is None for a new term."""

    term: Term | None
    document: TermDocument

    @cached_property
    def outline(self) -> Outline:
        return outline(self.document.body) if len(self.document.body) <= MAX_BODY else Outline()


class Repair(NamedTuple):
    """Replaces ``before`` by ``after`` in a line of the text. Line 0 is a new one at its end."""

    line: int
    before: str
    after: str


Found = tuple[str, str] | tuple[str, str, Repair]
Check = Callable[[CheckedTerm, GlossaryContext], Iterator[Found]]


class Rule(NamedTuple):
    """A quality rule.

    ``name`` is the key under which glossaries store the rule's level; ``title`` is its label in
    the admin. ``check`` takes a text and its glossary, and yields for each problem the place (a
    field, or ``text, line 3``), a message that explains the fix, and perhaps a Repair that the
    form offers. It has no side effects.
    """

    name: str
    title: str | Promise
    check: Check


class Finding(NamedTuple):
    """A problem that a rule found. ``where`` is a field, or a line of the text."""

    rule: str
    where: str
    message: str
    repair: Repair | None = None

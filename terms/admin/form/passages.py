"""Conflicting passages of a body, and the editor's choice for each."""

from collections.abc import Mapping

from terms.editing.numbers import number_in
from terms.formats.line_ends import normalise
from terms.formats.three_way import OURS, Passage, joined, passages
from terms.models import Term

MINE, BASE, CHOICE = "merge-mine", "merge-base", "passage-"
MOST = 500  # passages


def carried(data: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the hidden fields that a form with open choices must send again."""
    choices = [name for name in data if name.startswith(CHOICE)][:MOST]
    return [(name, data[name]) for name in (MINE, BASE, *choices) if name in data]


def chosen_body(term: Term, theirs: str, data: Mapping[str, str], typed: str) -> str:
    """Return ``typed`` with the passages chosen in ``data``, unless the text was edited further."""
    if MINE not in data:
        return typed
    base = term.revisions.filter(number=number_in(data.get(BASE, "")) or 0).first()
    if base is None:
        return typed
    found = passages_of(term.body_of(base.text), data[MINE], theirs)
    if typed != joined(found, {}):
        return typed
    sides = {n: data.get(f"{CHOICE}{n}", OURS) for n in range(len(found))}
    return joined(found, sides)


def passages_of(base: str, mine: str, theirs: str) -> list[Passage]:
    return passages(normalise(base), normalise(mine), normalise(theirs))

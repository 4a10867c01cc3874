"""Rules about sections and headings."""

from collections.abc import Iterator
from itertools import pairwise

from terms.formats.paths import name_key

from .context import GlossaryContext
from .rule import CheckedTerm, Rule


def lacks_section(entry: CheckedTerm, context: GlossaryContext) -> Iterator[tuple[str, str]]:
    own = {name_key(h.text) for h in entry.outline.headings if h.target == "H2"}
    for key, title in context.sections.items():
        if key not in own:
            yield "text", f"Most terms have a section “{title}”; this one has none."


def skips_heading(entry: CheckedTerm, context: GlossaryContext) -> Iterator[tuple[str, str]]:
    headings = entry.outline.headings
    levels = [1, *(int(h.target[1]) for h in headings)]
    for heading, (before, level) in zip(headings, pairwise(levels), strict=True):
        if level == 1 or level > before + 1:
            expected = "##" if before == 1 else "#" * (before + 1)
            yield f"text, line {heading.line}", f"“{heading.text}” skips a level: write {expected}."


SECTIONS = (Rule("section", "A section that most terms have is missing", lacks_section),)
HEADINGS = (Rule("heading", "A heading skips a level", skips_heading),)

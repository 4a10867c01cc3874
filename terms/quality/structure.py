"""Rules about sections and headings."""

from collections.abc import Iterator
from itertools import pairwise

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from terms.formats.paths import name_key

from .context import GlossaryContext
from .rule import CheckedTerm, Found, Repair, Rule


def lacks_section(entry: CheckedTerm, context: GlossaryContext) -> Iterator[Found]:
    own = {name_key(h.text) for h in entry.outline.headings if h.target == "H2"}
    for key, title in context.sections.items():
        if key not in own:
            message = _("Most terms have a section “{title}”; this one has none.")
            yield _("text"), message.format(title=title), Repair(0, "", f"## {title}")


def skips_heading(entry: CheckedTerm, context: GlossaryContext) -> Iterator[Found]:
    headings = entry.outline.headings
    lines = entry.document.body.split("\n")
    levels = [1, *(int(h.target[1]) for h in headings)]
    for heading, (before, level) in zip(headings, pairwise(levels), strict=True):
        if level == 1 or level > before + 1:
            expected = "##" if before == 1 else "#" * (before + 1)
            message = _("“{heading}” skips a level: write {expected}.")
            where = _("text, line {line}").format(line=heading.line)
            said = message.format(heading=heading.text, expected=expected)
            signs = "#" * level
            is_marked = lines[heading.line - 1].lstrip().startswith(signs)  # and not underlined
            repair = (Repair(heading.line, signs, expected),) if is_marked else ()
            yield (where, said, *repair)


RULES = (
    Rule("section", _lazy("A section that most terms have is missing"), lacks_section),
    Rule("heading", _lazy("A heading skips a level"), skips_heading),
)

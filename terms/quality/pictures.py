"""Rules about pictures."""

from collections.abc import Iterator

from terms.rendering import is_elsewhere

from .context import GlossaryContext
from .rule import CheckedTerm, Rule


def lacks_picture(entry: CheckedTerm, context: GlossaryContext) -> Iterator[tuple[str, str]]:
    path = entry.term.path if entry.term else ""
    for picture in entry.outline.pictures:
        if is_elsewhere(picture.target):
            problem = f"The picture {picture.target} is on another site and is not shown."
        elif picture.target.startswith("/media/") or context.has_picture(path, picture.target):
            continue
        else:
            problem = f"There is no picture {picture.target} here."
        yield (
            f"text, line {picture.line}",
            f"{problem} To upload it, put the cursor there and paste it.",
        )


def lacks_alternative(entry: CheckedTerm, context: GlossaryContext) -> Iterator[tuple[str, str]]:
    for picture in entry.outline.pictures:
        if not picture.text.strip():
            yield f"text, line {picture.line}", "Describe the picture: ![in these brackets](…)."


PICTURES = (Rule("picture", "A picture is not on this site", lacks_picture),)
ALTERNATIVES = (Rule("alternative", "A picture has no alternative text", lacks_alternative),)

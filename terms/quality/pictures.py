"""Rules about pictures."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from terms.rendering import is_elsewhere

from .context import GlossaryContext
from .rule import CheckedTerm, Rule


def lacks_picture(entry: CheckedTerm, context: GlossaryContext) -> Iterator[tuple[str, str]]:
    path = entry.term.path if entry.term else ""
    for picture in entry.outline.pictures:
        if is_elsewhere(picture.target):
            message = _(
                "The picture {address} is on another site and is not shown."
                " To upload it, put the cursor there and paste it."
            )
        elif picture.target.startswith("/media/") or context.has_picture(path, picture.target):
            continue
        else:
            message = _(
                "There is no picture {address} here."
                " To upload it, put the cursor there and paste it."
            )
        yield (
            _("text, line {line}").format(line=picture.line),
            message.format(address=picture.target),
        )


def lacks_alternative(entry: CheckedTerm, context: GlossaryContext) -> Iterator[tuple[str, str]]:
    for picture in entry.outline.pictures:
        if not picture.text.strip():
            yield (
                _("text, line {line}").format(line=picture.line),
                _("Describe the picture: ![in these brackets](…)."),
            )


def is_not_beside(entry: CheckedTerm, context: GlossaryContext) -> Iterator[tuple[str, str]]:
    for picture in entry.outline.pictures:
        if picture.target.startswith("/media/"):
            message = _(
                "The picture {address} is not beside the files, so other sites cannot show it."
                " The list of pictures has a button that moves it."
            )
            yield (
                _("text, line {line}").format(line=picture.line),
                message.format(address=picture.target),
            )


RULES = (
    Rule("picture", _lazy("A picture is not on this site"), lacks_picture),
    Rule("beside", _lazy("A picture is not beside the files"), is_not_beside),
    Rule("alternative", _lazy("A picture has no alternative text"), lacks_alternative),
)

"""Validators for text that people enter."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from terms.formats.conflicts import line_of_conflict
from terms.formats.problems import FORBIDDEN


def refuse_control_characters(text: str) -> None:
    found = FORBIDDEN.search(text)
    if found:
        text = _("The control character {character} is not allowed.")
        raise ValidationError(text.format(character=f"U+{ord(found[0]):04X}"))


def refuse_conflicts(text: str) -> None:
    """Refuse the markers that git leaves where two versions collide."""
    if line := line_of_conflict(text):
        text = _(
            "Line {line} has a conflict marker of git. Keep one version, and remove the markers."
        )
        raise ValidationError(text.format(line=line))


def refuse_misleading(name: str) -> None:
    """Refuse names that are displayed in another order than they are written."""
    if any(
        character in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069" for character in name
    ):
        raise ValidationError(
            _("A name cannot contain characters that change the writing direction.")
        )

"""Strings of comma-separated names; the names may contain commas."""

from collections.abc import Callable

from .paths import name_key

SEPARATOR = ", "
NOTHING = "None"
MAX_PIECES = 12  # of one name, split at commas


def read_names(text: str, is_known: Callable[[str], bool], longest: int = MAX_PIECES) -> list[str]:
    """Return the names in ``text``: the longest known name, or the text up to the next comma.

    ``is_known`` is called with ``name_key(name)``, for names of at most ``longest`` pieces.
    The text ``None`` means no names, unless a term has this name.
    """
    if text.strip() == NOTHING and not is_known(name_key(NOTHING)):
        return []
    pieces = text.split(",")
    names: list[str] = []
    start = 0
    while start < len(pieces):
        end = start + 1
        for longer in range(min(len(pieces), start + longest), start + 1, -1):
            if is_known(name_key(",".join(pieces[start:longer]))):
                end = longer
                break
        name = ",".join(pieces[start:end]).strip()
        if name:
            names.append(name)
        start = end
    return names


def write_names(names: list[str]) -> str:
    return SEPARATOR.join(names) if names else NOTHING

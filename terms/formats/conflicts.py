"""Conflict markers that git, Mercurial and Subversion leave in a file."""

import re

from .line_ends import normalise

BEGIN, MIDDLE, END = "<<<<<<<", "=======", ">>>>>>>"
UNRESOLVED = "A conflict of versions is not resolved: keep one of them, and remove its markers."
_MARKER = re.compile(r"^(<{7}|={7}|>{7})((?<!=) \S.*)?[ \t]*$", re.MULTILINE)


def line_of_conflict(text: str) -> int:
    """Return the line of the first conflict marker, from 1; 0 if there is none.

    A marker begins its line, in a code block too: an example has to be indented. ``<<<<<<<``
    with the name of a version is enough, and so are ``=======`` and a later ``>>>>>>>``;
    ``=======`` alone is the line under a heading.
    """
    if BEGIN not in text and END not in text:
        return 0
    text = normalise(text)
    first = None
    for found in _MARKER.finditer(text):
        marker, name = found.groups()
        if marker == BEGIN and name:
            return _line(text, found)
        if marker == END and first:
            return _line(text, first)
        if marker == BEGIN or (marker == MIDDLE and first is None):
            first = found
    return 0


def _line(text: str, found: re.Match[str]) -> int:
    return text.count("\n", 0, found.start()) + 1

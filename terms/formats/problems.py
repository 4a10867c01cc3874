"""Problems of term files, in words for their authors."""

import re
from collections.abc import Callable


class FormatError(ValueError):
    """The file is not a term file; its content cannot be kept as text."""


class HeaderProblem(ValueError):
    """The header cannot be read; the text is kept unchanged.

    ``line`` and ``column`` are positions in the whole file, from 1.
    """

    def __init__(self, reason: str, line: int = 1, column: int = 1):
        super().__init__(reason)
        self.reason = reason
        self.line = line
        self.column = column

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.reason}"


class CannotSplice(ValueError):
    """The change cannot be written without touching more than its own lines."""


_INDENTATION = (
    "This line is indented otherwise than those around it, or a value that begins with a"
    " quote, [ or { goes on behind its end: put the whole value in quotes."
)

# libyaml's messages and explanations for authors.
_PLAIN_WORDS: tuple[tuple[str, str], ...] = (
    (
        "mapping values are not allowed",
        "A value contains a colon before a space or a line end. Put the value in quotes.",
    ),
    ("found undefined alias", "References (*name) are not supported."),
    ("could not find expected ':'", "This line is not of the form “key: value”."),
    ("did not find expected key", _INDENTATION),
    ("did not find expected '-' indicator", _INDENTATION),
    ("block sequence entries are not allowed", "A list cannot start here."),
    ("block mapping keys are not allowed", "A key is not allowed here."),
    ("did not find expected ',' or ']'", "A list that starts with [ is not closed."),
    ("did not find expected ',' or '}'", "A mapping that starts with { is not closed."),
    ("did not find expected node content", "A list or mapping is not closed."),
    ("found unexpected document indicator", "A quote is not closed."),
    ("found unknown escape character", "This \\ sequence is unknown: double the backslash."),
    ("found incompatible YAML document", "This version of YAML is not supported."),
    ("did not find expected hexdecimal number", "This \\x or \\u sequence is incomplete."),
    ("did not find expected comment or line break", "After | or > the text begins on a new line."),
    (
        "did not find expected alphabetic or numeric",
        "A value cannot start with & or *. Put it in quotes.",
    ),
    ("found a tab character", "A tab is used for indentation. Use spaces."),
)


def describe_yaml_problem(problem: str, context: str, character: str) -> str:
    """Return an explanation of libyaml's ``problem`` at ``character``."""
    if problem == "found unexpected end of stream":
        if "quoted" in context:
            return "This quote is not closed."
        return "The header ends in the middle of a value."
    if problem == "found character that cannot start any token":
        if character == "\t":
            return "A tab is used for indentation. Use spaces."
        return f"A value cannot start with “{character}”. Put it in quotes."
    for theirs, ours in _PLAIN_WORDS:
        if problem.startswith(theirs):
            return ours
    return f"This is not valid YAML ({problem})."


# Forbidden characters: C0 controls except tab, LF and CR; DEL, surrogates, U+FFFE, U+FFFF.
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def locate(text: str, index: int) -> tuple[int, int]:
    """Return the line and column, from 1, of a character of ``text``."""
    before = text[:index].replace("\r\n", "\n ").replace("\r", "\n")
    line = before.count("\n") + 1
    return line, index - (before.rfind("\n") + 1) + 1


def problem_at(text: str, first_line: int = 1) -> Callable[[str, int], HeaderProblem]:
    """Return a function that makes problems at indexes of ``text``, starting at ``first_line``."""

    def make(reason: str, index: int) -> HeaderProblem:
        line, column = locate(text, index)
        return HeaderProblem(reason, line + first_line - 1, column)

    return make

"""The header and body of a text, byte for byte.

``parse`` keeps the text; ``FrontMatter.replaced`` writes changed values into it.
python-frontmatter is used with ``KeepingHandler``: its own handler loses text hidden by an
unclosed fence, a byte order mark or a rule in the body, sorts keys, trims the body and
reads ``No`` as False.
"""

import re
from dataclasses import dataclass
from typing import Any, cast

import frontmatter
from frontmatter.default_handlers import YAMLHandler

from .conflicts import UNRESOLVED, line_of_conflict
from .line_ends import like_original, normalise, usual_end
from .plain_headers import read_plain
from .problems import CannotSplice, FormatError, HeaderProblem, locate
from .splice import splice
from .yaml_nodes import Data, compose, to_data

MAX_FILE = 1024 * 1024  # bytes

_OPENING = re.compile(r"\ufeff?---[ \t]*(?:\r\n|\n|\r)")
_CLOSING = re.compile(r"^(?:---|\.\.\.)[ \t]*(?:\r\n|\n|\r|\Z)", re.MULTILINE)
_CLOSING_AFTER_CR = re.compile(r"(?:(?<=\r)|^)(?:---|\.\.\.)[ \t]*(?:\r\n|\n|\r|\Z)", re.MULTILINE)


def decode(content: bytes) -> str:
    """Return the text of a term file.

    Raises FormatError if it is too long, not text, or has conflict markers.
    """
    if len(content) > MAX_FILE:
        raise FormatError(
            f"The file has {len(content):,} bytes; a term file has at most {MAX_FILE:,}."
        )
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise FormatError(
            f"line {line}: The byte 0x{content[error.start]:02x} is not UTF-8; "
            "save the file as UTF-8."
        ) from None
    if "\0" in text:
        line, column = locate(text, text.index("\0"))
        raise FormatError(f"line {line}, column {column}: The file contains a NUL character.")
    if line := line_of_conflict(text):
        raise FormatError(f"line {line}: {UNRESOLVED}")
    return text


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """A text in parts: ``text == opening + header + closing + body``.

    ``data`` is the content of the header, with scalars as text. If the header cannot be
    read, ``data`` is empty and ``problem`` is the reason.
    """

    opening: str
    header: str
    closing: str
    body: str
    data: dict[str, Data]
    problem: HeaderProblem | None = None

    @property
    def text(self) -> str:
        return self.opening + self.header + self.closing + self.body

    def replaced(self, data: dict[str, Data] | None = None, body: str | None = None) -> str:
        """Return the text with new values and all other lines unchanged. Raises CannotSplice.

        ``body`` may have any line ends; it is written with those of the file.
        """
        parts = [self.opening, self.header, self.closing, self.body]
        if data is not None and data != self.data:
            if self.problem is not None:
                raise CannotSplice(f"The header cannot be read: {self.problem}")
            parts[:3] = self._with_header(data)
        if body is not None and normalise(body) != normalise(self.body):
            if parts[2] and parts[2][-1] not in "\r\n" and body:
                parts[2] += usual_end(self.opening)
            parts[3] = like_original(normalise(body), self.body, usual_end(self.text))
            if not parts[0] and _OPENING.match(parts[3]):
                raise CannotSplice("A text without header cannot begin with ---.")
        text = "".join(parts)
        return self._checked(text, data, body)

    def _with_header(self, data: dict[str, Data]) -> list[str]:
        end = usual_end(self.opening) if self.opening else usual_end(self.body)
        changed = splice(normalise(self.header), data)
        if self.opening:
            return [self.opening, like_original(changed, self.header, end), self.closing]
        mark = "\ufeff" if self.body.startswith("\ufeff") else ""
        return [f"{mark}---{end}", changed.replace("\n", end), f"---{end}"]

    def _checked(self, text: str, data: dict[str, Data] | None, body: str | None) -> str:
        again = parse(text)
        wanted = self.body if body is None else body
        if again.data != (self.data if data is None else data) or normalise(
            again.body
        ) != normalise(wanted).removeprefix("\ufeff"):
            raise CannotSplice("The change would make the file say something else.")
        return text


class KeepingHandler(YAMLHandler):
    """A python-frontmatter handler for one text that keeps unchanged lines.

    >>> handler = KeepingHandler(text)
    >>> post = frontmatter.loads(text, handler=handler)
    >>> post["term"] = "Jinja"
    >>> frontmatter.dumps(post)   # the text with that one line changed
    """

    def __init__(self, text: str):
        super().__init__()
        self.text = text
        self.parts = _split(text)

    def detect(self, text: str) -> bool:
        return bool(_OPENING.match(text))

    def split(self, text: str) -> tuple[str, str]:
        """Return header and body of the kept text; python-frontmatter has trimmed ``text``."""
        if not self.parts[0]:
            raise ValueError("no header")
        return self.parts[1], self.parts[3]

    def load(self, fm: str, **kwargs: object) -> dict[str, Data]:
        if not self.parts[2]:
            raise HeaderProblem("The header that starts here with --- is not closed.")
        if (data := read_plain(fm)) is not None:
            return data
        return cast("dict[str, Data]", to_data(compose(fm, first_line=2)))

    def format(self, post: Any, **kwargs: object) -> str:
        kept = parse(self.text)
        body = kept.body if post.content == kept.body.strip() else post.content
        return kept.replaced(post.metadata, body)


def parse(text: str) -> FrontMatter:
    """Return the parts of ``text``. Never raises; see ``problem``."""
    handler = KeepingHandler(text)
    try:
        data, _ = frontmatter.parse(text, handler=handler)
    except HeaderProblem as problem:
        return FrontMatter(*handler.parts, {}, problem)
    return FrontMatter(*handler.parts, cast("dict[str, Data]", data))


def _split(text: str) -> tuple[str, str, str, str]:
    """Return opening fence, header, closing fence and body; missing fences are empty."""
    opening = _OPENING.match(text)
    if opening is None:
        return "", "", "", text
    pattern = _CLOSING_AFTER_CR if "\r" in text else _CLOSING
    closing = pattern.search(text, opening.end())
    if closing is None:
        return opening[0], "", "", text[opening.end() :]
    start, end = closing.span()
    return opening[0], text[opening.end() : start], closing[0], text[end:]

"""The first sentence of a text, as a short definition."""

import re

from .macros import expand_macros
from .parsing import event_of, events

LONGEST = 300  # characters

# No sentence ends after a single letter or these abbreviations, or before a lower-case letter.
_END = re.compile(
    r"(?<!^[A-Za-z])(?<![ (.][A-Za-z])(?<!vs)(?<!etc)(?<!cf)"
    r"[.!?][\"'”’)]*(?=\s+[^a-z\s]|\s*$)|[。！？]"
)


def first_sentence(markdown: str) -> str:
    """Return the first sentence of the first paragraph, without markup, or an empty string."""
    text = " ".join(_first_paragraph(markdown).split())
    found = _END.search(text)
    sentence = text[: found.end()] if found else text
    return shortened(sentence, LONGEST)


def shortened(text: str, most: int) -> str:
    """Return ``text`` cut to ``most`` characters, between words if possible."""
    if len(text) <= most:
        return text
    end = text.rfind(" ", most * 2 // 3, most)
    return text[: most if end < 0 else end] + "…"


def _first_paragraph(markdown: str) -> str:
    """Return the text of the first paragraph outside lists, quotations and footnotes."""
    parts: list[str] = []
    opened: list[str] = []
    pictures = 0  # open images
    for event in events(expand_macros(markdown)):
        kind, value = event_of(event)
        if kind == "Start":
            opened.append(value if isinstance(value, str) else next(iter(value)))
            pictures += opened[-1] == "Image"
        elif kind == "End":
            element = opened.pop()
            pictures -= element == "Image"
            if element == "Paragraph" and not opened and "".join(parts).strip():
                break
        elif opened[:1] == ["Paragraph"] and not pictures:
            parts.append(value if kind in ("Text", "Code") else " " if "Break" in kind else "")
    return "".join(parts)

"""The first sentence of a text, as a short definition."""

import re

from .macros import expand_macros
from .parsing import event_of, events

LONGEST = 300  # characters

# A point ends no sentence behind a single letter or one of these, nor before a small letter.
_END = re.compile(
    r"(?<!^[A-Za-z])(?<![ (.][A-Za-z])(?<!vs)(?<!etc)(?<!cf)"
    r"[.!?][\"'”’)]*(?=\s+[^a-z\s]|\s*$)|[。！？]"
)


def first_sentence(markdown: str) -> str:
    """The first sentence of the first paragraph, without markup; empty where there is none."""
    text = " ".join(_first_paragraph(markdown).split())
    found = _END.search(text)
    sentence = text[: found.end()] if found else text
    return shortened(sentence, LONGEST)


def shortened(text: str, most: int) -> str:
    """``text`` up to ``most`` characters, cut between words where any ends not far before."""
    if len(text) <= most:
        return text
    end = text.rfind(" ", most * 2 // 3, most)
    return text[: most if end < 0 else end] + "…"


def _first_paragraph(markdown: str) -> str:
    """The words of the first paragraph that is no part of a list, quotation or note."""
    parts: list[str] = []
    opened: list[str] = []
    pictures = 0  # that are open
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

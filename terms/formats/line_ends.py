"""Line ends: \\n, \\r\\n, \\r, and mixtures of them."""

import re

from .alignment import matching_blocks

_END = re.compile(r"\r\n|\n|\r")


def normalise(text: str) -> str:
    """Return ``text`` with all line ends as \\n."""
    return _END.sub("\n", text) if "\r" in text else text


def usual_end(text: str) -> str:
    """Return the line end of the first line, or \\n if it has none."""
    found = _END.search(text)
    return found[0] if found else "\n"


def like_original(changed: str, original: str, default: str | None = None) -> str:
    """Return ``changed`` (\\n) with the line ends of the same lines in ``original``.

    New lines get ``default``, or the usual line end of ``original``.
    """
    usual = usual_end(original) if default is None else default
    if "\r" not in original:
        return changed if usual == "\n" else changed.replace("\n", usual)
    if _END.sub("\n", original) == changed:
        return original
    old = _lines(original)
    if len({end for _, end in old[:-1]}) == 1:
        return changed.replace("\n", usual)
    new = changed.split("\n")
    ends = [usual] * len(new)
    for start, target, size in matching_blocks([line for line, _ in old], new):
        for offset in range(size):
            ends[target + offset] = old[start + offset][1] or usual
    ends[-1] = ""
    return "".join(line + end for line, end in zip(new, ends, strict=True))


def _lines(text: str) -> list[tuple[str, str]]:
    """Return the lines with their ends; the last line has none."""
    lines: list[tuple[str, str]] = []
    position = 0
    for found in _END.finditer(text):
        lines.append((text[position : found.start()], found[0]))
        position = found.end()
    lines.append((text[position:], ""))
    return lines

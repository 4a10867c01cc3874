"""Under which letter a name stands, and in which order."""

import unicodedata

DIGITS = "0-9"
SYMBOLS = "#"


def sort_key(name: str) -> str:
    """``name`` without case and accents."""
    decomposed = unicodedata.normalize("NFKD", name)
    return "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()[:300]


def letter_of(name: str) -> str:
    """The letter of the index: that of the first letter or digit, accents aside."""
    first = next((c for c in sort_key(name) if c.isalnum()), "")
    if not first:
        return SYMBOLS
    return DIGITS if first.isdigit() else first.upper()[:10]

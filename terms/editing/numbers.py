"""Numbers in requests: in a form, in an address."""


def number_in(text: str) -> int | None:
    """The whole number that ``text`` is in ASCII digits; None for all else, and for what is
    longer than any database's id."""
    is_number = text.isascii() and text.isdigit() and len(text) < 18
    return int(text) if is_number else None

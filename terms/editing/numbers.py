"""Numbers in forms and addresses."""


def number_in(text: str) -> int | None:
    """Return the integer in ``text``, or None if it is not one in ASCII digits.

    Numbers of 18 digits or more, longer than any database id, are None.
    """
    is_number = text.isascii() and text.isdigit() and len(text) < 18
    return int(text) if is_number else None

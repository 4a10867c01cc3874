"""The format of the server's log messages."""

import logging


class OneLine(logging.Formatter):
    """The message alone, with what would break or colour the line escaped."""

    def format(self, record: logging.LogRecord) -> str:
        text = f"{record.levelname} {record.name}: {record.getMessage()}"
        return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)

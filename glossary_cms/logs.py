"""The format of the server's log messages."""

import logging


class OneLine(logging.Formatter):
    """The level, logger and message on one line; unprintable characters are escaped."""

    def format(self, record: logging.LogRecord) -> str:
        text = f"{record.levelname} {record.name}: {record.getMessage()}"
        return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)

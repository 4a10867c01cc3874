"""Recognises requests of logged-in people, which have their own threads.

The name of a cookie proves nothing. Its session is looked up and remembered for a while.
"""

import time
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.db import close_old_connections

REMEMBERED, MOST = 300, 10_000  # seconds, sessions
_KEY_LENGTH = 32


class Editors:
    """The sessions of logged-in people that this process knows."""

    def __init__(self) -> None:
        self._name = settings.SESSION_COOKIE_NAME
        self._store: Any = import_module(settings.SESSION_ENGINE).SessionStore
        self._until: dict[str, float] = {}

    def key_of(self, cookies: str | None) -> str:
        """Return the session key in the cookies of a request, or an empty string."""
        if not cookies or self._name not in cookies:
            return ""
        for cookie in cookies.split(";"):
            name, _, value = cookie.strip().partition("=")
            if name == self._name and len(value) == _KEY_LENGTH and value.isalnum():
                return value
        return ""

    def knows(self, key: str) -> bool:
        return self._until.get(key, 0) > time.monotonic()

    def knew(self, key: str) -> bool:
        """Return whether the session is known or was known before."""
        return key in self._until

    def look_up(self, key: str) -> bool:
        """Query the database. Return whether this is the session of a logged-in person."""
        try:
            is_one = SESSION_KEY in self._store(key)
        finally:
            close_old_connections()
        if not is_one:
            self._until.pop(key, None)
        else:
            if len(self._until) >= MOST:
                self._until.clear()
            self._until[key] = time.monotonic() + REMEMBERED
        return is_one

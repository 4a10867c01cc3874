"""Settings from environment variables. A variable that cannot be read is noted;
``manage.py check`` and everything that serves the site refuse to start with it."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import environ


class Environment:
    """Reads each variable once; ``problems`` says by name what is wrong."""

    def __init__(self) -> None:
        self._env = environ.Env()
        self.names: set[str] = set()
        self.problems: dict[str, str] = {}

    def text(self, name: str, default: str = "", check: Callable[[str], str] | None = None) -> str:
        """``check`` says what is wrong with a value, if anything is."""
        self.names.add(name)
        value = self._env.str(name, default=default).strip()
        if check and value and (problem := check(value)):
            self.problems[name] = f"“{value}” {problem}"
            return default
        return value

    def flag(self, name: str, default: bool) -> bool:
        value = self.text(name).lower()
        if not value:
            return default
        if value in ("1", "true", "on", "yes"):
            return True
        if value not in ("0", "false", "off", "no"):
            self.problems[name] = f"“{value}” is neither true nor false."
        return False

    def words(self, name: str, check: Callable[[str], str] | None = None) -> list[str]:
        """Values between commas."""
        found = [part.strip() for part in self.text(name).split(",") if part.strip()]
        if check is None:
            return found
        wrong = {part: problem for part in found if (problem := check(part))}
        for part, problem in wrong.items():
            self.problems[name] = f"“{part}” {problem}"
        return [part for part in found if part not in wrong]

    def read(self, name: str, reader: Callable[[str], Any], help: str) -> Any:
        """What ``reader`` makes of the value; where it raises ValueError, what it makes of ""."""
        value = self.text(name)
        try:
            return reader(value)
        except ValueError as error:
            self.problems[name] = f"“{value}” {help} ({error})."
            return reader("")

    def database(self, name: str, default: str) -> dict[str, Any]:
        self.names.add(name)
        value = self._env.str(name, default="") or default
        scheme = value.partition(":")[0]
        if scheme not in ("sqlite", "postgres", "postgresql") or "://" not in value:
            self.problems[name] = (
                "It is not the address of a database: sqlite:///path or postgres://user@host/name."
            )
            return {"ENGINE": "django.db.backends.dummy"}
        try:
            found: dict[str, Any] = self._env.db_url_config(value)
        except (ValueError, environ.ImproperlyConfigured) as error:
            self.problems[name] = f"It cannot be read: {error}."
            return {"ENGINE": "django.db.backends.dummy"}
        return found

    def mail(self, name: str) -> dict[str, Any]:
        self.names.add(name)
        value = self._env.str(name, default="") or "consolemail://"
        try:
            if urlsplit(value).scheme not in environ.Env.EMAIL_SCHEMES:
                raise ValueError("unknown scheme")
            return self._env.email_url_config(value)
        except (ValueError, environ.ImproperlyConfigured):
            self.problems[name] = (
                "It is not the address of a mail server:"
                " smtp+tls://user:password@mail.example.org:587."
            )
            return self._env.email_url_config("consolemail://")


def not_an_address(text: str) -> str:
    """Why ``text`` is not the address of a site."""
    try:
        parts = urlsplit(text)
        is_one = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_one = False
    if not is_one:
        return "is not an address: https://words.example.org."
    return "" if not (parts.query or parts.fragment) else "has a query or fragment."


def not_an_origin(text: str) -> str:
    return not_an_address(text) or ("" if urlsplit(text).path in ("", "/") else "has a path.")


def not_a_zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (KeyError, ValueError, OSError):
        return "is not a time zone like Europe/Vienna."
    return ""


def not_a_contact(text: str) -> str:
    return (
        "" if text.startswith(("mailto:", "https://")) else "must begin with mailto: or https://."
    )


def not_a_language(text: str) -> str:
    is_one = all(part.isascii() and part.isalnum() and len(part) <= 8 for part in text.split("-"))
    return "" if is_one else "is not a language tag like en or de-AT."

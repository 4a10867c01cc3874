"""Settings from environment variables.

Invalid values are collected; ``manage.py check`` fails with them, and no server starts.
"""

import re
from collections.abc import Callable
from email.utils import parseaddr
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import environ
from django.conf import global_settings


class Environment:
    """Reads settings; ``problems``: name → problem with the value."""

    def __init__(self) -> None:
        self._env = environ.Env()
        self.names: set[str] = set()
        self.problems: dict[str, str] = {}

    def text(self, name: str, default: str = "", check: Callable[[str], str] | None = None) -> str:
        """Return a value. ``check`` returns the problem with it, or an empty string."""
        self.names.add(name)
        value = self._env.str(name, default=default).strip() or default
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
        """Return values separated by commas."""
        found = [part.strip() for part in self.text(name).split(",") if part.strip()]
        if check is None:
            return found
        wrong = {part: problem for part in found if (problem := check(part))}
        for part, problem in wrong.items():
            self.problems[name] = f"“{part}” {problem}"
        return [part for part in found if part not in wrong]

    def secrets(self, name: str, check: Callable[[str], str]) -> list[str]:
        """Return secret values separated by spaces. Problems do not show them."""
        found = self.text(name).split()
        for number, part in enumerate(found, 1):
            if problem := check(part):
                self.problems[name] = f"Entry {number} {problem}"
        return [part for part in found if not check(part)]

    def number(self, name: str, default: int) -> int:
        """Return a whole number above 0."""
        value = self.text(name)
        if value and not (value.isascii() and value.isdigit() and 0 < int(value) < 10**9):
            self.problems[name] = f"“{value}” is not a whole number above 0."
            return default
        return int(value) if value else default

    def read(self, name: str, reader: Callable[[str], Any], help: str) -> Any:
        """Return the value as ``reader`` parses it.

        If it raises ValueError, note the problem and return the result for an empty value.
        """
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
        if scheme != "sqlite" and find_spec("psycopg") is None:
            self.problems[name] = "PostgreSQL needs psycopg: pip install 'glossary-cms[postgresql]'"
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
    """Return the reason why ``text`` is not the address of a site, or an empty string."""
    try:
        parts = urlsplit(text)
        is_one = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        is_one = is_one and re.fullmatch(r"[!-~]+", text) is not None and not set(text) & set('<>"')
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
    if not re.fullmatch(r"(?:mailto:|https://)[!-~]+", text):
        return "must be mailto: or https:// and an address, without spaces."
    return ""


def not_a_language(text: str) -> str:
    is_one = all(part.isascii() and part.isalnum() and len(part) <= 8 for part in text.split("-"))
    if not is_one:
        return "is not a valid language tag, such as en or de-AT."
    known = {code.partition("-")[0] for code, _ in global_settings.LANGUAGES}
    is_known = text.lower().partition("-")[0] in known
    return "" if is_known else "is not a language that the admin can speak, like en or de-AT."


def not_a_module(text: str) -> str:
    """Return the reason why ``text`` is not a path in an installed package, or an empty string."""
    package = text.partition(".")[0]
    if not package.isidentifier() or find_spec(package) is None:
        return "is not installed where Python finds it."
    return ""


def not_a_host(text: str) -> str:
    """Return the reason why ``text`` is not a host name without a port, or an empty string."""
    is_one = text == "*" or re.fullmatch(r"\.?[a-z0-9_.-]+|\[[0-9a-f:.]+\]", text.lower())
    return "" if is_one else "is not the name of a host, like words.example.org."


def not_an_email(text: str) -> str:
    address = parseaddr(text)[1]
    is_one = re.fullmatch(r"[^@\s]+@[^@\s]+", address) and text.isprintable()
    return "" if is_one else "is not an email address."


def not_a_folder(text: str) -> str:
    return "" if text.startswith("/") else "is not a whole path, like /srv/words."


def not_a_credential(text: str) -> str:
    """Return the reason why ``text`` has no credentials, without showing them."""
    try:
        parts = urlsplit(text)
        is_one = parts.scheme == "https" and bool(parts.hostname and parts.password)
    except ValueError:
        is_one = False
    return "" if is_one else "is not an address with credentials: https://user:password@host"


def not_a_committer(text: str) -> str:
    is_one = re.fullmatch(r"[^<>\n]+ <[^<>\s]+@[^<>\s]+>", text)
    return "" if is_one else "is not a name and address: Words <words@example.org>."

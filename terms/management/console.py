"""Helpers of the commands: glossary options, progress bars, reports."""

import json
from argparse import ArgumentTypeError
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from terms.files.file_formats import FileFormat, file_formats
from terms.files.plan import ALL, FILE, GLOSSARY, Sides
from terms.languages.collation import why_not_sorted
from terms.languages.translations import ENGLISH, is_tag
from terms.models import Glossary
from terms.models.glossary import DEFAULT_SLUG, validate_prefix


def add_glossary(parser: CommandParser) -> None:
    parser.add_argument(
        "--glossary", default=DEFAULT_SLUG, metavar="SLUG", help=f"default: {DEFAULT_SLUG}"
    )


def get_glossary(
    slug: str, create: bool = False, language: str = "", is_trial: bool = False
) -> Glossary:
    """Return the glossary. Raises CommandError if it is missing or has another language.

    With ``create``, a missing one is created with ``language``; with ``is_trial``, it is not saved.
    """
    if language and not is_tag(language):
        raise CommandError(f"“{language}” is not a valid language tag, such as en or de-AT.")
    if problem := why_not_sorted(language):
        raise CommandError(problem)
    found = Glossary.with_deleted.filter(slug=slug).first()
    if found and found.deleted_at:
        raise CommandError(f"The glossary “{slug}” was deleted. Restore it from the trash first.")
    if found is None and is_trial:
        return Glossary(slug=slug, language=language or ENGLISH)
    if found is None and create:
        try:
            validate_prefix(slug)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        first = {"name": slug.replace("-", " ").capitalize(), "language": language or ENGLISH}
        return Glossary.objects.get_or_create(slug=slug, defaults=first)[0]
    if found is None:
        known = ", ".join(Glossary.objects.values_list("slug", flat=True)) or "none yet"
        raise CommandError(f"There is no glossary “{slug}”. There are: {known}.")
    if language.lower() not in ("", found.language.lower()):
        raise CommandError(
            f"The language of “{slug}” is “{found.language}”; it is changed in the admin."
        )
    return found


def progress(command: BaseCommand, label: str):
    """Return a wrapper that shows a progress bar in a terminal, and nothing in a pipe."""

    def watched(items: Iterable[Any]) -> Iterator[Any]:
        if not command.stderr.isatty():
            return iter(items)
        from rich.console import Console
        from rich.progress import track

        return iter(track(items, label, console=Console(stderr=True), transient=True))

    return watched


def counting(command: BaseCommand, label: str):
    """Like ``progress``, for items of which only the number is known."""

    def watched(items: Iterable[Any], total: int) -> Iterator[Any]:
        if not command.stderr.isatty():
            return iter(items)
        from rich.console import Console
        from rich.progress import track

        screen = Console(stderr=True)
        return iter(track(items, label, total=total, console=screen, transient=True))

    return watched


def report(
    command: BaseCommand, counts: dict[str, int], lines: Iterable[tuple[str, str, str]]
) -> None:
    """Write a line for each file in ``lines``, then the counts."""
    for path, status, reason in lines:
        style = command.style.ERROR if status in ("invalid", "conflict") else str
        command.stdout.write(f"{style(status):10} {path}" + (f": {reason}" if reason else ""))
    summary = ", ".join(f"{count:,} {status}" for status, count in counts.items() if count)
    command.stdout.write(summary or "no term files")


def write_json(command: BaseCommand, value: Any) -> None:
    command.stdout.write(json.dumps(value, ensure_ascii=False, indent=1))


def add_format(parser: CommandParser) -> None:
    parser.add_argument(
        "--format",
        default="",
        metavar="NAME",
        help="a file in this format (FILE_FORMATS) instead of a folder",
    )


def file_format(name: str) -> FileFormat:
    """Return the format with this name. Raises CommandError if there is none."""
    known = file_formats()
    if name not in known:
        names = ", ".join(sorted(known)) or "none; FILE_FORMATS adds them"
        raise CommandError(f"There is no format “{name}”. Known formats: {names}.")
    return known[name]


def absolute_path(path: str) -> Path:
    return Path(path).absolute()


def add_decisions(parser: CommandParser, other: str) -> None:
    """Add the options for conflicts and removals. ``other`` names the side of the files."""
    sides = parser.add_argument_group("conflicts")
    for option, side in (("--ours", "glossary"), ("--theirs", other)):
        sides.add_argument(
            option,
            nargs="*",
            metavar="PATH",
            help=f"where both sides changed the same, keep the {side}'s; all files if no PATH",
        )
    parser.add_argument(
        "--remove-many",
        action="store_true",
        help="remove terms even if more than a third of the files are gone",
    )
    parser.add_argument("--author", metavar="NAME", help="the user who makes the changes")


def sides(options: dict[str, Any]) -> Sides:
    """Return the side that was chosen for each path, or for ALL."""
    found: dict[str, str] = {}
    for option, side in (("ours", GLOSSARY), ("theirs", FILE)):
        if options[option] is not None:
            found |= dict.fromkeys(options[option] or [ALL], side)
    return found


def active_user(name: str | None) -> Any:
    """Return the user with this name, or None without a name. Raises CommandError."""
    if not name:
        return None
    person = get_user_model().objects.filter(username=name, is_active=True).first()
    if person is None:
        raise CommandError(f"There is no active user “{name}”.")
    return person


def seconds(text: str) -> float:
    """Read a number of seconds, at least 1. Raises ArgumentTypeError."""
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= 86_400:
        raise ArgumentTypeError(f"“{text}” is not a number of seconds from 1 to 86400.")
    return float(text)

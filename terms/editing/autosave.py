"""Unsaved forms of editors, and their presence at a term."""

import re
import secrets
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from terms.models import Presence, Term, Unsaved

MAX_DATA = 2 * 1024 * 1024  # characters; a file has at most half as many
MOST_NEW = 50  # unsaved new terms per person
HERE = timedelta(seconds=60)  # forms report every 20 seconds


class TooMuch(ValueError):
    """The form is too large, or the person has too many unsaved terms."""


def new_slot() -> str:
    """Return an identifier for the form of a new term."""
    return secrets.token_hex(8)


def slot_in(text: str) -> str:
    """Return ``text`` if it is a valid slot, or an empty string."""
    return text if re.fullmatch("[0-9a-f]{16}", text) else ""


def keep_draft(person: Any, term: Term | None, data: str, slot: str = "") -> None:
    """Store the submitted form and replace its earlier state. Raises TooMuch."""
    if len(data) > MAX_DATA:
        raise TooMuch(_("This is too much text to keep automatically. Save it."))
    mine = Unsaved.objects.filter(person=person, term=term, slot=slot)
    if term is None and not mine.exists() and kept_new(person).count() >= MOST_NEW:
        text = _("You have {count} unsaved terms. Save or discard some.")
        raise TooMuch(text.format(count=MOST_NEW))
    values = {"data": data, "kept_at": timezone.now()}
    Unsaved.objects.update_or_create(person=person, term=term, slot=slot, defaults=values)


def kept(person: Any, term: Term | None, slot: str = "") -> Unsaved | None:
    return Unsaved.objects.filter(person=person, term=term, slot=slot).first()


def kept_new(person: Any) -> QuerySet[Unsaved]:
    """Return a person's unsaved new terms, latest first."""
    return Unsaved.objects.filter(person=person, term=None).order_by("-kept_at")


def discard_draft(person: Any, term: Term | None, slot: str = "") -> None:
    Unsaved.objects.filter(person=person, term=term, slot=slot).delete()


def note_presence(person: Any, term: Term) -> None:
    now = timezone.now()
    Presence.objects.update_or_create(person=person, term=term, defaults={"seen_at": now})
    Presence.objects.filter(seen_at__lt=now - 60 * HERE).delete()


def others_at(term: Term, person: Any) -> list[str]:
    """Return the names of other people who have the term open."""
    here = Presence.objects.filter(term=term, seen_at__gte=timezone.now() - HERE)
    rows = here.exclude(person=person).select_related("person").order_by("person__username")
    return [row.person.get_full_name() or row.person.get_username() for row in rows]

"""What people have typed and not saved, and who else has a term open."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from .models import Presence, Term, Unsaved

MAX_DATA = 2 * 1024 * 1024  # characters; a file has at most half of that
HERE = timedelta(seconds=60)  # a form asks every 20


class TooMuch(ValueError):
    """More than is kept."""


def keep(person: Any, term: Term | None, data: str) -> None:
    """Keep the form as it is sent, in the place of what was kept of it before."""
    if len(data) > MAX_DATA:
        raise TooMuch("This is more text than is kept for you: save it.")
    values = {"data": data, "kept_at": timezone.now()}
    Unsaved.objects.update_or_create(person=person, term=term, defaults=values)


def kept(person: Any, term: Term | None) -> Unsaved | None:
    return Unsaved.objects.filter(person=person, term=term).first()


def forget(person: Any, term: Term | None) -> None:
    Unsaved.objects.filter(person=person, term=term).delete()


def note_presence(person: Any, term: Term) -> None:
    now = timezone.now()
    Presence.objects.update_or_create(person=person, term=term, defaults={"seen_at": now})
    Presence.objects.filter(seen_at__lt=now - 60 * HERE).delete()


def others_at(term: Term, person: Any) -> list[str]:
    """The names of those who have the term open besides ``person``."""
    here = Presence.objects.filter(term=term, seen_at__gte=timezone.now() - HERE)
    rows = here.exclude(person=person).select_related("person").order_by("person__username")
    return [row.person.get_full_name() or row.person.get_username() for row in rows]

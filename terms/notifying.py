"""Telling people by mail what concerns them: at once, once a day, or never."""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F, Min, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from .models import Notice, Preference, Term

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
TRIES = 24  # then a mail is given up
MOST = 200  # notices in one mail
log = logging.getLogger(__name__)


def tell(people: QuerySet | Iterable[int], term: Term, text: str, but: Any = None) -> None:
    """Note ``text`` for each of ``people`` who wants mail; sent at once, if so wanted."""
    if not isinstance(people, QuerySet):
        people = get_user_model().objects.filter(pk__in=set(people), is_active=True)
    people = people.exclude(email="").exclude(preference__mail=Preference.Mail.NEVER)
    people = people.exclude(pk=but.pk) if but else people
    now = timezone.now()
    notices = Notice.objects.bulk_create(
        Notice(person=person, term=term, text=text, created_at=now) for person in people
    )
    if notices:
        pks = [notice.pk for notice in notices]
        # Nobody is told of what is not done in the end.
        transaction.on_commit(lambda: _send_at_once(pks), robust=True)


def _send_at_once(pks: list[int]) -> None:
    notices = Notice.objects.filter(pk__in=pks, mailed_at=None)
    _send(notices.exclude(person__preference__mail=Preference.Mail.DAILY))


def send_digests() -> int:
    """Send what has waited for a day, and what could not be sent; how many mails."""
    now = timezone.now()
    late = Q(retry_at__lte=now) | Q(retry_at=None, created_at__lte=now - DAY)
    waiting = Notice.objects.filter(mailed_at=None)
    people = set(waiting.filter(late).values_list("person", flat=True))
    return _send(waiting.filter(person__in=people).exclude(retry_at__gt=now))


def next_digest() -> datetime | None:
    """When the next mail falls due that was not sent at once."""
    waiting = Notice.objects.filter(mailed_at=None)
    first = waiting.aggregate(
        retry=Min("retry_at"), made=Min("created_at", filter=Q(retry_at=None))
    )
    times = [first["retry"], first["made"] and first["made"] + DAY]
    return min(filter(None, times), default=None)


def _send(notices: QuerySet[Notice]) -> int:
    """One mail for each person; what cannot be sent waits for the next time."""
    by_person: dict[Any, list[Notice]] = {}
    unwanted = Q(person__is_active=False) | Q(person__preference__mail=Preference.Mail.NEVER)
    Notice.objects.filter(pk__in=notices.filter(unwanted).values("pk")).delete()
    for notice in notices.select_related("person", "term__glossary"):
        by_person.setdefault(notice.person, []).append(notice)
    sent = 0
    for person, theirs in by_person.items():
        pks = [notice.pk for notice in theirs]
        with transaction.atomic():
            # Who marks them first sends them: two processes do not send one twice.
            taken = Notice.objects.filter(pk__in=pks, mailed_at=None)
            if taken.update(mailed_at=timezone.now()) != len(pks):
                transaction.set_rollback(True)
                continue
        try:
            _mail(person, theirs).send()
            sent += 1
        except Exception:
            # Whatever a mail server does, editing goes on.
            log.exception("mail to %s was not sent", person.pk)
            again = Notice.objects.filter(pk__in=pks, tries__lt=TRIES)
            again.update(mailed_at=None, tries=F("tries") + 1, retry_at=timezone.now() + HOUR)
    return sent


def _mail(person: Any, notices: list[Notice]) -> EmailMessage:
    name = " ".join(notices[0].term.name.split())[:100]
    subject = f"“{name}” in the glossary" if len(notices) == 1 else f"{len(notices)} news of terms"
    parts = [f"{n.text}\n{settings.SITE_URL}{_address(n.term)}" for n in notices[:MOST]]
    if len(notices) > MOST:
        parts.append(f"… and {len(notices) - MOST} more.")
    choice = settings.SITE_URL + reverse("admin:terms_term_preferences")
    parts.append(f"--\nWhen you get these mails: {choice}")
    return EmailMessage(subject, "\n\n".join(parts), to=[person.email])


def _address(term: Term) -> str:
    return reverse("admin:terms_term_review", args=[term.pk])

"""Notifications by mail: at once, daily, or never.

Requests store notices; ``terms.management.due`` sends them.
"""

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
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from terms.models import Notice, Preference, Term

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
LEASE = timedelta(minutes=5)  # far longer than the time limit of a mail server
TRIES = 24  # after these, a mail is given up
MOST = 200  # notices in one mail
log = logging.getLogger(__name__)


def tell(people: QuerySet | Iterable[int], term: Term, text: str, but: Any = None) -> None:
    """Store ``text`` for each of ``people`` who wants mail; a worker sends it later.

    All notices for a person from one transaction go into one mail.
    """
    if not isinstance(people, QuerySet):
        people = get_user_model().objects.filter(pk__in=set(people), is_active=True)
    people = people.exclude(email="").exclude(preference__mail=Preference.Mail.NEVER)
    people = people.exclude(pk=but.pk) if but else people
    daily = set(people.filter(preference__mail=Preference.Mail.DAILY).values_list("pk", flat=True))
    now = timezone.now()
    Notice.objects.bulk_create(
        Notice(
            person=person, term=term, text=text, created_at=now,
            retry_at=None if person.pk in daily else now,
        )
        for person in people
    )  # fmt: skip


def next_mail() -> datetime | None:
    """Return the time when the next mail is due, which may be in the past."""
    waiting = Notice.objects.filter(mailed_at=None)
    first = waiting.aggregate(
        retry=Min("retry_at"), made=Min("created_at", filter=Q(retry_at=None))
    )
    times = [first["retry"], first["made"] and first["made"] + DAY]
    return min(filter(None, times), default=None)


def send_mail() -> int:
    """Send the mail that is due, one for each person, and return the number of mails.

    Before sending, a mail is reserved for ``LEASE``, so that two processes do not send it at the
    same time. If a process ends before it marks the mail as sent, the next one sends it.
    """
    now = timezone.now()
    unwanted = Q(person__is_active=False) | Q(person__preference__mail=Preference.Mail.NEVER)
    waiting = Notice.objects.filter(mailed_at=None)
    Notice.objects.filter(pk__in=waiting.filter(unwanted).values("pk")).delete()
    late = Q(retry_at__lte=now) | Q(retry_at=None, created_at__lte=now - DAY)
    people = list(waiting.filter(late).order_by().values_list("person", flat=True).distinct())
    return sum(_send(person, now) for person in people)


def _send(person: int, now: datetime) -> bool:
    waiting = Notice.objects.filter(person=person, mailed_at=None).exclude(retry_at__gt=now)
    with transaction.atomic():
        notices = list(waiting.select_related("person", "term__glossary"))
        mine = Notice.objects.filter(pk__in=[notice.pk for notice in notices])
        taken = mine.filter(mailed_at=None).exclude(retry_at__gt=now)
        if not notices or taken.update(retry_at=now + LEASE, tries=F("tries") + 1) != len(notices):
            transaction.set_rollback(True)
            return False
    problem = ""
    try:
        _mail(notices[0].person, notices).send()
    except Exception as error:  # mail backends can raise anything
        problem = f"{type(error).__name__}: {error}"
    if not problem:
        mine.update(mailed_at=timezone.now())
        return True
    again = timezone.now() + HOUR
    mine.filter(tries__lt=TRIES).update(retry_at=again)
    mine.filter(tries__gte=TRIES).update(mailed_at=timezone.now())
    to = notices[0].person.get_username()
    log.error("mail to %s was not sent (%s); next try at %s", to, problem, f"{again:%H:%M}")
    return False


def unsent() -> int:
    """Return the number of notices with a failed attempt that wait for the next one."""
    return Notice.objects.filter(mailed_at=None, tries__gt=0, retry_at__gt=timezone.now()).count()


def _mail(person: Any, notices: list[Notice]) -> EmailMessage:
    name = " ".join(notices[0].term.name.split())[:100]
    count = len(notices)
    subject = (
        _("“{name}” in the glossary").format(name=name)
        if count == 1
        else ngettext("{count} update to terms", "{count} updates to terms", count).format(
            count=count
        )
    )
    parts = [f"{n.text}\n{settings.SITE_URL}{_address(n.term)}" for n in notices[:MOST]]
    if more := max(0, count - MOST):
        parts.append(
            ngettext("… and {count} more.", "… and {count} more.", more).format(count=more)
        )
    choice = settings.SITE_URL + reverse("admin:terms_term_preferences")
    parts.append("--\n" + _("When you get these mails: {address}").format(address=choice))
    return EmailMessage(subject, "\n\n".join(parts), to=[person.email])


def _address(term: Term) -> str:
    return reverse("admin:terms_term_review", args=[term.pk])

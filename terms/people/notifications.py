"""Notices to people: in the admin, and by mail at once, daily, or never.

Requests store notices; ``terms.management.due`` sends the mail.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import EmailMessage
from django.db import connection, transaction
from django.db.models import Exists, F, Min, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from terms.models import Notice, Preference, Term

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
LEASE = timedelta(minutes=5)  # far longer than the time limit of a mail server
TRIES = 24  # after these, a mail is given up
MOST = 200  # notices in one mail
NAMED = 3  # terms that one notice names
# What is told in a block of ``gather``: text of many, person (id) → terms with the text of each.
Gathered = dict[tuple[str, int], list[tuple[Term, str]]]
_gathered: ContextVar[Gathered | None] = ContextVar("gathered", default=None)
log = logging.getLogger(__name__)


def tell(
    people: QuerySet | Iterable[int], term: Term, text: str, but: Any = None, of_many: str = ""
) -> None:
    """Store ``text`` for each of ``people``. A worker sends it later to those who want mail.

    ``of_many`` says the same of several terms, with “{names}”: the text of the one notice that
    they get in a block of ``gather``. All notices for a person from one transaction go into one
    mail.
    """
    gathered = _gathered.get()
    people = _recipients(people, but)
    if gathered is None or not of_many:
        _store(people, text, term=term)
        return
    for person in people.values_list("pk", flat=True):
        gathered.setdefault((of_many, person), []).append((term, text))


def tell_of_page(people: Iterable[int], address: str, text: str, but: Any = None) -> None:
    """Like ``tell``, about a page of the admin that belongs to no term."""
    _store(_recipients(people, but), text, address=address)


@contextmanager
def gather(address: str) -> Iterator[None]:
    """Tell a person in one notice what a block says alike of several terms.

    The notice opens the page with this address. If the block fails in a transaction, which undoes
    what it did, it tells nothing.
    """
    gathered: Gathered = {}
    outside = _gathered.set(gathered)
    try:
        yield
    except Exception:
        if not connection.in_atomic_block:
            _store_gathered(gathered, address)
        raise
    else:
        _store_gathered(gathered, address)
    finally:
        _gathered.reset(outside)


def _store_gathered(gathered: Gathered, address: str) -> None:
    alike: dict[tuple[str, tuple[Term, ...]], list[int]] = {}
    for (of_many, person), said in gathered.items():
        if len(said) == 1:
            _store(_recipients([person], None), said[0][1], term=said[0][0])
        else:
            terms = tuple(term for term, _text in said)
            alike.setdefault((of_many, terms), []).append(person)
    for (of_many, about), people in alike.items():
        text = of_many.format(names=listed([term.name for term in about]))
        tell_of_page(people, address, text)


def text_of_many(text: str, person: Any, note: str = "") -> str:
    """Return the argument ``of_many`` of ``tell``: ``text`` with the person, then the note."""
    who, more = (str(part).replace("{", "{{").replace("}", "}}") for part in (person, note))
    return f"{text.replace('{person}', who)}\n\n{more}".strip()


def listed(names: Sequence[str], count: int = 0) -> str:
    """Return the first few of ``names`` in quotes, and how many more of ``count`` there are."""
    text = ", ".join(f"“{name}”" for name in names[:NAMED])
    more = max(count, len(names)) - NAMED
    return _("{names} and {count} more").format(names=text, count=f"{more:,}") if more > 0 else text


def _recipients(people: QuerySet | Iterable[int], but: Any) -> QuerySet:
    if not isinstance(people, QuerySet):
        people = get_user_model().objects.filter(pk__in=set(people), is_active=True)
    return people.exclude(pk=but.pk) if but else people


def _store(people: QuerySet, text: str, **about: Any) -> None:
    now = timezone.now()
    Notice.objects.sweep()
    Notice.objects.bulk_create(
        Notice(
            person_id=pk, text=text, created_at=now, **about,
            mailed_at=None if mail and wanted != Preference.Mail.NEVER else now,
            retry_at=None if wanted == Preference.Mail.DAILY else now,
        )
        for pk, mail, wanted in people.values_list("pk", "email", "preference__mail")
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
    Notice.objects.filter(pk__in=waiting.filter(unwanted).values("pk")).update(mailed_at=now)
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
    term = notices[0].term
    count = len(notices)
    subject = (
        _("“{name}” in the glossary").format(name=" ".join(term.name.split())[:100])
        if count == 1 and term
        else " ".join(notices[0].text.partition("\n")[0].split())[:100]
        if count == 1
        else ngettext("{count} update to terms", "{count} updates to terms", count).format(
            count=count
        )
    )
    parts = [f"{n.text}\n{settings.SITE_URL}{address_of_notice(n)}" for n in notices[:MOST]]
    if more := max(0, count - MOST):
        parts.append(
            ngettext("… and {count} more.", "… and {count} more.", more).format(count=more)
        )
    choice = settings.SITE_URL + reverse("admin:terms_term_preferences")
    parts.append("--\n" + _("When you get these mails: {address}").format(address=choice))
    return EmailMessage(subject, "\n\n".join(parts), to=[person.email])


def read_notices(person: Any, term: Term) -> None:
    """Mark the notices about a term as read, as the person acts on it."""
    unread = Notice.objects.filter(person=person.pk, term=term.pk).unread()
    unread.update(read_at=timezone.now())


def read_notices_of_page(person: Any, address: str) -> None:
    """Mark the notices about a page of the admin as read, as the person acts there."""
    unread = Notice.objects.filter(person=person.pk, term=None, address=address).unread()
    unread.update(read_at=timezone.now())


def address_of_notice(notice: Notice) -> str:
    """Return the address of the page that a notice is about."""
    if notice.term_id is None:
        return notice.address or reverse("admin:index")
    return reverse("admin:terms_term_review", args=[notice.term_id])


def next_reminder() -> datetime | None:
    """Return the present time if a reminder is due."""
    return timezone.now() if _due_for_review().exists() else None


def remind_of_reviews() -> int:
    """Tell the owners of terms whose review date has passed, once for each date.

    Returns the number of terms.
    """
    today = timezone.localdate()
    terms = list(_due_for_review().only("name", "owner", "review_by")[:MOST])
    for term in terms:
        text = _("The review of “{term}” was due on {day}.")
        text = text.format(term=term, day=date_format(term.review_by or today))
        owners = [term.owner_id] if term.owner_id else []
        _store(_recipients(owners, None), text, term=term, due_on=term.review_by)
    return len(terms)


def _due_for_review() -> QuerySet[Term]:
    """Return terms whose owners were not reminded of their review date yet."""
    today = timezone.localdate()
    due = Term.objects.filter(review_by__lte=today, owner__is_active=True)
    told = Notice.objects.filter(
        term=OuterRef("pk"), person=OuterRef("owner"), due_on=OuterRef("review_by")
    )
    return due.exclude(Exists(told)).order_by("pk")

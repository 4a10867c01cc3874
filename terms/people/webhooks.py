"""Webhooks: events are written with what they tell of, grouped into deliveries, and sent.

A delivery is sent at least once: a process that is killed while it sends leaves it to the next one.
"""

import hashlib
import hmac
import json
import time
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Min
from django.utils import timezone

from terms.models import Announcement, Delivery, Glossary, Webhook
from terms.models.bulk import batches

from .outgoing import Answer, OutgoingRefused, post

# Minutes before the second, third … attempt; the delivery has failed after the last one.
PAUSES = (1, 5, 30, 120, 720)
MOST_ITEMS = 500  # in a delivery
MOST_SENT = 50  # deliveries before the next look
QUIET = timedelta(seconds=2)  # for which an event waits for others of its kind
LEASE = timedelta(minutes=2)  # after which another process may send a delivery
KEPT = timedelta(days=30)  # after which deliveries are removed from the log
PING = "ping"
SIGNATURE = "X-Glossary-Signature-256"


def tell_webhooks(glossary: Glossary, events: Mapping[str, Iterable[dict[str, Any]]]) -> None:
    """Note events for the active webhooks, in the current transaction.

    ``events``: name → items, which are JSON, and are consumed only if a webhook wants them.
    """
    wanted = Webhook.objects.active_in(glossary.pk).values_list("events", flat=True)
    for event in {event for names in wanted for event in names} & events.keys():
        if items := list(events[event]):
            Announcement.objects.create(glossary=glossary, event=event, items=items)


def term_item(name: str, path: str, **more: str) -> dict[str, Any]:
    """Describe a public term; ``path`` is that of its page."""
    return {"name": name, "path": path, "address": f"{settings.SITE_URL}{path}", **more}


def next_delivery() -> datetime | None:
    """Return when there is something to group or to send, perhaps in the past."""
    announced = Announcement.objects.aggregate(at=Min("at"))["at"]
    sending = _sendable().aggregate(at=Min("next_at"))["at"]
    times = [at for at in (announced and announced + QUIET, sending) if at]
    return min(times) if times else None


def send_deliveries() -> int:
    """Group events and send the deliveries that are due. Return the number of attempts."""
    _group()
    Delivery.objects.filter(created_at__lt=timezone.now() - KEPT).delete()
    silent: set[int] = set()
    count = 0
    for delivery in _sendable().filter(next_at__lte=timezone.now()).order_by("pk")[:MOST_SENT]:
        # One address that does not answer must not hold up the others again and again.
        if delivery.webhook_id not in silent and _take(delivery):
            count += 1
            if not send(delivery):
                silent.add(delivery.webhook_id)
    return count


def ping(webhook: Webhook) -> Delivery:
    """Queue a delivery that tests the address."""
    body = _payload(PING, None, timezone.now(), [])
    return Delivery.objects.create(webhook=webhook, event=PING, payload=body)


def send_again(delivery: Delivery) -> None:
    """Queue a delivery once more, with a new series of attempts."""
    Delivery.objects.filter(pk=delivery.pk).update(
        state=Delivery.State.WAITING, attempts=0, next_at=timezone.now()
    )


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return the value of the header of a delivery that only we can have sent."""
    signed = timestamp.encode() + b"." + body
    return "sha256=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def _sendable():
    active = Delivery.objects.filter(state=Delivery.State.WAITING)
    return active.filter(webhook__is_active=True).select_related("webhook")


def _group() -> None:
    """Turn events into deliveries, those of one kind together."""
    if not Announcement.objects.exists():
        return
    with transaction.atomic():
        due = Announcement.objects.select_for_update(of=("self",)).select_related("glossary")
        found = list(due.order_by("glossary", "event", "pk"))
        times = [row.at for row in found]
        now = timezone.now()
        if times and max(times) + QUIET > now and min(times) + 10 * QUIET > now:
            return  # more are coming
        for (glossary, event), rows in groupby(found, lambda row: (row.glossary, row.event)):
            _deliver(glossary, event, list(rows))
        Announcement.objects.filter(pk__in=[row.pk for row in found]).delete()


def _deliver(glossary: Glossary, event: str, rows: list[Announcement]) -> None:
    webhooks = [w for w in Webhook.objects.active_in(glossary.pk) if event in w.events]
    items = [item for row in rows for item in row.items]
    bodies = [_payload(event, glossary, rows[-1].at, some) for some in batches(items, MOST_ITEMS)]
    Delivery.objects.bulk_create(
        Delivery(webhook=webhook, event=event, payload=body)
        for webhook in webhooks
        for body in bodies
    )


def _payload(event: str, glossary: Glossary | None, at: datetime, items: list[Any]) -> str:
    values = {
        "event": event,
        "glossary": glossary and glossary.slug,
        "site": settings.SITE_URL,
        "at": at.isoformat(timespec="seconds"),
        "items": items,
    }
    return json.dumps(values, ensure_ascii=False)


# Sending


def _take(delivery: Delivery) -> bool:
    """Reserve a delivery for this process. Return False if another one has it."""
    rows = Delivery.objects.filter(
        pk=delivery.pk, state=Delivery.State.WAITING, next_at=delivery.next_at
    )
    taken = rows.update(next_at=timezone.now() + LEASE, attempts=delivery.attempts + 1)
    delivery.attempts += 1
    return bool(taken)


def send(delivery: Delivery) -> bool:
    """Make an attempt that was reserved, and note its result. Return whether it was accepted."""
    began = time.monotonic()
    try:
        answer = _post(delivery)
    except OutgoingRefused as error:
        status, text = None, str(error)
    else:
        status, text = answer.status, answer.body
    is_accepted = status is not None and 200 <= status < 300
    now = timezone.now()
    values: dict[str, Any] = {
        "status": status, "response": text, "sent_at": now,
        "duration": int((time.monotonic() - began) * 1000),
    }  # fmt: skip
    if is_accepted:
        values["state"] = Delivery.State.DELIVERED
    elif delivery.attempts > len(PAUSES) or delivery.event == PING:
        values["state"] = Delivery.State.FAILED
    else:
        values["next_at"] = now + timedelta(minutes=PAUSES[delivery.attempts - 1])
    Delivery.objects.filter(pk=delivery.pk).update(**values)
    return is_accepted


def _post(delivery: Delivery) -> Answer:
    body = delivery.payload.encode()
    timestamp = str(int(time.time()))
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "glossary-cms",
        "X-Glossary-Event": delivery.event,
        "X-Glossary-Delivery": str(delivery.pk),
        "X-Glossary-Timestamp": timestamp,
        SIGNATURE: signature(delivery.webhook.secret, timestamp, body),
    }
    return post(delivery.webhook.address, body, headers)

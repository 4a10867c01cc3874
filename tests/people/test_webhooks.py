"""Deliveries to a real server on this machine."""

import json
import re
from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from terms.models import Announcement, Delivery, Glossary, Term, Webhook
from terms.people import webhooks
from terms.people.outgoing import OutgoingAllowed
from terms.people.webhooks import (
    next_delivery,
    ping,
    send_again,
    send_deliveries,
    signature,
    tell_webhooks,
)
from terms.publishing.publish import publish, withdraw
from tests.factory import default_glossary, make_live, make_term, save_text, text_of
from tests.jobs.workers import make_terms
from tests.people.receiver import receiving
from tests.threads import in_threads
from tests.web.running import ROOT

pytestmark = pytest.mark.django_db(transaction=True)
EVENTS = ["published", "withdrawn", "renamed", "synced"]


@pytest.fixture
def receiver(settings):
    settings.OUTGOING_ALLOWED = OutgoingAllowed.read("127.0.0.1")
    with receiving() as found:
        yield found


@pytest.fixture
def webhook(receiver):
    return Webhook.objects.create(address=receiver.address, events=EVENTS)


def deliver():
    """Send what is due, as if no event was followed by another one soon."""
    Announcement.objects.update(at=F("at") - timedelta(minutes=1))
    return send_deliveries()


def told(receiver):
    """Return the events that were received, with the names of their items."""
    bodies = [json.loads(body) for _, _, body in receiver.requests]
    return [(body["event"], [item["name"] for item in body["items"]]) for body in bodies]


def test_publication_is_told_with_addresses(receiver, webhook, settings):
    settings.SITE_URL = "https://words.example.org"
    make_live("Flask")
    assert deliver() == 1
    ((path, headers, body),) = receiver.requests
    assert path == "/hook"
    assert headers["Content-Type"] == "application/json"
    assert headers["X-Glossary-Event"] == "published"
    assert headers["X-Glossary-Delivery"] == str(Delivery.objects.get().pk)
    values = json.loads(body)
    address = "/glossary/software/full-stack/flask/"
    assert values["items"] == [
        {"name": "Flask", "path": address, "address": f"https://words.example.org{address}"}
    ]
    assert (values["event"], values["glossary"]) == ("published", "glossary")
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.status, delivery.attempts) == ("delivered", 204, 1)
    assert next_delivery() is None


def test_signature_is_of_timestamp_and_body(receiver, webhook):
    make_live("Flask")
    deliver()
    _, headers, body = receiver.requests[0]
    expected = signature(webhook.secret, headers["X-Glossary-Timestamp"], body)
    assert headers["X-Glossary-Signature-256"] == expected
    assert abs(int(headers["X-Glossary-Timestamp"]) - timezone.now().timestamp()) < 60


def test_documented_check_of_signatures_works(receiver, webhook):
    text = (ROOT / "docs" / "publishing.md").read_text()
    names = {}
    exec(re.search(r"```python\n(.*?)```", text, re.DOTALL)[1], names)
    make_live("Flask")
    deliver()
    _, headers, body = receiver.requests[0]
    assert names["is_genuine"](webhook.secret, headers, body)
    assert not names["is_genuine"](webhook.secret, headers, body + b" ")
    assert not names["is_genuine"]("another", headers, body)
    old = {**headers, "X-Glossary-Timestamp": "1000000000"}
    assert not names["is_genuine"](webhook.secret, old, body)


def test_secret_is_derived_and_can_be_changed(webhook):
    other = Webhook.objects.create(address="https://example.org/")
    before = webhook.secret
    webhook.secret_number += 1
    assert len({before, webhook.secret, other.secret}) == 3
    assert all(len(secret) == 64 for secret in (before, webhook.secret))


def test_withdrawal_and_rename_are_told(receiver, webhook):
    term = make_live("Flask")
    save_text(term, text_of("Bottle"))
    publish(default_glossary(), Term.objects.filter(pk=term.pk))
    withdraw(default_glossary(), Term.objects.filter(pk=term.pk))
    deliver()
    assert sorted(told(receiver)) == [
        ("published", ["Flask", "Bottle"]), ("renamed", ["Bottle"]), ("withdrawn", ["Bottle"]),
    ]  # fmt: skip
    renamed = next(body for _, h, body in receiver.requests if h["X-Glossary-Event"] == "renamed")
    assert json.loads(renamed)["items"][0]["former_name"] == "Flask"


def test_many_terms_are_told_together(receiver, webhook, monkeypatch):
    monkeypatch.setattr(webhooks, "MOST_ITEMS", 100)
    assert publish(default_glossary(), make_terms(130)) == []
    assert deliver() == 2
    assert sorted(len(names) for _, names in told(receiver)) == [30, 100]


def test_bound_of_a_delivery():
    assert webhooks.MOST_ITEMS == 500


def test_events_that_follow_soon_are_waited_for(webhook):
    make_live("Flask")
    assert next_delivery() > timezone.now()
    assert send_deliveries() == 0
    assert Announcement.objects.count() == 1


def test_events_that_never_stop_are_sent_nevertheless(receiver, webhook):
    make_live("Flask")
    Announcement.objects.update(at=F("at") - timedelta(minutes=1))
    make_live("Django")
    assert send_deliveries() == 1
    assert told(receiver) == [("published", ["Flask", "Django"])]


def test_nothing_is_written_without_an_active_webhook(receiver):
    other = Glossary.objects.create(slug="other")
    Webhook.objects.create(address=receiver.address, events=EVENTS, is_active=False)
    Webhook.objects.create(address=receiver.address, events=EVENTS, glossary=other)
    Webhook.objects.create(address=receiver.address, events=["synced"])
    make_live("Flask")
    assert not Announcement.objects.exists()
    tell_webhooks(default_glossary(), {"synced": [{"commit": "1234"}]})
    assert Announcement.objects.get().event == "synced"


def test_event_of_a_failed_transaction_is_not_told(webhook):
    term = make_term("Flask")
    with transaction.atomic():
        publish(default_glossary(), Term.objects.filter(pk=term.pk))
        transaction.set_rollback(True)
    assert not Announcement.objects.exists()


def test_failed_delivery_is_sent_again_later_and_then_given_up(receiver, webhook):
    make_live("Flask")
    receiver.answers = [(500, {}, b"Out of order")] * 6
    pauses = []
    while deliver():
        found = Delivery.objects.get()
        assert (found.status, found.response) == (500, "Out of order")
        if found.state == "waiting":
            pauses.append(round((found.next_at - found.sent_at).total_seconds() / 60))
            Delivery.objects.update(next_at=timezone.now())
    assert pauses == [1, 5, 30, 120, 720]
    assert (found.state, found.attempts) == ("failed", 6)
    send_again(found)
    assert deliver() == 1
    assert Delivery.objects.get().state == "delivered"
    assert len({headers["X-Glossary-Delivery"] for _, headers, _ in receiver.requests}) == 1


def test_redirect_is_not_followed(receiver, webhook):
    receiver.answers = [(302, {"Location": f"{receiver.address}/elsewhere"}, b"")]
    make_live("Flask")
    deliver()
    assert len(receiver.requests) == 1
    assert Delivery.objects.get().status == 302
    assert Delivery.objects.get().state == "waiting"


def test_address_that_is_not_public_is_refused(receiver, webhook, settings):
    settings.OUTGOING_ALLOWED = OutgoingAllowed.read("")
    make_live("Flask")
    deliver()
    assert receiver.requests == []
    found = Delivery.objects.get()
    assert "127.0.0.1, which is not public" in found.response
    assert (found.state, found.status) == ("waiting", None)


def test_silent_address_does_not_hold_up_others(receiver, webhook, settings):
    gone = Webhook.objects.create(address="http://127.0.0.1:1/", events=EVENTS)
    for _ in range(3):
        ping(gone)
    ping(webhook)
    assert deliver() == 2
    assert told(receiver) == [("ping", [])]


def test_two_processes_send_a_delivery_once(receiver, webhook):
    make_live("Flask")
    Announcement.objects.update(at=F("at") - timedelta(minutes=1))
    assert in_threads(send_deliveries, send_deliveries, send_deliveries) == [None] * 3
    assert len(receiver.requests) == 1


def test_delivery_of_a_killed_process_is_sent_by_the_next(receiver, webhook):
    delivery = ping(webhook)
    assert webhooks._take(delivery)
    assert send_deliveries() == 0
    Delivery.objects.update(next_at=F("next_at") - webhooks.LEASE)
    assert send_deliveries() == 1
    assert Delivery.objects.get().state == "delivered"


def test_inactive_webhook_gets_nothing_until_it_is_active(receiver, webhook):
    make_live("Flask")
    Webhook.objects.update(is_active=False)
    deliver()
    assert (receiver.requests, next_delivery()) == ([], None)


def test_old_deliveries_leave_the_log(receiver, webhook):
    old, new = ping(webhook), ping(webhook)
    long_ago = timezone.now() - timedelta(days=31)
    Delivery.objects.filter(pk=old.pk).update(created_at=long_ago, state="delivered")
    deliver()
    assert list(Delivery.objects.values_list("pk", flat=True)) == [new.pk]

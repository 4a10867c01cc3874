"""Webhooks in the admin."""

import re

import pytest
from django.contrib.auth.models import Group, User

from terms.models import Delivery, Glossary, Grant, Webhook
from terms.people.webhooks import ping
from tests.accounts import logged_in
from tests.factory import default_glossary

pytestmark = pytest.mark.django_db
LIST = "/admin/terms/webhook/"
DATA = {"address": "https://example.org/hook", "events": ["published"], "is_active": "on"}


def words(response):
    return re.sub(r"\s+", " ", response.content.decode())


@pytest.fixture
def webhook(db):
    return Webhook.objects.create(address=DATA["address"], events=["published", "renamed"])


def test_webhook_is_added_and_shows_its_secret(admin):
    response = admin.post(f"{LIST}add/", {**DATA, "_continue": "1"}, follow=True)
    webhook = Webhook.objects.get()
    assert (webhook.events, webhook.glossary) == (["published"], None)
    assert webhook.secret in words(response)
    assert "Nothing was sent yet." in words(response)
    assert "Terms were published" in words(admin.get(LIST))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"address": "ftp://example.org/"}, "This is not an address"),
        ({"address": "https://me:x@example.org/"}, "Leave out the user"),
        ({"events": ["shutdown"]}, "Select a valid choice"),
        ({"events": []}, "This field is required"),
    ],
)
def test_invalid_webhook_is_refused_with_the_reason(admin, data, said):
    assert said in words(admin.post(f"{LIST}add/", DATA | data))
    assert not Webhook.objects.exists()


def test_test_button_queues_a_ping(admin, webhook):
    response = admin.post(f"{LIST}{webhook.pk}/act/", {"do": "ping"}, follow=True)
    assert "A test is on its way." in words(response)
    assert Delivery.objects.get().event == "ping"


def test_delivery_is_sent_again(admin, webhook):
    other = Webhook.objects.create(address=DATA["address"])
    mine, theirs = ping(webhook), ping(other)
    Delivery.objects.update(state="failed", attempts=6, status=500, response="<b>No</b>")
    page = words(admin.get(f"{LIST}{webhook.pk}/change/"))
    assert "&lt;b&gt;No&lt;/b&gt;" in page
    for delivery in (mine, theirs):
        data = {"do": "resend", "delivery": delivery.pk}
        assert admin.post(f"{LIST}{webhook.pk}/act/", data).status_code == 302
    states = Delivery.objects.order_by("pk").values_list("state", "attempts")
    assert list(states) == [("waiting", 0), ("failed", 6)]


def test_secret_is_changed(admin, webhook):
    before = webhook.secret
    page = words(admin.post(f"{LIST}{webhook.pk}/act/", {"do": "secret"}, follow=True))
    webhook.refresh_from_db()
    assert before not in page
    assert webhook.secret in page


def test_unknown_action_is_refused(admin, webhook):
    assert admin.post(f"{LIST}{webhook.pk}/act/", {"do": "x"}).status_code == 400
    assert (
        admin.post(f"{LIST}{webhook.pk}/act/", {"do": "resend", "delivery": "x"}).status_code == 302
    )
    assert admin.get(f"{LIST}{webhook.pk}/act/").status_code == 405


def test_secret_is_for_people_who_may_change_it(account, webhook):
    page = words(account("ben", "view_webhook").get(f"{LIST}{webhook.pk}/change/"))
    assert DATA["address"] in page
    assert webhook.secret not in page
    assert "Send a test" not in page


def test_administrator_of_a_glossary_has_its_webhooks_only(roles, webhook):
    user = User.objects.create_user("eve", is_staff=True)
    administrator = Group.objects.get(name="Administrator")
    Grant.objects.create(user=user, role=administrator, glossary=default_glossary())
    other = Glossary.objects.create(slug="other", name="Other")
    client = logged_in(user)
    assert client.get(f"{LIST}{webhook.pk}/change/").status_code == 403
    assert DATA["address"] not in words(client.get(LIST))
    assert "This field is required" in words(client.post(f"{LIST}add/", DATA))
    assert "Select a valid choice" in words(
        client.post(f"{LIST}add/", {**DATA, "glossary": other.pk})
    )
    client.post(f"{LIST}add/", {**DATA, "glossary": default_glossary().pk})
    assert Webhook.objects.filter(glossary=default_glossary()).count() == 1

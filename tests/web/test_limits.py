"""Rate limits, checked before expensive work, and the clients they count (S6, S7, S14)."""

import logging

import pytest
from django.contrib.auth.models import User
from django.test import Client

from terms.models import SearchMiss
from terms.web.proxies import TrustedProxies
from tests.factory import make_live

pytestmark = pytest.mark.django_db


@pytest.fixture
def hashed(monkeypatch):
    """Names of the accounts whose password was checked."""
    seen = []
    monkeypatch.setattr(
        "django.contrib.auth.backends.ModelBackend.authenticate",
        lambda self, request, username=None, password=None, **rest: seen.append(username),
    )
    return seen


def log_in(name, address="192.0.2.1", password="wrong"):
    client = Client(REMOTE_ADDR=address)
    return client.post("/admin/login/", {"username": name, "password": password})


def test_many_names_from_one_address_are_refused_before_hashing(hashed):
    codes = [log_in(f"name {number}").status_code for number in range(20)]
    assert codes == [200] * 10 + [429] * 10
    assert len(hashed) == 10
    answer = log_in("another")
    assert answer["Retry-After"] == "60"
    assert "Wait a minute" in answer.content.decode()
    assert log_in("another", "192.0.2.2").status_code == 200


def test_one_account_from_many_addresses_is_refused_before_hashing(hashed):
    codes = [log_in("ana", f"198.51.100.{number}").status_code for number in range(25)]
    assert codes == [200] * 20 + [429] * 5
    assert len(hashed) == 20


@pytest.mark.parametrize("spelling", ["ana{}", "{}ana", "ANA{}", "\uff41\uff4e\uff41{}"])
def test_spellings_of_a_name_count_for_one_account(hashed, spelling):
    for number in range(25):
        answer = log_in(spelling.format(" " * number), f"198.51.100.{number}")
    assert answer.status_code == 429


@pytest.mark.parametrize("name", ["a\0b", "\0", "x" * 5_000])
def test_hostile_name_is_rejected(name):
    assert log_in(name).status_code == (200 if len(name) < 200 else 400)


@pytest.mark.parametrize("address", ["fe80::1%eth0", "::ffff:192.0.2.9", ""])
def test_client_address_may_have_any_form(address):
    assert log_in("ana", address).status_code == 200


@pytest.mark.parametrize(
    "query", ["body__iregex=(a%2B)%2B$", "name__regex=^F", "owner__email__regex=a"]
)
def test_regular_expressions_in_filters_are_refused(admin, query):
    make_live("Flask")
    for page in ("terms/term", "terms/changeset", "auth/user"):
        assert admin.get(f"/admin/{page}/?{query}").status_code == 400


def test_nonexistent_id_is_not_a_server_error(admin):
    data = {
        "form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1", "form-0-id": "9" * 23,
        "form-0-order": "1", "_save": "Save",
    }  # fmt: skip
    assert admin.post("/admin/terms/category/", data).status_code in (200, 400)


def test_address_of_earlier_login_is_not_locked_out():
    User.objects.create_superuser("ana", password="right")
    assert log_in("ana", "203.0.113.7", "right").status_code == 302
    for number in range(25):
        log_in("ana", f"198.51.100.{number}")
    assert log_in("ana", "198.51.100.200", "right").status_code == 429
    assert log_in("ana", "203.0.113.7", "right").status_code == 302


def test_addresses_of_one_ipv6_network_are_one_client(hashed):
    for number in range(11):
        answer = log_in(f"name {number}", f"2001:db8:1:2::{number}")
    assert answer.status_code == 429
    assert log_in("x", "2001:db8:1:3::1").status_code == 200


def test_number_of_counted_searches_per_visitor_is_limited():
    make_live()
    for number in range(30):
        Client(REMOTE_ADDR="192.0.2.1").get(
            "/glossary/search", {"q": f"nonsense {'abcdefghijklmnopqrstuvwxyzäöüß'[number]}x"}
        )
    assert SearchMiss.objects.count() == 10
    Client(REMOTE_ADDR="192.0.2.2").get("/glossary/search", {"q": "missing"})
    assert SearchMiss.objects.count() == 11


@pytest.mark.parametrize(
    ("trusted", "peer", "forwarded", "client"),
    [
        ("", "192.0.2.1", "203.0.113.5", "192.0.2.1"),
        ("1", "10.0.0.1", "203.0.113.5", "203.0.113.5"),
        ("1", "10.0.0.1", "1.1.1.1, 203.0.113.5", "203.0.113.5"),
        ("2", "10.0.0.1", "1.1.1.1, 203.0.113.5, 10.0.0.2", "203.0.113.5"),
        ("2", "10.0.0.1", "203.0.113.5", "203.0.113.5"),
        ("1", "10.0.0.1", "", "10.0.0.1"),
        ("1", "10.0.0.1", "<script>", "10.0.0.1"),
        ("10.0.0.0/8", "10.0.0.1", "1.1.1.1, 203.0.113.5, 10.9.9.9", "203.0.113.5"),
        ("10.0.0.0/8", "192.0.2.1", "203.0.113.5", "192.0.2.1"),
        ("10.0.0.0/8, 2001:db8::/32", "2001:db8::1", "203.0.113.5", "203.0.113.5"),
        ("10.0.0.1", "10.0.0.1", "10.0.0.1", "10.0.0.1"),
        ("1", "10.0.0.1", "x, " * 5000 + "203.0.113.5", "203.0.113.5"),
    ],
)
def test_client_is_found_behind_trusted_proxies(trusted, peer, forwarded, client):
    found = TrustedProxies.read(trusted).client(peer, "http", forwarded, "https")
    assert found.address == client
    is_believed = bool(trusted) and peer != "192.0.2.1"
    assert found.scheme == ("https" if is_believed else "http")


@pytest.mark.parametrize("text", ["-1", "21", "all", "10.0.0.0/99", "1 2"])
def test_invalid_proxies_are_refused(text):
    with pytest.raises(ValueError):
        TrustedProxies.read(text)


def test_wrong_host_is_logged_in_one_line():
    from glossary_cms.logs import OneLine

    record = logging.LogRecord(
        "django.security.DisallowedHost", logging.ERROR, "", 1, "Invalid host: %r", ("a\nb\x1b[31m",),
        (ValueError, ValueError("x"), None),
    )  # fmt: skip
    text = OneLine().format(record)
    assert "Traceback" not in text
    assert text.isprintable()


def test_admin_without_slash_redirects():
    answer = Client().get("/admin")
    assert (answer.status_code, answer["Location"]) == (301, "/admin/")


def test_security_contact_is_published(settings):
    assert Client().get("/.well-known/security.txt").status_code == 404
    settings.SECURITY_CONTACT = "mailto:safety@example.org"
    text = Client().get("/.well-known/security.txt").content.decode()
    assert "Contact: mailto:safety@example.org\n" in text
    assert "\nExpires: 20" in text


def test_pages_and_admin_have_the_same_isolation_headers():
    make_live()
    for path in ("/glossary/", "/admin/login/", "/nowhere"):
        answer = Client().get(path)
        assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "camera=()" in answer["Permissions-Policy"]

"""Typed text is not lost if the database refuses to save it (D4, D7)."""

import re
from html import unescape

import pytest
from django.db import OperationalError
from django.test import Client

from terms.models import Term
from terms.web.unavailable import FORM, Posted, unavailable_page
from tests.admin.forms import address, fields_of
from tests.factory import make_term

TYPED = 'First line\r\n<script>alert(1)</script> & "quotes"\r\n\r\n\tTabs, \U0001f389 and \u05d0.'


@pytest.mark.django_db
def test_refused_save_returns_typed_text_in_a_form(ann, monkeypatch):
    client = Client(raise_request_exception=False)
    client.force_login(ann, backend="django.contrib.auth.backends.ModelBackend")
    term = make_term()
    fields = {**fields_of(client.get(address(term))), "body": [TYPED]}

    def locked(*values, **named):
        raise OperationalError("database is locked")

    with monkeypatch.context() as patched:
        patched.setattr("terms.admin.terms.save_one", locked)
        answer = client.post(address(term), fields)
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    html = answer.content.decode()
    assert "Another long change is being made" in html
    assert "<script" not in html
    again = sent_again(html)
    assert again["body"] == TYPED
    assert client.post(address(term), again).status_code == 302
    assert TYPED.replace("\r\n", "\n") in Term.objects.get().body


def sent_again(html):
    """Return the fields that a browser sends for the form."""
    fields = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', html)
    fields += re.findall(r'<textarea name="([^"]*)"[^>]*>\n(.*?)</textarea>', html, re.DOTALL)
    found = {}
    for name, value in fields:
        text = unescape(value).replace("\r\n", "\n").replace("\n", "\r\n")
        found.setdefault(unescape(name), []).append(text)
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


@pytest.mark.django_db
def test_other_errors_show_the_error_page(ann, monkeypatch):
    client = Client(raise_request_exception=False)
    client.force_login(ann, backend="django.contrib.auth.backends.ModelBackend")
    monkeypatch.setattr("terms.admin.terms.save_one", lambda *values, **named: 1 / 0)
    term = make_term()
    answer = client.post(address(term), {**fields_of(client.get(address(term))), "body": ["x"]})
    assert answer.status_code == 500
    assert "Something went wrong here" in answer.content.decode()


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"a=%ff%fe&b", FORM), (b"&" * 100_000, FORM), (b"a=1", "multipart/form-data"),
        (b"\xff\xfe", FORM), (b"", FORM), (b"a=" + b"x" * 5_000_000, FORM), (b"username=a&password=b", FORM),
    ],
)  # fmt: skip
def test_page_is_made_for_any_request_body(body, kind):
    html = unavailable_page("Because.", Posted.read(body, kind)).decode()
    assert "Because." in html
    assert "password" not in html

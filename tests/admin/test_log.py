"""The audit log."""

import csv
import io

import pytest
from django.contrib.auth.models import Group, User
from django.utils import timezone

from terms.models import Event, Glossary, Grant
from terms.people.audit_log import record
from tests.accounts import logged_in
from tests.factory import default_glossary, make_live, make_term

pytestmark = pytest.mark.django_db
LOG = "/admin/terms/event/"


def exported(client, **query):
    response = client.get(LOG + "export/", query)
    text = b"".join(response.streaming_content).decode()
    return list(csv.DictReader(io.StringIO(text)))


def test_log_lists_person_action_and_term(ann):
    make_live("Flask", author=ann)
    client = logged_in(ann)
    page = client.get(LOG).content.decode()
    for shown in (">Flask</a>", "saved", "published", "ann"):
        assert shown in page
    rows = exported(client)
    assert [(row["kind"], row["name"], row["person"]) for row in rows] == [
        ("saved", "Flask", "ann"), ("published", "Flask", ""),
    ]  # fmt: skip
    assert [row["kind"] for row in exported(client, kind__exact="published")] == ["published"]
    assert [row["kind"] for row in exported(client, by="people")] == ["saved"]
    assert [row["kind"] for row in exported(client, by="commands")] == ["published"]
    assert len(exported(client, by="x")) == 2
    assert exported(client, q="nothing") == []


def test_exported_name_is_not_a_formula(ann):
    make_term("=cmd|' /C calc'!A0", path="x.md", text="---\nterm: '=1+1'\n---\n")
    assert exported(logged_in(ann))[0]["name"] == "'=1+1"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r=", "\t", "\r"])
def test_text_that_looks_like_a_formula_is_quoted(ann, start):
    record(default_glossary(), Event.Kind.SAVED, [(None, f"{start}1+1")], ann, "", timezone.now())
    content = b"".join(logged_in(ann).get(LOG + "export/").streaming_content).decode()
    assert f"'{start}1+1" in content
    assert f",{start}1+1" not in content


def test_hostile_parameters_cause_no_server_error(ann):
    make_term()
    for query in (
        {"q": "\0"},
        {"kind__exact": "'"},
        {"at__year": "x"},
        {"p": "-1"},
        {"detail__regex": "(a+)+$"},
    ):
        for address in (LOG, LOG + "export/"):
            assert logged_in(ann).get(address, query).status_code in (200, 302, 400), query


def test_log_is_limited_to_permitted_glossaries(ann, roles):
    make_term("Here")
    make_term("Elsewhere", glossary=Glossary.objects.create(slug="other"))
    ben = User.objects.create_user("ben", is_staff=True)
    here = Glossary.objects.get(slug="glossary")
    Grant.objects.create(user=ben, role=Group.objects.get(name="Administrator"), glossary=here)
    client = logged_in(ben)
    assert ">Elsewhere<" not in client.get(LOG).content.decode()
    assert [row["name"] for row in exported(client)] == ["Here"]
    assert Event.objects.count() == 2

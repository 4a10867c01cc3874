"""The audit log."""

import csv
import io

import pytest
from django.contrib.auth.models import Group, User
from django.utils import timezone

from terms.models import Event, Glossary, Grant, Webhook
from terms.people.audit_log import record
from tests.accounts import logged_in
from tests.admin.forms import NO_STEPS
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


# Settings and roles


def settings_log():
    rows = Event.objects.filter(kind="setting").order_by("pk")
    return [(str(row.person), row.name, row.detail.split("\n")) for row in rows]


def test_settings_are_logged_with_values_before_and_after(admin):
    glossary = default_glossary()
    group = Group.objects.create(name="Experts")
    sent = {
        "name": "Words", "slug": "glossary", "language": "en", "approvals_needed": "2",
        "takes_suggestions": "on", "rule_heading": "block", **NO_STEPS,
        "steps-TOTAL_FORMS": "1", "steps-0-name": "Facts", "steps-0-order": "1",
        "steps-0-group": group.pk, "steps-0-approvals_needed": "1", "steps-0-category": "",
    }  # fmt: skip
    address = f"/admin/terms/glossary/{glossary.pk}/change/"
    assert admin.post(address, sent).status_code == 302
    ((person, name, lines),) = settings_log()
    assert (person, name, lines[0]) == ("ana", "Words", "changed glossary")
    assert "Name: “Glossary” → “Words”" in lines
    assert "Approvals needed: “0” → “2”" in lines
    assert "Readers may suggest: “no” → “yes”" in lines
    assert "A heading skips a level: “warn” → “prevent publishing”" in lines
    assert "added: Facts" in lines
    assert "prevent publishing" in admin.get("/admin/terms/event/?q=Words").content.decode()


def test_accounts_and_roles_are_logged_without_passwords(admin, roles):
    passphrase = "kite-over-the-lake"
    values = {
        "username": "ben", "password1": passphrase, "password2": passphrase,
        "grants-TOTAL_FORMS": "1", "grants-INITIAL_FORMS": "0",
        "grants-0-role": Group.objects.get(name="Author").pk,
        "grants-0-glossary": default_glossary().pk, "grants-0-category": "",
    }  # fmt: skip
    assert admin.post("/admin/auth/user/add/", values).status_code == 302
    ben = User.objects.get(username="ben")
    change = f"/admin/auth/user/{ben.pk}/change/"
    grant = ben.grants.get()
    values = {
        "username": "ben", "is_active": "on", "is_staff": "on",
        "groups": [Group.objects.get(name="Reviewer").pk],
        "grants-TOTAL_FORMS": "1", "grants-INITIAL_FORMS": "1", "grants-0-id": grant.pk,
        "grants-0-role": grant.role_id, "grants-0-glossary": grant.glossary_id,
        "grants-0-category": "", "grants-0-user": ben.pk, "grants-0-DELETE": "on",
    }  # fmt: skip
    assert admin.post(change, values).status_code == 302
    new = {"password1": passphrase + "2", "password2": passphrase + "2"}
    admin.post(f"/admin/auth/user/{ben.pk}/password/", new)
    lines = [line for _person, _name, lines in settings_log() for line in lines]
    assert lines[0] == "added account"
    assert "added: ben: Author in Glossary" in lines
    assert "Roles in all glossaries, and groups: “” → “Reviewer”" in lines
    assert "deleted: ben: Author in Glossary" in lines
    assert "kite" not in " ".join(lines)
    home = logged_in(ben).get("/admin/").content.decode()
    assert "changed settings" not in home


def test_deleted_settings_are_logged(admin):
    hook = Webhook.objects.create(glossary=default_glossary(), address="https://a:b@x.org/")
    address = f"/admin/terms/webhook/{hook.pk}/delete/"
    assert admin.post(address, {"post": "yes"}).status_code == 302
    assert settings_log()[-1][2] == ["deleted webhook"]


def test_log_is_searched_by_person_and_detail(admin):
    ann = User.objects.create_user("annabel")
    record(default_glossary(), Event.Kind.SAVED, [(None, "Flask")], ann, "About kites")
    record(default_glossary(), Event.Kind.SAVED, [(None, "Django")])
    for words in ("annabel", "kites", "flask"):
        page = admin.get(f"/admin/terms/event/?q={words}").content.decode()
        assert ("Flask" in page, "Django" in page) == (True, False)

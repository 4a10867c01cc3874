"""Deleting glossaries, restoring them, and deleting them for good."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from terms.changes.glossaries import (
    CannotDelete,
    delete_expired,
    delete_glossary,
    losses,
    next_expiry,
    restore_glossary,
)
from terms.changes.schedule import schedule
from terms.management.consistency import check_consistency
from terms.models import (
    Announcement,
    Category,
    Display,
    Event,
    Glossary,
    Grant,
    Job,
    Page,
    PublishedTerm,
    Schedule,
    Term,
    Unfinished,
    Webhook,
)
from terms.people.display import glossary_of
from terms.people.permissions import rights
from terms.publishing.rebuild import finish_abandoned, rebuild
from tests.factory import default_glossary, make_live, make_term

pytestmark = pytest.mark.django_db


def deleted(glossary, person=None):
    now = delete_glossary(glossary, person)
    rebuild(now)
    return now


def restored(glossary, person=None):
    now = restore_glossary(glossary, person)
    rebuild(now)
    return now


def public(slug="glossary"):
    found = Page.objects.exclude(status=404).filter(path__startswith=f"/{slug}/")
    return dict(found.values_list("path", "etag"))


@pytest.fixture
def two_glossaries():
    make_live("Flask", related="Django", body="Like Django.")
    make_live("Django", category="Web")
    make_term("Draft")
    other = Glossary.objects.create(slug="food", name="Food")
    make_live("Bread", glossary=other)
    return default_glossary(), other


def test_deleted_glossary_is_gone_for_readers(two_glossaries):
    glossary, _other = two_glossaries
    deleted(glossary)
    reader = Client()
    for path in ("", "software/full-stack/flask/", "search?q=flask", "suggest?q=f", "feed.xml"):
        assert reader.get(f"/glossary/{path}").status_code == 404
    assert public() == {}
    assert reader.get("/")["Location"] == "./food/"
    assert "/glossary/" not in reader.get("/sitemap.xml").content.decode()
    assert list(check_consistency(_other)) == []


def test_restored_glossary_is_as_before(two_glossaries):
    glossary, _other = two_glossaries
    old = make_term("Old")
    Term.objects.filter(pk=old.pk).update(trashed_at=timezone.now() - timedelta(days=1))
    rebuild(glossary)
    before = public()
    dates = dict(PublishedTerm.objects.values_list("uid", "published_at"))
    names = set(Term.objects.values_list("name", flat=True))
    deleted(glossary)
    assert set(Term.objects.values_list("name", flat=True)) == {"Bread"}
    restored(glossary)
    assert public() == before
    assert dict(PublishedTerm.objects.values_list("uid", "published_at")) == dates
    assert set(Term.objects.values_list("name", flat=True)) == names
    assert list(check_consistency(default_glossary())) == []


def test_webhooks_are_told_of_a_deleted_and_a_restored_glossary(two_glossaries):
    glossary, _other = two_glossaries
    Webhook.objects.create(
        glossary=glossary, address="https://x.example/", events=["withdrawn", "published"]
    )
    Announcement.objects.all().delete()
    deleted(glossary)
    restored(glossary)
    told = Announcement.objects.order_by("pk").values_list("event", "items")
    names = [(event, [item["name"] for item in items]) for event, items in told]
    assert names == [("withdrawn", ["Flask", "Django"]), ("published", ["Flask", "Django"])]


def test_killed_removal_of_pages_is_finished(two_glossaries):
    glossary, _other = two_glossaries
    now = delete_glossary(glossary)
    long_ago = timezone.now() - 2 * Unfinished.PATIENCE
    Unfinished.objects.create(glossary=now, seen_at=long_ago)
    assert public() != {}
    assert finish_abandoned() == 1
    assert public() == {}


def test_deletion_lists_what_it_removes(two_glossaries):
    glossary, _other = two_glossaries
    found = losses(glossary)
    assert (found.public, found.terms, found.categories) == (2, 3, 2)
    person = User.objects.create_superuser("ada")
    schedule(Term.objects.get(name="Draft"), "publish", timezone.now() + timedelta(days=1), person)
    assert losses(glossary).scheduled == 1
    deleted(glossary)
    restored(glossary)
    assert Schedule.objects.get().state == Schedule.State.CANCELLED


def test_rights_and_choices_leave_a_deleted_glossary_out(two_glossaries, roles):
    glossary, other = two_glossaries
    person = User.objects.create_user("ada", is_staff=True)
    role = Group.objects.get(name="Author")
    Grant.objects.create(user=person, role=role, glossary=glossary)
    Display.objects.create(person=person, glossary=glossary)
    deleted(glossary)
    person = User.objects.get(pk=person.pk)
    assert not rights(person, "view_term")
    assert glossary_of(person) is None
    boss = User.objects.create_superuser("boss")
    seen = rights(boss, "view_category").among(Category.objects.all())
    assert {row.glossary for row in seen} == {other}
    restored(glossary)
    assert rights(User.objects.get(pk=person.pk), "view_term").hold_for(glossary)


def test_glossary_with_a_running_job_is_kept(two_glossaries):
    glossary, _other = two_glossaries
    job = Job.objects.create(kind="rebuild", title="x", glossary=glossary)
    with pytest.raises(CannotDelete, match="A job is running"):
        delete_glossary(glossary)
    job.delete()
    deleted(glossary)
    with pytest.raises(CannotDelete, match="is deleted already"):
        delete_glossary(glossary)
    restored(glossary)
    with pytest.raises(CannotDelete, match="is no longer among"):
        restore_glossary(glossary)


def test_address_of_a_deleted_glossary_is_not_free(two_glossaries, tmp_path):
    glossary, _other = two_glossaries
    deleted(glossary)
    with pytest.raises(ValidationError, match="The deleted glossary “Glossary” has this address"):
        Glossary(slug="glossary", name="New").full_clean()
    with pytest.raises(CommandError, match="Restore it from the trash first"):
        call_command("import_terms", str(tmp_path))


def test_expired_glossary_is_deleted_for_good(two_glossaries, capsys):
    glossary, other = two_glossaries
    assert next_expiry() is None
    person = User.objects.create_superuser("ada")
    deleted(glossary, person)
    assert next_expiry() > timezone.now() + timedelta(days=29)
    assert delete_expired() == 0
    past = timezone.now() - timedelta(days=31)
    Glossary.with_deleted.filter(pk=glossary.pk).update(deleted_at=past)
    call_command("run_due")
    assert "1 deleted for good" in capsys.readouterr().out
    assert list(Glossary.with_deleted.all()) == [other]
    assert {term.name for term in Term.with_trash.all()} == {"Bread"}
    assert {page.name for page in PublishedTerm.objects.all()} == {"Bread"}
    line = Event.objects.filter(kind=Event.Kind.TRASHED).get()
    assert (line.name, line.person, line.glossary) == ("Glossary", person, None)
    assert list(check_consistency(other)) == []
    Glossary(slug="glossary", name="New").full_clean()

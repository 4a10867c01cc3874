"""Exports to a folder on the server, and builds of the static site, from the admin."""

import pytest
from django.contrib.auth.models import Group, User

from terms.jobs.working import work_off
from terms.models import Job
from tests.accounts import logged_in
from tests.factory import default_glossary, make_live, make_term

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def page():
    return f"/admin/terms/glossary/{default_glossary().pk}/export/"


@pytest.fixture
def root(settings, tmp_path):
    (tmp_path / "words").mkdir()
    settings.IMPORT_FOLDERS = [str(tmp_path)]
    return tmp_path


def export_to(root, below="words", **values):
    values = {"root": str(root), "below": below, **values}
    return {"task": "export", **{f"export-{name}": value for name, value in values.items()}}


def build_in(root, name="site", below=""):
    values = {"root": str(root), "below": below, "name": name}
    return {"task": "build", **{f"build-{name}": value for name, value in values.items()}}


def test_glossary_is_exported_to_a_folder(admin, page, root):
    make_live("Flask")
    make_term("Draft")
    admin.post(page, export_to(root, is_live="on"))
    work_off(once=True)
    assert [path.name for path in (root / "words").glob("*.md")] == ["flask.md"]
    admin.post(page, export_to(root))
    work_off(once=True)
    assert sorted(path.name for path in (root / "words").glob("*.md")) == ["draft.md", "flask.md"]
    assert set(Job.objects.values_list("state", flat=True)) == {"done"}


def test_static_site_is_built(admin, page, root):
    make_live("Flask")
    admin.post(page, build_in(root))
    work_off(once=True)
    assert Job.objects.get().state == "done"
    assert list((root / "site").rglob("index.html"))


@pytest.mark.parametrize("below", ["..", "../..", "words/../../x", "nothing"])
def test_folder_stays_inside_the_allowed_one(admin, page, root, below):
    html = admin.post(page, export_to(root, below)).text
    assert "allowed folder" in html or "no folder" in html
    assert not Job.objects.exists()


@pytest.mark.parametrize("name", ["..", "a/b", "", ".git", "/etc"])
def test_name_of_the_site_is_one_folder(admin, page, root, name):
    assert admin.post(page, build_in(root, name)).status_code == 200
    assert not Job.objects.exists()


def test_folder_that_is_not_allowed_is_no_choice(admin, page, root):
    assert "Select a valid choice" in admin.post(page, export_to("/etc", "")).text
    assert not Job.objects.exists()


def test_writing_on_the_server_needs_more_than_the_right_to_export(roles, page, root):
    people = {}
    for role in ("Author", "Publisher", "Administrator"):
        person = User.objects.create_user(role, is_staff=True)
        person.groups.add(Group.objects.get(name=role))
        people[role] = logged_in(person)
    assert "Folder on the server" not in people["Author"].get(page).text
    assert people["Author"].post(page, export_to(root)).status_code == 403
    assert people["Publisher"].post(page, export_to(root)).status_code == 302
    assert people["Publisher"].post(page, build_in(root)).status_code == 403
    assert people["Administrator"].post(page, build_in(root)).status_code == 302

"""Repositories in the admin: settings, the page of the sync, and its decisions."""

import pytest
from django.contrib.auth.models import Group

from terms.changes.rename import move
from terms.changes.trash import trash_terms
from terms.files.plan import ALL, FILE
from terms.interchange.hooks import secret_of
from terms.interchange.plans import decide
from terms.interchange.sync import sync
from terms.jobs.working import work_off
from terms.models import ChangeSet, ImportPlan, Job, Repository, Sync, Term
from terms.publishing.publish import publish
from tests.accounts import logged_in
from tests.factory import default_glossary, make_term, save_text, text_of
from tests.interchange.git import Colleague, add_repository, git

pytestmark = pytest.mark.django_db(transaction=True)
LIST = "/admin/terms/repository/"


@pytest.fixture(autouse=True)
def places(settings, tmp_path):
    settings.DATA_DIR = tmp_path / "data"
    settings.IMPORT_FOLDERS = [str(tmp_path)]


@pytest.fixture
def colleague(tmp_path):
    colleague = Colleague(tmp_path)
    for name in ("Flask", "Django"):
        colleague.write(f"{name.lower()}.md", text_of(name))
    colleague.push("Begin")
    return colleague


@pytest.fixture
def page(colleague):
    return f"{LIST}{add_repository(colleague).pk}/sync/"


def values(colleague, **changed):
    return {
        "glossary": default_glossary().pk, "url": str(colleague.origin), "branch": "main",
        "folder": "", "push": "branch", "request_branch": "glossary-cms", "texts": "newest",
        "wait": "0", **changed,
    }  # fmt: skip


def test_repository_is_added_and_synced(admin, colleague):
    response = admin.post(f"{LIST}add/", values(colleague), follow=True)
    assert "Not synced yet" in response.text
    response = admin.post(response.request["PATH_INFO"], {"do": "sync"}, follow=True)
    assert "Sync with words" in response.text
    work_off(once=True)
    assert Term.objects.count() == 2
    assert Job.objects.get().state == "done"
    repository = Repository.objects.get()
    text = admin.get(f"{LIST}{repository.pk}/sync/").text
    assert "Both sides are equal" in text
    assert "2 created" in text


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("url", "ext::sh -c x", "not the address"),
        ("url", "https://me:secret@example.org/x.git", "GIT_CREDENTIALS"),
        ("url", "/etc", "IMPORT_FOLDERS"),
        ("branch", "-f", "name of a branch"),
        ("branch", "a..b", "name of a branch"),
        ("branch", "a b", "name of a branch"),
        ("folder", "../x", "not a folder inside"),
        ("folder", ".git/hooks", "not a folder inside"),
        ("request_branch", "main", "another branch"),
        ("wait", "-1", "greater than or equal"),
    ],
)
def test_bad_settings_are_refused(admin, colleague, field, value, problem):
    form = {**values(colleague, push="request"), field: value}
    assert problem in admin.post(f"{LIST}add/", form).text
    assert not Repository.objects.exists()


def test_deleted_repository_leaves_no_copy(admin, page, settings):
    admin.post(page, {"do": "sync"})
    work_off(once=True)
    copies = settings.DATA_DIR / "repositories"
    assert [*copies.glob("*.git")]
    address = page.replace("sync/", "delete/")
    assert admin.post(address, {"post": "yes"}).status_code == 302
    assert [*copies.iterdir()] == []
    assert Term.objects.count() == 2


def edit_on_both_sides(colleague):
    """Sync, then change the same words of Flask in the repository and here."""
    repository = Repository.objects.get()
    sync(repository)
    colleague.write("flask.md", colleague.read("flask.md").replace("What Flask is", "There"))
    colleague.push()
    flask = Term.objects.get(name="Flask")
    save_text(flask, flask.newest_revision().text.replace("What Flask is", "Here"))
    return repository


def test_conflict_is_decided_on_the_page(admin, colleague, page):
    repository = edit_on_both_sides(colleague)
    sync(repository)
    assert "1 decision is needed" in admin.get(page).text
    assert "needs a decision" in admin.get(LIST).text
    admin.post(page, {"do": "sync", "side-flask.md": "glossary"})
    work_off(once=True)
    colleague.pull()
    assert "Here, in a sentence" in colleague.read("flask.md")
    assert "Both sides are equal" in admin.get(page).text


def test_conflict_is_merged_in_the_plan_of_an_import(admin, colleague, page):
    repository = Repository.objects.get()
    sync(repository)
    colleague.write("flask.md", colleague.read("flask.md").replace("What Flask is", "There"))
    colleague.write("kite.md", text_of("Kite"))
    colleague.push()
    flask = Term.objects.get(name="Flask")
    save_text(flask, flask.newest_revision().text.replace("What Flask is", "Here"))
    start = f"/admin/terms/glossary/{repository.glossary_id}/import/"
    assert f'action="{start}"' not in admin.get(page).text
    sync(repository)
    assert f'action="{start}"' in admin.get(page).text
    save_text(flask, Term.objects.get(pk=flask.pk).newest_revision().text + "More here.\n")
    admin.post(start, {"source": "repository"})
    plan = ImportPlan.objects.get()
    row = plan.files.get(path="flask.md")
    decide(plan, row, {ALL: FILE})
    text = admin.get(f"/admin/terms/glossary/import/{plan.pk}/").text
    confirm = text.partition('name="confirm" value="')[2].partition('"')[0]
    admin.post(f"/admin/terms/glossary/import/{plan.pk}/", {"do": "apply", "confirm": confirm})
    assert "There, in a sentence" in Term.objects.get(name="Flask").newest_revision().text
    assert ChangeSet.objects.first().title == "Import of words"
    text = admin.get(page).text
    assert "side-flask.md" not in text
    assert "1 term waits to be committed" in text
    sync(repository)
    colleague.pull()
    assert "There, in a sentence" in colleague.read("flask.md")
    assert "More here." in colleague.read("flask.md")


def test_page_says_what_the_first_sync_does(admin, colleague, page):
    for name in ("Flask", "Django", "Kite"):
        make_term(name)
    text = admin.get(page).text
    assert "commits the terms that it lacks" in text
    assert "Kite" not in text


def test_sync_without_news_is_a_sync(admin, page):
    for name in ("Flask", "Django"):
        make_term(name)
    sync(Repository.objects.get())
    assert not Sync.objects.exists()
    assert "Both sides are equal" in admin.get(page).text
    assert "not synced yet" not in admin.get(LIST).text


def test_requests_stay_on_the_page_until_they_are_decided(admin, colleague, page):
    repository = Repository.objects.get()
    sync(repository)
    assert publish(repository.glossary, Term.objects.all()) == []
    django, flask = Term.objects.order_by("name")
    git(colleague.clone, "rm", "-q", "flask.md")
    git(colleague.clone, "mv", "django.md", "dj.md")
    colleague.push()
    sync(repository)
    colleague.write("dj.md", colleague.read("dj.md") + "\nMore.\n")
    colleague.push()
    sync(repository)
    text = admin.get(page).text
    assert "2 decisions are needed" in text
    assert f"/admin/terms/term/{flask.pk}/review/" in text
    assert "its file was renamed to <code>dj.md</code>" in text
    assert "Files that need attention" not in text
    for term, note in ((flask, "was removed"), (django, "was renamed")):
        assert note in admin.get(f"/admin/terms/term/{term.pk}/review/").text
        admin.post(f"/admin/terms/term/{term.pk}/review/", {"do": "remove"})
    assert "Both sides are equal" in admin.get(page).text


def test_deleted_and_renamed_terms_wait_to_be_committed(admin, page):
    sync(Repository.objects.get())
    flask, django = Term.objects.get(name="Flask"), Term.objects.get(name="Django")
    trash_terms(flask.glossary, [flask.pk])
    move(django, "dj.md")
    Repository.objects.update(wait=10)
    text = admin.get(page).text
    assert "2 terms wait to be committed" in text
    assert "Flask (deleted)" in text
    assert "committed once it was not edited for 10 minutes" in text


def test_job_says_what_to_decide_and_what_waits(admin, colleague, page):
    edit_on_both_sides(colleague)
    make_term("Kite")
    Repository.objects.update(wait=10)
    admin.post(page, {"do": "sync"})
    work_off(once=True)
    text = admin.get(f"/admin/terms/job/{Job.objects.get().pk}/change/").text
    assert "<b>1</b> conflict to decide" in text
    assert "<b>1</b> term edited just now, to be committed later" in text
    assert f'<a href="{page}">Decide the conflicts</a>' in text
    flask = Term.objects.get(name="Flask").pk
    assert f'<a href="/admin/terms/term/{flask}/change/">flask.md</a>: conflict, ' in text


def test_removal_of_many_is_confirmed_on_the_page(admin, colleague, page):
    sync(Repository.objects.get())
    git(colleague.clone, "rm", "-q", "flask.md", "django.md")
    colleague.push()
    sync(Repository.objects.get())
    assert "Many files were removed" in admin.get(page).text
    assert Term.objects.count() == 2
    admin.post(page, {"do": "remove"})
    work_off(once=True)
    assert not Term.objects.exists()


def test_page_shows_what_waits_and_what_failed(admin, colleague, page):
    sync(Repository.objects.get())
    make_term("Kite")
    text = admin.get(page).text
    assert "1 term waits to be committed" in text
    assert "Kite" in text
    Repository.objects.update(branch="nope")
    admin.post(page, {"do": "sync"})
    work_off(once=True)
    assert Job.objects.get().state == "failed"
    text = admin.get(page).text
    assert "The last sync failed" in text
    assert "The repository has no branch “nope”." in text


def test_history_names_the_commit(admin, colleague, page):
    sync(Repository.objects.get())
    flask = Term.objects.get(name="Flask")
    text = admin.get(f"/admin/terms/term/{flask.pk}/history/").text
    commit = git(colleague.clone, "rev-parse", "HEAD")[:12]
    assert f"commit {commit} Grace Hopper &lt;grace@example.org&gt;" in text


def test_second_click_starts_no_second_job(admin, page):
    admin.post(page, {"do": "sync"})
    admin.post(page, {"do": "sync"})
    assert Job.objects.count() == 1


def test_publishers_sync_and_administrators_change(roles, page, django_user_model):
    people = {}
    for role in ("Reviewer", "Publisher", "Administrator"):
        person = django_user_model.objects.create_user(role, is_staff=True)
        person.groups.add(Group.objects.get(name=role))
        people[role] = logged_in(person)
    repository = Repository.objects.get()
    assert people["Reviewer"].get(page).status_code == 403
    assert secret_of(repository) not in people["Publisher"].get(page).text
    assert secret_of(repository) in people["Administrator"].get(page).text
    assert people["Publisher"].post(page, {"do": "secret"}).status_code == 403
    assert people["Publisher"].post(page, {"do": "sync"}).status_code == 302
    before = secret_of(repository)
    people["Administrator"].post(page, {"do": "secret"})
    assert secret_of(Repository.objects.get()) != before


def test_log_names_the_person(admin, editor, page):
    admin.post(page, {"do": "sync"})
    work_off(once=True)
    assert Sync.objects.get().person == editor

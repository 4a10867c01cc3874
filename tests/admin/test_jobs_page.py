"""Jobs in the admin: started by actions on many terms, followed, cancelled, and seen by whom."""

import re

import pytest
from django.contrib.auth.models import Group, User

from terms.jobs import kinds
from terms.jobs.kind import JobLink, JobNote, JobResult
from terms.jobs.starting import start_job
from terms.models import Category, ChangeSet, Glossary, Grant, Job, PublishedTerm, Term
from tests.accounts import logged_in
from tests.admin.forms import NO_STEPS
from tests.factory import default_glossary, make_live, make_term
from tests.jobs.workers import make_terms

pytestmark = pytest.mark.django_db
LIST = "/admin/terms/job/"


def words(response):
    return re.sub(r"\s+", " ", response.content.decode())


@pytest.fixture(autouse=True)
def two_are_many(monkeypatch):
    """Let three terms be many, instead of making hundreds."""
    for module in (
        "publication",
        "classification",
        "glossaries",
        "change_sets",
        "views.bulk",
        "views.refactor",
    ):
        monkeypatch.setattr(f"terms.admin.{module}.MANY", 2)


def job_of(response):
    """Return the job that a response leads to."""
    job = Job.objects.get()
    assert response.redirect_chain[-1][0] == f"{LIST}{job.pk}/change/"
    assert "Waiting for its turn" in words(response)
    return job


def confirmed(client, response, address):
    html = response.content.decode()
    form = html[html.index('class="term-effects"') :]
    fields = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form))
    return client.post(address, fields, follow=True)


def test_publishing_many_terms_is_a_job(admin):
    terms = make_terms(3)
    chosen = {"action": "publish_selected", "_selected_action": [term.pk for term in terms]}
    response = admin.post("/admin/terms/term/", chosen, follow=True)
    job = job_of(response)
    assert (job.title, job.glossary) == ("Publish 3 terms", default_glossary())
    assert not PublishedTerm.objects.exists()


def test_publishing_few_terms_is_immediate(admin):
    terms = make_terms(2)
    chosen = {"action": "publish_selected", "_selected_action": [term.pk for term in terms]}
    admin.post("/admin/terms/term/", chosen)
    assert PublishedTerm.objects.count() == 2
    assert not Job.objects.exists()


def test_limit_is_three_hundred():
    assert kinds.MANY == 300


def test_editing_many_terms_is_a_job(admin):
    terms = make_terms(3)
    ids = ",".join(str(term.pk) for term in terms)
    shown = admin.post("/admin/terms/term/edit/", {"terms": ids, "icon": "mdi:a"})
    job = job_of(confirmed(admin, shown, "/admin/terms/term/edit/"))
    assert (job.kind, job.arguments["values"]) == ("edit", {"columns": {"icon": "mdi:a"}})
    assert not Term.objects.filter(version=2).exists()


def test_renaming_a_term_in_many_files_is_a_job(admin):
    flask = make_term("Flask")
    for name in ("A", "B", "C"):
        make_term(name, related="Flask")
    address = f"/admin/terms/term/{flask.pk}/refactor/"
    shown = admin.post(address, {"kind": "rename", "name": "Bottle", "keeps_old": "on"})
    job = job_of(confirmed(admin, shown, address))
    assert job.arguments["values"] == {"name": "Bottle", "keeps_old": True, "in_texts": False}


def test_renaming_a_category_of_many_terms_is_a_job(admin):
    make_terms(3)
    row = Category.objects.get()
    address = f"/admin/terms/category/{row.pk}/change/"
    data = {"name": "Programs", "slug": row.slug, "icon": "", "order": 0, "approvals_needed": ""}
    response = confirmed(admin, admin.post(address, data), address)
    job = Job.objects.get()
    assert f"{LIST}{job.pk}/change/" in words(response)
    row.refresh_from_db()
    assert (row.name, job.arguments["name"]) == ("Software", "Programs")


def test_large_change_set_is_published_and_undone_by_jobs(admin):
    made = ChangeSet.objects.create(glossary=default_glossary(), title="Three")
    made.terms.set(make_terms(3))
    address = f"/admin/terms/changeset/{made.pk}/change/"
    seen = [f"{term.pk} {term.fingerprint}" for term in made.terms.all()]
    job = job_of(admin.post(address, {"do": "publish", "seen": seen}, follow=True))
    assert (job.kind, len(job.arguments["seen"])) == ("publish_set", 3)
    job.delete()
    assert job_of(admin.post(address, {"do": "undo"}, follow=True)).kind == "undo"


def test_setting_that_every_page_shows_is_a_job_for_many_pages(admin):
    for name in ("A", "B", "C"):
        make_live(name)
    glossary = default_glossary()
    address = f"/admin/terms/glossary/{glossary.pk}/change/"
    data = {"name": "Words", "language": "en", "approvals_needed": 0, **NO_STEPS, "origin": ""}
    response = admin.post(address, data, follow=True)
    assert "Readers’ pages are being rebuilt" in words(response)
    assert Job.objects.get().kind == "rebuild"


# Pages


@pytest.fixture
def job(editor):
    return start_job("rebuild", default_glossary(), editor, {}, "Rebuild it")


def test_page_of_a_running_job_works_without_script(admin, job):
    Job.objects.update(state="running", doing="Publishing terms", done=120, total=400)
    page = words(admin.get(f"{LIST}{job.pk}/change/"))
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in page
    assert re.search(r'<progress [^>]*value="120" max="400"', page)
    assert "Publishing terms" in page
    assert "120 of 400" in page
    assert "Cancel this job" in page
    assert "30 %" in words(admin.get(LIST))


def test_page_of_a_finished_job_shows_the_result(admin, job):
    term = make_term("Flask")
    result = JobResult(
        {"terms are live": 1234, "terms were not published": 0},
        [JobNote("Flask", "It has changed since.", term.pk), JobNote("a.md", "<b>")],
        [JobLink("See all jobs", "terms_job_changelist"), JobLink("Gone", "terms_no_page", 1)],
    )
    Job.objects.update(state="done", result=result.as_json())
    page = words(admin.get(f"{LIST}{job.pk}/change/"))
    assert "<b>1,234</b> terms are live" in page
    assert f'<a href="/admin/terms/term/{term.pk}/change/">Flask</a>: It has changed' in page
    assert "<b>a.md</b>: &lt;b&gt;" in page
    assert f'<a href="{LIST}">See all jobs</a>' in page
    for word in ("Gone", "http-equiv", "Cancel this job", "were not published"):
        assert word not in page


def test_page_of_a_failed_job_says_what_to_do(admin, job):
    Job.objects.update(state="failed", problem="The disk is full.")
    page = words(admin.get(f"{LIST}{job.pk}/change/"))
    assert "Failed" in page
    assert "The disk is full." in page


def test_script_gets_the_progress(admin, job):
    Job.objects.update(state="running", doing="Reading", done=1, total=2, cancel_requested=True)
    response = admin.get(f"{LIST}{job.pk}/progress/")
    assert response.json() == {
        "state": "running", "words": "Reading", "done": 1, "total": 2, "is_active": True,
        "is_cancelling": True,
    }  # fmt: skip
    assert response["Cache-Control"] == "no-store"
    assert admin.post(f"{LIST}{job.pk}/progress/").status_code == 405


def test_job_is_cancelled_by_a_button(admin, job):
    response = admin.post(f"{LIST}{job.pk}/change/", follow=True)
    assert "Cancelled" in words(response)
    job.refresh_from_db()
    assert job.state == "cancelled"
    assert "It had ended already." in words(admin.post(f"{LIST}{job.pk}/change/", follow=True))


def test_list_is_filtered_by_state_and_glossary(admin, editor, job):
    other = Glossary.objects.create(slug="other", name="Other")
    start_job("rebuild", other, editor, {}, "The other one")
    Job.objects.filter(glossary=other).update(state="failed")
    assert "Rebuild it" not in words(admin.get(f"{LIST}?state__exact=failed"))
    assert "The other one" not in words(admin.get(f"{LIST}?glossary__id__exact={job.glossary_id}"))


@pytest.mark.parametrize(
    ("rights", "seen", "cancelled"),
    [(["view_term"], 403, 403), (["view_job"], 200, 403), (["view_job", "change_job"], 200, 302)],
)
def test_jobs_of_others_need_a_right(account, job, rights, seen, cancelled):
    client = account("ben", "view_term", *rights)
    assert client.get(f"{LIST}{job.pk}/change/").status_code == seen
    assert client.get(f"{LIST}{job.pk}/progress/").status_code == seen
    assert ("Rebuild it" in words(client.get(LIST))) == (seen == 200)
    assert client.post(f"{LIST}{job.pk}/change/").status_code == cancelled


def test_own_jobs_need_no_right_of_their_own(account):
    client = account("ben", "view_term")
    ben = User.objects.get(username="ben")
    job = start_job("export", default_glossary(), ben, {"folder": "/nowhere"}, "Mine")
    assert "Mine" in words(client.get(LIST))
    assert client.post(f"{LIST}{job.pk}/change/").status_code == 302
    job.refresh_from_db()
    assert job.state == "cancelled"


def test_right_in_a_glossary_covers_its_jobs_only(roles, editor, job):
    user = User.objects.create_user("eve", is_staff=True)
    administrator = Group.objects.get(name="Administrator")
    Grant.objects.create(user=user, role=administrator, glossary=default_glossary())
    elsewhere = start_job("rebuild", None, editor, {}, "All of them")
    client = logged_in(user)
    assert client.get(f"{LIST}{job.pk}/change/").status_code == 200
    assert client.get(f"{LIST}{elsewhere.pk}/change/").status_code == 403
    assert "All of them" not in words(client.get(LIST))


def test_visitors_and_strangers_see_nothing(client, account, job):
    assert client.get(f"{LIST}{job.pk}/progress/").status_code == 403
    assert client.get(f"{LIST}{job.pk}/change/").status_code == 302
    assert account("zoe").get(LIST).status_code == 403


def test_list_needs_few_queries(admin, editor, django_assert_max_num_queries):
    for _ in range(30):
        start_job("rebuild", default_glossary(), editor, {})
    with django_assert_max_num_queries(12):
        admin.get(LIST)


def test_rows_of_the_queue_have_no_pages(admin):
    assert admin.get("/admin/django_tasks_database/dbtaskresult/").status_code == 404

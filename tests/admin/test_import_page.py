"""Import and export in the admin, from the upload to the report."""

import io
import json
import zipfile

import pytest
from django.contrib.auth.models import Group, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from PIL import Image, ImageColor

from terms.changes.operation import undo
from terms.changes.pictures import replace_picture
from terms.files.archives import MANIFEST
from terms.formats.paths import SIDECAR
from terms.jobs.starting import cancel_job
from terms.jobs.working import work_off
from terms.media.originals import exported_content
from terms.models import Category, Glossary, Grant, ImportPlan, Picture, Term
from tests.accounts import logged_in
from tests.factory import default_glossary, make_live, make_term, save_text, text_of

pytestmark = pytest.mark.django_db
PREFIX = "/admin/terms/glossary/"


def html(response):
    return response.content.decode()


def start(glossary=None):
    return f"{PREFIX}{(glossary or default_glossary()).pk}/import/"


def zipped(files):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return file.getvalue()


def upload(client, files, name="words.zip", glossary=None, **fields):
    """Upload an archive of ``files``, or bytes, and return the page that follows."""
    content = files if isinstance(files, bytes) else zipped(files)
    data = {"source": "upload", "content": SimpleUploadedFile(name, content), **fields}
    return client.post(start(glossary), data, follow=True)


def plan_page(plan):
    return f"{PREFIX}import/{plan.pk}/"


def act(client, do, **fields):
    return client.post(plan_page(ImportPlan.objects.first()), {"do": do, **fields}, follow=True)


def apply(client, page, **fields):
    confirm = html(page).partition('name="confirm" value="')[2].partition('"')[0]
    return act(client, "apply", confirm=confirm, **fields)


def edited(term, old, new):
    return term.newest_revision().text.replace(old, new)


def test_import_from_upload_to_report(admin):
    flask = make_term("Flask")
    make_term("Kite")
    files = {
        "flask.md": edited(flask, "Text.", "Better."), "rope.md": text_of("Rope"),
        "bad.md": b"\xff", "notes.txt": "x",
    }  # fmt: skip
    page = upload(admin, files)
    text = html(page)
    assert "2 terms will change: 1 updated, 1 created." in text
    assert ">Create 1, update 1</button>" in text
    assert "Line 1: The byte 0xff is not UTF-8" in text
    assert "<ins>Better</ins>" in text
    assert "Is not a term file" in text
    text = html(apply(admin, page))
    assert "Imported: 1 updated, 1 created" in text
    assert "Show or undo the change set" in text
    assert sorted(Term.objects.values_list("name", flat=True)) == ["Flask", "Kite", "Rope"]
    plan = ImportPlan.objects.get()
    report = admin.get(f"{plan_page(plan)}report.json").json()
    assert (report["state"], report["counts"]["created"]) == ("applied", 1)
    lines = b"".join(admin.get(f"{plan_page(plan)}report.csv")).decode().splitlines()
    assert lines[0] == "path,status,reason,decision,outcome"
    assert "flask.md,updated,,accepted," in lines
    assert act(admin, "apply").status_code == 200
    assert Term.objects.count() == 3


def test_unchanged_archive_has_nothing_to_apply(admin):
    make_term("Flask")
    archive = b"".join(admin.get(f"{PREFIX}{default_glossary().pk}/export/archive/"))
    text = html(upload(admin, archive, is_whole="on"))
    assert "No term will change." in text
    assert 'value="apply"' not in text


def test_files_are_refused_and_accepted(admin):
    upload(admin, {f"{name}.md": text_of(name) for name in ("Kite", "Rope", "Sail")})
    plan = ImportPlan.objects.get()
    kite = plan.files.get(path="Kite.md")
    text = html(act(admin, "refuse", file=kite.pk))
    assert ">Create 2</button>" in text
    assert "1 file is refused." in text
    assert html(admin.get(plan_page(plan), {"show": "refused"})).count('class="term-path"') == 1
    assert ">Create 3</button>" in html(act(admin, "accept", file=kite.pk))
    assert "3 files are refused." in html(act(admin, "refuse_all", show="created"))
    assert "1 file is accepted." in html(act(admin, "accept_all", show="created", q="rope"))
    page = admin.get(plan_page(plan))
    apply(admin, page)
    assert Term.objects.get().name == "Rope"


def test_button_of_an_old_page_does_nothing(admin):
    page = upload(admin, {"kite.md": text_of("Kite")})
    act(admin, "refuse_all", show="created")
    assert "Check the effects again" in html(apply(admin, page))
    assert not Term.objects.exists()


def test_publishing_is_an_option(admin):
    page = upload(admin, {"kite.md": text_of("Kite")})
    assert "Publish, too: 1 text can go live" in html(page)
    assert "1 text is live." in html(apply(admin, page, publishes="on"))
    assert Term.objects.live().count() == 1
    page = upload(admin, {"rope.md": text_of("Rope")})
    apply(admin, page)
    assert Term.objects.live().count() == 1


def test_conflict_is_decided_place_by_place(admin):
    flask = make_term("Flask", body="One.\n\nTwo.")
    archive = b"".join(admin.get(f"{PREFIX}{default_glossary().pk}/export/archive/"))
    with zipfile.ZipFile(io.BytesIO(archive)) as found:
        files = {name: found.read(name).decode() for name in found.namelist()}
    files["flask.md"] = files["flask.md"].replace("One.", "There.").replace("mdi:file", "mdi:web")
    here = edited(flask, "One.", "Here.").replace("mdi:file-code", "mdi:flask")
    save_text(flask, here)
    page = upload(admin, files)
    assert "1 conflict needs a decision." in html(page)
    row = ImportPlan.objects.get().files.get(path="flask.md")
    address = f"{plan_page(row.plan)}file/{row.pk}/"
    text = html(admin.get(address))
    assert "2 places that both changed" in text
    assert "Both, the file’s first" in text
    data = {"key-0": "icon", "side-0": "file", "key-1": "body 1"}
    assert "Some places are not decided yet." in html(admin.post(address, data, follow=True))
    text = html(admin.get(address))
    assert "1 place that both changed" in text
    data = {"key-0": "body 1", "side-0": "both"}
    text = html(admin.post(address, data, follow=True))
    assert "“flask.md” is decided." in text
    assert "What changes in the term" in text
    text = html(admin.post(address, {"do": "reopen"}, follow=True))
    assert "2 places that both changed" in text
    admin.post(address, {"whole": "glossary"})
    page = admin.get(plan_page(row.plan))
    apply(admin, page)
    assert Term.objects.get().body.startswith("Here.")


def test_conflict_that_no_side_decides_says_so(admin):
    make_term("Flask")
    page = upload(admin, {"new/flask.md": text_of("Kite"), "FLASK.md": text_of("Rope"), "x": "x"})
    row = ImportPlan.objects.get().files.filter(status="conflict").first()
    if row is not None:
        address = f"{plan_page(row.plan)}file/{row.pk}/"
        text = html(admin.post(address, {"whole": "file"}, follow=True))
        assert "No side can be chosen here" in text
    assert page.status_code == 200


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("words.zip", b"no archive", "This is not a zip archive, or it is damaged."),
        ("words.zip", zipped({"../a.md": "x"}), "has a path that leads out of its folder"),
        ("words.txt", b"x", "neither a term file (.md) nor a zip archive"),
        ("words.md", b"", "empty"),
    ],
)
def test_bad_upload_is_refused_with_the_reason(admin, name, content, problem):
    page = upload(admin, content, name)
    assert problem in html(page)
    assert not ImportPlan.objects.exists()


def test_upload_without_file_is_refused(admin):
    page = admin.post(start(), {"source": "upload"})
    assert "Choose a zip archive, or files that end in .md." in html(page)
    assert admin.post(start(), {"source": "none"}).status_code == 200


def test_upload_over_the_limit_is_refused(admin, monkeypatch):
    monkeypatch.setattr("terms.admin.views.imports.MAX_ARCHIVE", 10)
    assert "MB at most." in html(upload(admin, {"a.md": "x" * 100}))


def test_many_files_without_archive_are_refused(admin):
    files = [SimpleUploadedFile(f"{number}.md", b"x") for number in range(101)]
    page = admin.post(start(), {"source": "upload", "content": files})
    assert "Choose 100 files at most, or make a zip archive of them." in html(page)


def test_number_of_open_plans_is_limited(admin, monkeypatch):
    monkeypatch.setattr("terms.admin.views.imports.MOST_OPEN", 1)
    upload(admin, {"kite.md": text_of("Kite")})
    page = upload(admin, {"kite.md": text_of("Kite")})
    assert "1 imports are to be decided already. Apply or discard one first." in html(page)
    act(admin, "discard")
    assert "Finished imports" in html(admin.get(start()))
    assert "1 term will change" in html(upload(admin, {"kite.md": text_of("Kite")}))


def test_hostile_archives_give_no_server_error(admin, shared):
    for path in sorted((shared / "attacks" / "archives").glob("*.zip")):
        page = upload(admin, path.read_bytes(), path.name)
        assert page.status_code == 200, path
    assert not Term.objects.exists()


def test_some_files_are_uploaded_without_archive(admin):
    flask = make_term("Flask", path="web/flask.md")
    files = [
        SimpleUploadedFile("flask.md", edited(flask, "Text.", "Better.").encode()),
        SimpleUploadedFile("kite.md", text_of("Kite").encode()),
    ]
    page = admin.post(start(), {"source": "upload", "content": files}, follow=True)
    assert "2 terms will change: 1 updated, 1 created." in html(page)
    assert "web/flask.md" in html(page)


def test_folder_on_the_server_is_imported(admin, settings, tmp_path):
    assert "Folder on the server" not in html(admin.get(start()))
    settings.IMPORT_FOLDERS = [str(tmp_path)]
    (tmp_path / "air").mkdir()
    (tmp_path / "air" / "kite.md").write_text(text_of("Kite"))
    data = {"source": "folder", "root": str(tmp_path), "below": "../other"}
    assert "leads out of the allowed folder" in html(admin.post(start(), data))
    page = admin.post(start(), {**data, "below": "air"}, follow=True)
    assert "1 term will change: 1 created." in html(page)
    (tmp_path / "air" / "rope.md").write_text(text_of("Rope"))
    text = html(apply(admin, page))
    assert "Nothing was imported. 1 file has changed since the plan was made." in text
    assert "changed since the plan was made</em>" in text
    assert "2 terms will change: 2 created." in text


def test_folder_without_changes_is_known_from_then_on(admin, settings, tmp_path):
    settings.IMPORT_FOLDERS = [str(tmp_path)]
    kite = make_term("Kite")
    (tmp_path / "kite.md").write_text(kite.newest_revision().text)
    (tmp_path / "rope.md").write_text(make_term("Rope").newest_revision().text)
    data = {"source": "folder", "root": str(tmp_path), "below": ""}
    page = admin.post(start(), data, follow=True)
    assert ">Finish without changes</button>" in html(page)
    assert "Imported: no text has changed" in html(apply(admin, page))
    (tmp_path / "kite.md").unlink()
    page = admin.post(start(), data, follow=True)
    assert "1 term will change: 1 removed." in html(page)


def test_failed_plan_can_be_tried_again(admin, settings, tmp_path):
    settings.IMPORT_FOLDERS = [str(tmp_path)]
    (tmp_path / "kite.md").write_text(text_of("Kite"))
    admin.post(start(), {"source": "folder", "root": str(tmp_path), "below": ""})
    settings.IMPORT_FOLDERS = []
    assert "The files cannot be compared" in html(act(admin, "again"))
    settings.IMPORT_FOLDERS = [str(tmp_path)]
    assert "1 term will change" in html(act(admin, "again"))
    text = html(act(admin, "discard"))
    assert "The import was discarded. No term has changed." in text
    assert act(admin, "again").status_code == 200
    assert "This import was discarded." in html(admin.get(plan_page(ImportPlan.objects.get())))


def test_list_is_filtered_searched_and_paged(admin):
    upload(admin, {f"term-{number}.md": text_of(f"Term {number}") for number in range(60)})
    plan = ImportPlan.objects.get()
    text = html(admin.get(plan_page(plan)))
    assert text.count('class="term-path"') == 50
    assert "Created <b>60</b>" in text
    assert html(admin.get(plan_page(plan), {"page": "2"})).count('class="term-path"') == 10
    assert html(admin.get(plan_page(plan), {"q": "term-5"})).count('class="term-path"') == 11
    assert "No path contains this." in html(admin.get(plan_page(plan), {"q": "x\0y"}))
    assert "There are no such files." in html(admin.get(plan_page(plan), {"show": "removed"}))


def test_queries_do_not_grow_with_files(admin):
    counts = []
    for number in (5, 45):
        terms = [make_term(f"Term {number}-{n}", body="A.") for n in range(number)]
        upload(admin, {term.path: edited(term, "A.", "B.") for term in terms})
        with CaptureQueriesContext(
            connection,
        ) as queries:
            admin.get(plan_page(ImportPlan.objects.first()))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_long_difference_is_on_the_page_of_the_file(admin):
    upload(admin, {"kite.md": text_of("Kite", body="Word. " * 5_000)})
    row = ImportPlan.objects.get().files.get()
    assert "Show the difference" in html(admin.get(plan_page(row.plan)))
    assert "Word. Word." in html(admin.get(f"{plan_page(row.plan)}file/{row.pk}/"))
    assert admin.get(f"{plan_page(row.plan)}file/{row.pk + 1}/").status_code == 404


# Permissions


@pytest.fixture
def person_in(roles):
    def make(role, **part):
        user = User.objects.create_user(f"{role} {User.objects.count()}", is_staff=True)
        if part:
            Grant.objects.create(user=user, role=Group.objects.get(name=role), **part)
        else:
            user.groups.add(Group.objects.get(name=role))
        return logged_in(user)

    return make


def test_right_in_one_glossary_opens_only_its_imports(admin, person_in):
    other = Glossary.objects.create(slug="other", name="Other")
    client = person_in("Publisher", glossary=other)
    upload(admin, {"kite.md": text_of("Kite")})
    plan = ImportPlan.objects.get()
    assert client.get(start()).status_code == 403
    assert client.get(plan_page(plan)).status_code == 403
    assert client.post(plan_page(plan), {"do": "discard"}).status_code == 403
    assert client.get(f"{plan_page(plan)}file/{plan.files.get().pk}/").status_code == 403
    assert client.get(f"{plan_page(plan)}report.csv").status_code == 403
    assert client.get(f"{PREFIX}{default_glossary().pk}/export/archive/").status_code == 403
    assert client.get(f"{PREFIX}import/")["Location"] == f"{PREFIX}{other.pk}/import/"
    assert "words.zip" not in html(client.get(f"{PREFIX}{other.pk}/import/"))
    assert client.get(f"{PREFIX}export/")["Location"] == f"{PREFIX}{other.pk}/export/"


def test_right_in_a_category_does_not_import(person_in):
    make_term("Flask", category="Mine")
    category = Category.objects.get()
    client = person_in("Publisher", glossary=default_glossary(), category=category)
    assert client.get(start()).status_code == 403


def test_colleague_goes_on(admin, person_in):
    upload(admin, {"kite.md": text_of("Kite")})
    client = person_in("Publisher")
    page = client.get(plan_page(ImportPlan.objects.get()))
    apply(client, page)
    plan = ImportPlan.objects.get()
    assert (plan.person.username, plan.change_set.author) == ("ana", plan.applied_by)
    assert plan.applied_by.username.startswith("Publisher")


def test_importer_without_right_to_publish_is_not_offered_it(account):
    client = account("importer", "import_terms", "view_term")
    page = upload(client, {"kite.md": text_of("Kite")})
    assert 'name="publishes"' not in html(page)
    page = client.get(plan_page(ImportPlan.objects.get()))
    apply(client, page, publishes="on")
    assert Term.objects.get().live_fingerprint == ""


# Export, and the ways to both


def test_export_page_offers_both_texts(admin):
    glossary = default_glossary()
    page = f"{PREFIX}{glossary.pk}/export/"
    assert "The glossary has no terms yet." in html(admin.get(page))
    make_term("Flask")
    make_live("Kite")
    text = html(admin.get(page))
    assert "Download the newest texts of 2 terms" in text
    assert "Download the live text of 1 term<" in text
    response = admin.get(f"{page}archive/", {"texts": "live"})
    assert response["Content-Disposition"].startswith('attachment; filename="glossary-live-20')
    with zipfile.ZipFile(io.BytesIO(b"".join(response))) as archive:
        assert archive.namelist() == [MANIFEST, "kite.md"]
        assert json.loads(archive.read(MANIFEST))["glossary"] == "glossary"


def test_import_and_export_are_linked(admin, account):
    glossary = default_glossary()
    side = html(admin.get("/admin/")).partition('id="side"')[2].partition("</nav>")[0]
    assert 'import/">' in side
    assert 'export/">' in side
    text = html(admin.get(f"{PREFIX}{glossary.pk}/change/"))
    assert 'import/">Import</a>' in text
    assert 'export/">Export</a>' in text
    reader = account("reader", "view_term", "view_glossary")
    text = html(reader.get(f"{PREFIX}{glossary.pk}/change/"))
    assert 'import/">Import</a>' not in text


def test_list_of_exports_has_all_glossaries(admin):
    default_glossary()
    Glossary.objects.create(slug="other", name="Other")
    assert ">Other</a>" in html(admin.get(f"{PREFIX}export/"))


# Large imports


@pytest.mark.django_db(transaction=True)
def test_large_import_runs_as_jobs(admin):
    files = {f"term-{number}.md": text_of(f"Term {number}") for number in range(301)}
    page = upload(admin, files)
    plan = ImportPlan.objects.get()
    assert (plan.state, plan.job.kind) == ("planning", "plan_import")
    assert page.redirect_chain[-1][0] == f"/admin/terms/job/{plan.job.pk}/change/"
    assert "Show the job" in html(admin.get(plan_page(plan)))
    work_off(once=True)
    assert plan_page(plan) in html(admin.get(f"/admin/terms/job/{plan.job.pk}/change/"))
    page = admin.get(plan_page(plan))
    assert "301 terms will change" in html(page)
    apply(admin, page)
    work_off(once=True)
    plan.refresh_from_db()
    assert (plan.state, plan.job.kind, Term.objects.count()) == ("applied", "apply_import", 301)


@pytest.mark.django_db(transaction=True)
def test_cancelled_job_leaves_a_plan_that_can_be_compared_again(admin):
    files = {f"term-{number}.md": text_of(f"Term {number}") for number in range(301)}
    upload(admin, files)
    plan = ImportPlan.objects.get()
    cancel_job(plan.job)
    assert "Try again" in html(admin.get(plan_page(plan)))
    act(admin, "again")
    work_off(once=True)
    assert "301 terms will change" in html(admin.get(plan_page(plan)))


@pytest.mark.django_db(transaction=True)
def test_discarded_plan_is_not_compared(admin):
    upload(admin, {f"term-{number}.md": text_of(f"Term {number}") for number in range(301)})
    act(admin, "discard")
    plan = ImportPlan.objects.get()
    assert (plan.state, plan.job.state) == ("discarded", "cancelled")


# Pictures and the sidecar


def png(color):
    out = io.BytesIO()
    Image.new("RGB", (3, 2), color).save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def picture_folder(settings, tmp_path):
    """A folder whose text shows two pictures. One is imported, and replaced on both sides since."""
    settings.MEDIA_ROOT, settings.ORIGINALS_ROOT = tmp_path / "media", tmp_path / "originals"
    settings.IMPORT_FOLDERS = [str(tmp_path)]
    folder = tmp_path / "words"
    folder.mkdir()
    (folder / "flask.md").write_text(text_of("Flask", body="![A](a.png)"))
    (folder / "a.png").write_bytes(png("red"))
    call_command("import_terms", str(folder), stdout=io.StringIO())
    replace_picture(Picture.objects.get(), png("green"))
    (folder / "a.png").write_bytes(png("blue"))
    (folder / "b.png").write_bytes(png("black"))
    (folder / "kite.md").write_text(text_of("Kite", body="![B](b.png)"))
    return folder


def plan_of_folder(client, folder):
    data = {"source": "folder", "root": str(folder.parent), "below": folder.name}
    return client.post(start(), data, follow=True)


@pytest.mark.parametrize(
    ("do", "words", "color"),
    [
        ("beside_file", "the one in the folder is imported", "blue"),
        ("beside_here", "the one here stays", "green"),
    ],
)
def test_conflict_of_pictures_is_decided_on_the_page(admin, picture_folder, do, words, color):
    text = html(plan_of_folder(admin, picture_folder))
    assert "1 picture will be imported" in text
    assert "<li>b.png <small>added</small></li>" in text
    assert "was replaced in the folder and here" in text
    assert Picture.objects.count() == 1

    page = act(admin, do, path="a.png")
    assert words in html(page)
    assert "was replaced in the folder and here" in html(act(admin, "beside_open", path="a.png"))
    text = html(apply(admin, act(admin, do, path="a.png")))
    assert "Conflict" not in text
    shown = exported_content(Picture.objects.get(path="a.png"))
    assert Image.open(io.BytesIO(shown)).getpixel((0, 0)) == ImageColor.getrgb(color)
    assert Picture.objects.count() == 2
    text = html(plan_of_folder(admin, picture_folder))
    assert "picture will be imported" not in text
    assert "was replaced" not in text

    (picture_folder / "b.png").write_bytes(png("white"))
    page = plan_of_folder(admin, picture_folder)
    assert ">Import 1 picture</button>" in html(page)
    assert "1 picture was imported." in html(apply(admin, page))


def test_undecided_conflict_of_pictures_is_on_the_result(admin, picture_folder):
    text = html(apply(admin, plan_of_folder(admin, picture_folder)))
    assert "Conflict: a.png was replaced in the folder and here" in text
    assert "1 picture was imported." in text


def test_side_of_another_path_is_not_stored(admin, picture_folder):
    plan_of_folder(admin, picture_folder)
    act(admin, "beside_file", path="x.png")
    assert "x.png" not in html(act(admin, "beside_file", path="a.png"))


def test_conflict_in_the_sidecar_is_decided_on_the_page(admin, picture_folder):
    Glossary.objects.update(keeps="sidecar")
    sidecar = picture_folder / SIDECAR
    sidecar.write_text("flask.md:\n  review_by: 2027-01-31\n")
    apply(admin, plan_of_folder(admin, picture_folder))
    Term.objects.filter(path="flask.md").update(review_by="2028-01-01")
    sidecar.write_text("flask.md:\n  review_by: 2029-01-01\n  linked: false\n")
    text = html(plan_of_folder(admin, picture_folder))
    assert "1 value will be imported from the sidecar." in text
    assert "review_by was changed in the folder and here" in text
    text = html(apply(admin, act(admin, "beside_file", path=SIDECAR)))
    assert "2 values were imported from the sidecar." in text
    term = Term.objects.get(path="flask.md")
    assert (str(term.review_by), term.is_linked) == ("2029-01-01", False)


# Undone imports


def test_undone_upload_can_be_imported_again(admin):
    flask = make_term("Flask")
    archive = b"".join(admin.get(f"{PREFIX}{default_glossary().pk}/export/archive/"))
    with zipfile.ZipFile(io.BytesIO(archive)) as found:
        files = {name: found.read(name).decode() for name in found.namelist()}
    files |= {"flask.md": edited(flask, "Text.", "Better."), "rope.md": text_of("Rope")}
    apply(admin, upload(admin, files))
    assert Term.objects.get(name="Flask").document().body.count("Better.") == 1
    undo(ImportPlan.objects.first().change_set)
    assert Term.objects.get(name="Flask").document().body.count("Better.") == 0

    page = upload(admin, files)
    assert "1 updated" in html(page)
    apply(admin, page)
    assert Term.objects.get(name="Flask").document().body.count("Better.") == 1

"""The admin's additional addresses: permissions and accepted input."""

import io
import socket

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse
from PIL import Image

from terms.media.pictures import MAX_BYTES
from terms.models import Picture, PublishedTerm, Revision, Term
from tests.admin.forms import address, fields_of, post
from tests.factory import default_glossary, make_live, make_term, save_text, text_of
from tests.web.running import prepare

pytestmark = pytest.mark.django_db

PREFIX = "/admin/terms/term/"


def test_urls_of_markdownx_are_not_installed():
    for name in ("markdownx_markdownify", "markdownx_upload"):
        with pytest.raises(NoReverseMatch):
            reverse(name)
    for path in ("/markdownx/upload/", "/markdownx/markdownify/"):
        assert Client().post(path).status_code in (404, 405)


def test_state_changes_need_csrf_token(editor):
    client = Client(enforce_csrf_checks=True)
    client.force_login(editor, backend="django.contrib.auth.backends.ModelBackend")
    term = make_term()
    for path in (
        "preview/",
        "upload/",
        f"{term.pk}/links/",
        f"{term.pk}/history/restore/",
        f"{term.pk}/change/",
    ):
        assert client.post(PREFIX + path).status_code == 403


def test_get_is_not_allowed_for_actions(admin):
    term = make_term()
    save_text(term, text_of(body="x"))
    for path in (
        "preview/",
        "upload/",
        f"{term.pk}/history/restore/",
        f"{term.pk}/file/unsaved/",
    ):
        assert admin.get(PREFIX + path).status_code == 405
    assert Revision.objects.count() == 2


# Preview, names, icons


def preview(client, term=None, **values):
    """Return the answer to the form of a term, or of a new one, as typed."""
    address = f"{PREFIX}{term.pk}/change/" if term else f"{PREFIX}add/"
    fields = fields_of(client.get(address)) | values
    return client.post(f"{PREFIX}preview/" + (f"?term={term.pk}" if term else ""), fields)


def test_preview_is_the_public_page_of_what_is_typed(admin):
    make_live("Django")
    term = make_live("Flask")
    page = preview(admin, term, name="Flask 3", body="Like Django.\r\n\r\n## Use").content.decode()
    assert "<title>Flask 3 &middot;" in page
    assert 'href="/glossary/software/full-stack/django/">Django</a>' in page
    assert '<a target="_blank"' in page
    assert '<h2 id="s-use"' in page
    assert "<script src" not in page
    assert 'href="/static/terms/site' in page
    term.refresh_from_db()
    assert (term.name, term.version) == ("Flask", 1)


def test_preview_of_a_new_term_creates_nothing(admin):
    make_term("Flask")
    page = preview(admin, name="Werkzeug", description="A library.", body="It is new.")
    assert "<title>Werkzeug &middot;" in page.content.decode()
    assert Term.objects.count() == 1


def test_preview_says_what_has_to_be_corrected(admin):
    term = make_term("Flask")
    answer = preview(admin, term, name=" ")
    assert answer.status_code == 422
    assert answer.content.decode() == "<ul><li>A term needs a name.</li></ul>"
    answer = preview(admin, term, body="x" * 100_001)
    assert answer.status_code == 422
    assert "at most 100,000" in answer.content.decode()


def test_preview_has_no_script_of_the_text(admin):
    page = preview(admin, make_term("Flask"), body="<script>x</script><b onclick='x'>y</b>")
    assert "<script>x" not in page.content.decode()
    assert "onclick" not in page.content.decode()


def test_preview_needs_the_right_to_edit_the_term(account):
    term = make_term("Flask")
    reader = account("reader", "view_term")
    assert reader.post(f"{PREFIX}preview/?term={term.pk}", {"name": "x"}).status_code == 403
    author = account("author", "view_term", "change_term")
    for other in ("?term=x", "?term=99999", "?term=9999999999999999999"):
        assert author.post(f"{PREFIX}preview/{other}", {"name": "x"}).status_code == 403


def test_preview_shows_pictures_near_the_file(admin):
    term = make_term("Flask", path="web/flask.md", body="![A](a.png)")
    Picture.objects.create(glossary=term.glossary, path="web/a.png", file="terms/x.png")
    page = preview(admin, term, body="![A](a.png) ![B](b.png)").content.decode()
    assert '<img src="/media/terms/x.png" alt="A"> B</p>' in page


def test_preview_costs_the_same_for_any_number_of_terms(admin):
    term = make_live("Flask")
    fields = fields_of(admin.get(f"{PREFIX}{term.pk}/change/"))

    def queries():
        with CaptureQueriesContext(connection) as found:
            admin.post(f"{PREFIX}preview/?term={term.pk}", fields)
        return len(found)

    queries()
    before = queries()
    for number in range(20):
        make_live(f"Term {number}")
    assert queries() <= before


def test_names_are_suggested(admin):
    flask = make_live("Flask")
    quart = make_term("Quart")
    make_term("Classic Flask")
    answer = admin.get(PREFIX + "suggest/", {"q": "flas"}).json()
    assert answer == {
        "names": ["Flask", "Classic Flask"], "known": [], "alike": [], "declined": "",
    }  # fmt: skip
    link = {"name": "Flask", "address": f"/admin/terms/term/{flask.pk}/change/"}
    assert admin.get(PREFIX + "suggest/", {"q": "FLASK"}).json()["known"] == [link]
    assert admin.get(PREFIX + "suggest/", {"q": "Flaks"}).json()["alike"] == []
    assert admin.get(PREFIX + "suggest/", {"q": "Flaks", "new": 1}).json()["alike"] == [link]
    (found,) = admin.get(PREFIX + "suggest/", {"q": "quarrt", "new": 1}).json()["alike"]
    assert found["address"] == f"/admin/terms/term/{quart.pk}/change/"
    for query in ("\0", "%", "_" * 60_000, "'", "", "\u202e"):
        assert admin.get(PREFIX + "suggest/", {"q": query}).status_code == 200


def test_icons_are_found_by_words(admin):
    icons = admin.get(PREFIX + "icons/", {"q": "code file"}).json()["icons"]
    assert "mdi:file-code" in [icon["name"] for icon in icons]
    assert all(icon["body"].startswith("<path") for icon in icons)


# Pictures


def encoded(kind, size=(4, 4), mode="RGB"):
    out = io.BytesIO()
    Image.new(mode, size).save(out, kind)
    return out.getvalue()


def upload(client, content, name="a.png", kind="image/png", place=""):
    default_glossary()
    image = SimpleUploadedFile(name, content, content_type=kind)
    return client.post(f"{PREFIX}upload/{place}", {"image": image})


def shown_at():
    return reverse("picture", args=[Picture.objects.get().file])


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.mark.parametrize(
    ("kind", "mode", "suffix"),
    [
        ("PNG", "RGBA", ".png"),
        ("JPEG", "CMYK", ".jpg"),
        ("WEBP", "RGB", ".webp"),
        ("PNG", "P", ".png"),
    ],
)
def test_picture_is_stored_in_its_format(admin, kind, mode, suffix):
    code = upload(admin, encoded(kind, mode=mode), "My <Photo>.html", "text/html").json()[
        "image_code"
    ]
    assert code == f"![My Photo](images/my-photo{suffix})"
    response = Client().get(shown_at())
    assert response.status_code == 200
    assert response["Content-Type"].startswith("image/")
    assert "sandbox" in response["Content-Security-Policy"]
    response.close()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<html><script>alert(1)</script>", "not a whole"),
        (b"GIF89a" + b"\0" * 20, "not a whole"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='x'/>", "not a whole"),
        (encoded("PNG")[:40], "not a whole"),
        (b"", "was sent|not a whole|empty"),
        (b"\x89PNG" + b"x" * MAX_BYTES, "more than 5 MB"),
        (encoded("PNG", (6000, 6000)), "pixels"),
        (encoded("PNG", (16_000, 16_000)), "pixels"),
    ],
)
def test_invalid_picture_is_refused(admin, media, content, words):
    response = upload(admin, content)
    assert response.status_code == 400
    assert any(word in response.json()["error"] for word in words.split("|"))
    assert not [path for path in media.rglob("*") if path.is_file()]


def test_hostile_svgs_are_refused(admin, shared):
    for path in (shared / "attacks/svg").iterdir():
        assert upload(admin, path.read_bytes(), path.name, "image/png").status_code == 400


def test_metadata_of_picture_is_removed(admin):
    picture = Image.new("RGB", (4, 4))
    exif = picture.getexif()
    exif[0x010F] = "Secret camera"
    out = io.BytesIO()
    picture.save(out, "JPEG", exif=exif)
    assert upload(admin, out.getvalue()).status_code == 200
    response = Client().get(shown_at())
    assert b"Secret camera" not in b"".join(response.streaming_content)
    response.close()


# Read-only access


def test_viewer_sees_everything_and_changes_nothing(account):
    term = make_term(related="Wanted one")
    viewer = account("viewer", "view_term")
    html = viewer.get(address(term)).content.decode()
    for shown in ("Wanted one <small>wanted</small>", "Industry <small>Full Stack</small>"):
        assert shown in html
    assert 'name="_save"' not in html
    assert viewer.post(address(term), {"name": "x"}).status_code == 403


# Publishing


def test_publishing_needs_its_own_permission(account, admin):
    term = make_term()
    writer = account("writer", "view_term", "change_term")
    post(writer, term, _publish="1", description="By the writer")
    assert not PublishedTerm.objects.exists()
    assert "Save and publish" not in writer.get(address(term)).content.decode()
    writer.post(PREFIX, {"action": "publish_selected", "_selected_action": [term.pk]})
    assert not PublishedTerm.objects.exists()

    response = post(admin, term, _publish="1")
    assert response.status_code == 302
    assert PublishedTerm.objects.get().description == "By the writer"


def test_terms_are_published_and_withdrawn_in_bulk(admin):
    terms = [make_term(name) for name in ("A", "B")]
    make_term("bad", path="bad.md", text="---\n[\n---\n")
    chosen = {"_selected_action": list(Term.objects.values_list("pk", flat=True))}
    page = admin.post(
        PREFIX, {"action": "publish_selected", **chosen}, follow=True
    ).content.decode()
    assert "2 terms are live." in page
    assert "header cannot be read" in page
    assert {Term.objects.get(pk=t.pk).status for t in terms} == {"live"}
    admin.post(PREFIX, {"action": "withdraw_selected", **chosen})
    assert not PublishedTerm.objects.exists()


# The list


def test_list_is_searched_and_filtered(admin):
    make_term("Flask", related="Wanted one")
    make_term("Django", category="Web")
    make_term("bad", path="bad.md", text="---\n[\n---\n")

    def shown(**query):
        page = admin.get(PREFIX, query).content.decode()
        return {name for name in ("Flask", "Django", "bad") if f'">{name}</a>' in page}

    assert shown() == {"Flask", "Django", "bad"}
    assert shown(q="flas") == {"Flask"}
    assert shown(q="flaks") == {"Flask"}
    listed = admin.get("/admin/terms/term/", {"q": "flaks"}).content.decode()
    assert "No results for “flaks”. These are spelled similarly." in listed
    assert shown(q="nothing like it") == set()
    assert shown(needs="wanted") == {"Flask"}
    assert shown(needs="unreadable") == {"bad"}
    assert shown(status="draft") == {"Flask", "Django", "bad"}
    assert shown(status="live") == set()
    assert "1 wanted" in admin.get(PREFIX).content.decode()


def test_hostile_list_parameters_cause_no_server_error(admin):
    make_term()
    for query in (
        {"p": "-1"}, {"p": "9" * 30}, {"q": "\0"}, {"q": "_" * 60_000}, {"o": "x"}, {"o": "99"},
        {"status": "'"}, {"body__iregex": "(a+)+$"}, {"all": ""}, {"category__id__exact": "x"},
    ):  # fmt: skip
        assert admin.get(PREFIX, query).status_code in (200, 302, 400), query


def test_number_of_list_queries_is_constant(admin, django_assert_num_queries):
    counts = []
    for first in (0, 3, 12):
        for number in range(first, first * 2 + 3):
            make_term(f"T{number}", related="A, B, C")
        with CaptureQueriesContext(connection) as queries:
            admin.get(PREFIX)
        counts.append(len(queries))
    assert len(set(counts)) == 1


def test_hidden_fields_are_not_trusted(admin):
    term = make_term()
    fields = fields_of(admin.get(address(term)))
    admin.post(address(term), {**fields, "path": ["../x.md"], "version": ["99"], "uid": ["x"],
                               "live_fingerprint": ["x"], "seen": ["999999999999999999999"]})  # fmt: skip
    term.refresh_from_db()
    assert (term.path, term.live_fingerprint) == ("flask.md", "")


# Login and production settings


def test_password_guesses_are_limited(editor):
    client = Client()
    login = {"username": "ana", "password": "wrong"}
    codes = [client.post("/admin/login/", login).status_code for _ in range(11)]
    assert codes[0] == 200
    assert codes[-1] == 429


def test_deployment_checks_pass(tmp_path):
    import os
    import subprocess
    import sys
    from pathlib import Path

    environment = {
        "PATH": os.environ["PATH"],
        "SECRET_KEY": "k" * 30 + "0123456789abcdefghijklmnopqrstuvwxyz",
        "ALLOWED_HOSTS": "glossary.example",
        "EMAIL_URL": "smtp+tls://glossary:secret@mail.example:587",
        "DATA_DIR": str(tmp_path),
    }

    def run(*words, **changes):
        return subprocess.run(
            [sys.executable, *words], env={**environment, **changes}, capture_output=True,
            text=True, cwd=Path(__file__).parents[2], check=False,
        )  # fmt: skip

    assert "glossary.E006" in run("manage.py", "check", "--deploy").stderr
    prepare(tmp_path)
    check = run("manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert check.returncode == 0, check.stderr
    served = run("-c", "import glossary_cms.wsgi", SECRET_KEY="")
    assert "SECRET_KEY setting must not be empty" in served.stderr
    assert run("manage.py", "makemigrations", "--check", "--dry-run").returncode == 0


def test_demo_refuses_a_port_in_use():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CommandError, match=rf"Cannot listen on 127.0.0.1:{port}"):
            call_command("run_demo", "fixtures/glossary", port=port)

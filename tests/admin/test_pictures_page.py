"""Pictures in the admin: uploads beside a term, the list, replacing, deleting, moving."""

import io

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from terms.media.pictures import store_picture
from terms.media.uploads import add_picture
from terms.models import Category, ChangeSet, Event, Glossary, Grant, Page, Picture, Term
from tests.accounts import logged_in
from tests.admin.forms import NO_STEPS, fields_of
from tests.factory import default_glossary, make_live, make_term, save_text, text_of

pytestmark = pytest.mark.django_db
LIST = "/admin/terms/picture/"
TERM = "/admin/terms/term/"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.ORIGINALS_ROOT = tmp_path / "originals"


def png(color="red"):
    out = io.BytesIO()
    Image.new("RGB", (30, 20), color).save(out, "PNG")
    return out.getvalue()


def uploaded(name="chart.png", color="red"):
    return add_picture(default_glossary(), png(color), name)


def send(client, where="", name="My chart.png"):
    image = SimpleUploadedFile(name, png(), content_type="image/png")
    return client.post(f"{TERM}upload/{where}", {"image": image})


def replaced(client, picture, content, **options):
    content = SimpleUploadedFile("new.png", content)
    return client.post(f"{LIST}{picture.pk}/change/", {"content": content}, **options)


# Uploads


def test_upload_links_from_the_term_and_preview_shows_it(admin):
    term = make_term("Flask", path="web/flask.md")
    code = send(admin, f"?term={term.pk}").json()["image_code"]
    assert code == "![My chart](../images/my-chart.png)"
    fields = fields_of(admin.get(f"{TERM}{term.pk}/change/")) | {"body": code}
    html = admin.post(f"{TERM}preview/?term={term.pk}", fields).content.decode()
    assert f'src="/media/{Picture.objects.get().file}"' in html


def test_upload_for_new_term_uses_its_glossary_and_path(admin):
    other = Glossary.objects.create(slug="other", picture_folder="static/")
    make_term("Flask")
    where = f"?glossary={other.pk}&path=a/b/flask.md"
    code = send(admin, where).json()["image_code"]
    assert code == "![My chart](../../static/my-chart.png)"
    assert Picture.objects.get().glossary == other
    fields = fields_of(admin.get(f"{TERM}add/"))
    fields |= {"name": "Flask", "body": code, "glossary": other.pk, "path": "a/b/flask.md"}
    html = admin.post(f"{TERM}preview/", fields).content.decode()
    assert "/media/terms/" in html


def test_upload_needs_a_right_in_the_glossary(account, django_user_model, roles):
    flask = make_term("Flask")
    other = Glossary.objects.create(slug="other")
    user = django_user_model.objects.create_user("ben", is_staff=True)
    Grant.objects.create(user=user, glossary=other, role=Group.objects.get(name="Author"))
    client = logged_in(user)
    assert send(client, f"?term={flask.pk}").status_code == 403
    assert send(client, f"?glossary={flask.glossary_id}").status_code == 403
    assert send(client, f"?glossary={other.pk}").status_code == 200
    assert Picture.objects.get().glossary == other
    assert Category.objects.count() == 1


def test_form_tells_where_its_pictures_are(admin):
    term = make_term("Flask")
    html = admin.get(f"{TERM}{term.pk}/change/").content.decode()
    assert f'data-markdownx-upload-urls-path="{TERM}upload/?term={term.pk}"' in html


# The list


def test_list_shows_where_pictures_are_used(admin, django_assert_max_num_queries):
    picture, unused = uploaded(), uploaded("unused.png", "blue")
    term = make_live("Flask", body=f"![A chart]({picture.path})")
    save_text(term, text_of("Flask", body="None."))
    for n in range(7):
        make_term(f"Term {n}", body=f"![Other words]({picture.path})")
    with django_assert_max_num_queries(14):
        html = admin.get(LIST).content.decode()
    for words in (
        f'src="/media/{picture.file}"', "images/chart.png", "30 × 20 pixels, 1 KB", "A chart",
        "published text only", "<small>draft</small>", "and 3 more terms", unused.path, "no term",
    ):  # fmt: skip
        assert words in html, words


def test_picture_is_replaced_for_readers(admin):
    picture = uploaded()
    make_live("Flask", body=f"![A]({picture.path})")
    html = replaced(admin, picture, png("blue"), follow=True).content.decode()
    assert "“images/chart.png” was replaced." in html
    new = Picture.objects.get().file
    assert new != picture.file
    page = Page.objects.get(path="/glossary/software/full-stack/flask/").content.decode()
    assert new in page
    assert Event.objects.filter(kind="picture replaced", person__username="ana").count() == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"<svg/>", "not a whole PNG"), (b"x" * (5 * 1024 * 1024 + 2), "more than 5 MB")],
)
def test_bad_replacement_is_refused_with_reason(admin, content, words):
    picture = uploaded()
    assert words in replaced(admin, picture, content, follow=True).content.decode()
    assert Picture.objects.get().file == picture.file


def test_form_without_new_picture_changes_nothing(admin):
    picture = uploaded()
    response = admin.post(f"{LIST}{picture.pk}/change/", {}, follow=True)
    assert response.status_code == 200
    assert "was replaced" not in response.content.decode()
    assert Picture.objects.get().file == picture.file


def test_used_picture_is_not_deleted(admin):
    picture = uploaded()
    term = make_term("Flask", body=f"![A]({picture.path})")
    page = admin.get(f"{LIST}{picture.pk}/delete/").content.decode()
    assert "Take it out of their texts first." in page
    assert "Texts show" in admin.post(f"{LIST}{picture.pk}/delete/", follow=True).content.decode()
    save_text(term, text_of("Flask", body="None."))
    page = admin.get(f"{LIST}{picture.pk}/delete/").content.decode()
    assert "The next export removes it" in page
    html = admin.post(f"{LIST}{picture.pk}/delete/", follow=True).content.decode()
    assert "was deleted" in html
    assert not Picture.objects.exists()


def test_authors_see_pictures_and_do_not_replace_them(account):
    picture = uploaded()
    author = account("author", "view_term", "change_term")
    assert author.get(LIST).status_code == 200
    assert "New picture" not in author.get(f"{LIST}{picture.pk}/change/").content.decode()
    assert replaced(author, picture, png("blue")).status_code == 403
    assert author.post(f"{LIST}{picture.pk}/delete/").status_code == 403
    assert Picture.objects.get().file == picture.file


def test_glossary_refuses_folder_outside(admin):
    glossary = default_glossary()
    url = f"/admin/terms/glossary/{glossary.pk}/change/"
    data = {
        "name": "Words",
        "slug": "glossary",
        "language": "en",
        "approvals_needed": "0",
        **NO_STEPS,
    }
    for folder in ("../x", "/x", "a/../b", ".git/x", "a\\b", ".", "a//b"):
        html = admin.post(url, data | {"picture_folder": folder}).content.decode()
        assert "is not a folder below" in html, folder
    assert admin.post(url, data | {"picture_folder": "static/img"}).status_code == 302
    assert Glossary.objects.get().picture_folder == "static/img/"


# Uploads of older versions


def test_button_moves_old_uploads_beside_the_files(admin):
    file = store_picture(png())
    assert "beside the files" not in admin.get(LIST).content.decode()
    term = make_live("Flask", body=f"![A chart](/media/{file})")
    assert "is not beside the files" in admin.get(f"{TERM}{term.pk}/change/").content.decode()
    html = admin.get(LIST).content.decode()
    url = f"{LIST}beside/?glossary={term.glossary_id}"
    assert url in html
    page = admin.get(url).content.decode()
    assert "images/a-chart.png" in page
    digest = page.partition('name="confirm" value="')[2].partition('"')[0]
    admin.post(url, {"confirm": "other"})
    assert not ChangeSet.objects.exists()
    response = admin.post(url, {"confirm": digest})
    assert response["Location"] == f"/admin/terms/changeset/{ChangeSet.objects.get().pk}/change/"
    assert Term.objects.get().body.strip() == "![A chart](images/a-chart.png)"
    assert "All pictures are beside the files." in admin.get(url).content.decode()


def test_form_offers_the_pictures_of_the_glossary(admin):
    term = make_term("Flask", path="web/flask.md")
    Picture.objects.create(glossary=term.glossary, path="images/Chart.png", file="terms/a.png")
    Picture.objects.create(glossary=term.glossary, path="web/b.png", file="terms/b.png")
    other = Glossary.objects.create(name="Other", slug="other")
    Picture.objects.create(glossary=other, path="images/c.png", file="terms/c.png")
    address = "/admin/terms/term/pictures/"
    found = admin.get(address, {"term": term.pk}).json()["pictures"]
    assert [one["code"] for one in found] == ["![b](b.png)", "![Chart](../images/Chart.png)"]
    found = admin.get(address, {"term": term.pk, "q": "chart"}).json()["pictures"]
    assert [(one["path"], one["address"]) for one in found] == [
        ("images/Chart.png", "/media/terms/a.png")
    ]
    found = admin.get(address, {"glossary": other.pk, "path": "x/new.md"}).json()["pictures"]
    assert [one["code"] for one in found] == ["![c](../images/c.png)"]
    assert admin.get(address, {"term": "999"}).json()["pictures"] == []


def test_pictures_are_added_to_the_library_without_a_text(admin):
    default_glossary()
    address = "/admin/terms/picture/upload/"
    assert "Choose at least one picture." in admin.post(address).content.decode()
    files = [
        SimpleUploadedFile("Release chart.png", png(), "image/png"),
        SimpleUploadedFile("notes.png", b"no picture", "image/png"),
    ]
    page = admin.post(address, {"pictures": files}, follow=True).content.decode()
    assert "1 picture was added:" in page
    assert "“notes.png” was not stored" in page
    assert Picture.objects.get().path == "images/release-chart.png"
    many = [SimpleUploadedFile(f"{n}.png", b"x") for n in range(51)]
    assert "Choose 50 pictures at most." in admin.post(address, {"pictures": many}).content.decode()

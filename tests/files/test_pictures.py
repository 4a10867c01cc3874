"""Pictures in the folder of the term files, imported and shown to readers."""

import io
import json
import os
import re

import pytest
from django.conf import settings
from django.core.management import call_command
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from terms.changes.operation import CannotRefactor
from terms.changes.pictures import replace_picture
from terms.changes.rename import undo_set
from terms.media.pictures import MAX_BYTES, BadPicture, addresses_of, file_beside, store_picture
from terms.models import ChangeSet, Event, Page, Picture, PictureFile, PublishedTerm, Term
from terms.publishing.rebuild import rebuild
from terms.quality.context import GlossaryContext
from terms.quality.pictures import lacks_picture
from terms.quality.rule import CheckedTerm
from tests.factory import default_glossary, make_term, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.ORIGINALS_ROOT = tmp_path / "originals"


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "in"
    (folder / "web").mkdir(parents=True)
    return folder


def picture(kind="PNG", color="red", **options):
    out = io.BytesIO()
    Image.new("RGB", (3, 2), color).save(out, kind, **options)
    return out.getvalue()


def write(folder, body, name="flask.md"):
    (folder / name).write_text(text_of("Flask", body=body))


def imported(folder, **options):
    out = io.StringIO()
    call_command("import_terms", str(folder), stdout=out, **options)
    return out.getvalue()


def html(name="flask"):
    return Page.objects.get(path=f"/glossary/software/full-stack/{name}/").content.decode()


def sources(page):
    return re.findall(r'<img [^>]*?src="([^"]*)"', page)


@pytest.mark.parametrize(
    ("address", "file"),
    [
        ("a.png", "web/a.png"), ("./a%20b.png?x#y", "web/a b.png"), ("../a.png", "a.png"),
        ("../../a.png", ""), ("/a.png", ""), ("https://x.org/a.png", ""), ("//x.org/a.png", ""),
        ("data:image/png;x", ""), ("", ""), ("..", ""), ("x/../../../y", ""), ("a%00.png", ""),
        ("..\\a.png", ""), ("C:\\a.png", ""), ("#a", ""), ("b/%2e%2e/%2e%2e/%2e%2e/a", ""),
    ],
)  # fmt: skip
def test_picture_address_resolves_to_file(address, file):
    assert file_beside("web/flask.md", address) == file


def test_pictures_near_file_are_imported_and_shown(folder, settings):
    (folder / "web" / "an image.png").write_bytes(picture())
    (folder / "b.jpg").write_bytes(picture("JPEG"))
    body = (
        '![A & "B"](an%20image.png "T") and <img alt="b" src="../b.jpg" width="3">'
        " ![None](no.png) ![Up](../no.png) ![Kept](/media/terms/x.png)"
    )
    write(folder, body, "web/flask.md")
    source = (folder / "web" / "flask.md").read_bytes()
    output = imported(folder, publish=True)
    assert "2 pictures" in output
    assert "no picture: web/no.png: The file does not exist." in output
    one, two, kept = sources(html())
    assert kept == "../../../../media/terms/x.png"
    assert re.fullmatch(r"\.\./\.\./\.\./\.\./media/terms/\w{32}\.png", one)
    assert two.endswith(".jpg")
    assert " None Up <img" in html()
    assert 'title="T"' in html()
    kept = settings.MEDIA_ROOT / one.partition("media/")[2]
    assert Image.open(io.BytesIO(kept.read_bytes())).size == (3, 2)
    assert (folder / "web" / "flask.md").read_bytes() == source
    page = html()
    rebuild(default_glossary())
    assert html() == page


def test_replaced_picture_is_shown_after_publishing(folder):
    file = folder / "a.png"
    file.write_bytes(picture())
    write(folder, "![A](a.png)")
    imported(folder, publish=True)
    before = sources(html())
    assert "picture" not in imported(folder, publish=True)
    file.write_bytes(picture(color="blue"))
    assert "1 picture\n" in imported(folder)
    assert sources(html()) == before
    file.write_bytes(picture(color="green"))
    imported(folder, publish=True)
    assert sources(html()) != before
    assert Picture.objects.count() == 1
    changed = PublishedTerm.objects.get().changed_at
    assert changed == PublishedTerm.objects.get().published_at  # the text is unchanged


def colours_shown():
    """Return the colour of the picture on the page of Flask, and of the stored picture."""
    files = [sources(html())[0].partition("/media/")[2]]
    files += Picture.objects.values_list("file", flat=True)
    return [
        Image.open(os.path.join(settings.MEDIA_ROOT, file)).convert("RGB").getpixel((0, 0))
        for file in files
    ]


def test_import_that_replaced_a_picture_is_undone_and_done_again(folder):
    red, blue = (255, 0, 0), (0, 0, 255)
    (folder / "a.png").write_bytes(picture())
    write(folder, "![A](a.png)")
    imported(folder, publish=True)
    (folder / "a.png").write_bytes(picture(color="blue"))
    imported(folder, publish=True)
    assert colours_shown() == [blue, blue]
    change_set = ChangeSet.objects.first()
    assert not change_set.revisions.exists()
    logged = Event.objects.filter(kind=Event.Kind.PICTURE_REPLACED)
    assert [event.name for event in logged] == ["a.png"]

    undone = undo_set(change_set)
    assert colours_shown() == [red, red]
    call_command("export_terms", str(folder), stdout=io.StringIO())
    assert (folder / "a.png").read_bytes() == picture()

    undo_set(undone)
    assert colours_shown() == [blue, blue]


def test_import_is_not_undone_if_a_picture_was_replaced_since(folder):
    (folder / "a.png").write_bytes(picture())
    write(folder, "![A](a.png)")
    imported(folder)
    replace_picture(Picture.objects.get(), picture(color="green"))
    with pytest.raises(CannotRefactor, match=r"“a\.png” has changed since"):
        undo_set(ChangeSet.objects.first())
    assert Term.objects.exists()


def test_undone_import_deletes_its_new_pictures_unless_texts_show_them(folder):
    (folder / "a.png").write_bytes(picture())
    (folder / "b.png").write_bytes(picture(color="blue"))
    write(folder, "![A](a.png) ![B](b.png)")
    imported(folder)
    make_term("Django", path="django.md", body="![A](a.png)")
    undo_set(ChangeSet.objects.first())
    assert [term.path for term in Term.objects.all()] == ["django.md"]
    assert [one.path for one in Picture.objects.all()] == ["a.png"]
    call_command("export_terms", str(folder), prune=True, stdout=io.StringIO())
    assert sorted(path.name for path in folder.glob("*.*")) == ["a.png", "django.md"]


def test_unchanged_picture_is_not_read_again(folder, monkeypatch):
    (folder / "a.png").write_bytes(picture())
    os.utime(folder / "a.png", ns=(1, 1))
    write(folder, "![A](a.png)")
    imported(folder)
    row = PictureFile.objects.get()
    if not row.stamp:  # the file's inode is too recent for its times to be trusted
        status = os.stat(folder / "a.png")
        row.stamp = f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns}"
        row.stamp += f" {status.st_dev} {status.st_ino}"
        row.save()
    monkeypatch.setattr("terms.files.sources.read_picture", None)  # would raise
    assert "picture" not in imported(folder)


def test_invalid_pictures_are_reported_and_not_stored(folder, tmp_path):
    (folder / "a.svg").write_text("<svg><script>alert(1)</script></svg>")
    (folder / "b.png").write_bytes(picture()[:40])
    (folder / "c.png").write_bytes(b"x" * (MAX_BYTES + 1))
    (tmp_path / "secret.png").write_bytes(picture())
    (folder / "d.png").symlink_to(tmp_path / "secret.png")
    (folder / "e.png").mkdir()
    os.mkfifo(folder / "f.png")
    write(folder, "".join(f"![{n}]({n}) " for n in ["a.svg", *(f"{c}.png" for c in "bcdef")]))
    output = json.loads(imported(folder, publish=True, json=True))["pictures"]
    assert output["taken"] == 0
    assert dict(output["not_taken"]) == {
        "a.svg": "This is not a whole PNG, JPEG, WebP or GIF picture.",
        "b.png": "This is not a whole PNG, JPEG, WebP or GIF picture.",
        "c.png": "The picture has more than 5 MB.",
        "d.png": "This link points outside the folder, and was not followed.",
        "e.png": "Cannot be read: Is a directory.",
        "f.png": "This is not a regular file.",
    }
    assert "<p>a.svg b.png c.png d.png e.png f.png</p>" in html()
    assert not list(settings.MEDIA_ROOT.rglob("*.*"))


def test_dry_run_stores_no_pictures(folder):
    (folder / "a.png").write_bytes(picture())
    write(folder, "![A](a.png)")
    imported(folder, dry_run=True)
    assert not Picture.objects.exists()


def test_metadata_of_pictures_is_removed():
    """Comments, locations, colour profiles and texts (S19)."""
    exif = Image.Exif()
    exif[0x010E] = "secret description"
    text = PngInfo()
    text.add_text("Comment", "secret comment")
    text.add_itxt("XML:com.adobe.xmp", "<secret/>")
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for content in (
        picture("JPEG", exif=exif, comment=b"secret comment", icc_profile=profile),
        picture("PNG", pnginfo=text, exif=exif, icc_profile=profile),
        picture("WEBP", exif=exif, xmp=b"<secret/>", icc_profile=profile),
        picture("GIF", comment=b"secret comment"),
    ):
        stored = (settings.MEDIA_ROOT / store_picture(content)).read_bytes()
        assert b"secret" not in stored
        kept = Image.open(io.BytesIO(stored))
        assert kept.size == (3, 2)
        assert not set(kept.info) & {"icc_profile", "exif", "comment", "xmp", "Comment"}


def test_animation_is_kept():
    frames = [Image.new("P", (4, 4), n) for n in (1, 2, 3)]
    out = io.BytesIO()
    options = {"save_all": True, "append_images": frames[1:], "duration": 70, "loop": 0}
    Image.new("RGB", (4, 4), "red").save(
        out, "GIF", **{**options, "append_images": [f.convert("RGB") for f in frames]}
    )
    kept = Image.open(
        io.BytesIO((settings.MEDIA_ROOT / store_picture(out.getvalue())).read_bytes())
    )
    assert (kept.format, kept.info["loop"], kept.info["duration"]) == ("GIF", 0, 70)
    assert kept.n_frames > 1


def test_animation_with_too_many_pixels_in_all_frames_is_refused():
    frames = [Image.new("L", (3000, 3000), n) for n in range(4)]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    with pytest.raises(BadPicture, match="pixels"):
        store_picture(out.getvalue())


def test_missing_picture_rule_accepts_imported_pictures(folder):
    (folder / "a.png").write_bytes(picture())
    write(folder, "![A](a.png)\n\n![B](b.png)")
    imported(folder)
    term = Term.objects.get()
    entry = CheckedTerm(term, term.document())
    found = list(lacks_picture(entry, GlossaryContext(term.glossary)))
    assert [where for where, _ in found] == ["text, line 3"]
    assert list(addresses_of(term.glossary, term.path, term.body)) == ["a.png"]

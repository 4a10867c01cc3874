"""Pictures beside the files: uploaded, exported, replaced on either side, renamed, removed."""

import io
import json
import os
import time
from pathlib import Path

import pytest
from django.core.management import call_command
from PIL import Image

from terms.changes.operation import CannotRefactor
from terms.changes.pictures import (
    delete_picture,
    move_pictures_beside,
    plan_pictures_beside,
    replace_picture,
)
from terms.changes.rename import move, plan_move, undo_set
from terms.files.exporting import export
from terms.management.consistency import check_consistency
from terms.media.pictures import store_picture
from terms.media.uploads import add_picture, link_between
from terms.media.uses import uses_of
from terms.models import Event, Glossary, Page, Picture, PictureFile, Term
from terms.publishing.publish import publish
from tests.factory import default_glossary, make_live, make_term, save_text, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.ORIGINALS_ROOT = tmp_path / "originals"


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    return folder


def png(color="red", **options):
    out = io.BytesIO()
    Image.new("RGB", (3, 2), color).save(out, "PNG", **options)
    return out.getvalue()


def opened(path):
    return Image.open(io.BytesIO(path.read_bytes()))


def uploaded(name="My Chart (1).PNG", color="red"):
    return add_picture(default_glossary(), png(color), name, "flask")


def exported(folder, **options):
    return {file.path: file.status for file in export(default_glossary(), folder, **options).files}


def imported(folder, **options):
    out = io.StringIO()
    code = 0
    try:
        call_command("import_terms", str(folder), stdout=out, json=True, **options)
    except SystemExit as error:
        code = error.code
    return json.loads(out.getvalue())["pictures"] | {"code": code}


def shown(name="flask"):
    return Page.objects.get(path=f"/glossary/software/full-stack/{name}/").content.decode()


def write(folder, path, body, name="Flask"):
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_text(text_of(name, body=body))


def settle(folder):
    """Give the files times that are old enough to be trusted."""
    for path in Path(folder).rglob("*"):
        os.utime(path, ns=(1, 1))


# Uploads


def test_upload_gets_readable_path_in_folder_for_pictures():
    assert uploaded().path == "images/my-chart-1.png"
    assert uploaded("my-CHART-1.png", "blue").path == "images/my-chart-1-2.png"
    assert uploaded("image.png", "green").path == "images/flask.png"
    assert uploaded("Büro.png", "black").path == "images/büro.png"
    assert uploaded("../../etc/passwd", "white").path == "images/passwd.png"


def test_same_picture_is_stored_once():
    assert uploaded().pk == uploaded("another name.png").pk


def test_upload_goes_to_folder_of_glossary():
    glossary = default_glossary()
    Glossary.objects.filter(pk=glossary.pk).update(picture_folder="assets/a b/")
    assert uploaded().path == "assets/a b/my-chart-1.png"
    assert link_between("web/flask.md", "assets/a b/x.png") == "../assets/a%20b/x.png"


@pytest.mark.parametrize(
    ("path", "link"),
    [
        ("flask.md", "images/x.png"),
        ("web/flask.md", "../images/x.png"),
        ("images/flask.md", "x.png"),
        ("a/b/flask.md", "../../images/x.png"),
    ],
)
def test_link_is_relative_to_term(path, link):
    assert link_between(path, "images/x.png") == link


# Export


def test_uploaded_picture_is_exported_once_and_then_left_alone(folder):
    picture = uploaded()
    for name in ("Flask", "Quart"):
        make_term(name, body=f"![A chart]({picture.path})")
    assert exported(folder) == {
        "flask.md": "written", "quart.md": "written", "images/my-chart-1.png": "written",
    }  # fmt: skip
    file = folder / "images" / "my-chart-1.png"
    assert opened(file).size == (3, 2)
    before = file.stat()
    assert set(exported(folder).values()) == {"unchanged"}
    assert file.stat().st_ino == before.st_ino
    assert exported(folder, check=True)["images/my-chart-1.png"] == "unchanged"


def test_unused_and_foreign_pictures_are_not_written(folder):
    uploaded()
    make_term("Flask", body="No picture. ![Other](other.png)")
    assert exported(folder) == {"flask.md": "written"}


def test_live_export_has_pictures_of_live_texts_only(folder):
    old, new = uploaded("old.png"), uploaded("new.png", "blue")
    term = make_live("Flask", body=f"![Old]({old.path})")
    save_text(term, text_of("Flask", body=f"![New]({new.path})"))
    assert exported(folder, live=True) == {"flask.md": "written", "images/old.png": "written"}


def test_imported_picture_is_never_rewritten(folder, tmp_path):
    """Readers get a re-encoded copy; the folder keeps the bytes, also another folder."""
    content = png() + b"trailing bytes"
    write(folder, "flask.md", "![A](a.png)")
    (folder / "a.png").write_bytes(content)
    assert imported(folder, publish=True)["taken"] == 1
    assert exported(folder)["a.png"] == "unchanged"
    assert (folder / "a.png").read_bytes() == content
    assert exported(tmp_path / "out")["a.png"] == "written"
    assert (tmp_path / "out" / "a.png").read_bytes() == content
    assert b"trailing" not in (tmp_path / "media" / Picture.objects.get().file).read_bytes()
    assert list(check_consistency(default_glossary())) == []


def test_unchanged_picture_is_not_read_again(folder, monkeypatch):
    write(folder, "flask.md", "![A](a.png)")
    (folder / "a.png").write_bytes(png())
    settle(folder)
    imported(folder)
    PictureFile.objects.update(stamp=stamp_of_file(folder / "a.png"))
    monkeypatch.setattr("terms.files.folder.read_picture", None)  # would raise
    assert exported(folder)["a.png"] == "unchanged"


def stamp_of_file(path):
    status = os.stat(path)
    times = f"{status.st_mtime_ns} {status.st_ctime_ns}"
    return f"{status.st_size} {times} {status.st_dev} {status.st_ino}"


# Three ways


def test_picture_replaced_in_folder_is_not_overwritten_but_imported(folder):
    picture = uploaded()
    make_term("Flask", body=f"![A]({picture.path})")
    exported(folder)
    (folder / picture.path).write_bytes(png("blue"))
    assert exported(folder)[picture.path] == "conflict"
    assert (folder / picture.path).read_bytes() == png("blue")
    assert imported(folder)["taken"] == 1
    assert exported(folder)[picture.path] == "unchanged"


def test_picture_replaced_here_is_exported_and_kept_by_import(folder):
    write(folder, "flask.md", "![A](a.png)")
    (folder / "a.png").write_bytes(png())
    imported(folder, publish=True)
    page = shown()
    replace_picture(Picture.objects.get(), png("blue"))
    assert shown() != page
    assert imported(folder)["taken"] == 0
    assert exported(folder)["a.png"] == "written"
    assert opened(folder / "a.png").getpixel((0, 0)) == (0, 0, 255)
    assert imported(folder) == {"taken": 0, "not_taken": [], "conflicts": [], "code": 0}


@pytest.mark.parametrize(("side", "color"), [("ours", (0, 0, 255)), ("theirs", (0, 128, 0))])
def test_picture_replaced_on_both_sides_is_conflict_that_is_decided(folder, side, color):
    write(folder, "flask.md", "![A](a.png)")
    (folder / "a.png").write_bytes(png())
    imported(folder)
    replace_picture(Picture.objects.get(), png("blue"))
    (folder / "a.png").write_bytes(png("green"))
    found = imported(folder)
    assert found["conflicts"] == [["a.png", "was replaced in the folder and here"]]
    assert found["code"] == 1
    assert exported(folder)["a.png"] == "conflict"
    assert imported(folder, **{side: ["a.png"]})["code"] == 0
    exported(folder)
    assert opened(folder / "a.png").getpixel((0, 0)) == color
    assert exported(folder)["a.png"] == "unchanged"


def test_picture_in_another_folder_is_old_copy(folder, tmp_path):
    write(folder, "flask.md", "![A](a.png)")
    (folder / "a.png").write_bytes(png())
    imported(folder)
    replace_picture(Picture.objects.get(), png("blue"))
    other = tmp_path / "other"
    write(other, "flask.md", "![A](a.png)")
    (other / "a.png").write_bytes(png())
    assert imported(other)["taken"] == 0
    assert exported(other)["a.png"] == "written"


def test_picture_removed_from_folder_is_told_and_written_after_import(folder):
    picture = uploaded()
    make_term("Flask", body=f"![A]({picture.path})")
    exported(folder)
    (folder / picture.path).unlink()
    assert exported(folder)[picture.path] == "conflict"
    assert imported(folder)["not_taken"] == [
        [picture.path, "was removed from the folder, and texts show it; an export writes it"]
    ]
    assert imported(folder)["not_taken"] == []
    assert exported(folder)[picture.path] == "written"


def test_file_that_is_not_from_here_is_not_overwritten(folder):
    picture = uploaded()
    make_term("Flask", body=f"![A]({picture.path})")
    (folder / "images").mkdir()
    (folder / picture.path).write_bytes(png("blue"))
    assert exported(folder)[picture.path] == "conflict"
    assert (folder / picture.path).read_bytes() == png("blue")


def test_link_to_picture_inside_folder_is_left_alone(folder):
    write(folder, "flask.md", "![A](a.png)")
    (folder / "real.png").write_bytes(png())
    (folder / "a.png").symlink_to("real.png")
    imported(folder)
    assert exported(folder)["a.png"] == "unchanged"
    replace_picture(Picture.objects.get(), png("blue"))
    assert exported(folder)["a.png"] == "conflict"
    assert (folder / "a.png").is_symlink()


def test_picture_of_older_version_gets_its_original_from_folder(folder):
    content = png() + b"trailing bytes"
    write(folder, "flask.md", "![A](a.png)")
    (folder / "a.png").write_bytes(content)
    imported(folder)
    Picture.objects.update(original="", fingerprint="")
    PictureFile.objects.all().delete()
    assert exported(folder)["a.png"] == "unchanged"
    assert Picture.objects.get().original
    Picture.objects.update(original="", fingerprint="")
    assert imported(folder)["taken"] == 0
    assert Picture.objects.get().original


# Removing


def test_unused_picture_is_removed_only_with_prune(folder):
    picture = uploaded()
    term = make_term("Flask", body=f"![A]({picture.path})")
    exported(folder)
    (folder / "images" / "foreign.png").write_bytes(png("green"))
    save_text(term, text_of("Flask", body="None."))
    assert picture.path not in exported(folder)
    assert exported(folder, check=True)[picture.path] == "surplus"
    assert exported(folder, prune=True)[picture.path] == "removed"
    assert [path.name for path in (folder / "images").iterdir()] == ["foreign.png"]
    assert not PictureFile.objects.exists()
    save_text(term, text_of("Flask", body=f"![A]({picture.path})"))
    assert exported(folder)[picture.path] == "written"


def test_picture_of_live_text_or_draft_is_not_pruned(folder):
    old, new = uploaded("old.png"), uploaded("new.png", "blue")
    term = make_live("Flask", body=f"![Old]({old.path}) ![New]({new.path})")
    exported(folder)
    save_text(term, text_of("Flask", body=f"![New]({new.path})"))
    assert "removed" not in exported(folder, prune=True).values()
    publish(default_glossary(), Term.objects.all())
    assert exported(folder, prune=True)[old.path] == "removed"


def test_unused_picture_changed_in_folder_is_not_pruned(folder):
    picture = uploaded()
    term = make_term("Flask", body=f"![A]({picture.path})")
    exported(folder)
    save_text(term, text_of("Flask", body="None."))
    (folder / picture.path).write_bytes(png("blue"))
    assert exported(folder, prune=True)[picture.path] == "conflict"


def test_picture_deleted_here_is_removed_by_next_export(folder, ann):
    picture = uploaded()
    term = make_term("Flask", body=f"![A]({picture.path})")
    exported(folder)
    with pytest.raises(CannotRefactor, match="Texts show"):
        delete_picture(picture, ann)
    save_text(term, text_of("Flask", body="None."))
    delete_picture(picture, ann)
    assert exported(folder)["images/my-chart-1.png"] == "removed"
    assert Event.objects.filter(kind="picture deleted", person=ann).count() == 1


# Replacing


def test_replaced_picture_is_shown_by_all_live_terms(ann):
    picture = uploaded()
    for name in ("Flask", "Quart"):
        make_live(name, body=f"![A]({picture.path})")
    before = [shown("flask"), shown("quart")]
    assert replace_picture(picture, png("blue"), ann) == []
    after = Picture.objects.get()
    assert after.path == picture.path
    for page, name in zip(before, ("flask", "quart"), strict=True):
        assert picture.file in page
        assert after.file in shown(name)
        assert picture.file not in shown(name)


def test_picture_is_not_replaced_by_other_format_or_past_approvals(ann):
    picture = uploaded()
    make_live("Flask", body=f"![A]({picture.path})")
    out = io.BytesIO()
    Image.new("RGB", (3, 2)).save(out, "JPEG")
    with pytest.raises(CannotRefactor, match=r"is JPEG, and “images/my-chart-1.png” needs PNG"):
        replace_picture(picture, out.getvalue(), ann)
    Glossary.objects.update(approvals_needed=1)
    with pytest.raises(CannotRefactor, match="approvals"):
        replace_picture(Picture.objects.get(), png("blue"), ann)
    assert Picture.objects.get().file == picture.file


# Renames


def test_rename_to_other_folder_repairs_links_and_page_keeps_picture(folder, ann):
    picture = uploaded()
    body = (
        f"![A]({picture.path} 'T') ![B][b] <img alt='c' src='{picture.path}'> `{picture.path}`"
        f" ![No](no.png)\n\n[b]: <{picture.path}#x>"
    )
    term = make_live("Flask", body=body)
    exported(folder)
    words = [effect.words for effect in plan_move(term, "web/flask.md").effects]
    assert "gets new links to its pictures, which stay where they are" in words
    change_set = move(term, "web/flask.md", ann)
    term = Term.objects.get()
    assert term.body.strip() == (
        f"![A](../{picture.path} 'T') ![B][b] <img alt='c' src='../{picture.path}'>"
        f" `{picture.path}` ![No](../no.png)\n\n[b]: <../{picture.path}#x>"
    )
    assert shown().count(picture.file) == 3
    assert term.status == "live"
    assert exported(folder) == {"web/flask.md": "renamed", picture.path: "unchanged"}
    undo_set(change_set, ann)
    assert Term.objects.get().body.strip() == body
    assert shown().count(picture.file) == 3


def test_live_text_with_old_links_keeps_its_picture_after_rename(ann):
    picture = uploaded()
    term = make_live("Flask", body=f"Old. ![A]({picture.path})")
    save_text(term, text_of("Flask", body=f"New. ![A]({picture.path})"))
    move(Term.objects.get(), "web/flask.md", ann)
    assert "Old." in shown()
    assert picture.file in shown()
    assert Term.objects.get().status == "changed"


# Uploads of older versions


def test_old_uploads_are_moved_beside_the_files(folder, ann):
    file = store_picture(png())
    old = f"![A chart](/media/{file})"
    make_live("Flask", path="web/flask.md", body=old)
    make_term("Quart", body=f"{old} ![Gone](/media/terms/{'0' * 32}.png)")
    assert exported(folder) == {"quart.md": "written", "web/flask.md": "written"}
    assert old in (folder / "quart.md").read_text()
    operation, made = plan_pictures_beside(default_glossary())
    assert [picture.path for picture in made] == ["images/a-chart.png"]
    assert not Picture.objects.exists()
    move_pictures_beside(default_glossary(), ann, operation.digest)
    assert "![A chart](../images/a-chart.png)" in Term.objects.get(name="Flask").body
    assert "![A chart](images/a-chart.png) ![Gone](/media/" in Term.objects.get(name="Quart").body
    publish(default_glossary(), Term.objects.all())
    assert file in shown()
    assert exported(folder)["images/a-chart.png"] == "written"
    assert not plan_pictures_beside(default_glossary())[0].drafts


def test_command_moves_old_uploads(capsys):
    make_term("Flask", body=f"![A](/media/{store_picture(png())})")
    call_command("move_pictures", dry_run=True)
    assert "/media/" in Term.objects.get().body
    call_command("move_pictures")
    assert Term.objects.get().body.strip() == "![A](images/a.png)"
    assert "images/a.png" in capsys.readouterr().out


# Uses


def test_uses_name_terms_with_draft_and_live_texts():
    picture, other = uploaded(), uploaded("b.png", "blue")
    term = make_live("Flask", body=f"![Live]({picture.path})")
    save_text(term, text_of("Flask", body=f"![Draft]({other.path})"))
    make_term("Quart", path="web/quart.md", body=f"![]( ../{other.path})")
    found = uses_of(default_glossary(), [picture.path, other.path])
    assert [(u.name, u.alternative, u.is_newest, u.is_live) for u in found[picture.path]] == [
        ("Flask", "Live", False, True)
    ]
    assert [(u.name, u.alternative, u.is_newest, u.is_live) for u in found[other.path]] == [
        ("Flask", "Draft", True, False), ("Quart", "", True, False),
    ]  # fmt: skip


def test_looking_for_addresses_takes_linear_time():
    from terms.rendering import referred_addresses

    for piece in ("](", "](x", "](((", "src=", "src='", "[a]:\n", "[a]: x\n", "](a(b)"):
        times = []
        for count in (20_000, 80_000):
            start = time.perf_counter()
            list(referred_addresses(piece * count))
            times.append(time.perf_counter() - start)
        assert times[1] < 12 * times[0] + 0.1, piece

"""A process killed at any write leaves complete files, and the next run repairs the rest.

(D2, D8, D14, S12)
"""

import json
import shutil
import subprocess
import sys
import zipfile
from io import BytesIO

import pytest
from django.db import connection
from PIL import Image

from tests.web.running import ROOT, environment, manage, prepare, succeed

pytestmark = pytest.mark.skipif(
    connection.vendor != "sqlite", reason="files are the same beside any database"
)


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    """A folder with a published glossary of three terms and a picture."""
    folder = tmp_path_factory.mktemp("start")
    files = folder / "files"
    files.mkdir()
    for name in ("one", "two", "three"):
        write(files, name, "Before.")
    write(files, "one", "Before.\n\n![A dot](dot.png)")
    (files / "dot.png").write_bytes(picture("red"))
    prepare(folder)
    static = tmp_path_factory.mktemp("static") / "static"
    (folder / "static").rename(static)
    (folder / "static").symlink_to(static)  # hundreds of files that no run has to copy
    succeed(folder, "import_terms", files, "--publish")
    return folder


def write(folder, name, body):
    header = f"---\nterm: {name.title()}\ncategory: Test\nvertical: Test\n---\n"
    (folder / f"{name}.md").write_text(f"{header}{body}\n")


def picture(colour):
    out = BytesIO()
    Image.new("RGB", (2, 2), colour).save(out, "PNG")
    return out.getvalue()


def change(folder):
    """Change a text and a picture, and add a term."""
    files = folder / "files"
    write(files, "one", "After.\n\n![A dot](dot.png)")
    write(files, "four", "New.")
    (files / "dot.png").write_bytes(picture("blue"))


@pytest.fixture
def site(start, tmp_path):
    shutil.copytree(start, tmp_path / "start", symlinks=True)
    return tmp_path


def kills(site, out, *command):
    """Return the report of each kill, and the files after a run that was not killed."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.management.killing", str(out), *map(str, command)],
        env=environment(site / "work"), cwd=ROOT, capture_output=True, text=True, timeout=500,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    *reports, last = map(json.loads, done.stdout.splitlines())
    assert last["status"] == 0
    assert len(reports) >= 2
    return reports, last["done"]


def assert_all_complete(reports, old, new):
    for kill in reports:
        assert kill["again"] == 0
        assert kill["done"] == new
        assert kill["partial"] == []
        for path in old.keys() | new.keys() | kill["left"].keys():
            assert kill["left"].get(path) in (old.get(path), new.get(path)), (kill["kill"], path)


def test_killed_export_leaves_complete_files(site):
    succeed(site / "start", "export_terms", site / "start" / "out")
    change(site / "start")
    succeed(site / "start", "import_terms", site / "start" / "files")
    out = site / "work" / "out"
    old = state(site / "start" / "out")
    reports, new = kills(site, out, "export_terms", str(out))
    assert new.keys() - old.keys() == {"four.md"}
    assert_all_complete(reports, old, new)


def test_killed_build_leaves_old_or_new_site(site):
    out = site / "work" / "site"
    shutil.copytree(site / "start", site / "work", symlinks=True)
    succeed(site / "work", "build_site", out)
    change(site / "work")
    succeed(site / "work", "import_terms", site / "work" / "files", "--publish")
    shutil.rmtree(site / "start")
    shutil.copytree(site / "work", site / "start", symlinks=True)
    old = state(out)
    reports, new = kills(site, out, "build_site", str(out))
    assert new != old
    for kill in reports:
        assert kill["left"] in (old, new), kill["kill"]
    assert_all_complete(reports, old, new)


def test_killed_import_leaves_complete_pictures(site):
    change(site / "start")
    files, media = site / "work" / "files", site / "work" / "media" / "terms"
    old = state(site / "start" / "media" / "terms")
    reports, new = kills(site, media, "import_terms", str(files), "--publish")
    assert len(new) == 2
    assert_all_complete(reports, old, new)


def test_killed_backup_leaves_complete_archive_or_none(site):
    folder = site / "work" / "backups"
    (site / "start" / "backups").mkdir()
    reports, _ = kills(site, folder, "backup", str(folder / "b.zip"))
    for kill in reports:
        assert kill["again"] == 0
        assert kill["partial"] == []
        assert set(kill["done"]) == {"b.zip"}
        assert set(kill["left"]) <= {"b.zip"}
    left = {path.name for path in folder.iterdir()}
    assert left == {"b.zip"}
    with zipfile.ZipFile(folder / "b.zip") as archive:
        assert archive.testzip() is None


def test_killed_restore_leaves_complete_database_or_none(site):
    """Into an empty folder."""
    file = site / "b.zip"
    succeed(site / "start", "backup", file)
    for path in [*(site / "start").glob("glossary.sqlite3*"), site / "start" / "media"]:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    reports, new = kills(site, site / "work", "restore", str(file))
    for kill in reports:
        # Once the database exists, the folder is not empty and restoring is refused.
        assert (kill["again"] != 0) == ("glossary.sqlite3" in kill["left"])
        pictures = {path for path in kill["left"] if path.startswith("media/")}
        assert all(kill["left"][path] == new[path] for path in pictures)
        assert kill["partial"] == []
    done = manage(site / "work", "check_glossary")
    assert done.returncode == 0, done.stdout


def state(folder):
    from .killing import visible

    return visible(folder)

import os
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from terms.files.exporting import export
from terms.files.folder import PARTIAL, Folder, FolderError
from terms.models import Term, TermFile
from terms.publishing.publish import publish
from tests.factory import default_glossary, make_term, save_text, text_of

pytestmark = pytest.mark.django_db


def all_terms():
    return Term.objects.all()


def test_unchanged_file_is_not_written(tmp_path):
    make_term("Flask")
    export(default_glossary(), tmp_path)
    before = (tmp_path / "flask.md").stat()

    result = export(default_glossary(), tmp_path)

    assert result.counts["unchanged"] == 1
    assert (tmp_path / "flask.md").stat().st_mtime_ns == before.st_mtime_ns


def test_recently_written_file_gets_no_stamp(tmp_path):
    """File systems may round times to two seconds, so a later edit could have the same stamp."""
    make_term("Flask")
    export(default_glossary(), tmp_path)
    assert TermFile.objects.get().stamp == ""

    export(default_glossary(), tmp_path)  # unchanged, and still too recent
    assert TermFile.objects.get().stamp == ""

    file = tmp_path / "flask.md"
    long_ago = time.time_ns() - 60 * 10**9
    os.utime(file, ns=(long_ago, long_ago))
    young = file.stat().st_ctime_ns
    export(default_glossary(), tmp_path)
    assert TermFile.objects.get().stamp == "", "its status changed a moment ago"
    assert young > long_ago


def test_missing_folder_is_forgotten(tmp_path):
    make_term("Flask")
    export(default_glossary(), tmp_path / "one")
    shutil.rmtree(tmp_path / "one")
    export(default_glossary(), tmp_path / "two")
    folders = TermFile.objects.values_list("folder", flat=True)
    assert set(folders) == {str(tmp_path / "two")}


def test_changed_file_keeps_its_mode(tmp_path):
    term = make_term("Flask")
    export(default_glossary(), tmp_path)
    (tmp_path / "flask.md").chmod(0o640)
    save_text(term, text_of("Flask", body="New"))
    assert export(default_glossary(), tmp_path).counts["written"] == 1
    assert (tmp_path / "flask.md").stat().st_mode & 0o777 == 0o640
    assert "New" in (tmp_path / "flask.md").read_text()


def test_check_reports_differences_and_writes_nothing(tmp_path, capsys):
    term = make_term("Flask")
    make_term("Django")
    (tmp_path / "flask.md").write_text(term.newest_revision().text)
    save_text(term, text_of("Flask", body="New"))
    before = (tmp_path / "flask.md").read_text()

    with pytest.raises(SystemExit, match="1"):
        call_command("export_terms", str(tmp_path), "--check")

    out = capsys.readouterr().out
    assert "differs    flask.md" in out
    assert "missing    django.md" in out
    assert [path.name for path in tmp_path.iterdir()] == ["flask.md"]
    assert (tmp_path / "flask.md").read_text() == before
    call_command("export_terms", str(tmp_path))
    call_command("export_terms", str(tmp_path), "--check")


def test_live_export_writes_published_texts(tmp_path):
    term = make_term("Flask", body="Live")
    make_term("Draft")
    publish(default_glossary(), all_terms().filter(name="Flask"))
    save_text(term, text_of("Flask", body="Newer"))
    save_text(term, text_of("Flask", body="Live"))
    save_text(term, text_of("Flask", body="Newest"))

    export(default_glossary(), tmp_path, live=True)

    assert [path.name for path in tmp_path.iterdir()] == ["flask.md"]
    assert "Live" in (tmp_path / "flask.md").read_text()


def test_prune_removes_only_texts_in_the_history(tmp_path):
    make_term("Flask")
    gone, edited = make_term("Gone"), make_term("Edited")
    export(default_glossary(), tmp_path)
    (tmp_path / "mine.md").write_text("Somebody's own file")
    (tmp_path / "edited.md").write_text("Edited in the folder")
    gone.relations.all().delete()
    Term.objects.filter(pk=gone.pk).update(glossary=other_glossary())
    Term.objects.filter(pk=edited.pk).update(glossary=other_glossary())
    gone.revisions.all().update(term=Term.objects.get(name="Flask"), number=77)

    result = export(default_glossary(), tmp_path, prune=True)

    assert {file.path: file.status for file in result.files} == {
        "flask.md": "unchanged", "gone.md": "removed", "edited.md": "conflict",
    }  # fmt: skip
    assert sorted(path.name for path in tmp_path.iterdir()) == ["edited.md", "flask.md", "mine.md"]


def other_glossary():
    from terms.models import Glossary

    return Glossary.objects.get_or_create(slug="other")[0]


def test_file_edited_in_folder_is_not_overwritten(tmp_path):
    term = make_term("Flask")
    export(default_glossary(), tmp_path)
    (tmp_path / "flask.md").write_text("Their edit")
    save_text(term, text_of("Flask", body="New"))
    result = export(default_glossary(), tmp_path)
    assert result.files[0].status == "conflict"
    assert (tmp_path / "flask.md").read_text() == "Their edit"


def test_symlinks_are_not_followed(tmp_path):
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    out.mkdir()
    elsewhere.mkdir()
    (elsewhere / "target.md").write_text("safe")
    (out / "flask.md").symlink_to(elsewhere / "target.md")
    (out / "sub").symlink_to(elsewhere)
    make_term("Flask")
    make_term("Django", path="sub/django.md")

    result = export(default_glossary(), out)

    assert {file.path: file.status for file in result.files} == {
        "flask.md": "conflict", "sub/django.md": "conflict",
    }  # fmt: skip
    assert (elsewhere / "target.md").read_text() == "safe"
    assert [path.name for path in elsewhere.iterdir()] == ["target.md"]


@pytest.mark.parametrize("path", ["../x.md", "/etc/x.md", "a/../../x.md", "x", ".."])
def test_path_outside_folder_is_refused(tmp_path, path):
    with Folder(tmp_path / "out") as folder, pytest.raises(FolderError):
        folder.write(path, b"x")


def test_hostile_names_stay_inside_folder(shared, tmp_path):
    import json

    names = json.loads((shared / "attacks/paths/path_names.json").read_text())
    out = tmp_path / "parent" / "out"
    for name in [*names["own"], *names["cases"]]:
        with Folder(out) as folder:
            try:
                folder.write(f"{name}.md", b"x")
            except (OSError, ValueError):
                continue
    assert {path.name for path in (tmp_path / "parent").iterdir()} == {"out"}
    assert {path.name for path in tmp_path.iterdir()} == {"parent"}


def test_unreadable_file_is_reported(tmp_path):
    (tmp_path / "flask.md").mkdir()
    make_term("Flask")
    make_term("Django")
    files = {file.path: file for file in export(default_glossary(), tmp_path).files}
    assert files["flask.md"].status == "conflict"
    assert "other than a regular file" in files["flask.md"].reason
    assert files["django.md"].status == "written"
    with Folder(tmp_path) as folder, pytest.raises(FolderError, match="Cannot be read"):
        folder.read("flask.md")


def test_many_folders_are_written(tmp_path):
    with Folder(tmp_path) as folder:
        for number in range(1500):
            folder.write(f"{number}/deep/index.md", b"x")
    assert len(list(tmp_path.rglob("index.md"))) == 1500


def test_full_disk_leaves_complete_files_and_is_reported(tmp_path):
    """A limit on file sizes makes the write fail half-way, as a full disk does."""
    term = make_term("Flask", body="Old")
    export(default_glossary(), tmp_path)
    make_term("Big", body="x" * 50_000)
    save_text(term, text_of("Flask", body="New"))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    import signal

    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))
    try:
        with pytest.raises(CommandError, match=r"“big\.md” cannot be written: File too large"):
            call_command("export_terms", str(tmp_path))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    assert [path.name for path in tmp_path.iterdir()] == ["flask.md"]
    assert "Old" in (tmp_path / "flask.md").read_text()
    assert export(default_glossary(), tmp_path).counts["written"] == 2


def test_killed_writer_leaves_complete_files(tmp_path):
    script = (
        "import os, sys, threading, time\n"
        "from pathlib import Path\n"
        "from terms.files.folder import Folder\n"
        "def kill(): time.sleep(float(sys.argv[2])); os.kill(os.getpid(), 9)\n"
        "threading.Thread(target=kill, daemon=True).start()\n"
        "with Folder(Path(sys.argv[1])) as folder:\n"
        "    for turn in range(1000):\n"
        "        for name in 'abcdefgh':\n"
        "            folder.write(f'{name}.md', (name + str(turn) + ';') .encode() * 9_000)\n"
    )
    for step in range(10):
        subprocess.run(
            [sys.executable, "-c", script, str(tmp_path), str(0.02 + step * 0.007)],
            cwd=Path(__file__).parents[2], check=False,
        )  # fmt: skip
        for path in tmp_path.glob("*.md"):
            assert len(set(path.read_text().split(";")[:-1])) == 1
            assert path.read_text().count(";") == 9_000
    make_term("Flask")
    export(default_glossary(), tmp_path)
    assert not (tmp_path / PARTIAL).exists()
    assert os.listdir(tmp_path)

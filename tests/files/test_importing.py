import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from terms.files.exporting import export
from terms.files.folder import FolderError, read
from terms.files.import_plan import plan_import
from terms.files.importing import apply_import
from terms.formats.document import changed
from terms.management.consistency import check_consistency
from terms.models import Glossary, PublishedTerm, Relation, Revision, Term, TermFile
from terms.models.files import AgreedFile
from terms.publishing.publish import publish
from tests.factory import default_glossary, make_term, save_text, text_of
from tests.web.running import ROOT, environment, prepare

pytestmark = pytest.mark.django_db


def import_folder(folder):
    return apply_import(plan_import(default_glossary(), folder))


def statuses(plan):
    return {entry.path: entry.status for entry in plan.entries}


def tree(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "flask.md").write_text(text_of("Flask", related="Django"))
    (folder / "django.md").write_text(text_of("Django"))
    return folder


def age(folder):
    """Make the files look old enough for their times to be trusted."""
    for name in folder.rglob("*"):
        os.utime(name, ns=(1, 1))


@pytest.mark.parametrize(
    "corpus", ["glossary", "cncf", "hugo", "icon", "iotatlas", "mdn-en", "mdn-en-2024"]
)
def test_real_folder_is_exported_byte_for_byte(shared, tmp_path, corpus):
    source = shared / "corpora" / corpus

    plan = import_folder(source)
    export(default_glossary(), tmp_path / "out")

    skipped = {entry.path for entry in plan.entries if entry.status == "skipped"}
    assert skipped <= {"LICENSE.md", "README.md"}
    originals = {k: v for k, v in tree(source).items() if k.endswith((".md", ".mdx"))}
    originals = {path: text for path, text in originals.items() if path not in skipped}
    assert tree(tmp_path / "out") == originals


def test_second_import_writes_nothing(folder, django_assert_max_num_queries):
    assert statuses(import_folder(folder)) == {"django.md": "created", "flask.md": "created"}
    with django_assert_max_num_queries(8) as queries:
        assert statuses(import_folder(folder)) == {
            "django.md": "unchanged",
            "flask.md": "unchanged",
        }
    assert all(query["sql"].startswith("SELECT") for query in queries.captured_queries)


def test_changed_file_becomes_new_revision(folder):
    import_folder(folder)
    (folder / "flask.md").write_text(text_of("Flask", body="New"))
    plan = import_folder(folder)
    assert statuses(plan) == {"django.md": "unchanged", "flask.md": "updated"}
    assert Term.objects.get(name="Flask").body == "New\n"
    assert Revision.objects.count() == 3


def test_change_with_same_size_and_time_is_noticed(folder):
    import_folder(folder)
    path = folder / "flask.md"
    times = path.stat()
    path.write_text(text_of("Flusk", related="Django"))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert statuses(plan_import(default_glossary(), folder))["flask.md"] == "updated"


def test_changes_of_different_values_are_merged(folder):
    import_folder(folder)
    flask = Term.objects.get(name="Flask")
    save_text(flask, changed(flask.document(), {"description": "Edited here"}))
    (folder / "flask.md").write_text(text_of("Flask", related="Django", body="In the file"))

    plan = import_folder(folder)

    assert statuses(plan)["flask.md"] == "merged"
    flask.refresh_from_db()
    assert (flask.description, flask.body) == ("Edited here", "In the file\n")
    assert [r.reason for r in flask.revisions.all()] == ["Import, merged", "Import", "", "Import"]
    assert statuses(import_folder(folder))["flask.md"] == "unchanged"
    assert export(default_glossary(), folder).counts["written"] == 1


def test_changes_of_same_value_are_a_conflict(folder):
    import_folder(folder)
    flask = Term.objects.get(name="Flask")
    save_text(flask, text_of("Flask", related="Django", body="Here"))
    theirs = text_of("Flask", related="Django", body="There")
    (folder / "flask.md").write_text(theirs)

    plan = import_folder(folder)

    entry = next(entry for entry in plan.entries if entry.path == "flask.md")
    assert entry.status == "conflict"
    assert "changed in the file and here: body" in entry.reason
    flask.refresh_from_db()
    assert flask.body == "Here\n"
    result = export(default_glossary(), folder)
    assert result.counts["conflict"] == 1
    assert (folder / "flask.md").read_text() == theirs


def texts(folder, **values):
    (folder / "flask.md").write_text(text_of("Flask", related="Django", **values))


def test_file_that_equals_newest_text_becomes_base(folder):
    import_folder(folder)
    before = (folder / "flask.md").read_text()
    flask = Term.objects.get(name="Flask")
    save_text(flask, text_of("Flask", related="Django", body="Both"))
    texts(folder, body="Both")
    assert statuses(import_folder(folder))["flask.md"] == "unchanged"

    (folder / "flask.md").write_text(before)

    assert statuses(import_folder(folder))["flask.md"] == "updated"


def test_resolved_conflict_is_over(folder):
    import_folder(folder)
    flask = Term.objects.get(name="Flask")
    save_text(flask, text_of("Flask", related="Django", body="Here"))
    texts(folder, body="There")
    assert statuses(import_folder(folder))["flask.md"] == "conflict"
    texts(folder, body="Here")
    assert statuses(import_folder(folder))["flask.md"] == "unchanged"

    texts(folder, body="Later")

    assert statuses(import_folder(folder))["flask.md"] == "updated"


def test_export_of_equal_file_updates_base(folder):
    import_folder(folder)
    flask = Term.objects.get(name="Flask")
    save_text(flask, text_of("Flask", related="Django", body="Both"))
    texts(folder, body="Both")
    export(default_glossary(), folder)
    save_text(flask, text_of("Flask", related="Django", body="Later"))
    plan = import_folder(folder)
    assert "edited here since" in plan.entries[1].reason


def test_older_checkout_reverts_nothing(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "other")
    import_folder(folder)
    flask = Term.objects.get(name="Flask")
    save_text(flask, text_of("Flask", related="Django", body="Newer"))
    export(default_glossary(), folder)
    assert statuses(import_folder(tmp_path / "other"))["flask.md"] == "unchanged"
    flask.refresh_from_db()
    assert flask.body == "Newer\n"


def test_comment_in_file_survives_merge(folder):
    import_folder(folder)
    flask = Term.objects.get(name="Flask")
    save_text(flask, changed(flask.document(), {"description": "Edited here"}))
    text = (folder / "flask.md").read_text().replace("term: Flask", "term: Flask  # the small one")
    (folder / "flask.md").write_text(text.replace("Use", "Usage"))
    import_folder(folder)
    export(default_glossary(), folder)
    kept = (folder / "flask.md").read_text()
    assert "# the small one" in kept
    assert "Usage" in kept
    assert "Edited here" in kept


def test_import_with_conflict_writes_nothing_again(folder, django_assert_max_num_queries):
    (folder / "FLASK.md").write_text(text_of("Other"))
    import_folder(folder)
    with django_assert_max_num_queries(9) as queries:
        import_folder(folder)
    assert all(query["sql"].startswith("SELECT") for query in queries.captured_queries)


def test_older_copy_of_files_reverts_nothing(folder, tmp_path):
    import_folder(folder)
    shutil.copytree(folder, tmp_path / "old")
    flask = Term.objects.get(name="Flask")
    save_text(flask, text_of("Flask", body="Newer"))
    TermFile.objects.all().delete()

    plan = import_folder(tmp_path / "old")

    assert statuses(plan)["flask.md"] == "unchanged"
    flask.refresh_from_db()
    assert flask.body == "Newer\n"


def test_restored_file_is_an_edit_in_known_folder(folder):
    old = (folder / "flask.md").read_text()
    import_folder(folder)
    (folder / "flask.md").write_text(text_of("Flask", body="Newer"))
    import_folder(folder)
    (folder / "flask.md").write_text(old)
    assert statuses(import_folder(folder))["flask.md"] == "updated"


BAD = {
    "unclosed.md": (b"---\nterm: A\nBody", "line 1, column 1: The header that starts here"),
    "list.md": (b"---\n- a\n---\n", "line 2, column 1: The header is not a list of"),
    "yaml.md": (b"---\nterm: a: b\n---\n", "line 2, column 8: A value contains a colon"),
    "bomb.md": (b"---\na: &a [x]\nb: *a\n---\n", "line 2, column 4: References"),
    "deep.md": (b"---\nx: " + b"[" * 30_000 + b"\n---\n", "line 2, column 11: More than 8"),
    "twice.md": (b"---\nterm: A\nterm: B\n---\n", "line 3, column 1: The key"),
}
REFUSED = {
    "big.md": (b"x" * 10_000_000, "bytes; a term file has at most"),
    "nul.md": (b"---\nterm: A\n---\na\0b\n", "line 4, column 2: The file contains a NUL"),
    "latin.md": ("---\nterm: Café\n---\n".encode("latin-1"), "line 2: The byte 0xe9 is not UTF-8"),
}


@pytest.mark.parametrize("name", [*BAD, *REFUSED])
def test_invalid_file_is_reported_and_others_are_imported(folder, tmp_path, name, capsys):
    content, words = {**BAD, **REFUSED}[name]
    (folder / name).write_bytes(content)

    with pytest.raises(SystemExit, match="1"):
        call_command("import_terms", str(folder))

    report = capsys.readouterr().out
    line = next(line for line in report.splitlines() if name in line)
    assert line.startswith("invalid")
    assert words in line
    assert Term.objects.filter(name__in=["Flask", "Django"]).count() == 2
    export(default_glossary(), tmp_path / "out")
    exported = tree(tmp_path / "out")
    assert exported.get(name) == (content if name in BAD else None)
    with pytest.raises(SystemExit, match="1"):
        call_command("import_terms", str(folder))
    assert Revision.objects.count() == len(exported)


def test_byte_order_mark_and_crlf_are_kept(folder, tmp_path):
    content = b"\xef\xbb\xbf" + text_of("A").replace("\n", "\r\n").encode()
    (folder / "a.md").write_bytes(content)
    import_folder(folder)
    assert Term.objects.get(path="a.md").name == "A"
    export(default_glossary(), tmp_path / "out")
    assert tree(tmp_path / "out")["a.md"] == content


def test_paths_differing_only_in_case_are_a_conflict(folder):
    (folder / "FLASK.md").write_text(text_of("Other"))
    plan = import_folder(folder)
    assert statuses(plan) == {
        "FLASK.md": "created", "django.md": "created", "flask.md": "conflict",
    }  # fmt: skip
    assert "only in case or composition" in plan.entries[-1].reason


def test_repeated_term_name_is_reported(folder):
    (folder / "flask2.md").write_text(text_of("FLASK"))
    plan = import_folder(folder)
    assert plan.entries[-1].reason == "line 2: “FLASK” is also the name of “flask.md”"
    assert plan.counts["created"] == 3


def test_links_out_folders_and_pipes_are_reported(folder, tmp_path):
    (tmp_path / "secret.md").write_text(text_of("Secret"))
    (folder / "link.md").symlink_to(tmp_path / "secret.md")
    (folder / "dangling.md").symlink_to("nowhere")
    (folder / "folder.md").mkdir()
    (folder / "loop").symlink_to(folder)
    os.mkfifo(folder / "pipe.md")

    plan = import_folder(folder)

    reasons = {entry.path: entry.reason for entry in plan.entries if entry.status == "invalid"}
    assert "points outside the folder" in reasons["link.md"]
    assert "Cannot be read" in reasons["dangling.md"]
    assert "a folder, not a file" in reasons["folder.md"]
    assert "not a regular file" in reasons["pipe.md"]
    assert plan.counts["created"] == 2


def test_deeply_nested_folders_are_reported(folder):
    """Other files are still imported (S13)."""
    place = os.open(folder, os.O_RDONLY)
    for _ in range(1_000):
        os.mkdir("x", dir_fd=place)
        inner = os.open("x", os.O_RDONLY, dir_fd=place)
        os.close(place)
        place = inner
    os.close(os.open("a.md", os.O_CREAT | os.O_WRONLY, dir_fd=place))
    os.close(place)
    try:
        plan = import_folder(folder)
    finally:
        subprocess.run(["rm", "-rf", folder / "x"], check=True)  # too deep for pytest's cleanup
    (entry,) = [each for each in plan.entries if each.status == "invalid"]
    assert "nested more than 60 deep" in entry.reason
    assert entry.path.startswith("x/x/")
    assert plan.counts["created"] == 2


def test_file_replaced_by_link_during_import_is_not_followed(folder, tmp_path):
    """A file, or its folder, is replaced after the folder was listed (S13)."""
    secret = tmp_path / "secret"
    (secret / "sub").mkdir(parents=True)
    (secret / "sub" / "inner.md").write_text(text_of("Secret"))
    (folder / "sub").mkdir()
    (folder / "sub" / "inner.md").write_text(text_of("Inner"))

    def swapped_first(items):
        items = list(items)
        (folder / "flask.md").unlink()
        (folder / "flask.md").symlink_to(secret / "sub" / "inner.md")
        shutil.rmtree(folder / "sub")
        (folder / "sub").symlink_to(secret / "sub")
        return items

    plan = apply_import(plan_import(default_glossary(), folder, swapped_first))
    found = {entry.path: entry.status for entry in plan.entries}
    assert found == {"django.md": "created", "flask.md": "invalid", "sub/inner.md": "invalid"}
    assert not Term.objects.filter(name="Secret").exists()


def test_unreadable_file_is_reported():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "secret.md").write_text(text_of("Secret"))
        (folder / "secret.md").chmod(0)
        assert as_nobody(lambda: read(folder, "secret.md")) == "Cannot be read: Permission denied."


def as_nobody(function):
    """Return the message that ``function`` raises in a process without root privileges."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if os.getuid() == 0:
                os.setuid(65534)
            function()
        except FolderError as error:
            os.write(writer, str(error).encode())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    os.close(writer)
    with open(reader) as errors:
        return errors.read()


def test_brief_report_lists_only_problems(folder, capsys):
    (folder / "broken.md").write_text("---\nterm: [\n---\n")
    with pytest.raises(SystemExit):
        call_command("import_terms", str(folder), verbosity=0)
    out = capsys.readouterr().out
    assert "broken.md" in out
    assert "flask.md" not in out
    assert "2 created" in out


def test_dry_run_writes_nothing(folder, capsys):
    call_command("import_terms", str(folder), "--dry-run", "--json")
    assert '"created": 2' in capsys.readouterr().out
    assert not Term.objects.exists()
    assert not Glossary.objects.exists()


def test_publish_option_publishes_imported_texts_and_no_drafts(folder):
    call_command("import_terms", str(folder), "--publish")
    assert PublishedTerm.objects.count() == 2
    flask = Term.objects.get(name="Flask")
    save_text(flask, text_of("Flask", body="An unpublished draft"))

    call_command("import_terms", str(folder), "--publish")

    assert "draft" not in PublishedTerm.objects.get(name="Flask").text


def test_language_is_set_for_new_glossary_only(folder):
    call_command("import_terms", str(folder), "--language", "de-AT")
    assert Glossary.objects.get().language == "de-AT"
    call_command("import_terms", str(folder), "--language", "de-AT")
    with pytest.raises(CommandError, match="“glossary” is “de-AT”; it is changed in the admin"):
        call_command("import_terms", str(folder), "--language", "en")
    with pytest.raises(CommandError, match="“in German” is not a valid language tag"):
        call_command("import_terms", str(folder), "--glossary", "x", "--language", "in German")


def test_missing_folder_and_invalid_slug_are_errors(tmp_path, folder):
    with pytest.raises(CommandError, match="is not a folder"):
        call_command("import_terms", str(tmp_path / "none"))
    with pytest.raises(CommandError, match="cannot be a glossary's address"):
        call_command("import_terms", str(folder), "--glossary", "Admin!")


def test_folder_can_be_imported_into_two_glossaries(folder):
    call_command("import_terms", str(folder))
    call_command("import_terms", str(folder), "--glossary", "other")
    assert Term.objects.count() == 4


def test_save_between_plan_and_apply_is_merged(folder):
    import_folder(folder)
    (folder / "flask.md").write_text(text_of("Flask", related="Django", body="File"))
    plan = plan_import(default_glossary(), folder)
    flask = Term.objects.get(name="Flask")
    save_text(flask, changed(flask.document(), {"description": "Meanwhile"}))

    apply_import(plan)

    flask.refresh_from_db()
    assert (flask.description, flask.body) == ("Meanwhile", "File\n")


def test_term_created_here_and_in_a_file_is_a_conflict(folder):
    make_term("Flask", body="Made here")
    plan = import_folder(folder)
    assert statuses(plan) == {"django.md": "created", "flask.md": "conflict"}


@pytest.mark.django_db(transaction=True)
def test_concurrent_imports_and_edits_lose_nothing(folder):
    for number in range(30):
        (folder / f"term-{number}.md").write_text(
            text_of(f"Term {number}", related="Flask, Term 7")
        )
    errors = []

    def run(act):
        try:
            act()
        except Exception as error:  # asserted in the main thread
            errors.append(error)
        finally:
            connection.close()

    def edit():
        for number in range(10):
            term = make_term(f"Own {number}", related="Term 3, Flask")
            save_text(term, text_of(f"Own {number}", body="Edited"))

    default_glossary()
    acts = [lambda: import_folder(folder), lambda: import_folder(folder), edit]
    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    assert Term.objects.count() == 42
    assert Revision.objects.count() == 32 + 20
    assert not Relation.objects.wanted().filter(key__in=["term 3", "term 7", "flask"]).exists()
    problems = list(check_consistency(default_glossary()))
    assert [line for line in problems if not line.endswith("missing.")] == []
    assert len(problems) == 10  # the terms created in ``edit`` have no files


def test_an_import_killed_at_any_moment_leaves_all_or_nothing(shared, tmp_path):
    start, work = tmp_path / "start", tmp_path / "work"
    prepare(start)
    work.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "tests.files.killing", str(shared / "corpora" / "glossary"),
         str(start / "glossary.sqlite3"), "12"],
        env=environment(work), cwd=ROOT, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    imports = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(imports) == 12
    assert sum(is_killed for is_killed, _counts, _is_whole in imports) > 3
    for _is_killed, counts, is_whole in imports:
        assert counts in ([0, 0, 0], [95, 95, 95])
        assert is_whole


def test_file_with_conflict_markers_is_left_alone(folder, capsys):
    conflict = "<<<<<<< HEAD\none\n=======\ntwo\n>>>>>>> branch\n"
    import_folder(folder)
    flask = (folder / "flask.md").read_text()
    (folder / "flask.md").write_text(flask + "\n" + conflict)
    (folder / "new.md").write_text("---\nterm: New\n" + conflict + "---\nText.\n")
    line = flask.count("\n") + 2

    with pytest.raises(SystemExit):
        call_command("import_terms", folder, publish=True)

    out = capsys.readouterr().out
    assert f"flask.md: line {line}: A conflict of versions is not resolved" in out
    assert "new.md: line 3: A conflict" in out
    assert Term.objects.get(name="Flask").newest_revision().text == flask
    assert not Term.objects.filter(path="new.md").exists()
    assert "<<<" not in "".join(PublishedTerm.objects.values_list("text", flat=True))
    assert "flask.md" in {
        file.path for file in export(default_glossary(), folder).files if file.reason
    }
    assert conflict in (folder / "flask.md").read_text()


def test_file_that_its_author_holds_back_is_not_published(folder, capsys):
    draft = (folder / "flask.md").read_text().replace("term: Flask\n", "term: Flask\ndraft: true\n")
    (folder / "flask.md").write_text(draft)

    call_command("import_terms", folder, publish=True)

    assert "not published: flask.md: draft: true in its header" in capsys.readouterr().out
    assert list(PublishedTerm.objects.values_list("name", flat=True)) == ["Django"]
    flask = Term.objects.get(name="Flask")
    (refusal,) = publish(default_glossary(), Term.objects.filter(pk=flask.pk))
    assert refusal.reason.startswith("draft: true in its header; take this out of the file")

    (folder / "flask.md").write_text(draft.replace("draft: true\n", ""))
    call_command("import_terms", folder, publish=True)
    assert PublishedTerm.objects.filter(name="Flask").exists()

    # A published text stays public until it is withdrawn.
    (folder / "flask.md").write_text(draft)
    call_command("import_terms", folder, publish=True)
    assert "draft:" not in PublishedTerm.objects.get(name="Flask").text


def test_place_that_is_no_folder_is_remembered(folder):
    glossary = default_glossary()
    TermFile.objects.remember(glossary, "git:words", [AgreedFile("flask.md", "f", "")])
    TermFile.objects.remember(glossary, str(folder / "gone"), [AgreedFile("flask.md", "f", "")])
    import_folder(folder)
    places = TermFile.objects.order_by("folder").values_list("folder", flat=True).distinct()
    assert [*places] == [str(folder), "git:words"]

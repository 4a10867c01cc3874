"""Files that are renamed, removed or restored, in the folder and in the glossary (F1-F9, F20)."""

import os
import shutil
import unicodedata

import pytest
from django.utils import timezone

from terms.changes.operation import undo
from terms.changes.rename import move, undo_set
from terms.files.exporting import export
from terms.files.import_plan import plan_import
from terms.files.importing import apply_import
from terms.files.plan import FILE, GLOSSARY
from terms.formats.document import changed
from terms.models import ChangeSet, FormerPath, Removal, Term, TermFile
from tests.factory import default_glossary, make_live, make_term, save_text, text_of
from tests.files.folders import LONG, make_folder

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path):
    folder = make_folder(tmp_path)
    bring_in(folder)
    return folder


def plan(folder, **options):
    return plan_import(default_glossary(), folder, **options)


def bring_in(folder, **options):
    return apply_import(plan(folder, **options))


def write_out(folder, **options):
    return export(default_glossary(), folder, **options)


def seen(plan):
    """Return the statuses other than unchanged, by path."""
    entries = (entry for entry in plan.entries if entry.status != "unchanged" or entry.reason)
    return {entry.path: (entry.status, entry.reason) for entry in entries}


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*.md"))


def term(name):
    return Term.objects.get(name=name)


def edit_here(name, **values):
    save_text(term(name), changed(term(name).document(), columns=values))


def edit_there(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


# Renamed in the folder


def test_renamed_file_is_the_same_term(folder):
    flask = term("Flask")
    (folder / "flask.md").rename(folder / "flask-web.md")
    assert seen(bring_in(folder)) == {"flask-web.md": ("renamed", "from “flask.md”")}
    assert Term.objects.count() == 3
    flask.refresh_from_db()
    assert (flask.path, flask.slug, flask.version) == ("flask-web.md", "flask-web", 1)
    assert list(flask.former_paths.values_list("path", flat=True)) == ["flask.md"]
    assert seen(bring_in(folder)) == {}
    assert write_out(folder).counts["unchanged"] == 3
    assert files(folder) == ["django.md", "flask-web.md", "wsgi.md"]


def test_renamed_and_edited_file_is_the_same_term(folder):
    flask = term("Flask")
    (folder / "web").mkdir()
    (folder / "flask.md").rename(folder / "web" / "small.md")
    edit_there(folder / "web" / "small.md", "Sentence 3", "The third sentence")
    assert seen(bring_in(folder)) == {
        "web/small.md": ("renamed", "from “flask.md”, and edited")
    }  # fmt: skip
    flask.refresh_from_db()
    assert "The third sentence" in flask.body
    assert flask.path == "web/small.md"


def test_file_renamed_there_and_edited_here_is_merged(folder):
    edit_here("Flask", description="Edited here.")
    (folder / "flask.md").rename(folder / "small.md")
    edit_there(folder / "small.md", "Sentence 3", "The third sentence")
    assert seen(bring_in(folder))["small.md"][0] == "renamed"
    assert term("Flask").description == "Edited here."
    assert "The third sentence" in term("Flask").body
    write_out(folder)
    assert "Edited here." in (folder / "small.md").read_text()
    assert files(folder) == ["django.md", "small.md", "wsgi.md"]


def test_renamed_folder_renames_its_terms(folder):
    (folder / "web").mkdir()
    for name in ("flask", "django", "wsgi"):
        (folder / f"{name}.md").rename(folder / "web" / f"{name}.md")
    assert bring_in(folder).counts["renamed"] == 3
    (folder / "web").rename(folder / "net")
    assert bring_in(folder).counts["renamed"] == 3
    assert set(Term.objects.values_list("path", flat=True)) == {
        "net/flask.md", "net/django.md", "net/wsgi.md",
    }  # fmt: skip
    assert Term.objects.count() == 3


def test_files_that_exchange_their_names_keep_their_terms(folder):
    (folder / "flask.md").rename(folder / "x")
    (folder / "django.md").rename(folder / "flask2.md")
    (folder / "x").rename(folder / "django2.md")
    bring_in(folder)
    assert (term("Flask").path, term("Django").path) == ("django2.md", "flask2.md")


@pytest.mark.parametrize("name", ["Flask.md", "FLASK.md"])
def test_file_renamed_in_case_only_is_the_same_term(folder, name):
    (folder / "flask.md").rename(folder / name)
    assert seen(bring_in(folder)) == {name: ("renamed", "from “flask.md”")}
    assert term("Flask").path == name
    write_out(folder)
    assert files(folder) == sorted([name, "django.md", "wsgi.md"])


def test_file_renamed_in_composition_only_is_the_same_term(folder):
    composed, decomposed = (unicodedata.normalize(form, "café.md") for form in ("NFC", "NFD"))
    (folder / composed).write_text(text_of("Café"))
    bring_in(folder)
    (folder / composed).rename(folder / decomposed)
    assert seen(bring_in(folder)) == {decomposed: ("renamed", f"from “{composed}”")}
    assert Term.objects.filter(name="Café").count() == 1


def test_rename_back_is_followed(folder):
    for old, new in (("flask", "a"), ("a", "flask"), ("flask", "a")):
        (folder / f"{old}.md").rename(folder / f"{new}.md")
        assert bring_in(folder).counts["renamed"] == 1
        assert term("Flask").path == f"{new}.md"
    assert Term.objects.count() == 3


def test_live_term_keeps_its_address_until_the_address_is_changed(folder):
    flask = make_live("Bottle")
    write_out(folder)
    (folder / "bottle.md").rename(folder / "small-bottle.md")
    bring_in(folder)
    flask.refresh_from_db()
    assert (flask.path, flask.slug) == ("small-bottle.md", "bottle")


def test_renaming_onto_the_path_of_another_term_is_a_conflict(folder):
    make_term("New", path="small.md")
    (folder / "flask.md").rename(folder / "small.md")
    before = set(Term.objects.values_list("path", flat=True))
    bring_in(folder)
    assert set(Term.objects.values_list("path", flat=True)) == before


def test_undo_takes_a_rename_back(folder):
    (folder / "flask.md").rename(folder / "small.md")
    edit_there(folder / "small.md", "Sentence 3", "The third sentence")
    bring_in(folder)
    undo_set(ChangeSet.objects.first())
    assert term("Flask").path == "flask.md"
    assert "Sentence 3" in term("Flask").body


def test_undo_of_renames_alone(folder):
    (folder / "flask.md").rename(folder / "small.md")
    bring_in(folder)
    undo(ChangeSet.objects.first())
    assert term("Flask").path == "flask.md"


# Renamed here


def test_old_path_stays_that_of_the_renamed_term(folder):
    """F4: the stamps of old files are trusted."""
    for path in folder.iterdir():
        os.utime(path, ns=(1, 1))
    flask = term("Flask")
    move(flask, "small.md")
    edit_there(folder / "django.md", "Sentence 3", "The third sentence")
    for _ in range(2):
        bring_in(folder)
        assert Term.objects.count() == 3
    assert write_out(folder).counts["renamed"] == 1
    assert files(folder) == ["django.md", "small.md", "wsgi.md"]
    assert seen(bring_in(folder)) == {}


def test_copy_of_the_folder_elsewhere_is_recognised(folder, tmp_path):
    """F20"""
    move(term("Flask"), "small.md")
    shutil.copytree(folder, tmp_path / "elsewhere")
    assert bring_in(tmp_path / "elsewhere").counts["created"] == 0
    assert write_out(tmp_path / "elsewhere").counts["conflict"] == 0
    assert Term.objects.count() == 3


def test_copy_of_the_folder_with_a_renamed_file_is_recognised(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "flask.md").rename(tmp_path / "elsewhere" / "small.md")
    found = bring_in(tmp_path / "elsewhere")
    assert seen(found) == {"small.md": ("renamed", "from “flask.md”")}


def test_older_copy_of_the_folder_removes_nothing(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "elsewhere")
    (folder / "new.md").write_text(text_of("New"))
    bring_in(folder)
    assert plan(tmp_path / "elsewhere").removed == []


def test_renames_on_both_sides_are_a_conflict_until_a_side_is_chosen(folder):
    move(term("Flask"), "here.md")
    (folder / "flask.md").rename(folder / "there.md")
    (entry,) = (entry for entry in bring_in(folder).entries if entry.status == "conflict")
    assert entry.reason == "renamed from “flask.md” in the folder, and to “here.md” here"
    assert Term.objects.count() == 3
    bring_in(folder, sides={"there.md": FILE})
    assert term("Flask").path == "there.md"


def test_rename_of_both_sides_to_the_same_path_agrees(folder):
    move(term("Flask"), "small.md")
    (folder / "flask.md").rename(folder / "small.md")
    assert bring_in(folder).counts["unchanged"] == 3
    assert write_out(folder).counts["unchanged"] == 3


# Removed


def test_removed_file_is_planned_as_removed(folder):
    (folder / "flask.md").unlink()
    assert seen(bring_in(folder)) == {"flask.md": ("removed", "")}
    assert term("Flask")  # only a decision removes it


def test_removed_file_is_not_written_back(folder):
    (folder / "flask.md").unlink()
    (exported,) = (f for f in write_out(folder).files if f.status == "conflict")
    assert exported.reason == "was removed from the folder; import the folder first"
    assert files(folder) == ["django.md", "wsgi.md"]
    TermFile.objects.filter(path="flask.md").update(missing_since=timezone.now())
    flask = term("Flask")
    Removal.objects.create(term=flask, action="delete", fingerprint="x", asked_at=timezone.now())
    assert write_out(folder).counts["skipped"] == 1
    Removal.objects.update(closed_at=timezone.now(), outcome="refused")
    assert write_out(folder).counts["written"] == 1  # the term is kept
    assert seen(bring_in(folder)) == {}


def test_emptied_folder_is_written_again(folder):
    for path in folder.iterdir():
        path.unlink()
    assert write_out(folder).counts["written"] == 3


def test_file_removed_there_and_edited_here_is_a_conflict(folder):
    edit_here("Flask", description="Edited here.")
    (folder / "flask.md").unlink()
    reason = "was removed from the folder, and edited here"
    assert seen(bring_in(folder)) == {"flask.md": ("conflict", reason)}
    assert bring_in(folder, sides={"": FILE}).removed
    kept = bring_in(folder, sides={"": GLOSSARY})
    assert seen(kept)["flask.md"] == ("unchanged", "is kept here; an export writes it")


def test_many_removed_files_are_counted(folder):
    for n in range(9):
        (folder / f"t{n}.md").write_text(text_of(f"T{n}", body=LONG + str(n)))
    bring_in(folder)
    for n in range(3):
        (folder / f"t{n}.md").unlink()
    assert not plan(folder).removes_many
    for n in range(3, 6):
        (folder / f"t{n}.md").unlink()
    assert plan(folder).removes_many


def test_files_in_an_unreadable_folder_are_not_removed(folder):
    (folder / "web").mkdir()
    (folder / "web" / "a.md").write_text(text_of("A"))
    bring_in(folder)
    shutil.rmtree(folder / "web")
    (folder / "web").symlink_to(folder)  # a link is not followed
    assert [entry.path for entry in plan(folder).removed] == ["web/a.md"]


# Texts


def test_older_text_in_the_folder_is_not_overwritten_before_it_is_imported(folder):
    """F19"""
    first = (folder / "flask.md").read_text()
    edit_there(folder / "flask.md", "Sentence 3", "The third sentence")
    bring_in(folder)
    (folder / "flask.md").write_text(first)
    edit_here("Django", description="Edited here.")
    result = write_out(folder)
    assert (result.counts["conflict"], result.counts["written"]) == (1, 1)
    assert (folder / "flask.md").read_text() == first
    assert seen(bring_in(folder)) == {"flask.md": ("updated", "")}


def test_export_after_a_killed_one_completes_it(folder):
    edit_here("Flask", description="Second.")
    (folder / "flask.md").write_text(term("Flask").newest_revision().text)  # not remembered
    edit_here("Flask", description="Third.")
    assert write_out(folder).counts["written"] == 1


def test_undo_of_a_merged_import(folder):
    """F7"""
    edit_here("Flask", description="Edited here.")
    edit_there(folder / "flask.md", "Sentence 3", "The third sentence")
    bring_in(folder)
    assert "The third sentence" in term("Flask").body
    undo(ChangeSet.objects.first())
    assert term("Flask").description == "Edited here."
    assert "Sentence 3" in term("Flask").body


def test_conflict_merged_by_hand_in_the_file_is_a_decision(folder):
    """F6"""
    flask = term("Flask")
    save_text(flask, flask.newest_revision().text + "Ours.\n")
    text = (folder / "flask.md").read_text()
    (folder / "flask.md").write_text(f"{text}Theirs.\n")
    assert seen(bring_in(folder))["flask.md"][0] == "conflict"
    assert seen(bring_in(folder))["flask.md"][0] == "conflict"
    edit_there(folder / "flask.md", "Theirs.\n", "Ours and theirs.\n")
    assert seen(bring_in(folder))["flask.md"][0] == "merged"
    assert term("Flask").body.endswith("Ours and theirs.\n")
    assert seen(bring_in(folder)) == {}
    assert write_out(folder).counts["unchanged"] == 3


def test_edit_elsewhere_does_not_decide_a_conflict(folder):
    edit_here("Flask", description="Ours.")
    edit_there(folder / "flask.md", "What Flask is, in a sentence.", "Theirs.")
    assert seen(bring_in(folder))["flask.md"][0] == "conflict"
    edit_there(folder / "flask.md", "Sentence 3", "The third sentence")
    assert seen(bring_in(folder))["flask.md"][0] == "conflict"
    assert term("Flask").description == "Ours."


@pytest.mark.parametrize(("side", "text"), [(FILE, "Theirs."), (GLOSSARY, "Ours.")])
def test_conflict_is_decided_by_choosing_a_side(folder, side, text):
    edit_here("Flask", description="Ours.")
    edit_there(folder / "flask.md", "What Flask is, in a sentence.", "Theirs.")
    edit_there(folder / "flask.md", "Sentence 3", "The third sentence")
    bring_in(folder, sides={"flask.md": side})
    assert term("Flask").description == text
    assert "The third sentence" in term("Flask").body  # only the conflict is decided
    write_out(folder)
    assert seen(bring_in(folder)) == {}
    assert text in (folder / "flask.md").read_text()


def test_former_paths_are_kept_once_for_each_rename(folder):
    move(term("Flask"), "a.md")
    move(term("Flask"), "b.md")
    paths = FormerPath.objects.order_by("pk").values_list("path", flat=True)
    assert list(paths) == ["flask.md", "a.md"]

"""Imports that are planned in the database, decided file by file, and carried out."""

import io
import zipfile
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.utils import timezone
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from terms.changes.rename import undo_set
from terms.files.archives import MANIFEST
from terms.files.folder import FolderError
from terms.files.plan import ALL, BOTH_SIDES, FILE, GLOSSARY
from terms.interchange.downloads import archive_of
from terms.interchange.plans import accept, apply_plan, decide, discard, make_plan, summary_of
from terms.interchange.uploads import plan_folder, plan_upload
from terms.media.originals import store_imported
from terms.models import (
    Category,
    ImportFile,
    ImportPlan,
    ImportUpload,
    Picture,
    Removal,
    Term,
    TermFile,
)
from tests.factory import default_glossary, make_live, make_term, save_text, text_of

pytestmark = pytest.mark.django_db
State = ImportPlan.State


def zipped(files):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    file.seek(0)
    return file


def exported(**options):
    """Return the files of an export: name → text."""
    content = b"".join(archive_of(default_glossary(), options.get("live", False)))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def planned(files, person=None, **options):
    draft = plan_upload(default_glossary(), person, [("words.zip", zipped(files))], **options)
    make_plan(draft)
    draft.refresh_from_db()
    assert draft.state == State.READY, draft.problem
    return draft


def uploaded(**files):
    pairs = [(f"{name}.md", io.BytesIO(text.encode())) for name, text in files.items()]
    draft = plan_upload(default_glossary(), None, pairs)
    make_plan(draft)
    return draft


def apply(draft, person):
    assert draft.become(State.APPLYING, State.READY, applied_by=person.pk)
    apply_plan(draft)
    draft.refresh_from_db()
    return draft


def statuses(draft):
    return dict(draft.files.exclude(path=".glossary").values_list("path", "status"))


def body(term):
    return Term.objects.get(pk=term.pk).body


def edited(term, old, new):
    return term.newest_revision().text.replace(old, new)


# Uploads


def test_upload_is_planned_decided_and_carried_out(editor):
    flask = make_term("Flask")
    draft = planned({"flask.md": edited(flask, "Text.", "Better."), "kite.md": text_of("Kite")})
    assert statuses(draft) == {"flask.md": "updated", "kite.md": "created"}
    assert summary_of(draft).accepted == {"updated": 1, "created": 1}
    accept(draft, draft.files.filter(path="kite.md"), False)
    assert apply(draft, editor).state == State.APPLIED
    assert "Better." in body(flask)
    assert not Term.objects.filter(name="Kite").exists()
    assert (draft.change_set.title, draft.change_set.author) == ("Import of words.zip", editor)
    assert not ImportUpload.objects.exists()
    assert not TermFile.objects.exists()
    undo_set(draft.change_set, editor)
    assert "Better." not in body(flask)


def test_files_without_archive_never_remove(editor):
    make_term("Flask")
    kite = make_term("Kite", path="air/kite.md")
    draft = uploaded(kite=edited(kite, "Text.", "High."))
    assert statuses(draft) == {"air/kite.md": "updated"}


def test_archive_of_a_part_never_removes(editor):
    make_term("Flask")
    draft = planned({"kite.md": text_of("Kite")})
    assert statuses(draft) == {"kite.md": "created"}


def test_archive_of_all_files_proposes_removals(editor):
    for name in ("Flask", "Kite", "Rope", "Sail"):
        make_term(name)
    files = exported()
    del files["kite.md"], files[MANIFEST]
    draft = planned(files, is_whole=True)
    assert statuses(draft)["kite.md"] == "removed"
    apply(draft, editor)
    assert sorted(Term.objects.values_list("name", flat=True)) == ["Flask", "Rope", "Sail"]
    undo_set(draft.change_set, editor)
    assert Term.objects.count() == 4


def test_term_that_is_newer_than_the_export_is_not_removed(editor):
    make_term("Flask")
    files = exported()
    make_term("Kite")
    assert "kite.md" not in statuses(planned(files, is_whole=True))


def test_many_removals_need_an_option(editor):
    for number in range(8):
        make_term(f"Term {number}")
    files = {"kite.md": "---\nterm: Kite\n---\n", "term-0.md": exported()["term-0.md"]}
    draft = planned(files, is_whole=True)
    assert summary_of(draft).removes_many
    apply(draft, editor)
    assert Term.objects.count() == 9
    assert draft.result["notes"]
    draft = planned(files, is_whole=True)
    draft.become(State.READY, State.READY, removes_many=True)
    apply(draft, editor)
    assert Term.objects.count() == 2


def test_import_of_an_export_changes_nothing(editor):
    make_term("Flask")
    make_live("Kite", path="air/kite.md")
    draft = planned(exported(), is_whole=True)
    assert set(statuses(draft).values()) == {"unchanged"}
    assert summary_of(draft).total == 0
    assert b"".join(archive_of(default_glossary(), False)) == b"".join(
        archive_of(default_glossary(), False)
    )


def test_export_of_live_texts_can_be_imported(editor):
    kite = make_live("Kite")
    save_text(kite, edited(kite, "Text.", "Newer."))
    make_term("Draft")
    files = exported(live=True)
    assert set(files) == {MANIFEST, "kite.md"}
    assert statuses(planned(files)) == {"kite.md": "unchanged"}


def test_edit_of_an_older_export_is_merged(editor):
    """The text that the file was made from is the base, not the newest one."""
    flask = make_term("Flask", body="One.\n\nTwo.\n\nThree.")
    files = exported()
    save_text(flask, edited(flask, "Three.", "Three here."))
    files["flask.md"] = files["flask.md"].replace("One.", "One in the file.")
    draft = planned(files)
    assert statuses(draft) == {"flask.md": "merged"}
    apply(draft, editor)
    assert body(flask) == "One in the file.\n\nTwo.\n\nThree here.\n"


def test_file_without_manifest_is_compared_with_the_text_it_was_made_from(editor):
    flask = make_term("Flask", body="One.\n\nTwo.\n\nThree.")
    file = edited(flask, "One.", "One in the file.")
    save_text(flask, edited(flask, "Three.", "Three here."))
    draft = uploaded(flask=file)
    assert statuses(draft) == {"flask.md": "merged"}
    apply(draft, editor)
    assert body(flask) == "One in the file.\n\nTwo.\n\nThree here.\n"


def test_edit_of_the_same_passage_is_a_conflict_without_manifest(editor):
    flask = make_term("Flask", body="One.\n\nTwo.")
    file = edited(flask, "One.", "In the file.")
    save_text(flask, edited(flask, "One.", "Here, and longer."))
    assert statuses(uploaded(flask=file)) == {"flask.md": "conflict"}


def test_second_upload_does_not_revert_the_first(editor):
    flask = make_term("Flask", body="One.\n\nTwo.\n\nThree.")
    anns, bens = edited(flask, "One.", "Ann."), edited(flask, "Three.", "Ben.")
    apply(uploaded(flask=anns), editor)
    apply(uploaded(flask=bens), editor)
    assert body(flask) == "Ann.\n\nTwo.\n\nBen.\n"


@pytest.mark.parametrize(
    ("names", "problem"),
    [
        (["a.txt"], "neither a term file"), (["a.zip", "b.md"], "not both"),
        (["a.md", "a.md"], "twice"), ([f"{n}.md" for n in range(101)], "100 files at most"),
        (["CON.md"], "device"), (["a.zip"], "not a zip archive"),
    ],
)  # fmt: skip
def test_upload_that_cannot_be_used_is_refused(names, problem):
    with pytest.raises(FolderError, match=problem):
        plan_upload(default_glossary(), None, [(name, io.BytesIO(b"x")) for name in names])
    assert not ImportPlan.objects.exists()


def test_archive_without_term_files_is_refused():
    with pytest.raises(FolderError, match=r"no term files.*inner\.zip"):
        plan_upload(default_glossary(), None, [("a.zip", zipped({"inner.zip": b"x"}))])


def test_hostile_archives_change_nothing(shared, tmp_path, monkeypatch):
    """A plan is made of those that are accepted in part; no term changes, no file is written."""
    monkeypatch.chdir(tmp_path)
    for path in sorted((shared / "attacks" / "archives").glob("*.zip")):
        try:
            with path.open("rb") as file:
                make_plan(plan_upload(default_glossary(), None, [(path.name, file)]))
        except FolderError as error:
            assert str(error)
    assert not Term.objects.exists()
    assert list(tmp_path.iterdir()) == []
    assert ImportPlan.objects.exclude(state=State.READY).count() == 0


# Folders


@pytest.fixture
def folder(tmp_path, settings):
    (tmp_path / "words" / "air").mkdir(parents=True)
    (tmp_path / "words" / "flask.md").write_text(text_of("Flask"))
    (tmp_path / "words" / "air" / "kite.md").write_text(text_of("Kite"))
    (tmp_path / "secret").mkdir()
    (tmp_path / "words" / "out").symlink_to(tmp_path / "secret")
    settings.IMPORT_FOLDERS = [str(tmp_path / "words")]
    return tmp_path / "words"


def folder_plan(folder, inside=""):
    draft = plan_folder(default_glossary(), None, str(folder), inside)
    make_plan(draft)
    return draft


def test_allowed_folder_is_imported(folder, editor):
    draft = folder_plan(folder)
    apply(draft, editor)
    assert Term.objects.count() == 2
    assert set(statuses(folder_plan(folder)).values()) == {"unchanged"}
    (folder / "flask.md").unlink()
    assert statuses(folder_plan(folder))["flask.md"] == "removed"


@pytest.mark.parametrize("inside", ["../secret", "out", "..", "a\0b", "none", "flask.md"])
def test_subfolder_stays_inside(folder, inside):
    with pytest.raises(FolderError, match=r"leads out|no folder"):
        plan_folder(default_glossary(), None, str(folder), inside)


def test_folder_that_is_no_longer_allowed_is_not_read(folder, settings, editor):
    draft = folder_plan(folder)
    settings.IMPORT_FOLDERS = []
    with pytest.raises(FolderError, match="not among the allowed folders"):
        plan_folder(default_glossary(), None, str(folder), "")
    apply(draft, editor)
    assert (draft.state, Term.objects.count()) == (State.READY, 0)
    assert "not among" in draft.problem


def test_folder_that_is_gone_fails_the_plan(folder):
    draft = plan_folder(default_glossary(), None, str(folder), "air")
    (folder / "air" / "kite.md").unlink()
    (folder / "air").rmdir()
    make_plan(draft)
    assert (draft.state, "no folder" in draft.problem) == (State.FAILED, True)


# Conflicts


@pytest.fixture
def conflict(editor):
    """A plan with a term whose description and text were edited on both sides."""
    flask = make_term("Flask", body="One.\n\nTwo.\n\nThree.")
    files = exported()
    here = edited(flask, "One.", "Here.").replace("What Flask is", "What it is here")
    save_text(flask, here)
    text = files["flask.md"].replace("One.", "There.").replace("What Flask is", "What it is there")
    files["flask.md"] = text
    draft = planned(files)
    assert statuses(draft) == {"flask.md": "conflict"}
    return draft


@pytest.mark.parametrize(("side", "word"), [(GLOSSARY, "here"), (FILE, "there")])
def test_side_is_chosen_for_the_whole_file(conflict, editor, side, word):
    assert decide(conflict, conflict.files.get(), {ALL: side})
    assert conflict.files.get().decision == "accepted"
    apply(conflict, editor)
    term = Term.objects.get()
    assert (term.description, term.body.split()[0]) == (
        f"What it is {word}, in a sentence.", f"{word.capitalize()}.",
    )  # fmt: skip


def test_side_is_chosen_for_each_place(conflict, editor):
    row = conflict.files.get()
    assert not decide(conflict, row, {"description": GLOSSARY})
    assert conflict.files.get().status == "conflict"
    assert decide(conflict, row, {"description": GLOSSARY, "body 1": BOTH_SIDES})
    apply(conflict, editor)
    term = Term.objects.get()
    assert term.description == "What it is here, in a sentence."
    assert "There." in term.body
    assert "Here." in term.body


def test_conflict_is_opened_again(conflict):
    decide(conflict, conflict.files.get(), {ALL: FILE})
    assert not decide(conflict, conflict.files.get(), {})
    row = conflict.files.get()
    assert (row.status, row.choices, row.decision) == ("conflict", {}, "")


def test_undecided_conflict_is_left_alone(conflict, editor):
    before = Term.objects.get().fingerprint
    assert apply(conflict, editor).state == State.APPLIED
    assert Term.objects.get().fingerprint == before


def test_decision_about_other_texts_is_dropped(conflict, editor):
    decide(conflict, conflict.files.get(), {ALL: FILE})
    term = Term.objects.get()
    save_text(term, edited(term, "Here.", "Here, again."))
    apply(conflict, editor)
    assert conflict.state == State.READY
    assert "1 file has changed" in conflict.problem
    row = conflict.files.get()
    assert (row.status, row.choices, row.is_changed) == ("conflict", {}, True)


def test_layout_is_decided_after_the_values(editor):
    flask = make_term("Flask", text="---\nterm: Flask\nicon: a\n---\nText.\n")
    files = exported()
    save_text(flask, "---\nterm: Flask # here\nicon: b\n---\nText.\n")
    files["flask.md"] = "---\nterm: Flask # there\nicon: c\n---\nText.\n"
    draft = planned(files)
    row = draft.files.get()
    assert not decide(draft, row, {"icon": FILE})
    assert "layout" in draft.files.get().reason
    assert decide(draft, row, {"icon": FILE, "the layout of the file": GLOSSARY})
    apply(draft, editor)
    assert Term.objects.get().newest_revision().text == (
        "---\nterm: Flask # here\nicon: c\n---\nText.\n"
    )


def test_removal_of_an_edited_term_is_decided(folder, editor):
    apply(folder_plan(folder), editor)
    (folder / "flask.md").unlink()
    term = Term.objects.get(name="Flask")
    save_text(term, edited(term, "Text.", "Edited."))
    draft = folder_plan(folder)
    row = draft.files.get(path="flask.md")
    assert row.status == "conflict"
    assert decide(draft, row, {ALL: FILE})
    apply(draft, editor)
    assert not Term.objects.filter(name="Flask").exists()


# Plans that have changed


def test_nothing_is_saved_if_a_term_has_changed(editor):
    flask = make_term("Flask", body="One.\n\nTwo.\n\nThree.")
    files = exported() | {"kite.md": text_of("Kite")}
    files["flask.md"] = files["flask.md"].replace("One.", "There.")
    draft = planned(files)
    save_text(flask, edited(flask, "Three.", "Here."))
    apply(draft, editor)
    assert draft.state == State.READY
    assert "1 file has changed" in draft.problem
    assert Term.objects.count() == 1
    row = draft.files.get(path="flask.md")
    assert (row.status, row.is_changed) == ("merged", True)
    assert not draft.files.get(path="kite.md").is_changed
    assert apply(draft, editor).state == State.APPLIED
    assert "There." in body(flask)
    assert "Here." in body(flask)


def test_file_that_appears_meanwhile_is_not_imported_unseen(folder, editor):
    draft = folder_plan(folder)
    (folder / "rope.md").write_text(text_of("Rope"))
    apply(draft, editor)
    assert (draft.state, Term.objects.count()) == (State.READY, 0)
    assert draft.files.filter(is_changed=True).get().path == "rope.md"


def test_decisions_stay_when_compared_again(folder, editor):
    draft = folder_plan(folder)
    accept(draft, draft.files.filter(path="flask.md"), False)
    draft.become(State.PLANNING, State.READY)
    make_plan(draft)
    assert [*draft.files.filter(decision=ImportFile.REFUSED).values_list("path", flat=True)] == [
        "flask.md"
    ]
    assert draft.problem == ""


def test_import_that_was_killed_goes_on(folder, editor, monkeypatch):
    draft = folder_plan(folder)
    with monkeypatch.context() as patched:
        patched.setattr("terms.interchange.plans._keep_outcome", None)  # as if the process died
        assert draft.become(State.APPLYING, State.READY, applied_by=editor.pk)
        with pytest.raises(TypeError):
            apply_plan(draft)
    assert Term.objects.count() == 2
    apply_plan(draft)
    assert draft.state == State.APPLIED


def test_merged_text_of_a_killed_import_is_not_merged_again(editor, monkeypatch):
    flask = make_term("Flask", body="One.\n\nTwo.\n\nThree.")
    files = exported()
    save_text(flask, edited(flask, "Three.", "Here."))
    draft = planned(files | {"flask.md": files["flask.md"].replace("One.", "There.")})
    with monkeypatch.context() as patched:
        patched.setattr("terms.interchange.plans._keep_outcome", None)
        assert draft.become(State.APPLYING, State.READY, applied_by=editor.pk)
        with pytest.raises(TypeError):
            apply_plan(draft)
    version = Term.objects.get().version
    apply_plan(draft)
    assert (draft.state, Term.objects.get().version) == (State.APPLIED, version)


def test_refused_file_is_proposed_again(folder, editor):
    draft = folder_plan(folder)
    accept(draft, draft.files.filter(path="flask.md"), False)
    apply(draft, editor)
    assert statuses(folder_plan(folder)) == {"flask.md": "created", "air/kite.md": "unchanged"}


# Publishing and permissions


def test_plan_says_what_goes_live(editor):
    flask = make_live("Flask")
    make_live("Kite")
    files = exported()
    files |= {
        "flask.md": edited(flask, "Text.", "Better."), "new.md": text_of("New"),
        "draft.md": text_of("Draft").replace("icon:", "draft: true\nicon:"),
        "bad.md": "---\n[\n---\n",
    }  # fmt: skip
    draft = planned(files)
    live = draft.files.filter(goes_live=True).values_list("path", flat=True)
    assert sorted(live) == ["flask.md", "new.md"]
    assert "draft: true" in draft.files.get(path="draft.md").hindrance
    assert "line 2" in draft.files.get(path="bad.md").hindrance
    draft.become(State.READY, State.READY, publishes=True)
    apply(draft, editor)
    assert draft.result["published"] == 2
    assert Term.objects.live().count() == 3


def test_plan_says_which_texts_need_approval(editor):
    glossary = default_glossary()
    glossary.approvals_needed = 1
    glossary.save()
    draft = planned({"a.md": text_of("A"), "b.md": text_of("B", category="Free")})
    assert {row.hindrance for row in draft.files.all()} == {"It needs 1 approval."}
    Category.objects.create(glossary=glossary, name="Free", slug="free", approvals_needed=0)
    draft = planned({"a.md": text_of("A"), "b.md": text_of("B", category="Free")})
    assert draft.files.get(path="b.md").goes_live
    draft.become(State.READY, State.READY, publishes=True)
    apply(draft, editor)
    assert "must approve" in draft.files.get(path="a.md").outcome


def test_plan_says_which_texts_a_rule_blocks(editor):
    glossary = default_glossary()
    glossary.rules = {"definition": "block", "picture": "block"}
    glossary.save()
    empty = text_of("B").replace("description: >-\n  What B is, in a sentence.\n", "")
    draft = planned({"a.md": text_of("A", body="![A](a.png)"), "b.md": empty})
    assert draft.files.get(path="a.md").goes_live
    hindrance = draft.files.get(path="b.md").hindrance
    assert hindrance.startswith("definition: ")
    draft.become(State.READY, State.READY, publishes=True)
    apply(draft, editor)
    assert hindrance in draft.files.get(path="b.md").outcome


def person_with(*codenames):
    user = User.objects.create_user("-".join(codenames) or "nobody", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return user


def test_person_without_right_to_publish_publishes_nothing():
    draft = planned({"a.md": text_of("A")})
    draft.become(State.READY, State.READY, publishes=True)
    apply(draft, person_with("import_terms"))
    assert Term.objects.get().live_fingerprint == ""


def test_person_without_right_to_delete_removes_nothing():
    for name in ("Flask", "Kite", "Rope", "Sail"):
        make_term(name)
    files = exported()
    del files["kite.md"]
    draft = planned(files, is_whole=True)
    apply(draft, person_with("import_terms"))
    assert Term.objects.count() == 4
    assert "may not delete" in draft.files.get(path="kite.md").outcome


def test_person_who_lost_the_right_imports_nothing():
    draft = planned({"a.md": text_of("A")})
    apply(draft, person_with())
    assert (draft.state, Term.objects.count()) == (State.READY, 0)


def test_removal_of_a_live_term_is_requested(editor):
    kite = make_live("Kite")
    for name in ("Flask", "Rope", "Sail"):
        make_term(name)
    files = exported()
    del files["kite.md"]
    draft = apply(planned(files, is_whole=True), editor)
    assert Removal.objects.open().get().term == kite
    assert "awaits a decision" in draft.files.get(path="kite.md").outcome


# The life of a plan


def test_discarded_plan_has_no_uploads(editor):
    draft = planned({"a.md": text_of("A")})
    assert discard(draft)
    assert not discard(draft)
    assert not ImportUpload.objects.exists()
    assert not draft.become(State.APPLYING, State.READY)


def test_old_plans_are_swept():
    old, new = planned({"a.md": text_of("A")}), planned({"a.md": text_of("A")})
    changed_at = timezone.now() - timedelta(days=31)
    ImportPlan.objects.filter(pk=old.pk).update(changed_at=changed_at)
    ImportPlan.objects.sweep()
    assert ImportPlan.objects.get() == new
    assert ImportFile.objects.count() == ImportUpload.objects.count() == 1


def test_archive_has_the_bytes_of_pictures_from_the_folder(settings, tmp_path):
    settings.MEDIA_ROOT, settings.ORIGINALS_ROOT = tmp_path / "media", tmp_path / "originals"
    out, metadata = io.BytesIO(), PngInfo()
    metadata.add_text("Author", "Grace Hopper")
    Image.new("RGB", (3, 2), "red").save(out, "PNG", pnginfo=metadata)
    stored = store_imported(out.getvalue())
    Picture.objects.create(glossary=default_glossary(), path="images/a.png", **stored._asdict())
    make_term("Flask", body="![A](images/a.png)")

    content = b"".join(archive_of(default_glossary(), live=False))

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.read("images/a.png") == out.getvalue()

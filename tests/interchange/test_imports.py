"""Removed and renamed files of published terms, and files that are back (F2, F3)."""

import pytest
from django.core.management import CommandError, call_command

from terms.changes.change_sets import publish_set
from terms.changes.operation import CannotRefactor, undo
from terms.changes.removals import WITHDRAW, approve_removal, ask, refuse
from terms.changes.trash import restore_term, trash
from terms.files.exporting import export
from terms.files.import_plan import plan_import
from terms.interchange.imports import Wishes, run_import
from terms.models import Category, ChangeSet, Page, Removal, Term
from terms.publishing.publish import publish
from tests.factory import default_glossary, make_term, save_text, text_of
from tests.files.folders import LONG, make_folder

pytestmark = pytest.mark.django_db
ADDRESS = "/glossary/software/full-stack/{}/"


@pytest.fixture
def folder(tmp_path):
    return make_folder(tmp_path)


def bring_in(folder, person=None, **wishes):
    return run_import(plan_import(default_glossary(), folder), person, Wishes(**wishes))


def status_of(slug):
    return Page.objects.get(path=ADDRESS.format(slug)).status


def files(folder):
    return sorted(path.name for path in folder.glob("*.md"))


def require_approvals():
    Category.objects.update(approvals_needed=1)


def test_removed_file_of_a_draft_moves_it_to_the_trash(folder):
    bring_in(folder)
    (folder / "flask.md").unlink()
    outcome = bring_in(folder)
    assert outcome.plan.counts["removed"] == 1
    assert not Term.objects.filter(name="Flask").exists()
    assert export(default_glossary(), folder).counts["unchanged"] == 2
    assert bring_in(folder).plan.counts["removed"] == 0


def test_removed_file_of_a_published_term_requests_its_deletion(folder, django_user_model):
    bring_in(folder, publishes=True)
    (folder / "flask.md").unlink()
    outcome = bring_in(folder)
    assert outcome.notes == [("flask.md", "awaits a decision: readers see it until then")]
    assert status_of("flask") == 200
    request = Removal.objects.get()
    assert (request.action, request.term.name) == ("delete", "Flask")
    export(default_glossary(), folder)
    assert files(folder) == ["django.md", "wsgi.md"]  # not written back
    again = bring_in(folder)
    assert again.plan.entries[-1].reason == "was removed; awaits a decision"
    assert Removal.objects.count() == 1

    refuse(request, django_user_model.objects.create_user("ann"), "We need it.")

    assert bring_in(folder).plan.entries[-1].reason == "is kept here; an export writes it"
    export(default_glossary(), folder)
    assert files(folder) == ["django.md", "flask.md", "wsgi.md"]


def test_publishing_import_withdraws_terms_of_removed_files(folder):
    bring_in(folder, publishes=True)
    (folder / "flask.md").unlink()
    assert bring_in(folder, publishes=True).notes == [
        ("flask.md", "is withdrawn and in the trash")
    ]  # fmt: skip
    assert status_of("flask") == 410
    assert not Term.objects.filter(name="Flask").exists()


def test_removal_needs_the_approvals_of_a_change(folder):
    bring_in(folder, publishes=True)
    require_approvals()
    (folder / "flask.md").unlink()
    assert bring_in(folder, publishes=True).notes == [
        ("flask.md", "1 person must approve this first.")
    ]  # fmt: skip
    assert status_of("flask") == 200
    assert Removal.objects.get().action == "delete"


def remove(folder, *names):
    for name in names:
        (folder / name).unlink()


def test_import_is_undone_with_its_removals(folder):
    bring_in(folder)
    remove(folder, "flask.md", "wsgi.md")
    (folder / "django.md").write_text(text_of("Django", body=f"Edited. {LONG}"))
    change_set = bring_in(folder).plan.change_set
    assert sorted(str(row) for row in change_set.trashed.all()) == ["Flask", "WSGI"]

    undone = undo(change_set)

    assert Term.objects.count() == 3
    assert "Edited" not in Term.objects.get(name="Django").body
    assert undone.members().count() == 3
    assert bring_in(folder).plan.counts["removed"] == 0
    export(default_glossary(), folder)
    assert files(folder) == ["django.md", "flask.md", "wsgi.md"]


def test_import_that_only_removes_has_a_change_set(folder, django_user_model):
    ann = django_user_model.objects.create_user("ann")
    bring_in(folder)
    remove(folder, "flask.md")
    change_set = bring_in(folder, ann).plan.change_set
    assert (change_set.title, change_set.author) == ("Import of words", ann)
    undo(change_set, ann)
    assert Term.objects.get(name="Flask").trashed_at is None
    with pytest.raises(CannotRefactor, match="already undone"):
        undo(change_set, ann)


def test_import_with_nothing_to_do_has_no_change_set(folder):
    bring_in(folder, publishes=True)
    assert bring_in(folder).plan.change_set is None
    require_approvals()
    remove(folder, "flask.md")
    assert bring_in(folder, publishes=True).plan.change_set is None
    assert ChangeSet.objects.count() == 1


def test_removals_are_not_undone_while_a_path_is_taken(folder):
    bring_in(folder)
    remove(folder, "flask.md", "wsgi.md")
    change_set = bring_in(folder).plan.change_set
    make_term("Another", path="flask.md")
    with pytest.raises(CannotRefactor, match=r"“flask\.md” now: .* Nothing was undone\."):
        undo(change_set)
    assert not Term.objects.filter(name="WSGI").exists()
    assert ChangeSet.objects.get(pk=change_set.pk).undone_at is None


def test_path_that_the_import_gave_to_another_term_is_free_again(folder):
    bring_in(folder)
    remove(folder, "wsgi.md")
    change_set = bring_in(folder).plan.change_set
    (folder / "flask.md").rename(folder / "wsgi.md")
    renaming = bring_in(folder).plan.change_set
    undo(renaming)
    undo(change_set)
    assert Term.objects.get(name="WSGI").path == "wsgi.md"
    assert Term.objects.get(name="Flask").path == "flask.md"


def test_undo_restores_only_what_the_import_removed(folder):
    bring_in(folder)
    remove(folder, "flask.md", "wsgi.md")
    change_set = bring_in(folder).plan.change_set
    flask = Term.with_trash.get(name="Flask")
    restore_term(flask)
    trash(Term.objects.get(pk=flask.pk))  # by another person, later
    undo(change_set)
    assert not Term.objects.filter(name="Flask").exists()
    assert Term.objects.filter(name="WSGI").exists()


def test_undone_import_of_new_terms_is_undone(folder):
    undone = undo(bring_in(folder).plan.change_set)
    assert Term.objects.count() == 0
    undo(undone)
    assert Term.objects.count() == 3


def test_withdrawn_term_is_restored_as_a_draft(folder):
    bring_in(folder, publishes=True)
    remove(folder, "flask.md")
    undone = undo(bring_in(folder, publishes=True).plan.change_set)
    assert status_of("flask") == 410
    assert publish_set(undone) == 1
    assert status_of("flask") == 200


def test_publishing_import_carries_out_earlier_removals(folder):
    bring_in(folder, publishes=True)
    remove(folder, "flask.md")
    bring_in(folder)
    outcome = bring_in(folder, publishes=True)
    assert outcome.notes == [("flask.md", "is withdrawn and in the trash")]
    assert status_of("flask") == 410
    assert Removal.objects.get().outcome == "done"
    assert str(outcome.plan.change_set.trashed.get()) == "Flask"
    assert bring_in(folder, publishes=True).notes == []


def test_earlier_removals_wait_for_approvals(folder, django_user_model):
    bring_in(folder, publishes=True)
    require_approvals()
    remove(folder, "flask.md")
    bring_in(folder)
    assert bring_in(folder, publishes=True).notes == [
        ("flask.md", "1 person must approve this first.")
    ]  # fmt: skip
    approve_removal(Removal.objects.get(), django_user_model.objects.create_user("ben"))
    assert bring_in(folder, publishes=True).notes == [
        ("flask.md", "is withdrawn and in the trash")
    ]  # fmt: skip


def test_publishing_import_moves_to_addresses_requested_earlier(folder):
    bring_in(folder, publishes=True)
    (folder / "flask.md").rename(folder / "small.md")
    bring_in(folder)
    require_approvals()
    assert bring_in(folder, publishes=True).notes == [
        ("small.md", "1 person must approve this first.")
    ]  # fmt: skip
    Category.objects.update(approvals_needed=0)
    assert bring_in(folder, publishes=True).notes == []
    assert (status_of("flask"), status_of("small")) == (301, 200)
    assert not Removal.objects.open().exists()


def test_request_for_an_address_is_closed_when_the_file_is_renamed_back(folder):
    bring_in(folder, publishes=True)
    (folder / "flask.md").rename(folder / "small.md")
    bring_in(folder)
    (folder / "small.md").rename(folder / "flask.md")
    assert bring_in(folder).notes == []
    assert Removal.objects.get().outcome == "taken back"
    assert status_of("flask") == 200


def test_requests_of_people_are_left_to_people(folder, django_user_model):
    bring_in(folder, publishes=True)
    ann = django_user_model.objects.create_user("ann")
    ask(Term.objects.get(name="Flask"), "delete", ann, note="Nobody uses it.")
    ask(Term.objects.get(name="WSGI"), WITHDRAW, ann)
    assert bring_in(folder, publishes=True).notes == []
    assert Removal.objects.open().count() == 2


def test_text_edited_after_its_removal_was_requested_is_kept(folder):
    bring_in(folder, publishes=True)
    remove(folder, "flask.md", "wsgi.md")
    bring_in(folder)
    flask = Term.objects.get(name="Flask")
    save_text(flask, text_of("Flask", body="Another text."))
    save_text(Term.objects.get(name="WSGI"), text_of("WSGI", body="Another text."))
    publish(flask.glossary, Term.objects.filter(name="WSGI"))
    notes = [
        (path, "awaits a decision: it was edited here since") for path in ("flask.md", "wsgi.md")
    ]
    assert bring_in(folder, publishes=True).notes == notes
    assert status_of("flask") == status_of("wsgi") == 200


def test_file_is_back_after_its_text_was_published_here(folder):
    bring_in(folder, publishes=True)
    text = (folder / "flask.md").read_text()
    remove(folder, "flask.md")
    bring_in(folder)
    flask = Term.objects.get(name="Flask")
    save_text(flask, text_of("Flask", body="Another text."))
    publish(flask.glossary, Term.objects.filter(pk=flask.pk))
    (folder / "flask.md").write_text(text)
    bring_in(folder)
    assert not Removal.objects.open().exists()


def test_file_that_is_back_restores_its_term(folder):
    bring_in(folder, publishes=True)
    text = (folder / "flask.md").read_text()
    flask = Term.objects.get(name="Flask")
    (folder / "flask.md").unlink()
    bring_in(folder, publishes=True)
    (folder / "flask.md").write_text(text.replace("Sentence 3", "The third sentence"))
    outcome = bring_in(folder, publishes=True)
    assert outcome.refusals == []
    assert Term.objects.get(name="Flask").pk == flask.pk
    assert "The third sentence" in Term.objects.get(name="Flask").body
    assert status_of("flask") == 200
    assert Term.with_trash.count() == 3


def test_file_that_is_back_closes_the_request_to_delete(folder):
    bring_in(folder, publishes=True)
    text = (folder / "flask.md").read_text()
    (folder / "flask.md").unlink()
    bring_in(folder)
    (folder / "flask.md").write_text(text)
    bring_in(folder)
    assert not Removal.objects.open().exists()
    assert bring_in(folder).plan.counts["unchanged"] == 3


def test_many_removed_files_are_left_until_it_is_confirmed(folder):
    for n in range(5):
        (folder / f"t{n}.md").write_text(text_of(f"T{n}", body=f"{n} {LONG}"))
    bring_in(folder)
    for n in range(5):
        (folder / f"t{n}.md").unlink()
    (note,) = bring_in(folder).notes
    assert note[1] == "5 of 8 files are gone; no term was removed"
    assert Term.objects.count() == 8
    bring_in(folder, removes_many=True)
    assert Term.objects.count() == 3


def test_renamed_file_of_a_published_term_moves_its_address(folder):
    bring_in(folder, publishes=True)
    (folder / "flask.md").rename(folder / "small.md")
    assert bring_in(folder).notes == [
        ("small.md", "keeps its address until the new one is approved")
    ]  # fmt: skip
    assert status_of("flask") == 200
    assert Removal.objects.get().action == "move"
    (folder / "small.md").rename(folder / "smaller.md")
    assert bring_in(folder, publishes=True).notes == []
    assert status_of("smaller") == 200
    page = Page.objects.get(path=ADDRESS.format("flask"))
    assert (page.status, page.location.rpartition("stack/")[2]) == (301, "smaller/")
    assert ChangeSet.objects.first().title == "New address of Flask"


def test_address_of_a_renamed_file_needs_approvals(folder):
    bring_in(folder, publishes=True)
    require_approvals()
    (folder / "flask.md").rename(folder / "small.md")
    assert bring_in(folder, publishes=True).notes == [
        ("small.md", "1 person must approve this first.")
    ]  # fmt: skip
    assert status_of("flask") == 200
    assert Term.objects.get(name="Flask").path == "small.md"


def test_command_names_its_author_and_chooses_sides(folder, django_user_model, capsys):
    ann = django_user_model.objects.create_user("ann")
    call_command("import_terms", str(folder), "--author", "ann", "--publish")
    assert ChangeSet.objects.get().author == ann
    with pytest.raises(CommandError, match="There is no active user “ben”"):
        call_command("import_terms", str(folder), "--author", "ben")
    flask = Term.objects.get(name="Flask")
    assert publish(flask.glossary, Term.objects.all()) == []


def test_removed_file_is_in_the_brief_report(folder, capsys):
    bring_in(folder)
    (folder / "flask.md").unlink()
    call_command("import_terms", str(folder), "--dry-run", verbosity=0)
    assert capsys.readouterr().out.splitlines()[0].split() == ["removed", "flask.md"]


def test_files_about_the_folder_and_links_are_skipped_with_the_reason(folder, capsys):
    """F17, F18"""
    (folder / "README.md").write_text("# About\n")
    (folder / "LICENSE.md").write_text("MIT\n")
    (folder / "quart.markdown").write_text(text_of("Quart"))
    (folder / "BOTTLE.MD").write_text(text_of("Bottle"))
    (folder / "link.md").symlink_to("flask.md")
    plan = plan_import(default_glossary(), folder)
    assert plan.counts["created"] == 5
    skipped = {e.path: e.reason for e in plan.entries if e.status == "skipped"}
    assert skipped == {
        "README.md": "has no header: it describes the folder, and is not a term",
        "LICENSE.md": "has no header: it describes the folder, and is not a term",
        "link.md": "is a link to “flask.md”",
    }
    run_import(plan)
    assert Term.objects.get(name="Quart").slug == "quart"
    assert Term.objects.get(name="Bottle").slug == "BOTTLE"
    assert export(default_glossary(), folder).counts["unchanged"] == 5

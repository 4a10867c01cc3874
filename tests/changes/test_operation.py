"""Renaming, merging and replacing terms: preview, apply and undo."""

import pytest
from django.contrib.auth.models import User

from terms.changes.change_sets import (
    PublishingRefused,
    approve_set,
    collect,
    publish_set,
    submit_set,
)
from terms.changes.operation import CannotRefactor, apply, undo
from terms.changes.rename import rename_classification, undo_set
from terms.changes.reword import merge_terms, rename, replace
from terms.changes.trash import restore_term, trash
from terms.editing.gate import StaleWrite
from terms.management.consistency import check_consistency
from terms.models import (
    Alias,
    Approval,
    Category,
    ChangeSet,
    Mention,
    Page,
    PublishedTerm,
    Relation,
    Term,
)
from terms.review.requests import CannotReview
from tests.factory import default_glossary, make_live, make_term, publish_all, save_text, text_of

pytestmark = pytest.mark.django_db


def may_edit_all(term):
    return True


def text(name):
    term = Term.with_trash.get(name=name)
    return term.newest_revision().text


def texts():
    return {term.path: term.newest_revision().text for term in Term.with_trash.all()}


def test_rename_updates_related_terms(ann):
    flask = make_term("Flask")
    make_term("Django", related="C#, Flask, WSGI")
    make_term("WSGI", body="Flask follows it.")
    before = texts()
    operation = rename(flask, "Flask 3", may_edit_all)
    assert [(effect.term, effect.words) for effect in operation.effects] == [
        ("Flask", "gets its new name; the old name is kept as an alias"),
        ("Django", "is related to it by the new name"),
    ]  # fmt: skip
    assert texts() == before  # the plan changes nothing
    change_set = apply(operation, ann)
    assert "value: 'C#, Flask 3, WSGI'" in text("Django")
    assert text("Flask 3") == before["flask.md"].replace("term: Flask", "term: Flask 3").replace(
        "details:\n", "aliases:\n  - Flask\ndetails:\n"
    )
    assert Relation.objects.get(label="Flask 3").target == flask
    assert change_set.revisions.count() == 2
    undo(change_set, ann)
    assert texts() == before
    assert Relation.objects.get(label="Flask").target == flask


def test_rename_changes_only_lines_with_the_name(ann):
    flask = make_term("Flask")
    make_term(
        "Django",
        related="Flask, WSGI",
        text=text_of("Django", related="Flask, WSGI").replace("\n", "\r\n"),
    )
    before = text("Django")
    apply(rename(flask, "Quart", may_edit_all), ann)
    assert text("Django") == before.replace("'Flask, WSGI'", "'Quart, WSGI'")


def test_old_name_still_resolves_in_terms_that_may_not_be_edited(ann):
    flask, django = make_term("Flask"), make_term("Django", related="Flask")
    operation = rename(flask, "Quart", lambda term: term != django)
    assert "you may not edit it" in operation.effects[-1].words
    apply(operation, ann)
    relation = Relation.objects.get(term=django)
    assert (relation.label, relation.target) == ("Flask", flask)


@pytest.mark.parametrize(
    ("name", "words"),
    [("", "has 1 to"), ("x" * 301, "has 1 to"), ("Flask", "already"), ("WSGI", "Merge the two"),
     ("Gateway", "Merge the two")],
)  # fmt: skip
def test_invalid_name_is_refused(name, words):
    flask = make_term("Flask")
    make_term("WSGI", text=text_of("WSGI").replace("---\nWSGI", "aliases: [Gateway]\n---\nWSGI"))
    with pytest.raises(CannotRefactor, match=words):
        rename(flask, name, may_edit_all)


def test_published_rename_keeps_mentions_and_announces_unchanged_address(ann):
    flask = make_live("Flask")
    make_term("Django", related="Flask", body="Like Flask.")
    publish_all()
    operation = rename(flask, "Quart", may_edit_all)
    words = [effect.words for effect in operation.effects]
    assert any("its address stays as it is" in said for said in words)
    assert any("mentions “Flask” in its text" in said for said in words)
    publish_set(apply(operation, ann), ann)
    assert PublishedTerm.objects.get(uid=flask.uid).name == "Quart"
    assert Mention.objects.get(source__name="Django").target_uid == flask.uid
    assert list(check_consistency(default_glossary())) == []


def test_merge_moves_names_relations_and_addresses(ann):
    old, new = make_live("Microframework"), make_live("Flask", related="Microframework, WSGI")
    make_live("Django", related="Microframework, Flask")
    before = texts()
    change_set = apply(merge_terms(old, new, may_edit_all), ann)
    assert "value: 'WSGI'" in text("Flask")
    assert Alias.objects.filter(term=new, name="Microframework").exists()
    assert [r.label for r in Relation.objects.filter(term__name="Django")] == ["Flask"]
    assert publish_set(change_set, ann) == 3
    page = Page.objects.get(path="/glossary/software/full-stack/microframework/")
    assert (page.status, page.location.rpartition("stack/")[2]) == (301, "flask/")
    assert Term.with_trash.get(pk=old.pk).trashed_at
    assert list(check_consistency(default_glossary())) == []

    undo(change_set, ann)
    assert texts() == before
    assert Term.objects.get(pk=old.pk).trashed_at is None
    publish_all()
    assert Page.objects.get(path="/glossary/software/full-stack/microframework/").status == 200
    assert list(check_consistency(default_glossary())) == []


def test_undo_does_not_restore_a_term_that_was_deleted(ann):
    old, new = make_term("Microframework"), make_term("Flask")
    change_set = apply(replace(old, new, may_edit_all), ann)
    trash(Term.objects.get(pk=old.pk), ann)
    with pytest.raises(CannotRefactor, match=r"“Microframework” is in the trash. Restore it"):
        undo(change_set, ann)


def test_rename_preview_says_which_mentions_stay_links(ann):
    old = make_live("Cookie")
    make_live("Http", body="Sets cookies.")
    said = [effect.words for effect in rename(old, "Web Cookie", may_edit_all).effects]
    assert "mentions “cookies” in its text; this stays a link" in said
    said = [effect.words for effect in rename(old, "Web Cookie", may_edit_all, False).effects]
    assert "mentions “cookies” in its text; this stays, but is no longer a link" in said


def test_merge_preview_lists_effects_on_texts_and_links(ann):
    old = make_live("Microframework")
    new = make_live("Flask", body="A microframework.")
    make_live("Django", body="No microframework.")
    said = {(effect.term, effect.words) for effect in merge_terms(old, new, may_edit_all).effects}
    words = "mentions “microframework” in its text; this stays"
    assert ("Flask", f"{words}, without a link to itself") in said
    assert ("Django", f"{words} a link") in said
    kept = "keeps its definition and text in its own file; nothing of them goes into “Flask”"
    assert ("Microframework", kept) in said


def test_merge_can_append_text_of_merged_term(ann):
    body = "Is `small`.\r\n\r\n## Use\r\n\r\nMuch.\r\n\r\nOld\r\n---\r\n\r\n> ### Deep\r\n"
    old = make_term("a*b*", path="c.md", body="x")
    save_text(old, old.newest_revision().text.replace("x", body))
    new = make_term("Flask", body="Own words.")
    before = texts()
    change_set = apply(
        merge_terms(Term.objects.get(pk=old.pk), new, may_edit_all, takes_text=True), ann
    )
    said = text("Flask").partition("Own words.")[2]
    assert said == (
        "\n\n## a\\*b\\*\n\nWhat a\\*b\\* is, in a sentence.\n\nIs `small`.\n\n### Use\n\nMuch."
        "\n\n### Old\n\n> #### Deep\n"
    )
    assert body in text("a*b*")  # the merged term keeps its text
    publish_set(change_set, ann)
    html = Page.objects.get(path="/glossary/software/full-stack/flask/").content.decode()
    assert ">a*b*</h2>" in html
    restore_term(Term.with_trash.get(pk=old.pk), ann)
    undo(change_set, ann)
    assert texts() == before


def test_impossible_merge_is_refused_with_reason(ann):
    flask, bad = make_term("Flask"), make_term("bad", path="bad.md", text="---\n[\n---\n")
    with pytest.raises(CannotRefactor, match="into itself"):
        merge_terms(flask, flask, may_edit_all)
    for pair in ((flask, bad), (bad, flask)):
        with pytest.raises(CannotRefactor, match="cannot be changed here"):
            merge_terms(*pair, may_edit_all)


def test_replaced_term_links_to_its_successor(ann):
    old, new = make_live("Old"), make_live("New")
    publish_set(apply(replace(old, new, may_edit_all), ann), ann)
    html = Page.objects.get(path="/glossary/software/full-stack/old/").content.decode()
    assert "no longer used" in html
    assert ">New</a>" in html


def test_undo_is_refused_after_later_edit(ann):
    flask, django = make_term("Flask"), make_term("Django", related="Flask")
    change_set = apply(rename(flask, "Quart", may_edit_all), ann)
    save_text(django, text_of("Django", related="Quart", body="New."))
    now = texts()
    with pytest.raises(CannotRefactor, match="changed since: “Django”"):
        undo(change_set, ann)
    assert texts() == now
    assert ChangeSet.objects.get(pk=change_set.pk).undone_at is None


def test_operation_cannot_be_undone_twice(ann):
    change_set = apply(rename(make_term("Flask"), "Quart", may_edit_all), ann)
    undo(change_set, ann)
    with pytest.raises(CannotRefactor, match="already undone"):
        undo(change_set, ann)


def test_operation_is_refused_after_a_later_save(ann):
    flask = make_term("Flask")
    operation = rename(flask, "Quart", may_edit_all)
    save_text(flask, text_of(body="Quicker."))
    with pytest.raises(StaleWrite):
        apply(operation, ann)
    assert not ChangeSet.objects.exists()
    assert operation.digest != rename(Term.objects.get(), "Quart", may_edit_all).digest


# Change sets


def test_change_set_is_published_completely_or_not_at_all(ann):
    good, strict = make_term("Good"), make_term("Strict", category="Strict")
    Category.objects.filter(name="Strict").update(approvals_needed=1)
    change_set = collect(default_glossary(), [good, strict], "Both", ann)
    with pytest.raises(PublishingRefused) as refused:
        publish_set(change_set, ann)
    assert [refusal.term.name for refusal in refused.value.refusals] == ["Strict"]
    assert not PublishedTerm.objects.exists()
    assert not Page.objects.filter(path__contains="good").exists()
    ben = User.objects.create_superuser("ben", password="x")
    seen = {term.pk: term.fingerprint for term in (good, strict)}
    assert approve_set(change_set, ben, seen) == 2
    assert publish_set(change_set, ann) == 2
    assert PublishedTerm.objects.count() == 2


def test_change_set_is_submitted_and_approved_as_a_whole(ann):
    terms = [make_term(name, author=ann) for name in ("A", "B")]
    change_set = collect(default_glossary(), terms, "Both", ann)
    assert submit_set(change_set, ann) == 2
    with pytest.raises(CannotReview, match="nothing to do"):
        submit_set(change_set, ann)
    ben = User.objects.create_superuser("ben", password="x")
    with pytest.raises(CannotReview, match="“B”: The text has changed"):
        approve_set(change_set, ben, {terms[0].pk: terms[0].fingerprint})
    assert not Approval.objects.exists()


def test_undo_restores_name_of_category(ann):
    make_term("Flask")
    before = texts()
    category = Category.objects.get(name="Software")
    change_set = rename_classification(category, "Programs", ann)
    assert "category: Programs" in text("Flask")
    undo_set(ChangeSet.objects.get(pk=change_set.pk), ann)
    assert texts() == before
    assert Category.objects.get().name == "Software"
    change_set = rename_classification(Category.objects.get(), "Programs", ann)
    make_term("Other", category="Software")
    with pytest.raises(CannotRefactor, match=r"has come into|cannot be called “Software” again"):
        undo_set(ChangeSet.objects.get(pk=change_set.pk), ann)
    with pytest.raises(CannotRefactor, match="another category “Software”"):
        rename_classification(Category.objects.get(name="Programs"), "Software")

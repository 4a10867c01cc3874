"""The page of a change set: terms in the trash, pictures, items beside the files, undoing it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from terms.changes.trash import restore_term, trash_terms
from terms.models import ChangeSet, ItemChange, Notice, Picture, PictureChange, Term
from tests.factory import default_glossary, make_term

pytestmark = pytest.mark.django_db


@pytest.fixture
def change_set():
    """A change set that only moved terms to the trash."""
    made = ChangeSet.objects.create(glossary=default_glossary(), title="Import of words")
    ids = [make_term(name).pk for name in ("Flask", "Django")]
    trash_terms(made.glossary, ids, change_set=made)
    return made


def url(change_set):
    return reverse("admin:terms_changeset_change", args=[change_set.pk])


def test_page_lists_terms_that_were_moved_to_the_trash(admin, change_set):
    restore_term(Term.with_trash.get(name="Django"))
    page = admin.get(url(change_set)).content.decode()
    assert "2 terms, by" in page
    listed = page[page.index("Moved to the trash") :]
    assert "Flask <small>flask.md" in listed
    django = reverse("admin:terms_term_review", args=[Term.objects.get(name="Django").pk])
    assert f'{django}">Django</a> (restored)' in listed


def test_terms_in_the_trash_are_restored_by_undoing(admin, change_set):
    page = admin.post(url(change_set), {"do": "undo"}, follow=True)
    assert Term.objects.count() == 2
    assert "Undone: Import of words" in page.content.decode()
    assert "Undo all" not in admin.get(url(change_set)).content.decode()


def test_author_is_told_that_another_person_has_undone_it(admin, change_set, django_user_model):
    ben = django_user_model.objects.create_user("ben", is_staff=True)
    ChangeSet.objects.filter(pk=change_set.pk).update(author=ben)
    admin.post(url(change_set), {"do": "undo"})
    notice = Notice.objects.get(person=ben)
    assert "has undone “Import of words”." in notice.text
    assert notice.address == url(change_set)


def test_taken_path_is_named(admin, change_set):
    make_term("Another", path="flask.md")
    page = admin.post(url(change_set), {"do": "undo"}, follow=True)
    assert "There is another term file “flask.md” now" in page.content.decode()
    assert Term.objects.count() == 1


def test_restoring_by_undoing_needs_the_right_to_delete(account, change_set):
    writer = account("writer", "view_term", "change_term")
    assert "Undo all" not in writer.get(url(change_set)).content.decode()
    assert writer.post(url(change_set), {"do": "undo"}).status_code == 403
    deleter = account("deleter", "view_term", "change_term", "delete_term")
    assert "Undo all" in deleter.get(url(change_set)).content.decode()
    assert deleter.post(url(change_set), {"do": "undo"}).status_code == 302
    assert Term.objects.count() == 2


@pytest.fixture
def change_set_beside(change_set):
    """A change set that only replaced a picture and changed an owner."""
    made = ChangeSet.objects.create(glossary=change_set.glossary, title="Import of pictures")
    after = {"file": "terms/b.png", "original": "", "fingerprint": "b"}
    Picture.objects.create(glossary=made.glossary, path="images/a.png", **after)
    before = {**after, "fingerprint": "a"}
    PictureChange.objects.create(change_set=made, path="images/a.png", before=before, after=after)
    term = make_term("WSGI")
    Term.objects.filter(pk=term.pk).update(review_by="2027-01-31")
    ItemChange.objects.create(change_set=made, term=term, key="review_by", after="2027-01-31")
    return made


def test_page_lists_pictures_and_items_and_undoes_them(admin, change_set_beside):
    page = admin.get(url(change_set_beside)).content.decode()
    assert "images/a.png <small>replaced" in page
    assert "WSGI</a>: review_by <small>default → 2027-01-31" in page
    page = admin.post(url(change_set_beside), {"do": "undo"}, follow=True).content.decode()
    assert "Undone" in page
    assert Picture.objects.get().fingerprint == "a"
    assert Term.objects.get(name="WSGI").review_by is None


def test_undoing_pictures_needs_the_right_to_import(account, change_set_beside):
    writer = account("writer", "view_term", "change_term")
    assert writer.post(url(change_set_beside), {"do": "undo"}).status_code == 403
    importer = account("importer", "view_term", "change_term", "import_terms")
    assert importer.post(url(change_set_beside), {"do": "undo"}).status_code == 302
    assert Picture.objects.get().fingerprint == "a"


def test_queries_do_not_grow_with_the_terms(admin, change_set):
    def queries():
        with CaptureQueriesContext(connection) as found:
            admin.get(url(change_set))
        return len(found)

    queries()
    before = queries()
    ids = [make_term(f"Term {n}").pk for n in range(10)]
    trash_terms(change_set.glossary, ids, change_set=change_set)
    assert queries() == before

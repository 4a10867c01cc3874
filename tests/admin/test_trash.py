"""Deleting and restoring terms in the admin."""

import pytest
from django.contrib.admin import site
from django.contrib.messages.storage.cookie import CookieStorage

from terms.admin.views.page import while_there
from terms.models import Event, Page, Term
from terms.review.requests import CannotReview, approve
from tests.factory import make_live, make_term

pytestmark = pytest.mark.django_db
PREFIX = "/admin/terms/term/"


def test_delete_page_lists_references_and_asks_for_confirmation(admin):
    term = make_live("Flask")
    make_live("Django", related="Flask", body="Like Flask.")
    page = admin.get(f"{PREFIX}{term.pk}/delete/").content.decode()
    assert "Readers see this term." in page
    assert "1 term relates to it." in page
    assert page.count("<li>Django</li>") == 1
    assert Term.objects.count() == 2
    sent = {"reason": "It is part of Django. "}
    page = admin.post(f"{PREFIX}{term.pk}/delete/", sent, follow=True).content.decode()
    assert "“Flask” was moved to the trash." in page
    assert Event.objects.get(kind="trashed").detail == "It is part of Django."
    assert Page.objects.get(path="/glossary/software/full-stack/flask/").status == 410
    assert admin.get(f"{PREFIX}{term.pk}/change/").status_code == 302


def test_term_is_restored_from_trash(admin):
    term = make_term("Flask")
    admin.post(f"{PREFIX}{term.pk}/delete/")
    page = admin.get(f"{PREFIX}trash/").content.decode()
    assert 'aria-label="Restore Flask"' in page
    page = admin.post(f"{PREFIX}trash/", {"term": term.pk}, follow=True).content.decode()
    assert "was restored as a draft." in page
    assert "The trash is empty." in page
    for number in (term.pk, "", "x", "٣", "9" * 40):
        page = admin.post(f"{PREFIX}trash/", {"term": number}, follow=True).content.decode()
        assert "no longer in the trash" in page


def test_page_reports_that_its_term_was_deleted(admin, rf, editor):
    term = make_term("Flask")
    stale = Term.objects.get()
    admin.post(f"{PREFIX}{term.pk}/delete/")
    with pytest.raises(CannotReview, match="“Flask” was deleted"):
        approve(stale, editor, stale.fingerprint)
    request = rf.get("/")
    request._messages = CookieStorage(request)
    view = while_there(lambda request, model_admin: Term.objects.get(pk=term.pk))
    assert view(request, model_admin=site.get_model_admin(Term))["Location"] == PREFIX
    (message,) = request._messages
    assert "was just deleted" in str(message)


def test_refused_restore_is_reported(admin):
    term = make_term("Flask")
    admin.post(f"{PREFIX}{term.pk}/delete/")
    make_term("Flask")
    page = admin.post(f"{PREFIX}trash/", {"term": term.pk}, follow=True).content.decode()
    assert "There is another term file “flask.md” now" in page

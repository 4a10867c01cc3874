"""Sending several terms for review, and moving several to the trash."""

import re

import pytest
from django.contrib.auth.models import Group, User

from terms.models import ChangeSet, Glossary, Notice, Removal, Review, Term
from tests.accounts import logged_in
from tests.factory import make_live, make_term

pytestmark = pytest.mark.django_db
LIST = "/admin/terms/term/"


def act(client, action, terms, **more):
    chosen = {"action": action, "_selected_action": [term.pk for term in terms], "index": 0}
    return client.post(LIST, {**chosen, **more}, follow=True).content.decode()


def test_actions_of_a_list_are_buttons(admin):
    make_term("A")
    html = admin.get(LIST).content.decode()
    names = re.findall(r'<input type="hidden" name="action" value="(\w*)">', html)
    buttons = re.findall(r'name="index" value="(\d)">([^<]+)<', html)
    assert names[0] == ""
    assert {names[int(n)]: words for n, words in buttons}["trash_selected"] == "Move to the trash"
    chosen = {"action": names, "index": names.index("edit_selected")}
    page = admin.post(LIST, {**chosen, "_selected_action": [Term.objects.get().pk]})
    assert "Edit 1 term" in page.content.decode()


def test_several_terms_are_sent_for_review(admin):
    ben = User.objects.create_superuser("ben")
    terms = [make_term("A"), make_term("B"), make_live("C")]
    Review.objects.create(term=terms[1], opened_at="2026-01-01T00:00Z")
    page = act(admin, "submit_selected", terms)
    assert "A review of 1 term was requested." in page
    assert "“B”: A review was already requested." in page
    page = act(admin, "submit_selected", [terms[2]])
    assert "Their texts are published already." in page
    assert [notice.text for notice in Notice.objects.filter(person=ben)] == [
        "ana asks for a review of “A”."
    ]


def test_several_terms_are_moved_to_the_trash_and_back(admin):
    terms = [make_live("A", related="B"), make_term("B"), make_term("C")]
    page = act(admin, "trash_selected", terms[:2])
    assert "Move 2 terms to the trash?" in page
    assert "Readers see 1 of them." in page
    assert Term.objects.count() == 3
    page = act(admin, "trash_selected", terms[:2], confirm="1")
    assert "2 terms were moved to the trash." in page
    assert Term.objects.get().name == "C"
    address = f"/admin/terms/changeset/{ChangeSet.objects.get().pk}/change/"
    assert f'formaction="{address}"' in page
    admin.post(address, {"do": "undo"})
    assert Term.objects.count() == 3


def test_deletion_of_live_terms_waits_for_approval(admin):
    terms = [make_live("A"), make_term("B")]
    Glossary.objects.update(approvals_needed=1)
    page = act(admin, "trash_selected", terms, confirm="1")
    assert "1 term is not deleted yet" in page
    assert "1 term was moved to the trash." in page
    assert Removal.objects.get().term == terms[0]
    assert Term.objects.get().name == "A"


def test_person_deletes_only_permitted_terms(roles):
    term = make_term("A")
    author = User.objects.create_user("ann", is_staff=True)
    author.groups.add(Group.objects.get(name="Author"))
    act(logged_in(author), "trash_selected", [term], confirm="1")
    assert Term.objects.get() == term

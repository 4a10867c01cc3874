"""The work lists in the admin."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from terms.changes.operation import undo
from terms.models import ChangeSet, Event, Mention, PublishedTerm, Relation, Suggestion, Term
from terms.review.suggestions import keep_suggestion
from terms.review.worklists import LISTS
from tests.factory import default_glossary, make_live, make_term

pytestmark = pytest.mark.django_db
WORK = "/admin/terms/term/work/"


def test_reports_count_open_work_and_fold_the_rest(admin):
    make_term("A", related="B, Wanted one")
    make_term("B")
    html = admin.get("/admin/terms/term/reports/").content.decode()
    listed, _, folded = html.partition("lists without an entry")
    assert "<b>2</b> Drafts" in listed
    assert "<b>1</b> Wanted" in listed
    assert "<b>1</b> One-way relations" in listed
    assert "Unreadable" in folded
    assert "To review" not in html


def test_home_page_begins_a_new_term(admin):
    make_term("A")
    assert 'id="id_quick"' in admin.get("/admin/").content.decode()
    assert 'value="New one"' in admin.get("/admin/terms/term/add/?name=New+one").content.decode()


def test_every_work_list_has_a_page(admin):
    make_live("A", related="B, Wanted one", body="B and C.")
    make_live("B")
    make_live("C", body="A")
    for name, found in LISTS.items():
        html = admin.get(f"{WORK}{name}/").content.decode()
        assert found.help.replace("'", "&#x27;") in html
    assert admin.get(f"{WORK}nothing/").status_code == 404
    for number in ("0", "-1", "x", "9" * 30):
        assert admin.get(f"{WORK}wanted/", {"p": number}).status_code == 200


def test_missing_relation_is_added_with_one_click(admin):
    make_term("A", related="B")
    make_term("B", related="C#, Wanted one")
    relation = Relation.objects.get(label="B")
    html = admin.post(f"{WORK}one-way/", {"relation": relation.pk}, follow=True).content.decode()
    assert "“B” relates to “A” now." in html
    assert "value: 'C#, Wanted one, A'" in Term.objects.get(name="B").newest_revision().text
    assert "Nothing to do." in html
    for number in ("", "x", "٣", "9" * 30, "0"):
        html = admin.post(f"{WORK}one-way/", {"relation": number}, follow=True).content.decode()
        assert "no longer exists" in html


def test_number_of_queries_does_not_depend_on_rows(admin):
    counts = []
    for first in (0, 5, 20):
        for number in range(first, first * 3 + 4):
            make_live(f"T{number}", related=f"T{number + 1}, Wanted {number}", body="T1 and T2.")
        with CaptureQueriesContext(connection) as queries:
            for name in LISTS:
                admin.get(f"{WORK}{name}/")
            admin.get("/admin/")
        counts.append(len(queries))
    assert counts[1] == counts[2]


def test_all_are_related_back_as_one_change_set(admin):
    make_term("A", related="C, D")
    make_term("B", related="C")
    for name in ("C", "D"):
        make_term(name)
    assert "Relate all back" in admin.get(f"{WORK}one-way/").content.decode()
    page = admin.post(f"{WORK}one-way/", {"relate_all_back": "1"}, follow=True).content.decode()
    assert "The files of 2 terms have changed." in page
    related = {term.name: term.document().related for term in Term.objects.all()}
    assert (set(related["C"].split(", ")), related["D"]) == ({"A", "B"}, "A")
    assert "Nothing to do." in page
    undo(ChangeSet.objects.get())
    assert Term.objects.get(name="C").document().related == "None"


def test_mentioned_terms_are_related_one_by_one_or_all(admin):
    make_live("Django")
    make_live("WSGI")
    make_live("Flask", body="Like Django and WSGI.")
    page = admin.get(f"{WORK}suggested/").content.decode()
    assert "Relate Flask to Django" in page
    number = Mention.objects.get(label="Django", source__name="Flask").pk
    page = admin.post(f"{WORK}suggested/", {"relate": number}, follow=True).content.decode()
    assert "“Flask” relates to “Django” now." in page
    assert Term.objects.get(name="Flask").document().related == "Django"
    admin.post(f"{WORK}suggested/", {"relate": "all"})
    assert Term.objects.get(name="Flask").document().related == "Django, WSGI"


def test_only_terms_that_the_person_may_change_are_related(account):
    make_term("A", related="B")
    make_term("B")
    reader = account("reader", "view_term")
    reader.post(f"{WORK}one-way/", {"relate_all_back": "1"})
    assert Term.objects.get(name="B").document().related == "None"
    assert (
        "no longer exists"
        in reader.post(f"{WORK}suggested/", {"relate": "all"}, follow=True).content.decode()
    )


def undo_in(html):
    """Return the address and the field of the button “Undo” of a message."""
    found = re.search(r'form="undo" formaction="([^"]+)" name="(\w+)" value="(\w+)"', html)
    return found[1], {found[2]: found[3]}


def test_declined_name_is_listed_and_wanted_again_after_undo(admin):
    make_term("A", related="Wanted one")
    keep_suggestion(default_glossary(), "Wanted one", "Please explain it.")
    sent = {"name": "Wanted one", "answer": "Out of scope"}
    html = admin.post(f"{WORK}wanted/", sent, follow=True).content.decode()
    assert "is declined, and will not be listed again" in html
    assert "Wanted one</th>" not in html
    listed = admin.get(f"{WORK}declined/").content.decode()
    assert "Out of scope" in listed
    assert 'aria-label="Allow the name Wanted one again"' in listed
    address, undo = undo_in(html)
    html = admin.post(address, undo, follow=True).content.decode()
    assert "The decision about “Wanted one” was taken back." in html
    assert "Wanted one</th>" in html
    assert Suggestion.objects.open().get().text == "Please explain it."
    assert Event.objects.filter(kind="reopened").count() == 1
    html = admin.post(address, undo, follow=True).content.decode()
    assert "This suggestion no longer exists." in html


def test_decision_about_a_suggestion_is_undone(admin):
    page = PublishedTerm.objects.get(uid=make_live("Flask").uid)
    suggestion = keep_suggestion(default_glossary(), "Flask", "Add an example.", page)
    for do in ("done", "decline"):
        sent = {"suggestion": suggestion.pk, "do": do}
        html = admin.post(f"{WORK}suggestions/", sent, follow=True).content.decode()
        assert not Suggestion.objects.open().exists()
        admin.post(*undo_in(html))
        assert Suggestion.objects.open().count() == 1


def test_declined_relation_is_suggested_again_after_undo(admin):
    make_live("Django", body="Like Flask.")
    make_live("Flask")
    mention = Mention.objects.get(target_uid__isnull=False)
    html = admin.post(f"{WORK}suggested/", {"mention": mention.pk}, follow=True).content.decode()
    assert "Nothing to do." in html
    html = admin.post(*undo_in(html), follow=True).content.decode()
    assert "It will be suggested again." in html
    assert "Relate Django to Flask" in html

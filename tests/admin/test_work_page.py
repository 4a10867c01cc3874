"""The work lists in the admin."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from terms.changes.operation import undo
from terms.models import ChangeSet, Mention, Relation, Term
from terms.review.worklists import LISTS
from tests.factory import make_live, make_term

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

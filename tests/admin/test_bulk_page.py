"""Editing one field of many selected terms in the admin."""

import re

import pytest
from django.contrib.auth.models import Group, User

from terms.changes import bulk
from terms.models import Category, ChangeSet, Event, Glossary, Grant, Term
from tests.accounts import logged_in
from tests.factory import default_glossary, make_live, make_term

pytestmark = pytest.mark.django_db
LIST = "/admin/terms/term/"
EDIT = f"{LIST}edit/"


def words(response):
    return re.sub(r"\s+", " ", response.content.decode())


def select(client, terms, action="edit_selected", **data):
    chosen = {"action": action, "_selected_action": [term.pk for term in terms], **data}
    return client.post(LIST, chosen, follow=True)


def ids_of(response):
    return re.search(r'name="terms" value="([\d,]*)"', response.content.decode())[1]


def confirmed(client, response):
    """Send the confirmation form of the page."""
    return client.post(EDIT, fields_to_confirm(response), follow=True)


def fields_to_confirm(response):
    html = response.content.decode()
    form = html[html.index('class="term-effects"') :]
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))
    return fields


def test_bulk_edit_is_previewed_and_applied(admin):
    terms = [make_live(f"T{number}") for number in range(3)]
    other = Category.objects.create(glossary=default_glossary(), name="Elsewhere", slug="elsewhere")
    page = select(admin, terms[:2])
    assert "Edit 2 terms" in words(page)
    data = {"terms": ids_of(page), "category": other.pk}
    shown = admin.post(EDIT, data)
    assert "Preview: 2 terms: category: Elsewhere" in words(shown)
    assert "its old address redirects" in words(shown)
    assert set(Term.objects.values_list("category__name", flat=True)) == {"Software"}
    done = confirmed(admin, shown)
    assert "to show it to readers" in words(done)
    assert Term.objects.filter(category=other).count() == 2
    assert ChangeSet.objects.latest("pk").revisions.count() == 2


def test_preview_is_shown_again_after_changes(admin):
    flask = make_term("Flask")
    data = {"terms": f"{flask.pk}", "icon": "mdi:lock", "confirm": "old"}
    response = admin.post(EDIT, data)
    assert "The glossary has changed" in words(response)
    assert Term.objects.get().version == 1


def test_owner_and_review_date_are_previewed_and_set(admin, editor):
    terms = [make_term("A"), make_term("B")]
    ids = ",".join(str(term.pk) for term in terms)
    chosen = {"terms": ids, "owner": editor.pk, "review_by": "2027-01-02"}
    shown = words(admin.post(EDIT, chosen))
    assert "2 terms get these values." in shown
    assert "<li>owner: ana</li><li>review date: 2 January 2027</li>" in shown
    assert not Term.objects.exclude(owner=None).exists()
    done = admin.post(EDIT, {**chosen, "confirm": "1"}, follow=True)
    assert "2 terms were updated: owner: ana; review date: 2 January 2027." in words(done)
    found = set(Term.objects.values_list("owner__username", "review_by", "version"))
    assert {(owner, str(day), version) for owner, day, version in found} == {
        ("ana", "2027-01-02", 1)
    }
    assert Event.objects.filter(kind="assigned").count() == 2
    removed = {"terms": ids, "owner": "none", "no_review_by": "on", "confirm": "1"}
    admin.post(EDIT, removed)
    assert set(Term.objects.values_list("owner", "review_by")) == {(None, None)}
    response = admin.post(EDIT, {"terms": ids, "review_by": "soon"})
    assert "Enter a valid date." in words(response)
    both = admin.post(EDIT, {"terms": ids, "icon": "mdi:lock", "no_icon": "on"})
    assert "Choose a new value or none, not both." in words(both)


def test_values_in_files_and_others_are_set_together(admin, editor):
    flask = make_term("Flask")
    shown = admin.post(EDIT, {"terms": f"{flask.pk}", "owner": editor.pk, "icon": "mdi:lock"})
    again = admin.post(EDIT, {**fields_to_confirm(shown), "edit": "1"})
    assert 'value="mdi:lock"' in words(again)
    confirmed(admin, shown)
    flask.refresh_from_db()
    assert (flask.owner, flask.icon) == (editor, "mdi:lock")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"icon": "a\x07b"}, "control character"),
        ({"relate": "x, y"}, "contains a comma"),
        ({"relate": " "}, "Choose at least one new value."),
        ({"unrelate": "Nobody"}, "Nothing would change"),
        ({"category": "999999"}, "Select a valid choice"),
    ],
)
def test_invalid_value_is_refused_with_reason(admin, data, said):
    flask = make_term("Flask")
    response = admin.post(EDIT, {"terms": f"{flask.pk}"} | data)
    assert response.status_code == 200
    assert said in words(response)
    assert Term.objects.get().version == 1


def test_invalid_selection_is_refused_and_duplicates_are_ignored(admin):
    flask = make_term("Flask")
    for ids in ("", "x", "0", "-1", "9" * 30, f"{flask.pk},{flask.pk + 1}"):
        response = admin.post(EDIT, {"terms": ids, "icon": "x"}, follow=True)
        assert "Choose again" in words(response)
    many = {"terms": f"{flask.pk}," * 50_000, "icon": "x"}
    assert "1 term: icon: x" in words(admin.post(EDIT, many))
    assert admin.get(EDIT).status_code == 405


def test_terms_of_two_glossaries_cannot_be_edited_together(admin):
    other = Glossary.objects.create(slug="other")
    response = select(admin, [make_term("A"), make_term("B", glossary=other)])
    assert "Choose terms from one glossary." in words(response)


def test_only_permitted_terms_and_categories_are_accepted(roles):
    mine = make_term("Mine")
    theirs = make_term("Theirs", category="Secret")
    user = User.objects.create_user("ben", is_staff=True)
    author = Group.objects.get(name="Author")
    Grant.objects.create(
        user=user, role=author, glossary=default_glossary(), category=mine.category
    )
    client = logged_in(user)
    page = select(client, [mine, theirs])
    assert "You may not change “Theirs”." in words(page)
    assert ids_of(page) == f"{mine.pk}"
    assert "Secret" not in re.search(r'<select name="category".*?</select>', words(page))[0]
    data = {"terms": f"{mine.pk},{theirs.pk}", "icon": "x"}
    assert "Choose again" in words(client.post(EDIT, data, follow=True))
    data = {"terms": f"{mine.pk}", "category": theirs.category_id}
    assert "Select a valid choice" in words(client.post(EDIT, data))


def test_too_many_terms_are_refused(admin, monkeypatch):
    monkeypatch.setattr(bulk, "MOST", 2)
    terms = [make_term(f"T{number}") for number in range(3)]
    assert "Choose 2 terms at most." in words(select(admin, terms))
    ids = ",".join(str(term.pk) for term in terms)
    assert "Choose again" in words(admin.post(EDIT, {"terms": ids}, follow=True))

"""Patterns for new terms."""

import pytest
from django.contrib.auth.models import Group, User

from terms.models import Category, Glossary, Grant, Pattern, Term
from tests.accounts import logged_in
from tests.admin.forms import fields_of
from tests.factory import default_glossary, make_term

pytestmark = pytest.mark.django_db
ADD = "/admin/terms/term/add/"


def make_pattern(name="Tool", **values):
    return Pattern.objects.create(glossary=default_glossary(), name=name, **values)


def test_pattern_is_made_and_a_new_term_begins_with_it(admin):
    make_term()
    category = Category.objects.get()
    sent = {
        "glossary": default_glossary().pk, "name": "Tool", "category": category.pk, "order": "0",
        "icon": "mdi:hammer", "description": "A tool that …", "body": "## Usage\r\n\r\n## History\r\n",
    }  # fmt: skip
    assert admin.post("/admin/terms/pattern/add/", sent).status_code == 302
    page = admin.get(ADD).content.decode()
    address = f"{ADD}?pattern={Pattern.objects.get().pk}"
    assert f'<a href="{address}">Tool</a>' in page
    fields = fields_of(admin.get(address))
    assert fields["body"] == ["## Usage\r\n\r\n## History"]
    assert (fields["icon"], fields["description"]) == (["mdi:hammer"], ["A tool that …"])
    assert fields["category"] == [str(category.pk)]
    fields["name"] = ["Hammer"]
    assert admin.post(ADD, fields).status_code == 302
    made = Term.objects.get(name="Hammer")
    assert (made.category, made.icon) == (category, "mdi:hammer")
    assert made.body.strip() == "## Usage\n\n## History"
    assert made.path == "hammer.md"


def test_pattern_keeps_the_typed_name(admin):
    pattern = make_pattern(body="Words")
    page = admin.get(f"{ADD}?name=Claw+%26+more").content.decode()
    address = f"{ADD}?pattern={pattern.pk}&name=Claw+%26+more"
    assert address.replace("&", "&amp;") in page
    fields = fields_of(admin.get(address))
    assert (fields["name"], fields["body"]) == (["Claw & more"], ["Words"])


def test_new_term_without_patterns_shows_none(admin):
    make_term()
    assert "Start from" not in admin.get(ADD).content.decode()


@pytest.mark.parametrize("chosen", ["", "x", "99999", "-1", "9" * 30])
def test_unknown_pattern_is_an_empty_text(admin, chosen):
    make_pattern(body="Words")
    fields = fields_of(admin.get(f"{ADD}?pattern={chosen}"))
    assert fields["body"] == [""]


def test_category_of_another_glossary_is_refused(admin):
    make_term()
    other = Glossary.objects.create(name="Other", slug="other")
    sent = {"glossary": other.pk, "name": "X", "category": Category.objects.get().pk, "order": "0"}
    page = admin.post("/admin/terms/pattern/add/", sent).content.decode()
    assert "is a category of another glossary" in page


def test_authors_see_patterns_of_their_glossaries_only(roles):
    ann = User.objects.create_user("ann", is_staff=True)
    make_pattern("Tool")
    other = Glossary.objects.create(name="Other", slug="other")
    Grant.objects.create(user=ann, role=Group.objects.get(name="Author"), glossary=other)
    client = logged_in(ann)
    assert "Start from" not in client.get(ADD).content.decode()
    Pattern.objects.create(glossary=other, name="Law")
    assert "Law" in client.get(ADD).content.decode()

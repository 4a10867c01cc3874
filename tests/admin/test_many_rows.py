"""Admin actions on ten thousand terms, or as many as MANY_TERMS says."""

import os
import re

import pytest

from terms.editing.gate import Draft, save
from terms.jobs.working import work_off
from terms.models import Category, ChangeSet, PublishedTerm, Term
from tests.factory import default_glossary

pytestmark = pytest.mark.django_db(transaction=True)
LIST = "/admin/terms/term/"
MANY = int(os.environ.get("MANY_TERMS", "10000"))


@pytest.fixture
def many(db):
    texts = (f"---\nterm: T{n}\ncategory: One\n---\nText of {n}.\n" for n in range(MANY))
    save(default_glossary(), [Draft(f"t{n}.md", text) for n, text in enumerate(texts)])


def select_all(client, action):
    some = Term.objects.order_by("pk").values_list("pk", flat=True)[:100]
    chosen = {"action": action, "select_across": "1", "_selected_action": list(some)}
    return client.post(LIST, chosen, follow=True).content.decode()


def test_actions_work_with_ten_thousand_terms(admin, many):
    other = Category.objects.create(glossary=default_glossary(), name="Two", slug="two")
    html = select_all(admin, "edit_selected")
    assert f"Edit {MANY:,} terms" in html
    ids = re.search(r'name="terms" value="([\d,]+)"', html)[1]
    edit = {"terms": ids, "category": other.pk}
    html = admin.post(f"{LIST}edit/", edit).content.decode()
    assert f"Preview: {MANY:,} terms: category: Two" in html
    assert f"… and {MANY - 300} more." in html
    digest = re.search(r'name="confirm" value="(\w+)"', html)[1]
    admin.post(f"{LIST}edit/", edit | {"confirm": digest})
    work_off(once=True)
    assert Term.objects.filter(category=other).count() == MANY
    address = f"/admin/terms/changeset/{ChangeSet.objects.get().pk}/change/"
    assert admin.get(address).status_code == 200
    assert f"{MANY} terms were added" in select_all(admin, "collect_selected")
    assert f"Publish {MANY:,} terms" in select_all(admin, "publish_selected")
    work_off(once=True)
    assert PublishedTerm.objects.count() == MANY
    assert f"{MANY} terms were withdrawn." in select_all(admin, "withdraw_selected")
    assert not PublishedTerm.objects.exists()

"""Addresses that were public once still answer after changes of terms, lists and names."""

import pytest
from django.test import Client

from terms.changes.rename import move
from terms.changes.trash import trash
from terms.formats.document import changed
from terms.models import MentionDecision, Page, PublishedTerm, Term
from terms.publishing.publish import publish, publish_again, withdraw
from terms.publishing.rebuild import rebuild
from tests.factory import default_glossary, make_live, make_term, publish_all, save_text
from tests.publishing.test_law_of_readers import everything, forget_everything

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clear_pages():
    forget_everything()  # tests that commit may leave rows of the search index


def body(path):
    return Page.objects.get(path=path).content.decode()


def assert_rebuild_changes_nothing():
    before = everything()
    forget_everything()
    rebuild(default_glossary())
    assert everything() == before


def test_term_named_like_its_category_has_its_own_page():
    own = "---\nterm: Software\ncategory: Software\n---\nOf the term.\n"
    make_live("Software", path="software.md", text=own)
    assert "Of the term." in body("/glossary/-/software/")
    assert 'class="letter"' in body("/glossary/software/")  # the list
    assert_rebuild_changes_nothing()


def test_name_at_deepest_allowed_nesting_is_linked():
    make_live("Deep", body="> " * 99 + "Flask")
    make_live("Flask")
    assert ">Flask</a>" in body("/glossary/software/full-stack/deep/")
    assert_rebuild_changes_nothing()


def test_mention_decision_does_not_depend_on_order_of_names():
    policies = make_live("Policies", path="p2.md")
    make_live("Policy")
    text = make_live("Text", body="POLICIES")
    MentionDecision.objects.create(term=text, key="policies", target=policies)
    publish_again(default_glossary(), Term.objects.all())
    save_text(policies, changed(policies.document(), columns={"description": "Other."}))
    publish(default_glossary(), Term.objects.filter(pk=policies.pk))
    assert_rebuild_changes_nothing()


def test_all_formats_of_term_merged_into_a_draft_are_gone():
    make_term("Heir")
    old = make_term("Old")
    merged = old.newest_revision().text.replace("---\n", "---\nstatus: merged\nreplaced_by: Heir\n", 1)  # fmt: skip
    save_text(old, merged)
    for act in (publish, withdraw):
        act(default_glossary(), Term.objects.filter(name="Old"))
    pages = Page.objects.filter(path__startswith="/glossary/software/full-stack/old")
    assert set(pages.values_list("status", flat=True)) == {410}
    assert pages.count() == 4


def merge_away(name, heir):
    term = Term.objects.get(name=name)
    text = term.newest_revision().text
    keys = f"---\nstatus: merged\nreplaced_by: {heir}\n"
    save_text(term, text.replace("---\n", keys, 1))
    for act in (publish, withdraw):
        act(default_glossary(), Term.objects.filter(pk=term.pk))
    return text


def redirect_of(path):
    page = Page.objects.get(path=f"/glossary/software/full-stack/{path}/")
    return page.status, page.location.rpartition("full-stack/")[2]


def test_addresses_of_merged_terms_redirect_and_return():
    for name in ("Old", "Heir", "Last"):
        make_live(name)
    move(Term.objects.get(name="Old"), "older.md")
    text = merge_away("Old", "Heir")
    assert redirect_of("old") == redirect_of("older") == (301, "heir/")
    merge_away("Heir", "Last")
    assert redirect_of("old") == redirect_of("older") == redirect_of("heir") == (301, "last/")
    move(Term.objects.get(name="Last"), "final.md")
    assert redirect_of("old") == redirect_of("heir") == (301, "final/")
    assert_rebuild_changes_nothing()
    withdraw(default_glossary(), Term.objects.filter(name="Last"))
    assert redirect_of("old") == redirect_of("final") == (410, "")
    save_text(Term.objects.get(name="Old"), text)
    publish(default_glossary(), Term.objects.filter(name="Old"))
    assert (redirect_of("old"), redirect_of("older")) == ((301, "older/"), (200, ""))
    assert redirect_of("heir") == (410, "")
    assert_rebuild_changes_nothing()


def test_relation_to_trashed_term_finds_new_term_of_that_name():
    flask = make_live("Flask")
    make_live("X", related="Flask")
    trash(flask)
    make_live("Flask", path="flask-2.md")
    assert "nobody has written" not in body("/glossary/software/full-stack/x/")


def test_misspelling_stays_hidden_when_a_draft_removes_it():
    flask = make_term("Flask")
    save_text(flask, changed(flask.document(), aliases=["Flaks"]))
    flask = Term.objects.get()
    flask.aliases.update(kind="hidden")
    publish_all()
    save_text(flask, changed(flask.document(), aliases=[]))
    publish_again(default_glossary(), Term.objects.all())
    page = PublishedTerm.objects.get()
    assert page.aliases == []
    assert page.names.filter(name="Flaks", is_hidden=True).exists()


def test_letter_page_of_short_list_redirects_to_list(monkeypatch):
    monkeypatch.setattr("terms.pages.lists.ONE_PAGE", 1)
    make_live("Flask")
    django = make_live("Django")
    assert Client().get("/glossary/software/letters/D/").status_code == 200
    withdraw(default_glossary(), Term.objects.filter(pk=django.pk))
    response = Client().get("/glossary/software/letters/D/")
    assert (response.status_code, response["Location"]) == (302, "/glossary/software/")

"""The page of a text that is not saved is the page that publishing would make."""

import random
import re

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from terms.editing.gate import Draft, save_one
from terms.formats.document import read_document
from terms.models import Alias, Category, Glossary, MentionDecision, Page, PublishedTerm, Term
from terms.publishing.publish import publish
from terms.publishing.unsaved import page_of_text
from terms.rendering import MAX_BODY, CannotRender
from tests.factory import default_glossary, make_live, make_term, publish_all, text_of

pytestmark = pytest.mark.django_db
DATED = re.compile(rb'<time datetime="[^"]*">[^<]*</time>')


def page_before(text, term=None, path="new.md"):
    document = read_document(text, term.path if term else path)
    return page_of_text(default_glossary(), document, term)


def page_after(text, term=None, path="new.md"):
    glossary = default_glossary()
    draft = Draft(term.path if term else path, text, term, term.version if term else 0)
    save_one(glossary, draft)
    found = Term.objects.get(path=draft.path)
    assert publish(glossary, Term.objects.filter(pk=found.pk)) == []
    page = PublishedTerm.objects.get(uid=found.uid)
    return page.path, bytes(Page.objects.get(path=page.path).content)


def lines(html):
    return DATED.sub(b"", html).decode().splitlines()


def assert_same(text, term=None, path="new.md"):
    before = page_before(text, term, path)
    after = page_after(text, term, path)
    assert before[0] == after[0]
    assert lines(before[1]) == lines(after[1])


@pytest.fixture
def few():
    for name in ("Flask", "Django", "WSGI", "Web server"):
        make_live(name, body=f"{name} is here. See Flask, Django and the web servers.")


def test_edited_text(few):
    term = Term.objects.get(name="Flask")
    text = text_of(
        "Flask", body="A WSGI app on a web server.\n\n## Use\n\nLike [Django](django.md)."
    )
    assert_same(text, term)


def test_new_text(few):
    assert_same(text_of("Werkzeug", body="A library for WSGI, as Flask uses.", related="Flask, X"))


def test_new_category_and_vertical(few):
    text = text_of("Werkzeug", category="New things", vertical="Other trades")
    assert not Category.objects.filter(name="New things").exists()
    page_before(text)
    assert not Category.objects.filter(name="New things").exists()
    assert_same(text)


def test_deprecated_and_with_meanings(few):
    make_live("Block", path="block.md")
    assert_same(text_of("Block (CSS)"), path="block-css.md")
    term = Term.objects.get(name="Django")
    text = text_of("Django").replace("icon:", "status: deprecated\nreplaced_by: Flask\nicon:")
    assert_same(text, term)


def test_decisions_and_hidden_names(few):
    text = text_of("Flask").replace("icon:", "aliases:\n  - Flaks\n  - Flask framework\nicon:")
    term = Term.objects.get(name="Flask")
    save_one(default_glossary(), Draft(term.path, text, term, term.version))
    Alias.objects.filter(name="Flaks").update(kind="hidden")
    term = Term.objects.get(name="Flask")
    MentionDecision.objects.create(term=term, key="django")
    assert_same(text.replace("Text.", "Django, WSGI."), term)


def test_pages_of_the_demo_glossary_are_the_same(settings):
    call_command("import_terms", str(settings.DEMO_DIR), publish=True, verbosity=0)
    glossary = Glossary.objects.get()
    chosen = random.Random(7).sample(list(Term.objects.order_by("path")), 12)
    for term in chosen:
        path, html = page_of_text(glossary, term.document(), term)
        stored = Page.objects.get(path=path)
        assert DATED.sub(b"", html) == DATED.sub(b"", bytes(stored.content)), term


def test_nothing_is_stored(few):
    term = Term.objects.get(name="Flask")
    with CaptureQueriesContext(connection) as found:
        page_before(text_of("Flask", body="Django and X.", category="New"), term)
    assert not [q["sql"] for q in found if not q["sql"].startswith("SELECT")]


def test_queries_do_not_grow_with_the_glossary(few):
    def queries():
        with CaptureQueriesContext(connection) as found:
            page_before(text_of("Flask", body="Django and WSGI."), Term.objects.get(name="Flask"))
        return len(found)

    before = queries()
    for number in range(20):
        make_term(f"Term {number}", body="Flask.")
    publish_all()
    assert queries() <= before


def test_text_that_cannot_be_rendered_says_why(few):
    with pytest.raises(CannotRender):
        page_before(text_of("Flask", body="x" * (MAX_BODY + 1)))

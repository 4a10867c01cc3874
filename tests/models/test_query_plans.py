"""Operations on some terms read only rows of these terms, not the whole glossary."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from terms.changes.change_sets import collect
from terms.changes.trash import trash
from terms.editing.gate import Draft, save
from terms.models import Page, Relation, Term
from terms.publishing.publish import publish, withdraw
from tests.factory import default_glossary, save_text, text_of

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(
        "connection.vendor != 'sqlite'", reason="other databases measure their tables themselves"
    ),
]
SOME = 60
PAGES = "/admin/terms/term/"


def drafts(first, **values):
    names = [f"Term {number}" for number in range(first, first + SOME)]
    texts = [
        text_of(name, related=f"Term {n}, Wanted {n}", body=f"Term {n} and Term {n + 7}.", **values)
        for n, name in enumerate(names)
    ]
    return [
        Draft(f"t{n}.md", text) for n, text in zip(range(first, first + SOME), texts, strict=True)
    ]


def full_scans(queries):
    """Return the steps of query plans that scan a table, or all its rows of a glossary."""
    found = set()
    for query in queries.captured_queries:
        sql = query["sql"]
        if not sql.startswith("SELECT") or "LIMIT" in sql or "terms_search" in sql:
            continue
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
            steps = [row[3] for row in cursor.fetchall()]
        found |= {
            (re.sub(r"\d+|'[^']*'", "?", sql)[-150:], step)
            for step in steps
            if re.search(r"SCAN terms_|\(glossary_id=\?\)", step)
        }
    return found


# Scans that happen once per change: names and pages for lists of all terms, and small tables.
ALLOWED = re.compile(
    r'"terms_(category|vertical|publishedclass|glossary|withdrawal|webhook)"|terms_reviewstep'
    r"|published_(order|classes)"
    r'|ORDER BY "terms_publishedterm"."sort_key"'
)


def test_changes_of_some_terms_scan_no_large_table():
    glossary = default_glossary()
    save(glossary, drafts(0))
    publish(glossary, Term.objects.all())
    with CaptureQueriesContext(connection) as queries:
        save(glossary, drafts(SOME))
        new = [f"t{number}.md" for number in range(SOME, 2 * SOME)]
        publish(glossary, Term.objects.filter(slug__in=[path[:-3] for path in new]))
        trash(Term.objects.get(name="Term 3"))
        withdraw(glossary, Term.objects.filter(pk__in=range(30)))
    assert Relation.objects.wanted().exists()
    assert [step for step in full_scans(queries) if not ALLOWED.search(" ".join(step))] == []


def test_pages_of_editors_scan_no_large_table(admin, ann):
    glossary = default_glossary()
    save(glossary, drafts(0))
    publish(glossary, Term.objects.all())
    collect(glossary, list(Term.objects.all()), "All", None)
    term = Term.objects.get(name="Term 3")
    save_text(term, text_of("Term 3", body="Other words about Term 4."))
    new = {"name": "Newer", "glossary": glossary.pk, "body": "About Term 4.", "path": ""}
    with CaptureQueriesContext(connection) as queries:
        for address in ("/admin/", f"{PAGES}{term.pk}/change/", f"{PAGES}{term.pk}/review/"):
            assert admin.get(address).status_code == 200
        admin.post(f"{PAGES}preview/", new)
    found = [step for step in full_scans(queries) if not ALLOWED.search(" ".join(step))]
    assert found == []


def test_build_finds_new_and_moved_pages_by_index(db):
    every = Page.objects.all()
    plans = [every.filter(sequence__gt=7).explain(), every.moved().order_by("path").explain()]
    assert "INDEX terms_page_sequence" in plans[0]
    assert "INDEX page_moved" in plans[1]

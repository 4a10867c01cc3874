"""Names with several meanings: which terms count as meanings, and where they are listed."""

import re

import pytest

from terms.changes.rename import move, undo_set
from terms.editing.gate import Draft, save
from terms.models import Page, PublishedTerm, Term
from terms.publishing.publish import publish, withdraw
from tests.factory import default_glossary, make_live, make_term, save_text, text_of

pytestmark = pytest.mark.django_db
PAGE = "/glossary/software/full-stack/{}/"


def html(slug):
    return Page.objects.get(path=PAGE.format(slug)).content.decode()


def section(page, heading):
    found = re.search(rf"<h2>{heading}</h2>(.*?)</section>", page, re.DOTALL)
    return re.findall(r"<a [^>]*>([^<]*)</a>", found[1]) if found else []


def slugs(*paths):
    saved = save(default_glossary(), [Draft(path, text_of(path[:50])) for path in paths])
    terms = Term.objects.in_bulk(one.term for one in saved)
    return {term.path: term.slug for term in terms.values()}


def test_slug_of_nested_folder_has_both_names():
    assert slugs(
        "boolean/aria/index.md", "aria/index.md", "boolean/index.md", "boolean/a/b/index.mdx",
        "deep/css/index.md", "boolean/aria/x/index.md", "boolean/html.md",
    ) == {
        "boolean/index.md": "boolean", "aria/index.md": "aria", "deep/css/index.md": "css",
        "boolean/aria/index.md": "boolean--aria", "boolean/html.md": "html",
        "boolean/aria/x/index.md": "boolean--aria--x", "boolean/a/b/index.mdx": "b",
    }  # fmt: skip
    assert slugs("deep/index.md", "deep/html/index.md") == {
        "deep/index.md": "deep", "deep/html/index.md": "deep--html",
    }  # fmt: skip
    assert Term.objects.get(path="deep/css/index.md").slug == "css"  # addresses are permanent
    long = slugs("y" * 200 + "/index.md", "y" * 200 + "/" + "x" * 200 + "/index.md")
    assert sorted(map(len, long.values())) == [200, 200]


def test_terms_with_one_folder_name_are_published_and_moved():
    glossary = default_glossary()
    save(glossary, [Draft(p, text_of(p)) for p in ("css/index.md", "x/css/index.md", "x/index.md")])
    assert publish(glossary, Term.objects.all()) == []
    term = Term.objects.get(path="x/css/index.md")
    done = move(term, "css/x/index.md")
    assert PublishedTerm.objects.get(uid=term.uid).slug == "css--x"
    undo_set(done)
    assert PublishedTerm.objects.get(uid=term.uid).slug == "x--css"


def test_meanings_and_main_term_list_each_other():
    css = make_live("Block (CSS)", path="block-css.md")
    assert section(html("block-css"), "Other meanings") == []
    block = make_live("Block", path="block.md")
    make_live("block (scripting)", path="block-scripting.md")
    make_live("Blocks", path="blocks.md")
    assert section(html("block"), "Other meanings") == ["Block (CSS)", "block (scripting)"]
    assert section(html("block"), "Referred to by") == []
    assert section(html("block-css"), "Other meanings") == ["Block"]
    save_text(css, text_of("Box (CSS)"))
    publish(default_glossary(), Term.objects.filter(pk=css.pk))
    assert section(html("block"), "Other meanings") == ["block (scripting)"]
    assert section(html("block-css"), "Other meanings") == []
    withdraw(default_glossary(), Term.objects.filter(pk=block.pk))
    assert section(html("block-scripting"), "Other meanings") == []


def test_name_with_abbreviation_is_no_meaning_of_itself_or_an_alias():
    make_live("Lifetime Value (LTV)", path="ltv.md")
    text = text_of("Worth").replace("term: Worth", "term: Worth\naliases:\n  - Lifetime Value")
    make_live("Worth", text=text)
    assert section(html("ltv"), "Other meanings") == []
    assert section(html("worth"), "Other meanings") == []


def test_disambiguation_macro_lists_parts_of_term():
    make_term(
        "Boolean", path="boolean/index.md", body="May be:\n\n{{GlossaryDisambiguation}}\n\nSo."
    )
    make_term("Attribute <b>", path="boolean/html/index.md")
    publish(default_glossary(), Term.objects.all())
    page = html("boolean")
    assert re.search(
        r'<p>May be:</p>\n<ul>\n<li><a class="ref" href="[^"]*/boolean--html/">'
        r"Attribute &lt;b&gt;</a>: What Attribute &lt;b&gt; is, in a sentence.</li>\n</ul>\n<p>So.",
        page,
    )
    assert section(page, "Other meanings") == []
    assert section(html("boolean--html"), "Other meanings") == ["Boolean"]
    part = Term.objects.get(slug="boolean--html")
    text = text_of("Attribute").replace("in a sentence", "shortly")
    save_text(part, text)
    publish(default_glossary(), Term.objects.filter(pk=part.pk))
    assert "</a>: What Attribute is, shortly.</li>" in html("boolean")
    save_text(part, text.replace("shortly", "at last"))
    publish(default_glossary(), Term.objects.filter(pk=part.pk))
    assert "is, at last.</li>" in html("boolean")


@pytest.mark.parametrize("body", ["See {{GlossaryDisambiguation}}.", "{{GlossaryDisambiguation}}"])
def test_macro_without_meanings_or_within_a_sentence_is_removed(body):
    make_live("Block", body=body)
    assert "?meanings" not in html("block")
    assert "Disambiguation" not in html("block")

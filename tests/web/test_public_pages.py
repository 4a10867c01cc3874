import re

import pytest
from django.core.management import call_command
from django.test import Client

from terms.formats.document import changed
from terms.models import Page, PublishedTerm, Term
from terms.publishing.publish import publish, withdraw
from tests.factory import default_glossary, make_live, make_term, save_text, text_of

pytestmark = pytest.mark.django_db

TERM = "/glossary/software/full-stack/flask/"


@pytest.fixture
def reader():
    return Client()


def page(reader, address):
    response = reader.get(address)
    assert response.status_code == 200, address
    return response.content.decode()


def test_term_page_has_definition_relations_and_icon(reader):
    make_live("Django", related="Flask")
    make_live("Flask", related="Django, C#", icon="mdi:file-code")
    html = page(reader, TERM)
    assert "<dfn>Flask</dfn>" in html
    assert "What Flask is, in a sentence." in html
    assert '<a href="#s-use">' not in html  # no table of contents for one heading
    assert '<h2 id="s-use">Use</h2>' in html
    assert '<a class="ref" href="../../../software/full-stack/django/">Django</a>' in html
    assert "C#: nobody has written this term yet" in html
    assert "Referred to by" in html
    assert '<svg class="icon"' in html
    assert f'<link rel="canonical" href="http://127.0.0.1:8000{TERM}">' in html


def test_addresses_are_served_redirected_or_not_found(reader):
    make_live("Flask")
    assert reader.get("/")["Location"] == "./glossary/"
    assert "Flask" in page(reader, "/glossary/")
    assert "Flask" in page(reader, "/glossary/software/")
    assert "Flask" in page(reader, "/glossary/software/full-stack/")
    for address in ("/glossary/flask/", "/glossary/other/full-stack/flask/"):
        response = reader.get(address)
        assert (response.status_code, response.url) == (301, TERM)
    for address in ("/glossary/none/", "/none/", "/glossary/software/none/", "/glossary/a/b/c/"):
        assert reader.get(address).status_code == 404


def test_term_without_category_has_short_address(reader):
    make_live("Closure", path="files/closure/index.md", text="---\ntitle: Closure\n---\nText\n")
    assert "Closure" in page(reader, "/glossary/closure/")


def test_drafts_are_not_shown(reader):
    make_live("Flask", related="Secret")
    make_term("Secret", body="hush-hush")
    changed = make_live("Django")
    save_text(changed, text_of("Django", body="hush-hush"))
    for address in (
        "/glossary/",
        TERM,
        "/glossary/software/",
        "/glossary/software/full-stack/django/",
    ):
        html = page(reader, address)
        assert "hush" not in html
        assert "secret.md" not in html
        assert 'href="/glossary/software/full-stack/secret/"' not in html
    assert "2 terms" in page(reader, "/glossary/")
    assert reader.get("/glossary/secret/").status_code == 404


def test_wanted_term_becomes_a_link_when_published(reader):
    make_live("Flask", related="Werkzeug")
    assert "nobody has written" in page(reader, TERM)
    make_live("Werkzeug")
    assert 'href="../../../software/full-stack/werkzeug/">Werkzeug</a>' in page(reader, TERM)


def test_withdrawn_term_is_gone_and_not_linked(reader):
    django = make_live("Django")
    make_live("Flask", related="Django")
    withdraw(default_glossary(), Term.objects.filter(pk=django.pk))
    gone = reader.get("/glossary/software/full-stack/django/")
    assert gone.status_code == 410
    assert "Django" not in gone.content.decode()
    assert "django/" not in page(reader, TERM)
    django.refresh_from_db()
    assert django.status == "draft"


@pytest.mark.parametrize(
    ("path", "text", "reason"),
    [
        ("x.md", "---\nterm: [\n---\n", "header cannot be read"),
        ("_index.md", "---\ntitle: Section\n---\n", "a section's page or a template"),
        ("x/_TEMPLATE.md", "---\ntitle: Template\n---\n", "a section's page or a template"),
        ("find.md", "---\ntitle: Search\nlayout: search\n---\n", "search page of a site"),
        ("x.md", "no header", "has no name"),
        (".md", "---\nterm: A\n---\n", "makes no address"),
        ("...md", "---\nterm: A\n---\n", "makes no address"),
        ("b/flask.md", "---\nterm: Other\n---\n", "address “flask”"),
        ("software.md", "---\nterm: Software\n---\n", "A category has the address"),
        ("x.md", "---\nterm: X\n---\n" + "x" * 100_001, "at most 100,000"),
    ],
)
def test_unpublishable_text_is_refused_with_reason(path, text, reason):
    make_live("Flask")
    term = make_term("x", path=path, text=text)
    refusals = publish(default_glossary(), Term.objects.filter(pk=term.pk))
    assert [reason in refusal.reason for refusal in refusals] == [True]
    assert PublishedTerm.objects.count() == 1


def test_aliases_are_shown_and_misspellings_are_not(reader):
    term = make_term("Flask")
    save_text(term, changed(term.document(), aliases=["Pallets", "Flsak"]))
    term.aliases.filter(name="Flsak").update(kind="hidden")
    publish(default_glossary(), Term.objects.all())
    html = page(reader, TERM)
    assert "Pallets" in html
    assert "Flsak" not in html


def test_pages_have_no_cookies_and_no_inline_code(reader):
    make_live("Flask", body="<p style='x' onclick='y'>z</p>")
    for address in ("/glossary/", TERM, "/glossary/none/"):
        response = reader.get(address)
        html = response.content.decode()
        assert not response.cookies
        assert "Cookie" not in response.get("Vary", "")
        scripts = re.findall(r"<script[^>]*>", html)
        assert all("src=" in script or "application/ld+json" in script for script in scripts)
        assert "style=" not in html
        assert "default-src 'none'" in response["Content-Security-Policy"]
        assert "unsafe" not in response["Content-Security-Policy"]
        assert response["X-Frame-Options"] == "DENY"
        assert response["X-Content-Type-Options"] == "nosniff"


HOSTILE = [
    "%00", "%0a", "%ff", "'", '"><script>', "../../etc/passwd", "%2e%2e%2f", "x" * 5000, "😀", "%E2%80%AE",
    "%F0%9F", ";", "a%2fb", "-1", "9" * 30, "%25", "\\", "*", "{{7*7}}",
]  # fmt: skip


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_addresses_cause_no_server_error(reader, value):
    make_live("Flask")
    for address in (
        f"/{value}/", f"/glossary/{value}/", f"/glossary/{value}/x/", f"/glossary/x/{value}/",
        f"/glossary/software/full-stack/{value}/", f"/glossary/?letter={value}", f"/media/{value}",
    ):  # fmt: skip
        assert reader.get(address).status_code in (200, 301, 400, 404), address


def test_only_safe_methods_are_allowed(reader):
    make_live("Flask")
    assert reader.post("/glossary/").status_code == 405
    assert reader.head(TERM).status_code == 200


def test_large_glossary_has_a_page_per_letter(reader, monkeypatch):
    monkeypatch.setattr("terms.pages.lists.ONE_PAGE", 1)
    make_live("Flask")
    make_live("Django")
    html = page(reader, "/glossary/")
    assert '<a href="./letters/F/">F</a>' in html
    assert ">Flask<" not in html
    assert ">Flask<" in page(reader, "/glossary/letters/F/")
    assert ">Flask<" in page(reader, "/glossary/software/letters/F/")
    assert reader.get("/glossary/letters/Q/").status_code == 302


def test_large_letter_is_split_by_the_next_letter(reader, monkeypatch):
    monkeypatch.setattr("terms.pages.lists.ONE_PAGE", 1)
    monkeypatch.setattr("terms.pages.lists.ONE_LETTER", 1)
    for name in ("Flask", "Fern", "Django"):
        make_live(name)
    assert '<a href="../../letters/F/Fl/">Fl</a>' in page(reader, "/glossary/letters/F/")
    assert ">Flask<" in page(reader, "/glossary/letters/F/Fl/")
    assert ">Django<" in page(reader, "/glossary/letters/D/")


def test_long_lists_are_split_repeatedly(reader, monkeypatch):
    monkeypatch.setattr("terms.pages.lists.ONE_PAGE", 1)
    monkeypatch.setattr("terms.pages.lists.ONE_LETTER", 2)
    for name in ("F", "Fl", "Flask", "Flasks", "Flat", "Fog", "7", "7th", "7up", "D"):
        make_live(name, path=f"x-{name.lower()}.md")
    letters = "/glossary/letters/"
    assert listed(page(reader, f"{letters}F/")) == (["Fl", "Fo"], ["F"])
    assert listed(page(reader, f"{letters}F/Fl/")) == (["Fla"], ["Fl"])
    assert listed(page(reader, f"{letters}F/Fla/")) == (["Flas", "Flat"], [])
    assert listed(page(reader, f"{letters}F/Flas/")) == ([], ["Flask", "Flasks"])
    assert listed(page(reader, f"{letters}F/Fo/")) == ([], ["Fog"])
    assert listed(page(reader, f"{letters}0-9/")) == (["7"], [])
    assert listed(page(reader, f"{letters}0-9/7/")) == (["7t", "7u"], ["7"])
    assert reader.get(f"{letters}F/Fog/").status_code == 302
    withdraw(default_glossary(), Term.objects.filter(name__in=["Flat", "Flasks"]))
    assert listed(page(reader, f"{letters}F/Fl/")) == ([], ["Fl", "Flask"])
    assert reader.get(f"{letters}F/Flas/")["Location"] == "/glossary/"


def listed(html):
    """Return the parts that a page links to, and the names listed on it."""
    main = html[html.index("<main") : html.index("</main>")]
    parts = re.findall(r'<ol class="sections">(.*?)</ol>', main, re.DOTALL)
    names = main.partition('<div class="terms">')[2]
    anchors = [re.findall(r">([^<]+)</a>", text) for text in (*parts, names)]
    return (anchors[0] if parts else [], anchors[-1])


def test_pages_need_few_queries(reader, django_assert_max_num_queries):
    for number in range(8):
        make_live(f"Term {number}", related=", ".join(f"Term {n}" for n in range(8)))
    for address in ("/glossary/", "/glossary/software/", "/glossary/software/full-stack/term-1/"):
        with django_assert_max_num_queries(7):
            page(reader, address)


def test_publishing_twice_changes_nothing():
    make_live("Flask", related="Django")
    before = [*PublishedTerm.objects.values(), *Page.objects.order_by("path").values()]
    publish(default_glossary(), Term.objects.all())
    assert [*PublishedTerm.objects.values(), *Page.objects.order_by("path").values()] == before


def test_names_are_sorted_by_letter(reader):
    for name in ("Zebra", "Élan", "3D", "§", "用語", "apple"):
        make_live(name, path=f"{ord(name[0])}.md")
    html = page(reader, "/glossary/")
    order = [html.index(f">{name}</a>") for name in ("3D", "§", "apple", "Élan", "Zebra", "用語")]
    assert order == sorted(order)


def test_check_glossary_reports_inconsistencies(capsys):
    term = make_live("Flask")
    call_command("check_glossary")
    Term.objects.filter(pk=term.pk).update(name="Other", fingerprint="x")
    PublishedTerm.objects.update(text="Tampered")
    term.details.first().delete()
    term.relations.create(position=9, label="Other", key="other")
    with pytest.raises(SystemExit, match="1"):
        call_command("check_glossary")
    output = capsys.readouterr().out
    assert "flask.md: name is 'Other' in the database and 'Flask' in the text." in output
    assert "flask.md: its fingerprint is not that of its text." in output
    assert "flask.md: details is" in output
    assert "flask.md: its relations are not those of its text" in output
    assert "flask.md: its page is not made of its live text." in output
    assert "/glossary/software/full-stack/flask.md: readers get an old page" in output

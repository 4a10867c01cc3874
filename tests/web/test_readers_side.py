"""All pages and formats for readers and machines."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit
from uuid import UUID
from xml.etree import ElementTree

import pytest
from django.core.management import call_command
from django.test import Client

from terms.formats.document import changed
from terms.models import Glossary, Mention, MentionDecision, Page, SearchMiss, Term
from terms.pages.build import build
from terms.publishing.publish import publish, publish_again, withdraw
from tests.factory import default_glossary, make_live, make_term, publish_all, save_text, text_of

pytestmark = pytest.mark.django_db

TERM = "/glossary/software/full-stack/flask/"
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def reader():
    return Client()


def text(reader, address):
    response = reader.get(address)
    assert response.status_code == 200, address
    return response.content.decode()


class Links(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.found += [v for k, v in attributes if k in ("href", "src", "action") and v]


def walk(reader, seen=None):
    """Follow all links from the home page. Return address → response."""
    seen = {} if seen is None else seen
    waiting = ["/", "/robots.txt", "/sitemap.xml", "/llms.txt"]
    while waiting:
        address = waiting.pop()
        if address in seen or address.startswith(("/static/", "/admin/")):
            continue
        response = reader.get(address)
        seen[address] = response
        found = []
        if "html" in response["Content-Type"]:
            found = Links(response.content.decode()).found
        elif "xml" in response["Content-Type"] or "plain" in response["Content-Type"]:
            found = re.findall(r"http://127\.0\.0\.1:8000([^\s<)\"{]*)", response.content.decode())
        if response.get("Location"):
            found.append(response["Location"])
        for link in found:
            target = urljoin(f"http://testserver{address}", link)
            if urlsplit(target).netloc == "testserver":
                waiting.append(urlsplit(target).path)
    return seen


def test_every_link_of_every_page_has_a_target(reader):
    call_command("import_terms", "fixtures/glossary", publish=True)
    seen = walk(reader)
    assert len(seen) > 150
    bad = {a: r.status_code for a, r in seen.items() if r.status_code not in (200, 301, 302)}
    assert bad == {}


SECRET = "zyzzyva"


def plant_secrets(reader):
    """Put the secret into drafts, and into former texts of withdrawn and changed terms."""
    make_live("Flask", body="Flask is used.", related="Django, Hidden one")
    make_live("Django")
    before = {page.path: page.content for page in Page.objects.all()}

    make_term(f"{SECRET} draft", body=SECRET, related="Flask", path=f"{SECRET}.md")
    make_term("Hidden one", body=f"Flask and {SECRET}", path="hidden-one.md")
    flask = Term.objects.get(name="Flask")
    save_text(
        flask, text_of(f"Flask {SECRET}", body=SECRET, category=SECRET, related=f"{SECRET} draft")
    )

    assert {page.path: page.content for page in Page.objects.all()} == before
    assert Mention.objects.count() == 0

    gone = make_live("Gone", body=f"Once said {SECRET}", path="gone.md")
    withdraw(default_glossary(), Term.objects.filter(pk=gone.pk))
    former = make_live("Former", body=f"Once said {SECRET}")
    save_text(former, text_of("Former", body="Says nothing"))
    publish(default_glossary(), Term.objects.filter(pk=former.pk))


def test_unpublished_text_is_on_no_page(reader):
    plant_secrets(reader)
    seen = walk(reader)
    for path in Page.objects.values_list("path", flat=True):
        seen.setdefault(path, reader.get(path))
    for address, response in seen.items():
        assert SECRET not in unquote(response.content.decode() + str(dict(response.headers))), (
            address
        )


def test_unpublished_text_is_not_found(reader):
    plant_secrets(reader)
    for query in (SECRET, SECRET[:4], "gone", "hidden", f"{SECRET} draft"):
        for address in ("/glossary/search", "/glossary/suggest"):
            response = reader.get(address, {"q": query})
            content = response.content.decode() + str(dict(response.headers))
            assert not re.search(rf"<(?:li|mark)[^>]*>[^<]*{SECRET}", content), address
            assert "Hidden one" not in content.replace("“hidden”", "")
    for path in (f"/glossary/{SECRET}/", f"/glossary/software/full-stack/{SECRET}/", "/glossary/hidden-one/",
                 f"/glossary/software/full-stack/{SECRET}.md"):  # fmt: skip
        response = reader.get(path)
        assert response.status_code == 404
        unknown = reader.get(path.replace(SECRET, "q" * 7)).content
        assert response.content == unknown.replace(b"q" * 7, SECRET.encode())


def test_unpublished_text_is_not_in_built_site(reader, tmp_path):
    plant_secrets(reader)
    build(tmp_path / "site")
    for file in (tmp_path / "site").rglob("*"):
        assert SECRET not in file.name
        if file.is_file():
            assert SECRET.encode() not in file.read_bytes(), file


HOSTILE = [
    "", "%00", "%0a", "%ff", "%ed%a0%80", "'", '"', "%22%3E%3Cscript%3E", "../../etc/passwd", "%2e%2e%2f", "x" * 5000,
    "%F0%9F%98%80", "%E2%80%AE", "%F0%9F", ";", "a%2fb", "-1", "0", "1e5", "9" * 30, "%D9%A3", "1_0", "%25", "%5C", "*",
    "{{7*7}}", "_" * 60_000, "%22+AND+(", "NEAR(", "null", "%EF%BB%BF", "a%00b",
]  # fmt: skip


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: value[:20])
def test_hostile_values_cause_no_server_error(reader, value):
    make_live("Flask")
    in_path = value if len(value) < 10_000 else value[:5000]
    for address in (
        f"/{in_path}", f"/{in_path}/", f"/glossary/{in_path}/", f"/glossary/{in_path}.md", f"/glossary/x/{in_path}/",
        f"/glossary/software/full-stack/{in_path}/", f"/glossary/software/full-stack/{in_path}.json",
        f"/glossary/letters/{in_path}/", f"/glossary/letters/F/{in_path}/", f"/glossary/names/{in_path}.json",
        f"/glossary/sitemap-{in_path}.xml", f"/glossary/search?q={value}", f"/glossary/suggest?q={value}",
        f"/{in_path}/search?q=x", f"/{in_path}/suggest?q=x", f"/glossary/?letter={value}", f"{TERM}?x={value}",
    ):  # fmt: skip
        assert reader.get(address).status_code in (200, 301, 302, 400, 404), address[:80]
    for header in (
        "accept",
        "if-none-match",
        "if-modified-since",
        "accept-encoding",
        "x-forwarded-host",
    ):
        response = reader.get(
            TERM, headers={header: unquote(value[:3000], errors="replace").replace("\n", "")}
        )
        assert response.status_code == 200


def test_feed_and_changes_page_list_new_and_changed_terms(reader):
    make_live("Flask & <Friends>", path="flask.md")
    term = Term.objects.get()
    feed = ElementTree.fromstring(text(reader, "/glossary/changes.atom"))
    (entry,) = feed.findall(f"{ATOM}entry")
    assert entry.find(f"{ATOM}title").text == "Flask & <Friends>"
    assert entry.find(f"{ATOM}link").get("href") == f"http://127.0.0.1:8000{TERM}"
    assert entry.find(f"{ATOM}id").text == f"urn:uuid:{UUID(term.uid)}"
    html = text(reader, "/glossary/changes/")
    assert ">new<" in html
    save_text(term, text_of("Flask", body="Changed"))
    publish_all()
    assert ">changed<" in text(reader, "/glossary/changes/")


def test_terms_published_together_are_sorted_by_name(reader):
    for name in ("Zebra", "Apple", "Mango"):
        make_term(name)
    publish_all()
    html = text(reader, "/glossary/changes/")
    places = [html.index(f">{name}</a>") for name in ("Apple", "Mango", "Zebra")]
    assert places == sorted(places)


def test_machine_formats_have_the_term(reader):
    term = make_live("Flask", related="Django, C#", body="Like Django.")
    make_live("Django")
    assert text(reader, TERM[:-1] + ".md") == term.newest_revision().text
    data = json.loads(text(reader, TERM[:-1] + ".json"))
    assert data["name"] == "Flask"
    assert data["related"] == [
        {"name": "Django", "url": "http://127.0.0.1:8000/glossary/software/full-stack/django/"},
        {"name": "C#", "url": None},
    ]
    assert [m["name"] for m in data["mentions"]] == ["Django"]
    linked = json.loads(text(reader, TERM[:-1] + ".jsonld"))
    assert linked["@type"] == "DefinedTerm"
    assert linked["inDefinedTermSet"]["@id"] == "http://127.0.0.1:8000/glossary/"
    sitemap = ElementTree.fromstring(text(reader, "/sitemap.xml"))
    part, lists = [node.text for node in sitemap.iter() if node.tag.endswith("loc")]
    for path in ("/glossary/", "/glossary/software/", "/glossary/software/full-stack/"):
        assert f"{path}</loc>" in text(reader, urlsplit(lists).path)
    places = text(reader, urlsplit(part).path)
    assert f"<loc>http://127.0.0.1:8000{TERM}</loc>" in places
    assert re.search(r"<lastmod>20\d\d-\d\d-\d\dT", places)
    assert "/sitemap.xml" in text(reader, "/robots.txt")
    assert f"({'http://127.0.0.1:8000'}{TERM[:-1]}.md)" in text(reader, "/glossary/llms.txt")
    assert "/glossary/llms.txt" in text(reader, "/llms.txt")
    assert "search?q={searchTerms}" in text(reader, "/glossary/opensearch.xml")


def test_linked_data_cannot_leave_its_element(reader):
    name = "</script><script>alert(1)</script><!--"
    make_live(
        "x",
        path="x.md",
        text=f"---\nterm: '{name}'\ndescription: '{name}'\naliases: ['{name}2']\n---\n{name}",
    )
    html = text(reader, "/glossary/x/")
    block = re.search(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)[1]
    assert json.loads(block)["name"] == name
    assert "alert(1)</script>" not in html.replace(block, "")


def test_deprecated_term_links_to_its_successor(reader):
    make_live("Django")
    make_live(
        "Old",
        path="old.md",
        text="---\nterm: Old\nstatus: deprecated\nreplaced_by: Django\n---\nText",
    )
    html = text(reader, "/glossary/old/")
    assert "no longer used" in html
    assert '<a class="ref" href="../software/full-stack/django/">Django</a>' in html
    withdraw(default_glossary(), Term.objects.filter(name="Django"))
    assert "no longer used" in text(reader, "/glossary/old/")
    assert "django/" not in text(reader, "/glossary/old/")


def test_withdrawn_term_links_to_related_terms(reader):
    make_live("Django")
    flask = make_live("Flask", related="Django")
    withdraw(default_glossary(), Term.objects.filter(pk=flask.pk))
    response = reader.get(TERM)
    assert response.status_code == 410
    assert ">Django</a>" in response.content.decode()
    for suffix in ("md", "json", "jsonld"):
        assert reader.get(f"{TERM[:-1]}.{suffix}").status_code == 410
    publish_all()
    assert reader.get(TERM).status_code == 200


def test_merged_term_redirects_to_its_successor(reader):
    make_live("Django")
    old = make_live("Old", path="old.md", text="---\nterm: Old\nreplaced_by: Django\n---\nText")
    save_text(old, "---\nterm: Old\nstatus: merged\nreplaced_by: Django\n---\nText")
    publish_all()
    withdraw(default_glossary(), Term.objects.filter(pk=old.pk))
    response = reader.get("/glossary/old/")
    assert (response.status_code, response["Location"]) == (301, "../software/full-stack/django/")
    assert reader.get("/glossary/old.json").status_code == 301
    django = Term.objects.get(name="Django")
    save_text(django, text_of("Django", category="Lab"))
    publish_all()
    assert reader.get("/glossary/old/").status_code == 200  # ``publish_all`` published it again
    withdraw(default_glossary(), Term.objects.filter(pk=old.pk))
    assert reader.get("/glossary/old/")["Location"] == "../lab/full-stack/django/"  # one redirect
    withdraw(default_glossary(), Term.objects.filter(pk=django.pk))
    assert reader.get("/glossary/old/").status_code == 410


def test_unknown_address_suggests_similar_terms(reader):
    make_live("Flask")
    response = reader.get("/glossary/software/full-stack/flsak/")
    assert response.status_code == 404
    assert 'href="/glossary/software/full-stack/flask/"' in response.content.decode()
    assert reader.get("/glossary/software/full-stack/flask").status_code == 301


def test_search_works_without_javascript(reader):
    make_live("Flask", body="A microframework.")
    html = text(reader, "/glossary/search?q=micro")
    assert f'<a href="{TERM}">Flask</a>' in html
    assert "<mark>microframework</mark>" in html
    assert "No term has “rust”." in text(reader, "/glossary/search?q=rust")
    assert "No term has “rust”." in text(reader, "/glossary/search?q=rust")
    assert list(SearchMiss.objects.values_list("key", "count")) == [("rust", 2)]
    assert json.loads(text(reader, "/glossary/suggest?q=fl")) == {
        "names": [
            {
                "name": "Flask",
                "href": "software/full-stack/flask/",
                "of": "",
                "gist": "What Flask is, in a sentence.",
            }
        ]
    }
    assert "Type a word" in text(reader, "/glossary/search")


def test_first_mention_is_linked_and_listed(reader):
    make_live("Django")
    make_live("Flask", body="Django and Django’s friends.")
    html = text(reader, TERM)
    assert html.count('<a class="ref" href="../../../software/full-stack/django/">Django</a>') == 1
    assert "Mentioned in" in text(reader, "/glossary/software/full-stack/django/")
    withdraw(default_glossary(), Term.objects.filter(name="Django"))
    assert "django/" not in text(reader, TERM)


def test_links_of_authors_within_the_site_are_relative(reader):
    body = "[own](/glossary/x/) ![](/media/a.png) [other](/elsewhere/) [at](//example.org/)"
    make_live("Flask", body=body)
    html = text(reader, TERM)
    for link in ("../../../../glossary/x/", "../../../../media/a.png", "/elsewhere/"):
        assert f'"{link}"' in html
    assert '"/glossary/x/"' not in html


def test_mentioning_term_is_listed_until_withdrawn(reader):
    make_live("Django")
    flask = make_live("Flask", body="Made after Django.")
    assert "Mentioned in" in text(reader, "/glossary/software/full-stack/django/")
    withdraw(default_glossary(), Term.objects.filter(pk=flask.pk))
    assert "Mentioned in" not in text(reader, "/glossary/software/full-stack/django/")


def test_mention_decisions_set_and_remove_links(reader):
    make_live("Bank", path="bank.md")
    river = make_live("Bank", path="bank-2.md")
    flask = make_live("Flask", body="By the bank, Go and Django.")
    make_live("Django")
    assert "bank" not in re.findall(r"<p>By.*?</p>", text(reader, TERM))[0].replace("the bank", "")
    assert Mention.objects.get(target_uid=None).label == "bank"
    MentionDecision.objects.create(term=flask, key="bank", target=river)
    MentionDecision.objects.create(term=flask, key="django", target=None)
    publish_again(default_glossary(), Term.objects.filter(pk=flask.pk))
    html = re.findall(r"<p>By.*?</p>", text(reader, TERM))[0]
    assert 'bank-2/">bank</a>' in html
    assert "django" not in html
    save_text(flask, text_of("Flask", body="Now the bank stands elsewhere."))
    publish_all()
    assert 'bank-2/">bank</a>' in text(reader, TERM)
    Term.objects.filter(pk=river.pk).update(is_linked=False)
    publish_again(default_glossary(), Term.objects.filter(pk=river.pk))
    assert 'bank-2/">bank</a>' not in text(reader, TERM)


def test_mention_decision_does_not_publish_draft(reader):
    flask = make_live("Flask")
    save_text(flask, text_of(f"Flask {SECRET}", category=SECRET, vertical=SECRET, body=SECRET))
    before = {page.path: page.content for page in Page.objects.all()}
    MentionDecision.objects.create(term=flask, key="django")
    publish_again(default_glossary(), Term.objects.filter(pk=flask.pk))
    assert {page.path: page.content for page in Page.objects.all()} == before


def test_new_alias_is_linked(reader):
    django = make_live("Django")
    make_live("Flask", body="The Web framework of Django.")
    save_text(django, changed(django.document(), aliases=["Web framework"]))
    publish_all()
    assert 'django/">Web framework</a>' in text(reader, TERM)


def test_terms_do_not_take_reserved_addresses(reader):
    make_live("Search", path="search.md", text="---\nterm: Search\n---\nText")
    assert "<dfn>Search</dfn>" in text(reader, "/glossary/-/search/")
    make_live("X", path="x.md", category="Search")
    assert text(reader, "/glossary/search-2/")


def test_term_page_is_small(reader):
    call_command("import_terms", "fixtures/glossary", publish=True)
    static = Path("terms/static/terms")
    assets = sum((static / name).stat().st_size for name in ("site.css", "prose.css", "site.js"))
    for page in Page.objects.filter(path__endswith="/", status=200):
        if page.path.count("/") == 5:
            assert len(page.content) + assets <= 30_000, page.path


def test_term_without_definition_is_described_by_first_sentence(reader):
    text_alone = "---\nterm: Flask\n---\n# Flask\n\nA *small* framework. It is used.\n"
    make_live("Flask", text=text_alone, path="flask.md")
    html = text(reader, "/glossary/flask/")
    assert 'name="description" content="A small framework."' in html
    assert 'class="definition"' not in html  # the text begins with it
    assert "A small framework." in text(reader, "/glossary/")
    assert json.loads(text(reader, "/glossary/flask.json"))["description"] == "A small framework."


def test_deprecated_terms_are_marked_in_lists(reader):
    term = make_live("Flask")
    assert "no longer used" not in text(reader, "/glossary/")
    save_text(term, text_of("Flask").replace("---\n", "---\nstatus: deprecated\n", 1))
    publish_all()
    assert "no longer used" in text(reader, "/glossary/")
    assert "no longer used" in text(reader, "/glossary/search?q=flask")


def test_other_addresses_of_a_file_redirect_to_its_term(reader):
    make_live("Flask")
    for path in ("/flask/", "/flask", "/docs/flask.md", "/glossary/software/full-stack/x/flask.md"):
        response = reader.get(path)
        assert (response.status_code, response["Location"]) == (302, TERM), path
    assert reader.get("/none/").status_code == 404


def test_address_in_other_case_redirects(reader):
    make_live("Flask", path="flask.md")
    response = reader.get("/Glossary/Software/Full-Stack/FLASK/")
    assert (response.status_code, response["Location"]) == (302, TERM)
    assert reader.get("/Glossary/Software/").status_code == 302


@pytest.mark.parametrize(
    ("language", "direction"),
    [("ar", ' dir="rtl"'), ("az-Arab", ' dir="rtl"'), ("ar-Latn", ""), ("de", "")],
)
def test_page_has_direction_of_its_language(reader, language, direction):
    Glossary.objects.update_or_create(slug="glossary", defaults={"language": language})
    make_live("Flask", path="flask.md")
    for path in (TERM, "/glossary/", "/glossary/search?q=x"):
        assert f'<html lang="{language}"{direction}>' in text(reader, path)


def test_url_in_details_is_a_link(reader):
    flask = make_live("Flask", path="flask.md")
    source = flask.newest_revision().text
    row = "details:\n  - title: Website\n    value: https://flask.example/\n"
    save_text(
        flask,
        source.replace("details:\n", row, 1)
        if "details:" in source
        else source.replace("---\n", "---\n" + row, 1),
    )
    publish(default_glossary(), Term.objects.all())
    assert '<a href="https://flask.example/">https://flask.example/</a>' in text(reader, TERM)

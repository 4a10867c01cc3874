import re
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from playwright.sync_api import expect

from terms.changes.change_sets import collect
from terms.changes.preview import make_link
from terms.models import Comment, Glossary, Term
from terms.pages.build import build
from terms.publishing.publish import withdraw
from terms.rendering import words
from tests.browser.axe import violations
from tests.factory import default_glossary, make_term, publish_all

pytestmark = pytest.mark.django_db(transaction=True)

LONG = (
    "Security Orchestration, Automation, and Response of a Very Long Name Indeed (SOARVLNI) & more"
)
BODY = """## Table

| a | b | c | d | e | f | g | h |
| - | - | - | - | - | - | - | -: |
| wide | wide | wide | wide | wide | wide | wide | wide |

```
a long line of code that is wider than a telephone is, by far, so that it has to scroll sideways
```

> A quote with a [link](#s-table).

- [x] done
"""


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [360, 768, 1440])
def test_public_pages_have_no_axe_violations_and_do_not_overflow(visit, width, dark):
    Glossary.objects.update_or_create(slug="glossary", defaults={"takes_suggestions": True})
    call_command("import_terms", "fixtures/glossary", publish=True)
    make_term(LONG, path="long.md", body=BODY, related="Flask, Wanted one")
    publish_all()
    page = visit(width, dark)
    long = Term.objects.get(name=LONG)
    make_term(
        "Old", path="old.md", text="---\nterm: Old\nstatus: deprecated\nreplaced_by: HTTP\n---\n"
    )
    gone = make_term("Gone", related="HTTP, Flask")
    publish_all()
    withdraw(default_glossary(), Term.objects.filter(pk=gone.pk))
    for address in (
        "/glossary/", "/glossary/web-platform/", "/glossary/web-platform/protocols/",
        "/glossary/web-platform/protocols/http/", f"/glossary/software/full-stack/{long.slug}/",
        "/glossary/changes/", "/glossary/search?q=http", "/glossary/search?q=htpt", "/glossary/search",
        "/glossary/old/", "/glossary/software/full-stack/gone/", "/glossary/htpp/", "/none/",
        "/glossary/suggestion", f"/glossary/suggestion?term={long.slug}", "/glossary/suggestion?sent=1",
    ):  # fmt: skip
        page.goto(address)
        assert violations(page) == [], address
        overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert overflow <= 0, address


@pytest.mark.parametrize("width", [320, 768, 1440])
def test_letter_rail_does_not_cover_link_targets(visit, width):
    call_command("import_terms", "fixtures/glossary", publish=True)
    page = visit(width)
    page.emulate_media(reduced_motion="reduce")
    page.goto("/glossary/")
    page.get_by_role("link", name="M", exact=True).click()
    rail = page.locator(".rail").bounding_box()
    heading = page.locator("#letter-M").bounding_box()
    assert rail["y"] + rail["height"] <= heading["y"]


def test_names_of_neighbours_fit_into_the_picture(visit):
    names = ["W" * 40, "Application programming interface", "応用プログラミング境界面の説明", "C"]
    for name in names:
        make_term(name)
    make_term("Here", related=", ".join(names))
    publish_all()
    page = visit(620)
    page.goto("/glossary/here/")
    picture = page.locator(".picture svg").bounding_box()
    texts = page.locator(".picture text").all()
    assert len(texts) == len(names)
    for text in texts:
        box = text.bounding_box()
        assert box["x"] + box["width"] <= min(620, picture["x"] + picture["width"]), (
            text.text_content()
        )


def test_empty_glossary_shows_a_message(visit):
    default_glossary()
    page = visit()
    page.goto("/glossary/")
    assert page.locator("text=Nothing has been published yet").count() == 1
    assert violations(page) == []


@pytest.mark.parametrize("dark", [False, True])
def test_large_glossaries_have_no_axe_violations(visit, monkeypatch, dark):
    monkeypatch.setattr("terms.pages.lists.ONE_PAGE", 20)
    monkeypatch.setattr("terms.pages.lists.ONE_LETTER", 5)
    call_command("import_terms", "fixtures/glossary", publish=True)
    page = visit(360, dark)
    for address in (
        "/glossary/", "/glossary/letters/H/", "/glossary/letters/C/", "/glossary/letters/C/Co/",
        "/glossary/web-platform/", "/glossary/web-platform/letters/H/",
    ):  # fmt: skip
        page.goto(address)
        assert violations(page) == [], address
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, address


def test_suggestions_can_be_chosen_by_keyboard(visit):
    call_command("import_terms", "fixtures/glossary", publish=True)
    page = visit()
    page.goto("/glossary/")
    box = page.get_by_role("combobox")
    box.press_sequentially("ht")
    options = page.get_by_role("option")
    expect(options.first).to_be_visible()
    expect(box).to_have_attribute("aria-expanded", "true")
    assert violations(page) == []
    box.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    expect(box).to_have_attribute("aria-activedescendant", options.first.get_attribute("id"))
    box.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")
    box.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    box.fill("")
    box.press_sequentially("flas")
    expect(options.first).to_have_text(
        "FlaskA small web framework for Python that leaves most features to extensions."
    )
    box.press("ArrowDown")
    box.press("Enter")
    expect(page.locator("h1")).to_have_text("Flask")
    page.get_by_role("combobox").fill("cookie")
    page.get_by_role("combobox").press("Enter")
    expect(page.locator("mark").first).to_have_text("Cookie")


def test_linked_term_shows_its_definition(visit):
    call_command("import_terms", "fixtures/glossary", publish=True)
    page = visit()
    page.goto("/glossary/web-platform/protocols/http/")
    link = page.locator(".body a.ref").first
    card = page.locator(".card")
    link.hover()
    expect(card).to_contain_text("A named field of an HTTP request")
    assert violations(page) == []
    assert card.bounding_box()["y"] >= link.bounding_box()["y"] + link.bounding_box()["height"] - 1
    card.hover()  # moving the pointer into the card keeps it open
    page.wait_for_timeout(500)
    expect(card).to_be_visible()
    page.keyboard.press("Escape")
    expect(card).to_have_count(0)
    page.mouse.move(0, 0)
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.body a.ref')"):
            break
    expect(card).to_be_visible()
    assert page.evaluate("document.activeElement.getAttribute('aria-describedby')") == "g-card"
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(card).to_have_count(0)


def test_definition_loaded_after_escape_is_not_shown(visit):
    call_command("import_terms", "fixtures/glossary", publish=True)
    page = visit()
    page.goto("/glossary/web-platform/protocols/http/")
    held = []
    page.route("**/*.json", lambda route: held.append(route))
    with page.expect_request("**/*.json"):
        page.locator(".body a.ref").first.hover()
    page.wait_for_timeout(100)
    page.keyboard.press("Escape")
    with page.expect_response("**/*.json"):
        held[0].continue_()
    page.wait_for_timeout(300)
    expect(page.locator(".card")).to_have_count(0)


def test_first_tap_shows_definition_and_second_follows_link(chromium, live_server):
    call_command("import_terms", "fixtures/glossary", publish=True)
    context = chromium.new_context(
        base_url=live_server.url, has_touch=True, viewport={"width": 360, "height": 700}
    )
    page = context.new_page()
    page.goto("/glossary/web-platform/protocols/http/")
    link = page.locator(".body a.ref").first
    link.tap()
    expect(page.locator(".card")).to_be_visible()
    assert page.url.endswith("/http/")
    link.tap()
    expect(page.locator("h1")).to_have_text("Header")
    context.close()


def test_site_works_without_scripts(chromium, live_server):
    call_command("import_terms", "fixtures/glossary", publish=True)
    context = chromium.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/glossary/")
    page.get_by_role("link", name="HTTP", exact=True).click()
    page.locator(".body a.ref").first.click()
    expect(page.locator("h1")).to_have_text("Header")
    page.get_by_label("Search Glossary").fill("cookie")
    page.get_by_role("button", name="Search").click()
    expect(page.locator(".results li").first).to_contain_text("Cookie")
    context.close()


def test_footnote_is_beside_its_number_and_other_blocks_are_not_moved(visit):
    block = '<div id="own"><p>First of two.</p><p>Second of two.</p></div>'
    make_term("Flask", body=f"Text[^1].\n\n{block}\n\n[^1]: The note.\n")
    publish_all()
    page = visit()
    page.goto("/glossary/software/full-stack/flask/")
    place = {words: page.get_by_text(words, exact=True).bounding_box() for words in (
        "First of two.", "Second of two.", "The note.")}  # fmt: skip
    assert place["First of two."]["x"] == place["Second of two."]["x"]
    assert place["First of two."]["y"] < place["Second of two."]["y"]
    number = page.locator(".body div > sup").bounding_box()
    assert number["x"] < place["The note."]["x"]
    assert abs(number["y"] - place["The note."]["y"]) < 12


def test_guest_sees_definitions_below_names(visit):
    change_set = collect(default_glossary(), [make_term("Flask")], "One", None)
    page = visit()
    sharer = User.objects.create_superuser("sharer")
    page.goto(f"/preview/{make_link(change_set, sharer, 1)[1]}/")
    definition = page.locator(".gist")
    expect(definition).to_have_text("What Flask is, in a sentence.")
    assert definition.bounding_box()["y"] > page.get_by_role("link", name="Flask").bounding_box()["y"] + 12  # fmt: skip


def test_guest_can_comment_with_the_form(visit):
    """The browser sends the Origin of the form (S8)."""
    change_set = collect(default_glossary(), [make_term("Flask", body="A framework.")], "One", None)
    page = visit()
    sharer = User.objects.create_superuser("sharer")
    page.goto(f"/preview/{make_link(change_set, sharer, 1)[1]}/")
    page.locator("[name=name]").fill("Eva")
    page.locator("[name=text]").fill("Which version?")
    page.locator("form:has([name=text]) button").click()
    expect(page.get_by_text("The editors have your comment")).to_be_visible()
    assert Comment.objects.get().text == "Which version?"


WORDS = [
    "Flask C++ C# node.js", "数据库 图形", "데이터 베이스", "データベース", "ฐานข้อมูล", "Øresund Łódź æther", "Straße STRASSE ẞx",
    "Café cafe\u0301", "ςίγμα ΣΊΓΜΑ", "नमस्ते", "עִבְרִית", "العَرَبِيَّة", "İstanbul", "a_b #x", "ﬁne ½", "",
]  # fmt: skip


def test_offline_search_splits_words_like_the_server(visit):
    make_term("Flask")
    publish_all()
    page = visit()
    page.goto("/glossary/")
    apart = """async (texts) => {
        const { offline } = document.querySelector("form.search").dataset;
        const { wordsOf } = await import(new URL(offline, location));
        return texts.map(wordsOf);
    }"""
    assert page.evaluate(apart, WORDS) == [words(text) for text in WORDS]


def test_built_site_can_be_searched_without_server(chromium, tmp_path):
    call_command("import_terms", "fixtures/glossary", publish=True)
    build(tmp_path / "below" / "site")
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path / "below"))
    SimpleHTTPRequestHandler.log_message = lambda *_: None
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    Thread(target=server.serve_forever, daemon=True).start()
    context = chromium.new_context(base_url=f"http://127.0.0.1:{server.server_port}")
    page = context.new_page()
    page.goto("/site/glossary/")
    page.get_by_role("combobox").press_sequentially("flsk")
    expect(page.get_by_role("option")).to_have_text(re.compile("^FlaskA small web framework"))
    page.get_by_role("combobox").press("Enter")
    expect(page.locator("#g-count")).to_have_text("1 found")
    page.get_by_role("link", name="Flask").click()
    expect(page.locator("h1")).to_have_text("Flask")
    context.close()
    server.shutdown()
    server.server_close()


def test_skip_link_is_reached_by_keyboard(visit):
    make_term("Flask")
    publish_all()
    page = visit()
    page.goto("/glossary/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.url.endswith("#content")

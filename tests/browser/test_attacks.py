"""Hostile texts in a browser without the Content-Security-Policy, to test the sanitiser alone."""

import json

import pyromark
import pytest
from playwright.sync_api import Error

from terms.models import Page, Term
from terms.publishing.publish import publish
from tests.factory import default_glossary, make_term, save_text

pytestmark = pytest.mark.django_db(transaction=True)

TOGETHER = 32  # attacks per term
HOOKS = """
window.__fired = [];
for (const name of ["alert", "confirm", "prompt", "print"]) window[name] = () => { window.__fired.push(name); };
Object.defineProperty(window, "__x", { set() { window.__fired.push("__x"); } });
"""
POKE = """
() => {
  const events = ["click", "mouseover", "mouseenter", "focus", "blur", "error", "load", "toggle", "input", "change",
    "keydown", "pointerover", "animationstart", "animationend", "transitionend", "wheel", "scroll", "copy", "cut",
    "paste", "drag", "beforetoggle", "start", "finish", "play", "begin"];
  document.addEventListener("click", (event) => event.preventDefault(), true);
  for (const element of document.querySelectorAll("*")) {
    if (element.namespaceURI !== "http://www.w3.org/1999/xhtml" || !/^(html|head|script|meta|link|title)$/i.test(element.tagName)) {
      for (const name of events) element.dispatchEvent(new Event(name, { bubbles: false, cancelable: true }));
    }
  }
  const bad = [];
  for (const element of document.querySelectorAll("[href], [src], [action], [formaction], [data], [srcdoc]")) {
    for (const name of ["href", "src", "action", "formaction", "data", "srcdoc"]) {
      const value = element.getAttribute(name);
      if (value && (name === "srcdoc" || /^[\\u0000-\\u0020]*(javascript|vbscript|data):/i.test(value.replace(/[\\t\\n\\r]/g, "")))) bad.push(element.outerHTML.slice(0, 200));
    }
  }
  return [...window.__fired, ...bad];
}
"""


@pytest.fixture(scope="module")
def attacks(shared):
    html = json.loads((shared / "attacks/xss/xss_dev.json").read_text())["cases"]
    texts = json.loads((shared / "attacks/markdown/markdown_xss_own.json").read_text())["cases"]
    found = [case["html"] for case in html] + [case["markdown"] for case in texts]
    return [found[start : start + TOGETHER] for start in range(0, len(found), TOGETHER)]


def quoted(text):
    """Return ``text`` as a YAML scalar, without characters that YAML cannot hold."""
    return json.dumps("".join(c for c in text if c.isprintable() or c == "\n"))


def make_hostile(number, group):
    values = [attack for attack in group if len(attack) < 250 and attack.strip()] or ["x"]
    name = f"{values[0]} {number}"[:290].replace("\n", " ")
    header = [
        f"term: {quoted(name)}",
        f"category: {quoted(values[number % len(values)][:80])}",
        "vertical: V",
        f"description: {quoted(' '.join(values))}",
        f"aliases: [{quoted(values[-1] + ' alias')}]",
        f"status: deprecated\nreplaced_by: {quoted(values[0])}",
        "details:",
        f"  - title: {quoted(values[0])}\n    value: {quoted(values[-1])}\n    url: {quoted('javascript:alert(1)')}",
        f"  - title: Related Terms\n    value: {quoted(', '.join(values)[:900])}",
    ]
    body = "\n\n".join("".join(c for c in attack if c != "\0") for attack in group)
    return make_term(
        name, path=f"t{number}.md", text="---\n" + "\n".join(header) + f"\n---\n{body}\n"
    )


@pytest.fixture
def guarded(chromium, live_server):
    """A page that records executed scripts, and records and blocks requests to other hosts."""
    context = chromium.new_context(base_url=live_server.url, bypass_csp=True)
    context.add_init_script(HOOKS)
    elsewhere = []

    def gate(route):
        if route.request.url.startswith(live_server.url):
            route.continue_()
        else:
            elsewhere.append(route.request.url)
            route.abort()

    context.route("**/*", gate)
    page = context.new_page()
    page.elsewhere = elsewhere
    yield page
    context.close()


def fired(page, address):
    try:
        page.goto(address)
        return page.evaluate(POKE)
    except Error as error:  # an attack that navigates to another page
        return [str(error)]


def test_harness_detects_attacks_without_sanitiser(guarded, attacks):
    """Control experiment with the unsanitised output of the Markdown parser."""
    seen = 0
    html = ""
    guarded.route("**/control", lambda route: route.fulfill(body=html, content_type="text/html"))
    for group in attacks[::9]:
        html = pyromark.html("\n\n".join(group))
        seen += bool(fired(guarded, "/control"))
    assert seen > len(attacks[::9]) / 2
    assert guarded.elsewhere


def test_hostile_texts_run_no_scripts_and_load_nothing(guarded, attacks, admin_client, live_server):
    terms = [make_hostile(number, group) for number, group in enumerate(attacks)]
    make_term("Innocent", path="i.md", body=" ".join(term.name for term in terms[:60]))
    refusals = publish(default_glossary(), Term.objects.all())
    assert len(refusals) < len(terms) / 10, refusals[0]
    pages = list(
        Page.objects.filter(status=200, path__regex=r"/(t\d+|i)/$").values_list("path", flat=True)
    )
    assert len(pages) > len(terms) * 0.9
    others = ["/glossary/", "/glossary/changes/", "/glossary/changes.atom", pages[3][:-1] + ".json",
              pages[3][:-1] + ".md", "/glossary/search?q=alert", "/glossary/search?q=%3Cscript%3Ealert(1)%3C/script%3E",
              "/glossary/suggest?q=%3Cimg", "/glossary/names.json", "/glossary/%3Cscript%3Ealert(1)%3C/script%3E/"]  # fmt: skip
    for address in (*pages, *others):
        assert fired(guarded, address) == [], address
    assert guarded.elsewhere == []

    # Scripts insert cards and suggestions.
    guarded.goto(next(page for page in pages if page.endswith("/i/")))
    for place, link in enumerate(guarded.locator("a.ref").all()[:8]):
        link.focus()
        guarded.keyboard.press("Shift")
        guarded.wait_for_timeout(150)
        assert guarded.evaluate(POKE) == [], place
    guarded.fill("#g-q", "<")
    guarded.locator("#g-q").press_sequentially("img")
    guarded.wait_for_timeout(400)
    assert guarded.evaluate(POKE) == []

    # The admin: form with preview, history, links, file, list.
    session = admin_client.cookies["session"].value
    guarded.context.add_cookies([{"name": "session", "value": session, "url": live_server.url}])
    for term in terms[::25]:
        save_text(term, term.newest_revision().text + "\n<img src=x onerror=alert(1)>\n")
        for view in ("change", "history", "links", "file"):
            assert fired(guarded, f"/admin/terms/term/{term.pk}/{view}/") == [], (term.pk, view)
    assert fired(guarded, "/admin/terms/term/") == []
    assert guarded.elsewhere == []

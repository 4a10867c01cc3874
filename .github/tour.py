"""The pictures of the README, taken from the running system: make tour.

Imports the demo glossary into a temporary folder, lets three people work on it, serves it, and
saves the pictures next to this file. Needs Chromium; CHROMIUM is its path.
"""

import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
SIZE = {"width": 1280, "height": 800}
COLOURS = 96
COVER = """<style>
body {{ margin: 0; height: 820px; background: #dfe4ec; overflow: hidden }}
img {{ position: absolute; border-radius: 8px; box-shadow: 0 12px 40px #0006 }}
</style>
<img src="data:image/png;base64,{0}" style="left: 560px; top: 40px; width: 1000px">
<img src="data:image/png;base64,{1}" style="left: 40px; top: 130px; width: 800px">"""


def main() -> None:
    sys.path.insert(0, str(ROOT))
    os.chdir(ROOT)
    with tempfile.TemporaryDirectory() as data:
        port = _free_port()
        os.environ |= {
            "DATA_DIR": data, "SECRET_KEY": secrets.token_urlsafe(50), "HTTPS": "false",
            "ALLOWED_HOSTS": "127.0.0.1", "SITE_URL": f"http://127.0.0.1:{port}",
            "DJANGO_SETTINGS_MODULE": "glossary_cms.settings", "DJANGO_ALLOW_ASYNC_UNSAFE": "true",
        }  # fmt: skip
        import django

        django.setup()
        sessions = a_day()
        command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1"]
        command += ["--port", str(port), "--log-level", "critical", "glossary_cms.wsgi:application"]
        server = subprocess.Popen(command)  # noqa: S603 — our own words
        try:
            _wait_for(port)
            take(f"http://127.0.0.1:{port}", sessions)
        finally:
            server.terminate()
            server.wait()


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def _wait_for(port: int) -> None:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.2)
    raise SystemExit("The server does not answer.")


def a_day() -> dict[str, str]:
    """Create the content of the pictures. Return user name → session key."""
    from django.core.management import call_command

    from terms.models import Glossary, TermFile
    from terms.review.comments import comment
    from terms.review.requests import submit
    from terms.review.suggestions import keep_suggestion

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    glossary = Glossary.objects.create(slug="glossary", takes_suggestions=True)
    call_command("import_terms", "fixtures/glossary", publish=True, verbosity=0)
    Glossary.objects.update(approvals_needed=1)
    TermFile.objects.all().delete()  # the pictures do not show the folder
    ann, rita, paul = (_person(*who) for who in PEOPLE)
    flask = _written(
        ann,
        "Flask",
        "Flask maps URLs to Python functions and leaves other decisions open.",
        "Flask maps URLs to Python functions and leaves other decisions to you.",
    )
    submit(flask, ann, "Is it clearer now?")
    comment(flask, rita, "“To the developer”?", "to you")
    keep_suggestion(
        glossary, "Memoisation", "The page on caching mentions it but does not explain it."
    )
    return {person.username: _session(person) for person in (ann, rita, paul)}


PEOPLE = (("Ann", "Author"), ("Rita", "Reviewer"), ("Paul", "Publisher"))


def _person(name: str, role: str):
    from django.contrib.auth import get_user_model
    from django.contrib.auth.models import Group

    person = get_user_model().objects.create_user(name, first_name=name, is_staff=True)
    person.groups.add(Group.objects.get(name=role))
    return person


def _session(person) -> str:
    from django.test import Client

    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client.cookies["session"].value


def _written(person, name: str, old: str, new: str):
    """Replace words of a term as ``person``, and return the saved term."""
    from terms.editing.gate import Draft, save_one
    from terms.models import Term

    term = Term.objects.get(name=name)
    text = term.newest_revision().text
    if old not in text:
        raise SystemExit(f"The demo's “{name}” does not say “{old}” any more.")
    draft = Draft(term.path, text.replace(old, new, 1), term, term.version)
    save_one(term.glossary, draft, person, "Explain what it is for")
    return Term.objects.get(pk=term.pk)


def take(address: str, sessions: dict[str, str]) -> None:
    from playwright.sync_api import sync_playwright

    from terms.models import Term

    ids = dict(Term.objects.values_list("name", "pk"))
    terms = f"{address}/admin/terms/term/"
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])

        def page_of(person: str = ""):
            context = browser.new_context(viewport=SIZE, color_scheme="light")
            if person:
                cookie = {"name": "session", "value": sessions[person], "url": address}
                context.add_cookies([cookie])
            return context.new_page()

        http = f"{address}/glossary/web-platform/protocols/http/"
        _cover(page_of(), http, page_of("Paul"), f"{terms}{ids['HTTP']}/change/")
        _writing(page_of("Ann"), address, f"{terms}{ids['Cookie']}/change/")
        _reviewing(page_of("Rita"), f"{terms}{ids['Flask']}/review/")
        _renaming(page_of("Paul"), f"{terms}{ids['HTTP']}/refactor/")
        _reading(page_of(), http)
        browser.close()


def _cover(page, term: str, admin, form: str) -> None:
    """The page of a term in front of its form: glossary.png."""
    page.set_viewport_size({"width": 900, "height": 660})
    page.goto(term)
    admin.set_viewport_size({"width": 1300, "height": 960})
    admin.goto(form)
    admin.frame_locator(".edit-preview iframe").locator("h1").wait_for()
    admin.wait_for_timeout(400)
    pictures = [b64encode(shown.screenshot()).decode() for shown in (admin, page)]
    page.set_viewport_size({"width": 1600, "height": 820})
    page.goto("about:blank")  # a page of the site would forbid the style
    page.set_content(COVER.format(*pictures))
    _picture(page, "glossary")


def _writing(page, address: str, form: str) -> None:
    page.goto(f"{address}/admin/")
    _picture(page, "tour-1-work")
    page.goto(form)
    page.focus("#id_body")
    page.keyboard.press("Control+End")
    page.keyboard.type("\nWhere it may be sent depends on the [[same")
    page.wait_for_selector(".choices li")
    _picture(page, "tour-2-writing")


def _reviewing(page, review: str) -> None:
    page.goto(review)
    _picture(page, "tour-3-review")


def _renaming(page, refactoring: str) -> None:
    page.goto(refactoring)
    page.fill("#rename-name", "Hypertext Transfer Protocol")
    page.get_by_role("button", name="Show effects").first.click()
    page.wait_for_selector(".term-effects")
    _picture(page, "tour-4-renaming")
    page.get_by_role("button", name="Rename", exact=True).click()
    page.wait_for_url("**/changeset/*/change/")
    _picture(page, "tour-5-change-set")


def _reading(page, term: str) -> None:
    page.goto(term)
    page.locator(".body a.ref").first.hover()
    page.wait_for_selector(".card")
    _picture(page, "tour-6-reading")


def _picture(page, name: str) -> None:
    from PIL import Image

    path = HERE / f"{name}.png"
    page.wait_for_timeout(400)
    page.screenshot(path=path)
    with Image.open(path) as image:
        few = image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    few.save(path, optimize=True)
    sys.stdout.write(f"{path.relative_to(ROOT)} {path.stat().st_size // 1024} kB\n")


if __name__ == "__main__":
    main()

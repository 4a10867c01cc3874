"""Fixtures for tests in Chromium. Without Chromium the tests are skipped, except on CI."""

import os
import shutil
import threading

import pytest
from django.contrib.auth.models import User

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip

WAIT = 60_000  # ms that a loaded machine may take for a page, or for a reaction of the page


def pytest_collection_modifyitems(items):
    for item in items:
        if "/browser/" in str(item.path):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="session")
def chromium():
    if CHROMIUM is None and not os.environ.get("CI"):
        pytest.skip("needs Chromium; set CHROMIUM to its path")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright runs an event loop
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=WAIT)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


# The console reports responses with these status codes as errors.
EXPECTED = (
    "409 (Conflict)", "404 (Not Found)", "410 (Gone)", "422 (Unprocessable Entity)",
)  # fmt: skip


@pytest.fixture
def visit(chromium, live_server):
    """Return a function that opens a page; errors on the console fail the test."""
    complaints = []
    contexts = []

    def make(width=1440, dark=False, client=None, bypass_csp=False):
        context = chromium.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            bypass_csp=bypass_csp,
        )
        context.set_default_timeout(WAIT)
        if client:
            session = client.cookies["session"].value
            context.add_cookies([{"name": "session", "value": session, "url": live_server.url}])
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console", lambda line: complaints.append(line.text) if line.type == "error" else None
        )
        return page

    yield make
    for context in contexts:
        context.close()
    _wait_for_requests()
    assert [line for line in complaints if not any(status in line for status in EXPECTED)] == []


def _wait_for_requests():
    """Wait until the server has ended the requests of closed pages, such as those that keep text.

    They would lock the database, or write into that of the next test.
    """
    for thread in threading.enumerate():
        if "process_request_thread" in thread.name:
            thread.join(WAIT / 1000)


@pytest.fixture
def admin_client(db):
    from django.test import Client

    user = User.objects.create_superuser("ana", password="x")
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client

"""The layer in front of Django that serves stored pages."""

import gzip
import json
import os
import re
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from urllib.parse import quote
from wsgiref.validate import validator

import pytest
from django.core.wsgi import get_wsgi_application
from django.db import connection, transaction
from django.test import override_settings
from django.urls import set_script_prefix

from terms.models import Page, Term
from terms.pages.change_marks import generation_of, is_settled
from terms.publishing.publish import publish, withdraw
from terms.web.negotiation import takes_gzip, wanted_form
from terms.web.page_reader import DATABASE_ERRORS
from terms.web.page_server import serve_pages
from tests.factory import default_glossary, make_live, make_term, save_text, text_of

pytestmark = pytest.mark.django_db(transaction=True)

TERM = "/glossary/software/full-stack/flask/"


class Answer:
    def __init__(self, application, path, method="GET", query="", **headers):
        environ = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": headers.pop("SCRIPT_NAME", ""),
            "PATH_INFO": (path if isinstance(path, bytes) else path.encode()).decode("latin-1"),
            "QUERY_STRING": query,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": "localhost",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(),
            "wsgi.errors": _Errors(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
            **headers,
        }
        parts = validator(application)(environ, self._start)
        self.body = b"".join(parts)
        if hasattr(parts, "close"):
            parts.close()

    def _start(self, status, headers, exc_info=None):
        self.status = int(status[:3])
        self.headers = dict(headers)

    @property
    def text(self):
        packed = self.headers.get("Content-Encoding") == "gzip"
        return (gzip.decompress(self.body) if packed else self.body).decode()


class _Errors:
    def write(self, text):
        raise AssertionError(text)

    writelines = write

    def flush(self):
        pass


@pytest.fixture
def start():
    """Return a function that creates layers, each with its own database connection."""
    made = []

    def make(application=None, **options):
        made.append(serve_pages(application or get_wsgi_application(), **options))
        return made[-1]

    yield make
    for layer in made:
        layer.close()


@pytest.fixture
def site(start):
    return start()


def test_stored_page_is_served_without_django(site):
    make_live()
    site.application = None
    answer = Answer(site, TERM)
    assert answer.status == 200
    assert "<dfn>Flask</dfn>" in answer.text
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "public, no-cache"
    assert answer.headers["Vary"] == "Accept, Accept-Encoding"
    assert answer.headers["Content-Length"] == str(len(answer.body))
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "Set-Cookie" not in answer.headers


def test_other_requests_are_passed_to_django(site):
    make_live()
    for path, status in (
        ("/admin/login/", 200),
        ("/glossary/search", 200),
        ("/glossary/none/", 404),
        ("/glossary/flask/", 301),
        (b"/no\xff", 404),
        (b"/glossary/\x00/", 404),
    ):
        assert Answer(site, path).status == status, path
    assert Answer(site, TERM, method="POST").status == 403  # without a CSRF token


def test_gzip_is_sent_if_accepted(site):
    make_live()
    plain = Answer(site, TERM)
    packed = Answer(site, TERM, HTTP_ACCEPT_ENCODING="gzip, br")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(packed.body) < len(plain.body) / 2
    assert packed.text == plain.text
    assert packed.headers["ETag"] != plain.headers["ETag"]
    assert (
        Answer(site, TERM, HTTP_ACCEPT_ENCODING="gzip;q=0").headers.get("Content-Encoding") is None
    )


@pytest.mark.parametrize("encoding", ["", "gzip"])
def test_head_has_the_headers_of_get(site, encoding):
    make_live()
    get = Answer(site, TERM, HTTP_ACCEPT_ENCODING=encoding)
    head = Answer(site, TERM, method="HEAD", HTTP_ACCEPT_ENCODING=encoding)
    assert head.body == b""
    assert head.headers == get.headers


def test_unchanged_page_is_not_sent_again(site):
    make_live()
    first = Answer(site, TERM, HTTP_ACCEPT_ENCODING="gzip")
    tag, changed = first.headers["ETag"], first.headers["Last-Modified"]
    for headers in (
        {"HTTP_IF_NONE_MATCH": tag},
        {"HTTP_IF_NONE_MATCH": f'"other", W/{tag}'},
        {"HTTP_IF_NONE_MATCH": "*"},
        {"HTTP_IF_MODIFIED_SINCE": changed},
    ):
        answer = Answer(site, TERM, **headers)
        assert (answer.status, answer.body) == (304, b"")
        assert {"ETag", "Vary", "Cache-Control"} <= answer.headers.keys()
        assert "Content-Type" not in answer.headers
    for headers in (
        {"HTTP_IF_NONE_MATCH": '"other"', "HTTP_IF_MODIFIED_SINCE": changed},
        {"HTTP_IF_MODIFIED_SINCE": "Thu, 01 Jan 1970 00:00:00 GMT"},
        {"HTTP_IF_MODIFIED_SINCE": "Fri, 31 Dec 2100 00:00:00 GMT"},
        {"HTTP_IF_MODIFIED_SINCE": "yesterday"},
    ):
        assert Answer(site, TERM, **headers).status == 200


def test_every_process_serves_new_page_immediately(start):
    term = make_live()
    workers = [start() for _ in range(2)]
    for number in range(3):
        save_text(term, text_of("Flask", body=f"Text number {number}."))
        for worker in workers:
            assert f"Text number {number}." not in Answer(worker, TERM).text
        publish(default_glossary(), Term.objects.all())
        for worker in workers:
            assert f"Text number {number}." in Answer(worker, TERM).text
    withdraw(default_glossary(), Term.objects.all())
    for worker in workers:
        assert Answer(worker, TERM).status == 410


def test_reading_keeps_locks_of_the_database(start):
    """Closing another handle of a SQLite file would release all locks of this process on it."""
    make_live()
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL has a server for this")

    def locks():
        own = re.compile(rf"\bPOSIX\b.* {os.getpid()} ")
        return sum(bool(own.search(line)) for line in Path("/proc/locks").read_text().splitlines())

    with transaction.atomic():
        Term.objects.update(review_by=None)
        before = locks()
        assert Answer(start(), TERM).status == 200
        assert locks() >= before > 0


def test_row_read_before_a_change_is_not_cached(start):
    """One thread reads a page, and another one sees a change before the first continues."""
    term = make_live()
    site = start()
    Answer(site, TERM)
    site.pages._kept.clear()
    read = site.pages.store.row

    def read_slowly(path):
        row = read(path)
        site.pages.store.row = read
        save_text(term, text_of("Flask", body="Newer text."))
        publish(default_glossary(), Term.objects.all())
        Answer(site, "/glossary/")
        return row

    site.pages.store.row = read_slowly
    Answer(site, TERM)
    assert "Newer text." in Answer(site, TERM).text


def test_readers_get_new_page_after_killed_writer(start):
    term = make_live()
    site = start()
    Answer(site, TERM)
    generation = generation_of(str(connection.settings_dict["NAME"]))
    if generation is None:
        pytest.skip("PostgreSQL is asked each time")
    generation.begin()  # and never ends
    assert not is_settled(generation.marks())
    save_text(term, text_of("Flask", body="Newer text."))
    Page.objects.filter(path=TERM).update(etag="x")  # without a change mark
    generation.begin()
    publish(default_glossary(), Term.objects.all())
    assert is_settled(generation.marks())  # repaired by the next writer
    assert "Newer text." in Answer(site, TERM).text


def test_other_formats_are_served_by_suffix_and_accept_header(site):
    term = make_live()
    text = term.newest_revision().text
    assert Answer(site, TERM[:-1] + ".md").text == text
    answer = Answer(site, TERM, HTTP_ACCEPT="text/markdown, text/html;q=0.5")
    assert answer.text == text
    assert answer.headers["Content-Type"] == "text/markdown; charset=utf-8"
    assert answer.headers["Content-Location"] == "../flask.md"
    assert answer.headers["Vary"] == "Accept, Accept-Encoding"
    linked_data = json.loads(Answer(site, TERM, HTTP_ACCEPT="application/ld+json").text)
    assert linked_data["@type"] == "DefinedTerm"
    browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    assert "<dfn>" in Answer(site, TERM, HTTP_ACCEPT=browser).text
    assert "<h1>" in Answer(site, "/glossary/", HTTP_ACCEPT="text/markdown").text


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("", ""),
        ("*/*", ""),
        ("text/markdown", "md"),
        ("application/json;q=0.5, application/ld+json", "jsonld"),
        ("application/xhtml+xml, text/markdown;q=0.9", ""),
        ("text/markdown;q=0", ""),
        ("text/*, application/json;q=0.1", ""),
        ("text/markdown;q=x", ""),
        ("text/markdown;q=9", "md"),
        ("," * 5000, ""),
    ],
)
def test_accept_header_selects_format(accept, form):
    assert wanted_form(accept) == form


def test_cache_size_is_limited(start):
    names = [f"Term {number}" for number in range(12)]
    for name in names:
        make_term(name)
    publish(default_glossary(), Term.objects.all())
    site = start(limit=20_000)
    for _ in range(2):
        for path in Page.objects.filter(path__startswith=f"{TERM[:-6]}term").values_list(
            "path", flat=True
        ):
            assert Answer(site, path, HTTP_ACCEPT_ENCODING="gzip").status == 200
            assert site.pages.kept_bytes <= 20_000
    assert site.pages.kept_bytes > 5_000


def test_moved_page_redirects_in_one_step(site):
    term = make_live()
    save_text(term, text_of("Flask", category="Kitchen"))
    publish(default_glossary(), Term.objects.all())
    save_text(term, text_of("Flask", category="Lab"))
    publish(default_glossary(), Term.objects.all())
    for old in (TERM, "/glossary/kitchen/full-stack/flask/"):
        answer = Answer(site, old)
        assert (answer.status, answer.headers["Location"]) == (
            301,
            "../../../lab/full-stack/flask/",
        )
        assert (
            Answer(site, old[:-1] + ".json").headers["Location"]
            == "../../lab/full-stack/flask.json"
        )


def test_names_in_any_script_have_addresses(site):
    make_live('数据 & "x" %41', path="数据 & x %41.md")
    path = "/glossary/software/full-stack/数据 & x %41/"
    assert Answer(site, path).status == 200
    assert quote(path) in Answer(site, path).text


def test_django_refuses_unknown_hosts_and_redirects_plain_http(start):
    make_live()
    with override_settings(SECURE_SSL_REDIRECT=True):
        site = start()
        assert Answer(site, TERM).status == 301
        assert Answer(site, TERM, **{"wsgi.url_scheme": "https"}).status == 200
    site = start()
    for host in ("evil.example", "a:b@c", "", "localhost.evil.example"):
        assert Answer(site, TERM, HTTP_HOST=host).status in ((400,) if host else (200,)), host


def test_request_is_passed_to_django_without_database(start):
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL is connected to anew")

    def down(environ, start_response):
        start_response("503 Service Unavailable", [("Content-Type", "text/plain")])
        return [b"down"]

    site = start(down)
    site.close()
    assert Answer(site, TERM).status == 503


def test_documented_flask_application_serves_glossary():
    readme = (Path(__file__).parents[2] / "docs" / "operations.md").read_text()
    example = re.search(r"```python\n(.*?DispatcherMiddleware.*?)```", readme, re.DOTALL)[1]
    names = {"__name__": "__main__"}
    exec(example, names)
    host = names["host"]

    @host.get("/")
    def front():
        return "The host application."

    make_live()
    assert Answer(host, "/").text == "The host application."
    answer = Answer(host, "/words" + TERM)
    assert "<dfn>Flask</dfn>" in answer.text
    assert 'href="../../../../static/' in answer.text
    found = Answer(host, "/words/glossary/search", query="q=flask").text
    assert f'href="/words{TERM}"' in found
    assert Answer(host, "/words/glossary/flask/").headers["Location"] == "/words" + TERM
    assert (
        Answer(host, "/words/admin/").headers["Location"]
        == "/words/admin/login/?next=/words/admin/"
    )
    login = Answer(host, "/words/admin/login/").text
    assert 'href="/words/static/admin/css/base.css"' in login
    assert '"/static/' not in login
    assert Answer(host, "/words/admin").headers["Location"] == "/words/admin/"
    names["glossary"].close()
    set_script_prefix("/")  # Django keeps it for the thread


def test_row_read_with_old_version_is_not_cached():
    """A thread renews the cache with an old version after another one renewed it."""
    flask = make_live("Flask", body="Old words.")
    server = serve_pages(get_wsgi_application())
    Answer(server, "/glossary/")
    store = server.pages.store
    old, read = store.version(), store.row

    def slow(path):
        found = read(path)
        save_text(flask, text_of("Flask", body="New words."))
        publish(default_glossary(), Term.objects.all())
        store.row = read
        server.pages.renew(store.version())  # another thread
        server.pages.renew(old)  # a third thread with the old version
        return found

    store.row = slow
    Answer(server, TERM)
    assert "New words." in Answer(server, TERM).text
    server.close()


def test_list_at_former_address_of_a_term_has_no_term_formats():
    alone = make_live("Software", path="software.md", text="---\nterm: Software\n---\nAlone.\n")
    moved = "---\nterm: Software\ncategory: Things\nvertical: Full Stack\n---\nAlone.\n"
    save_text(alone, moved)
    publish(default_glossary(), Term.objects.all())
    make_live("Flask")
    server = serve_pages(get_wsgi_application())
    for accept in ("application/json", "text/markdown", "text/html"):
        answer = Answer(server, "/glossary/software/", HTTP_ACCEPT=accept)
        assert (answer.status, ">Flask<" in answer.text) == (200, True)
    server.close()


def test_clock_set_back_hides_no_change(site, monkeypatch):
    term = make_live()
    known = Answer(site, TERM).headers["Last-Modified"]
    for days in (0, -30, 1):
        monkeypatch.setattr(
            "terms.pages.store.timezone.now",
            lambda days=days: datetime.now(UTC) + timedelta(days=days),
        )
        save_text(term, text_of("Flask", body=f"Text of day {days}."))
        publish(default_glossary(), Term.objects.all())
        answer = Answer(site, TERM, HTTP_IF_MODIFIED_SINCE=known)
        assert answer.status == 200
        assert f"Text of day {days}." in answer.text
        known = answer.headers["Last-Modified"]
        assert Answer(site, TERM, HTTP_IF_MODIFIED_SINCE=known).status == 304


def test_cached_pages_are_served_while_database_is_unavailable(start):
    def down(environ, start_response):
        start_response("503 Service Unavailable", [("Content-Type", "text/plain")])
        return [b"down"]

    make_live()
    site = start(down)
    clock = [1000.0]
    site.pages._clock = lambda: clock[0]
    assert Answer(site, TERM).headers.get("Cache-Status") is None
    real, site.pages.store = site.pages.store, _Away()
    clock[0] += 10
    answer = Answer(site, TERM)
    assert "<dfn>Flask</dfn>" in answer.text
    note = answer.headers["Cache-Status"]
    assert note.startswith("glossary; hit; ttl=-10; detail=database-away")
    assert Answer(site, "/glossary/software/").status == 503
    asked = _Away.asked
    Answer(site, TERM)
    assert _Away.asked == asked  # not queried again immediately
    clock[0] += 4000
    assert Answer(site, TERM).status == 503  # too old
    site.pages.store = real
    assert "Cache-Status" not in Answer(site, TERM).headers


class _Away:
    asked = 0

    def version(self):
        type(self).asked += 1
        raise DATABASE_ERRORS[0]("away")

    def close(self):
        pass


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("text/html;q=0.1, application/json", "json"), ("TEXT/HTML, application/json;q=0.9", ""),
        ("text/html;q=0, text/markdown", "md"), ("text/html", ""), ("*/*", ""), ("nonsense", ""),
    ],
)  # fmt: skip
def test_weights_take_precedence_over_order(accept, form):
    assert wanted_form(accept) == form


def test_gzip_can_be_refused():
    assert takes_gzip("deflate, gzip")
    assert not takes_gzip("gzip;Q=0")
    assert not takes_gzip("gzip; q=0.0, identity")

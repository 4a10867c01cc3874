"""Serving pages: S1 to S8, and F1."""

import gzip
import json
import os
import sqlite3
import statistics
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from terms.importing import apply_import, plan_import
from terms.models import Glossary, Page, Term
from terms.publishing import publish
from terms.serving import CACHE_BYTES

from .generated import write
from .measure import Result
from .servers import Missing, Server, granian, program, running

ROUNDS = 5

BARE = """
import json
body = open("body", "rb").read()
headers = [tuple(pair) for pair in json.load(open("headers.json"))]
def application(environ, start_response):
    start_response("200 OK", headers)
    return (body,)
"""

FLASK = """
from flask import Flask
application = Flask(__name__)
@application.get("/")
def hello():
    return "Hello, World!"
"""

DJANGO = """
import sqlite3, sys
from django.conf import settings
settings.configure(
    SECRET_KEY="x", ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__,
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "pages.sqlite3"}},
)
from django.core.wsgi import get_wsgi_application
application = get_wsgi_application()
from django.db import models
from django.http import HttpResponse
from django.urls import path
class Stored(models.Model):
    path = models.TextField(primary_key=True)
    body = models.BinaryField()
    class Meta:
        app_label = "peer"
        managed = False
        db_table = "page"
def hello(request):
    return HttpResponse("Hello, World!")
def page(request):
    return HttpResponse(bytes(Stored.objects.get(path=request.path).body))
urlpatterns = [path("", hello), path("page/", page)]
"""

NGINX = """
{user} worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log /dev/null;
events {{ worker_connections 64; }}
http {{
  access_log off; gzip_static on; types {{ text/html html; }} default_type text/html;
  client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  server {{ listen 127.0.0.1:{{port}}; root {folder}/www; etag on; }}
}}
"""

RANDOM = """
local paths = {{}}
for line in io.lines("{file}") do paths[#paths + 1] = line end
math.randomseed(7)
request = function() return wrk.format("GET", paths[math.random(#paths)]) end
"""


def compared(
    id: str, what: str, goal: str, ours: Callable[[], float], theirs: Callable[[], float],
    inverted: bool = True,
) -> Result:  # fmt: skip
    """Costs in turn. The figure is their cost / ours: so much as often we answer; or, not
    ``inverted``, ours / theirs."""
    ours(), theirs()
    pairs = [(ours(), theirs()) for _ in range(ROUNDS)]
    ratios = [theirs / ours if inverted else ours / theirs for ours, theirs in pairs]
    return Result(
        id, what, goal, statistics.median(ratios), min(ratios), max(ratios),
        statistics.median(ours for ours, _ in pairs), statistics.median(theirs for _, theirs in pairs),
    )  # fmt: skip


class Serving:
    def __init__(self, folder: Path, count: int):
        self.folder = folder
        self.count = count
        folder.mkdir(parents=True)
        write(folder / "source", count)
        call_command("migrate", verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        self.glossary = Glossary.objects.create(slug="glossary")
        apply_import(plan_import(self.glossary, folder / "source"))
        publish(self.glossary, Term.objects.all())
        pages = Page.objects.filter(
            path__endswith="/", status=200, path__regex=r"^/[^/]+/[^/]+/[^/]+/[^/]+/$"
        )
        self.paths = list(pages.order_by("path").values_list("path", flat=True))
        self.page = pages.get(path=self.paths[len(self.paths) // 2])
        (folder / "paths").write_text("\n".join(self.paths))
        (folder / "random.lua").write_text(RANDOM.format(file=folder / "paths"))
        connection.close()

    def run(self, only: set[str] | None) -> Iterator[Result]:
        for id in IDS:
            if only is None or id in only:
                try:
                    yield from getattr(self, id.lower())()
                except Missing as error:
                    print(f"| {id} | not measured: {error} | | | |", flush=True)

    # Servers

    def ours(
        self, stack: ExitStack, target: str = "glossary_cms.wsgi:application", workers: int = 1
    ) -> Server:
        values = {
            "SECRET_KEY": "x", "HTTPS": "false", "ALLOWED_HOSTS": "127.0.0.1",
            "DATABASE_URL": os.environ["DATABASE_URL"], "DATA_DIR": os.environ["DATA_DIR"],
            "DJANGO_SETTINGS_MODULE": "glossary_cms.settings",
        }  # fmt: skip
        return stack.enter_context(
            running(granian(target, workers), settings.BASE_DIR, self.page.path, **values)
        )

    def app(self, stack: ExitStack, name: str, source: str) -> Server:
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        (folder / "app.py").write_text(source)
        return stack.enter_context(running(granian("app:application"), folder))

    def bare(self, stack: ExitStack) -> Server:
        folder = self.folder / "bare"
        folder.mkdir(exist_ok=True)
        body = bytes(self.page.gzip)
        (folder / "body").write_bytes(body)
        from terms.public_headers import security_headers

        headers = [
            *security_headers(), ("Content-Type", "text/html; charset=utf-8"), ("Content-Encoding", "gzip"),
            ("Content-Length", str(len(body))), ("ETag", '"x"'), ("Cache-Control", "public, no-cache"),
            ("Vary", "Accept-Encoding"), ("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT"),
        ]  # fmt: skip
        (folder / "headers.json").write_text(json.dumps(headers))
        return self.app(stack, "bare", BARE)

    def nginx(self, stack: ExitStack) -> Server:
        folder = self.folder / "nginx"
        (folder / "www").mkdir(parents=True, exist_ok=True)
        (folder / "www" / "index.html").write_bytes(bytes(self.page.body))
        (folder / "www" / "index.html.gz").write_bytes(bytes(self.page.gzip))
        os.utime(folder / "www" / "index.html", (1, 1))
        os.utime(folder / "www" / "index.html.gz", (1, 1))
        from .servers import free_port

        port = free_port()
        text = NGINX.format(folder=folder, user="user root;" if os.getuid() == 0 else "").replace(
            "{port}", str(port)
        )
        (folder / "nginx.conf").write_text(text)
        server = stack.enter_context(
            running([program("nginx"), "-c", str(folder / "nginx.conf")], folder)
        )
        server.port = port
        assert len(server.get("/")) == len(bytes(self.page.body))
        return server

    # Measurements

    def s1(self) -> Iterator[Result]:
        with ExitStack() as stack:
            ours, bare = self.ours(stack), self.bare(stack)
            assert gzip.decompress(
                ours.get(self.page.path, **{"Accept-Encoding": "gzip"})
            ) == bytes(self.page.body)
            yield compared(
                "S1", "a hot page / a bare WSGI application", "at least 0.80",
                lambda: ours.microseconds(self.page.path), lambda: bare.microseconds("/"),
            )  # fmt: skip

    def s2(self) -> Iterator[Result]:
        with ExitStack() as stack:
            ours, bare = self.ours(stack), self.bare(stack)
            script = str(self.folder / "random.lua")
            yield compared(
                "S2", f"{len(self.paths):,} pages at random / a bare WSGI application", "at least 0.65",
                lambda: ours.microseconds("/", script), lambda: bare.microseconds("/"),
            )  # fmt: skip

    def s3(self) -> Iterator[Result]:
        with ExitStack() as stack:
            ours, flask = self.ours(stack), self.app(stack, "flask", FLASK)
            yield compared(
                "S3", "a hot page / Flask's hello world", "at least 4",
                lambda: ours.microseconds(self.page.path), lambda: flask.microseconds("/"),
            )  # fmt: skip
            command = [
                program("gunicorn"),
                "-b",
                "127.0.0.1:{port}",
                "--threads",
                "4",
                "app:application",
            ]
            import site

            packages = ":".join(site.getsitepackages())
            threads = stack.enter_context(
                running(
                    command, self.folder / "flask", PYTHONPATH=f"{self.folder / 'flask'}:{packages}"
                )
            )
            yield compared(
                "S3", "a hot page / the same on gunicorn's threads", "at least 10",
                lambda: ours.microseconds(self.page.path), lambda: threads.microseconds("/"),
            )  # fmt: skip

    def s4(self) -> Iterator[Result]:
        folder = self.folder / "django"
        folder.mkdir(exist_ok=True)
        with sqlite3.connect(folder / "pages.sqlite3") as database:
            database.execute("CREATE TABLE IF NOT EXISTS page (path TEXT PRIMARY KEY, body BLOB)")
            database.execute(
                "INSERT OR REPLACE INTO page VALUES ('/page/', ?)", (bytes(self.page.body),)
            )
        with ExitStack() as stack:
            ours, django = self.ours(stack), self.app(stack, "django", DJANGO)
            for path, what, goal in (
                ("/", "hello world", 7),
                ("/page/", "view of a row in SQLite", 15),
            ):
                yield compared(
                    "S4", f"a hot page / Django's {what}", f"at least {goal}",
                    lambda: ours.microseconds(self.page.path),
                    lambda path=path: django.microseconds(path),
                )  # fmt: skip

    def s5(self) -> Iterator[Result]:
        from .wagtail_peer import prepare

        folder = prepare(self.folder / "wagtail", program("python"))
        values = {"DJANGO_SETTINGS_MODULE": "peer.settings", "PYTHONPATH": str(folder)}
        command = [program("gunicorn"), "-b", "127.0.0.1:{port}", "peer.wsgi:application"]
        with ExitStack() as stack:
            ours = self.ours(stack)
            for cached, what, goal in (
                ("1", "a hit of wagtail-cache", 12),
                ("", "a Wagtail page", 200),
            ):
                peer = stack.enter_context(running(command, folder, CACHED=cached, **values))
                assert b"A page of Wagtail" in peer.get("/")
                yield compared(
                    "S5", f"a hot page / {what}", f"at least {goal}",
                    lambda: ours.microseconds(self.page.path), lambda peer=peer: peer.microseconds("/"),
                )  # fmt: skip

    def s6(self) -> Iterator[Result]:
        header = [f'If-None-Match: "{self.page.etag}-gzip"']
        with ExitStack() as stack:
            ours, bare = self.ours(stack), self.bare(stack)
            yield compared(
                "S6", "304 Not Modified / a bare WSGI application that sends the page", "at least 1.0",
                lambda: ours.microseconds(self.page.path, headers=header), lambda: bare.microseconds("/"),
            )  # fmt: skip

    def s7(self) -> Iterator[Result]:
        with ExitStack() as stack:
            ours, nginx = self.ours(stack), self.nginx(stack)
            yield compared(
                "S7", "a hot page / nginx sending a file", "at most 3.5",
                lambda: ours.microseconds(self.page.path), lambda: nginx.microseconds("/"), False,
            )  # fmt: skip

    def s8(self) -> Iterator[Result]:
        with ExitStack() as stack:
            ours = self.ours(stack)
            alone = self.ours(stack, "glossary_cms.wsgi:django_application")
            for path in ("/glossary/suggest?q=ka", "/admin/login/"):
                yield compared(
                    "S8", f"{path} / the same from Django alone", "at most 1.05",
                    lambda path=path: ours.microseconds(path),
                    lambda path=path: alone.microseconds(path), False,
                )  # fmt: skip
            ours.microseconds("/", str(self.folder / "random.lua"))
            alone.microseconds("/admin/login/")
            held, bound = ours.memory(), 1.25 * alone.memory() + CACHE_BYTES
            yield Result(
                "S8", "a worker's memory / 1.25 of Django's and the cache's bound", "at most 1",
                held / bound, held / bound, held / bound, held / 1e6, bound / 1e6,
            )  # fmt: skip

    def f1(self) -> Iterator[Result]:
        with ExitStack() as stack:
            ours = self.ours(stack, workers=2)
            path = self.page.path
            fresh = []
            for number in range(ROUNDS):
                for _ in range(20):
                    ours.get(path)
                term = Term.objects.get(slug=path.rstrip("/").rpartition("/")[2])
                text = term.newest_revision().text + f"\n\nRound {number} of publishing.\n"
                from terms.editing import Draft, save_one

                save_one(self.glossary, Draft(term.path, text, term, term.version))
                publish(self.glossary, Term.objects.filter(pk=term.pk))
                marker = f"Round {number} of publishing.".encode()
                fresh += [marker in ours.get(path) for _ in range(40)]
            share = sum(fresh) / len(fresh)
            yield Result(
                "F1", "requests right after publishing that get the new page, of two workers",
                "1", share, min(fresh), max(fresh), len(fresh), len(fresh),
            )  # fmt: skip


IDS = ("S1", "S2", "S3", "S4", "S5", "S6", "S7", "S8", "F1")


def run(folder: Path, count: int, only: set[str] | None) -> Iterator[Result]:
    yield from Serving(folder, count).run(only)

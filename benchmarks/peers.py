"""The peers of the server: the least work that others need for a response."""

import json
import os
import site
import sqlite3
from contextlib import ExitStack
from pathlib import Path

from terms.models import Page
from terms.web.headers import security_headers

from .servers import Server, free_port, granian, program, running

BARE = """
import json
body = open("body", "rb").read()
headers = [tuple(pair) for pair in json.load(open("headers.json"))]
async def application(scope, protocol):
    protocol.response_bytes(200, headers, body)
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
  server {{ listen 127.0.0.1:{port}; root {folder}/www; etag on; }}
}}
"""


def application(stack: ExitStack, folder: Path, source: str, interface: str = "wsgi") -> Server:
    """Run ``source`` on the server that ours uses."""
    _write(folder, source)
    command = granian("app:application", interface=interface)
    return stack.enter_context(running(command, folder))


def _write(folder: Path, source: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "app.py").write_text(source)


def bare(stack: ExitStack, folder: Path, page: Page, size: int = 0) -> Server:
    """Run an application that sends the same bytes to every request: ``size`` of them, if given."""
    folder.mkdir(exist_ok=True)
    body = os.urandom(size) if size else bytes(page.gzip)
    headers = [
        *security_headers(), ("Content-Type", "text/html; charset=utf-8"),
        ("Content-Encoding", "gzip"), ("Content-Length", str(len(body))), ("ETag", '"x"'),
        ("Cache-Control", "public, no-cache"), ("Vary", "Accept-Encoding"),
        ("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT"),
    ]  # fmt: skip
    (folder / "body").write_bytes(body)
    (folder / "headers.json").write_text(json.dumps(headers))
    return application(stack, folder, BARE, "rsgi")


def flask_on_threads(stack: ExitStack, folder: Path) -> Server:
    _write(folder, FLASK)
    command = [program("gunicorn"), "-b", "127.0.0.1:{port}", "--threads", "4", "app:application"]
    packages = ":".join([str(folder), *site.getsitepackages()])
    return stack.enter_context(running(command, folder, PYTHONPATH=packages))


def django(stack: ExitStack, folder: Path, page: Page) -> Server:
    """Serve a greeting at /, and the page from SQLite at /page/."""
    folder.mkdir(exist_ok=True)
    with sqlite3.connect(folder / "pages.sqlite3") as database:
        database.execute("CREATE TABLE IF NOT EXISTS page (path TEXT PRIMARY KEY, body BLOB)")
        row = ("/page/", page.content)
        database.execute("INSERT OR REPLACE INTO page VALUES (?, ?)", row)
    return application(stack, folder, DJANGO)


def nginx(stack: ExitStack, folder: Path, page: Page) -> Server:
    www = folder / "www"
    www.mkdir(parents=True, exist_ok=True)
    for name, content in (("index.html", page.content), ("index.html.gz", page.gzip)):
        (www / name).write_bytes(bytes(content))
        os.utime(www / name, (1, 1))
    port = free_port()
    user = "user root;" if os.getuid() == 0 else ""
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, user=user, port=port))
    command = [program("nginx"), "-c", str(folder / "nginx.conf")]
    server = stack.enter_context(running(command, folder))
    server.port = port
    assert len(server.get("/")) == len(page.content)
    return server

"""The built site has the bytes that the server sends, and is complete at any moment."""

import contextlib
import gzip
import http.client
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import unquote, urljoin

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from terms.changes.rename import move
from terms.editing.gate import Draft, save
from terms.models import Page, Term
from terms.pages.build import BuildError, build
from terms.publishing.publish import withdraw
from tests.factory import default_glossary, make_term, publish_all, save_text, text_of

pytestmark = pytest.mark.django_db(transaction=True)
KILLS = int(os.environ.get("KILLS", "6"))


@pytest.fixture
def out(tmp_path):
    for name in ("Flask", "Django", "Café & Co"):
        make_term(name, related="Flask", body="Flask and Django.", path=f"{name}.md")
    publish_all()
    return tmp_path / "site"


def tree(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_built_files_equal_responses_of_the_server(out, client):
    build(out)
    pages = Page.objects.filter(status=200)
    assert pages.count() > 20
    for page in pages:
        file = out / (page.path[1:] + ("index.html" if page.path.endswith("/") else ""))
        assert file.read_bytes() == client.get(page.path).content == page.content
        if page.gzip:
            assert gzip.decompress((Path(f"{file}.gz")).read_bytes()) == page.content


def test_every_link_has_a_target_under_any_prefix(out):
    build(out)
    files = tree(out)
    for name, content in files.items():
        if not name.endswith(".html") or name == "404.html":
            continue
        for link in re.findall(r'(?:href|src|action)="([^"#]*)', content.decode()):
            if link.startswith("http"):
                continue
            assert not link.startswith("/"), (name, link)
            target = unquote(urljoin(f"http://x/prefix/{name}", link)).removeprefix(
                "http://x/prefix/"
            )
            found = {target, f"{target}index.html", f"{target}/index.html"} & files.keys()
            assert found, (name, link)


def test_second_build_writes_nothing(out):
    build(out)
    before = tree(out), os.readlink(out)
    report = build(out)
    assert (report.written, report.removed) == (0, 0)
    assert (tree(out), os.readlink(out)) == before


def test_build_writes_changed_files_and_removes_old_ones(out, tmp_path):
    build(out)
    save_text(Term.objects.get(name="Django"), text_of("Django", body="Other.", vertical="Markets"))
    withdraw(default_glossary(), Term.objects.filter(name="Café & Co"))
    publish_all()
    withdraw(default_glossary(), Term.objects.filter(name="Café & Co"))
    report = build(out)
    assert 0 < report.written < len(tree(out))
    assert report.removed
    build(tmp_path / "fresh")
    assert tree(out) == tree(tmp_path / "fresh")
    assert "301" in (out / "_redirects").read_text()
    assert "/glossary/software/full-stack/Caf%C3%A9%20%26%20Co/" in (out / "_redirects").read_text()
    assert '"../' not in (out / "redirects.map").read_text()
    assert '"/glossary/software/full-stack/Café & Co/" 410;' in (out / "gone.map").read_text()
    for _ in range(2):  # each of the two trees
        save_text(Term.objects.get(name="Flask"), text_of("Flask", body=f"Text {random.random()}"))
        publish_all()
        build(out)
        build(tmp_path / "fresh")
        assert tree(out) == tree(tmp_path / "fresh")


def test_deleted_picture_is_removed_from_site(out, tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.MEDIA_ROOT.mkdir()
    (settings.MEDIA_ROOT / "a.png").write_bytes(b"x")
    build(out)
    assert (out / "media" / "a.png").is_file()
    (settings.MEDIA_ROOT / "a.png").unlink()
    build(out)
    assert not (out / "media").exists()
    build(out)
    build(tmp_path / "fresh")
    assert tree(out) == tree(tmp_path / "fresh")


def test_terms_named_like_files_do_not_replace_them(out, tmp_path):
    for path in (
        "package.json.md",
        "package.md",
        "llms.txt.md",
        "names.md",
        "sitemap-1.md",
        "404.html.md",
    ):
        make_term(path, path=path, text=f"---\nterm: {path}\n---\nText")
    make_term("Alice", category="Names")
    publish_all()
    assert build(out).left_out == []
    assert (out / "glossary/-/package.json/index.html").is_file()
    assert (out / "glossary/package.json").is_file()
    assert (out / "glossary/names-2/full-stack/alice/index.html").is_file()
    assert b"Alice" in (out / "glossary/names.json").read_bytes()
    assert b"sitemap-1.md" not in (out / "sitemap.xml").read_bytes()
    withdraw(default_glossary(), Term.objects.filter(path="package.md"))
    build(out)
    build(tmp_path / "fresh")
    assert tree(out) == tree(tmp_path / "fresh")


def test_folder_with_other_files_is_refused(tmp_path, out):
    out.mkdir()
    (out / "mine.txt").write_text("x")
    with pytest.raises(BuildError, match="holds something else"):
        build(out)
    with pytest.raises(CommandError, match="holds something else"):
        call_command("build_site", str(out))
    (tmp_path / "link").symlink_to(out)
    with pytest.raises(BuildError, match="not a site built here"):
        build(tmp_path / "link")
    assert (out / "mine.txt").read_text() == "x"


def test_pages_with_impossible_file_names_are_reported(out, capsys):
    make_term("Long", path="x" * 252 + ".md")
    make_term("Odd", path="flask.md.md", text="---\nterm: Odd\n---\n")
    publish_all()
    call_command("build_site", str(out))
    output = capsys.readouterr().out
    assert "left out: /glossary/software/full-stack/xxx" in output
    assert (out / "index.html").is_file()


def other_process(out, tmp_path):
    """Start a process that builds ``out`` as soon as it reads a line from stdin."""
    environment = {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{connection.settings_dict['NAME']}",
        "DATA_DIR": str(tmp_path / "data"),
        "SECRET_KEY": "x",
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "PYTHONPATH": str(settings.BASE_DIR),
    }
    script = f"""
import django, pathlib, sys; django.setup()
from terms.pages.build import build
print(1, flush=True); sys.stdin.readline()
build(pathlib.Path({str(out)!r}))
"""
    child = subprocess.Popen(
        [sys.executable, "-c", script],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    child.stdout.readline()
    return child


def change_all(number):
    body = f"Text {number}. " + "Flask " * 50
    drafts = [
        Draft(term.path, text_of(term.name, body=body), term, term.version)
        for term in Term.objects.all()
    ]
    save(default_glossary(), drafts)
    publish_all()


def test_killed_build_leaves_complete_site(out, tmp_path):
    if connection.vendor != "sqlite":
        pytest.skip("the other process finds the test's database by its file")
    new = [Draft(f"term-{number}.md", text_of(f"Term {number}")) for number in range(40)]
    save(default_glossary(), new)
    publish_all()
    build(out)
    chance = random.Random(1)
    for number in range(KILLS):
        old = tree(out)
        change_all(number)
        child = other_process(out, tmp_path)
        child.stdin.write(b"\n")
        child.stdin.flush()
        time.sleep(chance.uniform(0, 0.05))
        child.send_signal(signal.SIGKILL)
        child.communicate()
        build(tmp_path / "fresh")
        new = tree(tmp_path / "fresh")
        assert tree(out) in (old, new)
        build(out)
        assert tree(out) == new


def test_nginx_redirects_are_case_sensitive_where_needed(out):
    term = Term.objects.get(path="Flask.md")
    move(term, "flask.md")
    move(Term.objects.get(path="Django.md"), "dj-$-ngo.md")
    build(out)
    lines = (out / "redirects.map").read_text().splitlines()
    home = "/glossary/software/full-stack"
    regex = r"~^/glossary/software/full\\-stack/Flask/$"
    assert f'"{regex}" "{home}/flask/";' in lines
    assert f'"{home}/Django/" "{home}/dj-%24-ngo/";' in lines
    assert not any(line.startswith('"/" ') for line in lines)  # its target may change


@pytest.fixture
def nginx(out, tmp_path):
    """A client of nginx, which serves the built site with the configuration of the docs."""
    program = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
    if program is None:
        pytest.skip("nginx is not installed")
    move(Term.objects.get(path="Flask.md"), "flask.md")
    withdraw(default_glossary(), Term.objects.filter(path="Django.md"))
    build(out)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    lines = re.search(r"```nginx\n(.*?)```", Path("docs/publishing.md").read_text(), re.DOTALL)[1]
    lines = lines.replace("/srv/site", str(out)).replace("server {", f"server {{ listen 127.0.0.1:{port};", 1)  # fmt: skip
    folders = " ".join(f"{name}_temp_path {tmp_path}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))  # fmt: skip
    user = "user root;" if os.getuid() == 0 else ""
    config = tmp_path / "nginx.conf"
    config.write_text(
        f"{user} daemon off; pid {tmp_path}/pid; error_log stderr; events {{}}\n"
        f"http {{ access_log off; types {{ text/html html; }} {folders}\n{lines} }}"
    )
    server = subprocess.Popen([program, "-c", str(config)], stderr=subprocess.PIPE, text=True)
    for _ in range(100):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            break
        assert server.poll() is None, server.stderr.read()
        time.sleep(0.05)
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as client:
        yield client
    server.terminate()
    server.wait(10)
    server.stderr.close()


def test_nginx_serves_site_with_documented_configuration(nginx):
    def ask(path):
        nginx.request("GET", path)
        answer = nginx.getresponse()
        return answer.status, answer.getheader("Location", ""), answer.read().decode()

    home = "/glossary/software/full-stack"
    assert ask("/glossary/")[0] == 200
    assert ask(f"{home}/flask/")[0] == 200
    status, location, _ = ask(f"{home}/Flask/")
    assert (status, location.endswith(f"{home}/flask/")) == (301, True)
    for suffix in ("/", ".json"):
        status, _, body = ask(f"{home}/Django{suffix}")
        assert (status, "Read instead" in body or "withdrawn" in body) == (410, True), body
    status, _, body = ask("/none/")
    assert (status, "There is no such page" in body) == (404, True)

"""Repositories and servers that fail or are hostile: a clear sentence, and the next sync goes on.

SYNC_CUTS is the number of bytes after which connections are cut.
"""

import os
import shutil
import subprocess
import sys
import traceback
import tracemalloc

import pytest
from django.conf import settings as site

from terms.files.folder import FolderError
from terms.files.git.address import Remote
from terms.files.git.mirror import Mirror
from terms.interchange.sync import sync
from terms.models import Repository, Sync, Term
from terms.people.outgoing import OutgoingAllowed
from tests.factory import make_term, text_of
from tests.interchange.git import LONG, Colleague, add_repository, edit, git
from tests.interchange.git_servers import cutting, git_over_http

pytestmark = pytest.mark.django_db
SYNC_CUTS = int(os.environ.get("SYNC_CUTS", "10"))
SECRET = "correct-horse"


@pytest.fixture(autouse=True)
def servers(settings, places):
    settings.OUTGOING_ALLOWED = OutgoingAllowed.read("127.0.0.1")


def edit_both(colleague, number):
    """Edit different terms on both sides."""
    edit("Flask", f"Sentence {number}", f"Phrase {number}")
    colleague.pull()
    wsgi = colleague.read("wsgi.md").replace(f"Sentence {number}", f"Line {number}")
    colleague.write("wsgi.md", wsgi)
    colleague.push()


def fails(repository, words):
    """Assert that a sync fails with a sentence that has ``words``, and keeps all texts."""
    before = texts()
    with pytest.raises(FolderError) as caught:
        sync(repository)
    said = str(caught.value)
    assert words in said
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    last = Sync.objects.first()
    assert (last.state, last.problem) == ("failed", said)
    assert set(texts()) >= set(before)
    return said


def texts():
    return {term.path: term.newest_revision().text for term in Term.objects.all()}


def assert_goes_on(colleague, repository):
    """Assert that the next sync makes both sides equal."""
    assert not sync(repository).attention
    colleague.pull()
    assert texts() == colleague.files()
    assert Term.with_trash.count() == len(texts())


# Servers


def test_sync_by_http(colleague, tmp_path):
    with git_over_http(tmp_path) as server:
        repository = add_repository(colleague, url=f"{server.url}/words.git")
        sync(repository)
        edit_both(colleague, 3)
        assert_goes_on(colleague, repository)


def test_git_connects_to_the_addresses_that_were_checked(colleague, tmp_path):
    """The name server could give another answer when git asks it."""
    with git_over_http(tmp_path) as server:
        url = f"http://words.invalid:{server.server_port}/words.git"
        with Mirror(tmp_path / "copy", Remote(url, (), ("127.0.0.1",))) as mirror:
            assert mirror.fetch("main") == git(colleague.clone, "rev-parse", "HEAD").strip()


def test_http_needs_a_host_that_is_allowed(colleague, tmp_path, settings):
    settings.OUTGOING_ALLOWED = OutgoingAllowed()
    repository = add_repository(colleague)
    for url, words in (
        ("http://127.0.0.1:1/words.git", "which is not public"),
        ("https://127.0.0.1:1/words.git", "which is not public"),
        ("ssh://git@127.0.0.1/words.git", "which is not public"),
        ("git@127.0.0.1:words.git", "which is not public"),
        ("https://[::1]/words.git", "which is not public"),
        ("https://169.254.169.254/words.git", "which is not public"),
        ("http://1.1.1.1/words.git", "Only https and ssh"),
    ):
        Repository.objects.update(url=url)
        fails(repository, words)


def refuse(request):
    request.send_response(401)
    request.send_header("WWW-Authenticate", 'Basic realm="words"')
    request.send_header("Content-Length", "0")
    request.end_headers()


def redirect(request):
    request.send_response(301)
    request.send_header("Location", f"{request.server.url}/other{request.path}")
    request.send_header("Content-Length", "0")
    request.end_headers()


def forbid(request):
    request.send_error(403)


def be_missing(request):
    request.send_error(404)


def fail(request):
    request.send_error(500)


def answer_garbage(request):
    request.send_response(200)
    request.send_header("Content-Type", "application/x-git-upload-pack-advertisement")
    request.end_headers()
    request.wfile.write(os.urandom(5_000))


def answer_a_page(request):
    request.send_response(200)
    request.send_header("Content-Type", "text/html")
    request.end_headers()
    request.wfile.write(b"<html><p>Please sign in</p></html>")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (refuse, "asks for credentials"),
        (forbid, "asks for credentials"),
        (redirect, "answers with another address"),
        (be_missing, "no repository at this address"),
        (fail, "cannot be reached"),
        (answer_garbage, "cannot be reached"),
        (answer_a_page, "is empty now. Nothing was removed here."),  # git's old protocol
    ],
)
def test_server_that_does_not_serve(colleague, repository, tmp_path, answer, words):
    with git_over_http(tmp_path) as server:
        Repository.objects.update(url=f"{server.url}/words.git")
        sync(repository)
        edit_both(colleague, 3)
        server.answer = answer
        fails(repository, words)
        server.answer = None
        assert_goes_on(colleague, repository)


def test_server_that_is_not_there(colleague, repository):
    Repository.objects.update(url="http://127.0.0.1:9/words.git")
    fails(repository, "cannot be reached")
    assert len(texts()) == 3


def test_connection_that_is_cut_at_any_byte(colleague, repository, tmp_path):
    with git_over_http(tmp_path) as server, cutting(server.server_port) as proxy:
        Repository.objects.update(url=f"http://127.0.0.1:{proxy.port}/words.git")
        sync(repository)
        edit_both(colleague, 3)
        for is_sent in (False, True):
            proxy.cut_after(10**9, is_sent)
            assert_goes_on(colleague, repository)
            whole = proxy.passed
            for step in range(SYNC_CUTS):
                edit_both(colleague, step % 12)
                edit("Django", "explained", "explained")
                proxy.cut_after(whole * step // SYNC_CUTS, is_sent)
                try:
                    sync(repository)
                except FolderError as error:
                    assert "the connection broke" in str(error), (step, is_sent)
                proxy.cut_after(10**9, is_sent)
                assert_goes_on(colleague, repository)
                put_back(colleague, repository)


def put_back(colleague, repository):
    """Undo the edits of ``edit_both``."""
    for path in ("flask.md", "wsgi.md"):
        text = colleague.read(path).replace("Phrase", "Sentence").replace("Line", "Sentence")
        colleague.write(path, text)
    colleague.push()
    sync(repository)


def test_credentials_are_shown_to_nobody(colleague, repository, tmp_path, settings, caplog):
    seen = []

    def look(request):
        seen.append(request.headers.get("Authorization"))
        listed = subprocess.run(["ps", "axww"], capture_output=True, text=True).stdout
        seen.append("Basic " in listed or SECRET in listed)
        refuse(request)

    with git_over_http(tmp_path, look) as server:
        settings.GIT_CREDENTIALS = [f"{server.url.replace('://', f'://me:{SECRET}@')}/"]
        Repository.objects.update(url=f"{server.url}/words.git")
        fails(repository, "asks for credentials")
    assert seen[0].startswith("Basic ")
    assert seen[1] is False
    assert SECRET not in caplog.text
    assert "Basic" not in caplog.text
    assert SECRET not in (repository_copy(repository) / "config").read_text()


# Repositories


def test_repository_that_goes_and_comes_back(colleague, repository, tmp_path):
    edit_both(colleague, 3)
    colleague.origin.rename(tmp_path / "away")
    fails(repository, "no repository at this address")
    (tmp_path / "away").rename(colleague.origin)
    assert_goes_on(colleague, repository)


MEASURED_GIT = """#!{python} -IS
import os, resource, subprocess, sys
code = subprocess.run([{git!r}, *sys.argv[1:]]).returncode
with open({peaks!r}, "a") as peaks:
    print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=peaks)
sys.exit(code)
"""


@pytest.fixture
def git_peaks(tmp_path, monkeypatch):
    """Return a function that gives the peak memory of each git command so far, in kB."""
    peaks = tmp_path / "peaks"
    program = tmp_path / "bin" / "git"
    program.parent.mkdir()
    text = MEASURED_GIT.format(python=sys.executable, git=shutil.which("git"), peaks=str(peaks))
    program.write_text(text)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    return lambda: [int(line) for line in peaks.read_text().split()]


def test_huge_file_costs_no_memory(colleague, repository, git_peaks):
    git(colleague.origin, "config", "core.bigFileThreshold", "2m")  # the server's own memory
    with (colleague.folder / "huge.md").open("wb") as file:
        file.truncate(200 * 1024**2)
    colleague.push()
    edit("Flask", "Sentence 3", "Line 3")
    before = len(git_peaks())
    tracemalloc.start()
    try:
        found = sync(repository)
        own = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert [(path, status) for path, status, _ in found.attention] == [("huge.md", "invalid")]
    peaks = git_peaks()[before:]
    assert len(peaks) > 3
    assert max(peaks) < 100 * 1024
    assert own < 50 * 1024**2


def test_repository_that_is_too_large(colleague, repository, settings):
    colleague.write("noise.bin", os.urandom(3 * 1024**2))
    colleague.push()
    settings.GIT_MAX_MB = 2
    edit("Flask", "Sentence 3", "Line 3")
    fails(repository, "larger than 2 MB")
    settings.GIT_MAX_MB = 20
    assert_goes_on(colleague, repository)


def test_tree_that_lists_billions_of_files(colleague, repository):
    """Ten levels of ten entries, all the same object."""
    blob = git(colleague.clone, "hash-object", "-w", "flask.md").strip()
    entry = f"100644 blob {blob}"
    for _ in range(10):
        rows = "".join(f"{entry}\tf{n}.md\n" for n in range(10))
        done = subprocess.run(
            ["git", "mktree"], cwd=colleague.clone, input=rows, capture_output=True, text=True
        )
        entry = f"040000 tree {done.stdout.strip()}"
    commit = git(colleague.clone, "commit-tree", "-p", "HEAD", "-m", "x", entry.split()[2]).strip()
    git(colleague.clone, "push", "-q", "origin", f"{commit}:main")
    fails(repository, "more than 500,000 files")
    git(colleague.clone, "push", "-qf", "origin", "HEAD:main")
    edit("Flask", "Sentence 3", "Line 3")
    assert_goes_on(colleague, repository)


def test_odd_names_and_entries(colleague, repository, tmp_path):
    other = Colleague(_folder(tmp_path / "other"))
    other.write("x.md", "x")
    other.push()
    git(colleague.clone, "-c", "protocol.file.allow=always", "submodule", "add", "-q",
        str(other.origin), "module.md")  # fmt: skip
    colleague.write("folder.md/inside.md", text_of("Inside"))
    colleague.write('quote".md', text_of("Quote"))
    colleague.write("tab\t.md", text_of("Tab"))
    colleague.write("line\nend.md", text_of("Line"))
    colleague.write("\x01.md", text_of("Control"))
    colleague.write("Café.md", text_of("Café"))
    colleague.write("A.md", text_of("A"))
    colleague.write("a.md", text_of("Another"))
    (colleague.folder / os.fsdecode(b"caf\xe9.md")).write_text(text_of("Latin"))
    colleague.write("lfs.md", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")
    colleague.push()
    edit("Flask", "Sentence 3", "Phrase 3")
    found = {path: reason for path, _status, reason in sync(repository).attention}
    assert "submodule" in found.pop("module.md")
    assert "LFS" in found.pop("lfs.md")
    assert "not UTF-8" in found.pop("caf�.md")
    assert found.pop("line\nend.md")
    assert found.pop("tab\t.md")
    assert found.pop("\x01.md")
    assert found.pop("a.md")
    assert set(found) <= {'quote".md'}
    colleague.pull()
    assert "Phrase 3" in colleague.read("flask.md")
    assert texts()["folder.md/inside.md"] == colleague.read("folder.md/inside.md")
    assert git(colleague.clone, "show", "--stat", "--format=", "HEAD").count("|") == 1


def _folder(path):
    path.mkdir()
    return path


def test_repository_with_a_part_of_its_history(colleague, repository, tmp_path):
    colleague.push("Again")
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{colleague.origin}", "shallow")
    Repository.objects.update(url=str(tmp_path / "shallow"))
    shutil.rmtree(repository_copy(repository))
    edit("Flask", "Sentence 3", "Phrase 3")
    git(tmp_path / "shallow", "checkout", "-q", "--detach")
    assert sync(repository).sent == {"written": 1}
    text = git(tmp_path / "shallow", "show", "main:flask.md")
    assert text == texts()["flask.md"]


def test_submodule_as_folder(colleague, repository, tmp_path):
    other = Colleague(_folder(tmp_path / "other"))
    other.write("x.md", "x")
    other.push()
    git(colleague.clone, "-c", "protocol.file.allow=always", "submodule", "add", "-q",
        str(other.origin), "module")  # fmt: skip
    colleague.push()
    Repository.objects.update(folder="module")
    fails(repository, "The commits would change “module”; nothing was pushed.")
    Repository.objects.update(folder="new/folder")
    assert sync(repository).sent == {"written": 3}
    colleague.pull()
    there = {p: t for p, t in colleague.files().items() if p.startswith("new/")}
    assert there == {f"new/folder/{p}": t for p, t in texts().items()}


@pytest.mark.parametrize("ref", ["main", "other"])
def test_branch_that_goes(colleague, repository, ref):
    edit("Flask", "Sentence 3", "Phrase 3")
    git(colleague.origin, "update-ref", "refs/heads/other", "main")
    git(colleague.origin, "update-ref", "-d", f"refs/heads/{ref}")
    if ref == "main":
        fails(repository, "has no branch “main”")
        git(colleague.clone, "push", "-q", "origin", "main")
    assert_goes_on(colleague, repository)


def test_repository_that_becomes_empty(colleague, repository):
    git(colleague.origin, "update-ref", "-d", "refs/heads/main")
    fails(repository, "is empty now. Nothing was removed here.")
    git(colleague.clone, "push", "-q", "origin", "main")
    assert_goes_on(colleague, repository)


# Commands that a repository brings along


def test_receiving_runs_no_command_of_a_repository(colleague, repository, tmp_path):
    """A push to a path runs the hooks there, as any push does."""
    Repository.objects.update(push="no")
    marks = _folder(tmp_path / "marks")
    command = f"touch {marks}/command;"
    for key in (
        "core.fsmonitor", "core.sshCommand", "uploadpack.packObjectsHook", "core.gitProxy",
        "core.alternateRefsCommand", "filter.evil.clean", "filter.evil.smudge", "diff.evil.command",
        "diff.external", "core.pager", "core.askPass", "credential.helper", "gpg.program",
        "remote.origin.uploadpack", "core.editor",
    ):  # fmt: skip
        git(colleague.origin, "config", key, f"touch {marks}/{key};")
    git(colleague.origin, "config", "remote.origin.url", f"ext::sh -c '{command}'")
    for name in ("post-upload-pack", "reference-transaction"):
        hook = colleague.origin / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\ntouch {marks}/{name}\n")
        hook.chmod(0o755)
    colleague.write(".gitattributes", "*.md filter=evil diff=evil merge=evil\n")
    colleague.write("hooks/post-update", f"#!/bin/sh\n{command}\n")
    colleague.write(".gitmodules", f'[submodule "x"]\n\tpath = x\n\turl = ext::sh -c "{command}"\n')
    edit_both(colleague, 3)
    for mark in marks.iterdir():  # by the colleague's own git
        mark.unlink()
    sync(repository)
    assert sorted(mark.name for mark in marks.iterdir()) == []
    copy = repository_copy(repository)
    assert not (copy / "hooks").exists()
    assert "evil" not in (copy / "config").read_text()


def test_alternates_bring_no_objects_of_others(colleague, repository, tmp_path):
    secret = Colleague(_folder(tmp_path / "secret"))
    secret.write("secret.md", text_of("Secret"))
    secret.push()
    (colleague.origin / "objects" / "info" / "alternates").write_text(f"{secret.origin}/objects\n")
    edit_both(colleague, 3)
    assert_goes_on(colleague, repository)
    assert not (repository_copy(repository) / "objects" / "info" / "alternates").exists()


def repository_copy(repository):
    return site.DATA_DIR / "repositories" / f"{repository.pk}.git"


def test_attributes_of_exports_hide_no_file(colleague, repository):
    colleague.write(".gitattributes", "*.md export-ignore export-subst\n")
    colleague.write("flask.md", colleague.read("flask.md").replace("Sentence 4", "$Format:%H$"))
    colleague.push()
    edit_both(colleague, 3)
    assert_goes_on(colleague, repository)
    assert "$Format:%H$" in texts()["flask.md"]


@pytest.mark.parametrize(
    ("attributes", "before", "after"),
    [
        ("*.md text", None, b"\n"),
        ("*.md text=auto", None, b"\n"),
        ("*.md eol=crlf", None, b"\n"),
        ("*.md -text", None, b"\r\n"),
        ("*.txt text", None, b"\r\n"),
        ("*.md text=auto", b"\r\n", b"\r\n"),
        ("*.md text", b"\r\n", b"\n"),
    ],
)
def test_line_ends_are_committed_as_git_does(colleague, repository, attributes, before, after):
    text = text_of("New", body=LONG).replace("\n", "\r\n")
    if before:  # committed before there were attributes
        colleague.write("new.md", text.encode())
        colleague.push()
        sync(repository)
    colleague.write(".gitattributes", f"{attributes}\n")
    colleague.push()
    sync(repository)
    if before:
        edit("New", "Sentence 3", "Phrase 3")
    else:
        make_term("New", path="new.md", text=text)
    sync(repository)
    colleague.pull()
    blob = subprocess.run(
        ["git", "cat-file", "blob", "HEAD:new.md"], cwd=colleague.clone, capture_output=True
    ).stdout
    assert blob.count(b"\n") > 20
    assert blob.count(b"\r\n") == (blob.count(b"\n") if after == b"\r\n" else 0)
    assert texts()["new.md"].encode() == blob
    os.utime(colleague.folder / "new.md", (1, 1))  # so that git compares the texts
    assert git(colleague.clone, "status", "--porcelain", "--", "new.md") == ""
    result = sync(repository)
    assert (result.commits, result.attention) == ([], [])


# Pushes that are refused


def test_push_that_a_hook_refuses(colleague, repository):
    hook = colleague.origin / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'Words need a ticket number.' >&2\nexit 1\n")
    hook.chmod(0o755)
    edit("Flask", "Sentence 3", "Phrase 3")
    said = fails(repository, "The server refused the commits: Words need a ticket number.")
    assert said.count("refused") == 1
    hook.unlink()
    assert_goes_on(colleague, repository)


def test_branch_that_is_checked_out_there(colleague, repository):
    Repository.objects.update(url=str(colleague.clone))
    sync(repository)
    edit("Flask", "Sentence 3", "Phrase 3")
    fails(repository, "is checked out in that repository")
    git(colleague.clone, "config", "receive.denyCurrentBranch", "ignore")
    sync(repository)
    git(colleague.clone, "reset", "-q", "--hard")
    assert texts() == colleague.files()


def test_branch_of_requests_that_cannot_be_made(colleague, repository):
    """A branch “words” stands in the way of “words/new”."""
    git(colleague.origin, "branch", "words", "main")
    Repository.objects.update(push="request", request_branch="words/new")
    edit("Flask", "Sentence 3", "Phrase 3")
    fails(repository, "The server refused the commits")
    Repository.objects.update(request_branch="new")
    assert sync(repository).pushed


def test_lock_that_was_left_there(colleague, repository):
    lock = colleague.origin / "refs" / "heads" / "main.lock"
    lock.touch()
    edit("Flask", "Sentence 3", "Phrase 3")
    fails(repository, "File exists")
    lock.unlink()
    assert_goes_on(colleague, repository)


# This machine


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """A folder that is the whole PATH."""
    folder = _folder(tmp_path / "programs")
    monkeypatch.setenv("PATH", str(folder))
    return folder


def test_git_that_is_missing(colleague, repository, programs, monkeypatch):
    edit("Flask", "Sentence 3", "Phrase 3")
    fails(repository, "git is not installed")
    monkeypatch.undo()


def test_git_that_hangs(colleague, repository, tmp_path, settings, monkeypatch):
    program = _folder(tmp_path / "programs") / "git"
    program.write_text("#!/bin/sh\nsleep 300\n")
    program.chmod(0o755)
    with monkeypatch.context() as patch:
        patch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
        settings.GIT_TIMEOUT = 1
        edit("Flask", "Sentence 3", "Phrase 3")
        fails(repository, "took more than 1 s and was stopped")
    settings.GIT_TIMEOUT = 60
    assert_goes_on(colleague, repository)


def test_copy_that_is_damaged(colleague, repository):
    copy = repository_copy(repository)
    edit_both(colleague, 3)
    for path in (copy / "objects").rglob("*.pack"):
        path.chmod(0o600)
        path.write_bytes(b"")
    try:
        sync(repository)
    except FolderError as error:
        assert "is damaged" in str(error)
    assert_goes_on(colleague, repository)


@pytest.mark.parametrize("name", ["HEAD", "config", "refs", "objects"])
def test_copy_that_is_not_whole(colleague, repository, name):
    part = repository_copy(repository) / name
    shutil.rmtree(part) if part.is_dir() else part.unlink()
    edit_both(colleague, 3)
    assert_goes_on(colleague, repository)


@pytest.fixture
def small_disk(tmp_path):
    folder = _folder(tmp_path / "data-small")
    words = ["mount", "-t", "tmpfs", "-o", "size=600k", "none", str(folder)]
    if subprocess.run(words, capture_output=True).returncode:
        pytest.skip("needs the right to mount a small file system")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_full_disk(colleague, repository, small_disk, settings):
    settings.DATA_DIR = small_disk
    colleague.write("noise.bin", os.urandom(2 * 1024**2))
    colleague.push()
    edit("Flask", "Sentence 3", "Phrase 3")
    fails(repository, "The disk is full")
    settings.DATA_DIR = small_disk.parent / "data"
    assert_goes_on(colleague, repository)

"""A glossary and a git repository that are edited by different people."""

import io

import pytest
from PIL import Image

from terms.changes.operation import undo
from terms.changes.pictures import replace_picture
from terms.changes.rename import move
from terms.changes.trash import trash
from terms.files.folder import FolderError
from terms.files.git.command import NoBranch
from terms.interchange.sync import SyncOptions, sync
from terms.media.originals import exported_content
from terms.media.uploads import add_picture
from terms.models import ChangeSet, Glossary, Picture, Removal, Repository, Sync, Term
from terms.publishing.publish import publish
from tests.factory import default_glossary, make_term, text_of
from tests.interchange.git import LONG, Colleague, add_repository, edit, git

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("places")]


@pytest.fixture
def ann(django_user_model):
    return django_user_model.objects.create_user(
        "ann", "ann@example.org", first_name="Ann", last_name="Lee"
    )


def texts():
    return {term.path: term.newest_revision().text for term in Term.objects.all()}


def test_first_sync_brings_in_the_files(colleague, repository):
    assert texts() == colleague.files()
    assert Repository.objects.get().commit == git(colleague.clone, "rev-parse", "HEAD").strip()
    assert Sync.objects.get().received == {"created": 3}


def test_imported_revision_names_the_commit_and_its_author(
    colleague, repository, django_user_model
):
    grace = django_user_model.objects.create_user("grace", "Grace@example.org")
    colleague.write("flask.md", colleague.read("flask.md").replace("Sentence 3", "Line 3"))
    colleague.push("Say line")
    sync(repository)
    revision = Term.objects.get(name="Flask").newest_revision()
    commit = git(colleague.clone, "rev-parse", "HEAD")[:12]
    assert revision.origin == f"{commit} Grace Hopper <grace@example.org>"
    assert revision.author == grace
    assert revision.change_set.title == "Sync with words"


def test_edit_is_committed_in_the_name_of_its_editor(colleague, repository, ann):
    edit("Flask", "Sentence 3", "Line 3", ann, "Shorter")
    sync(repository)
    colleague.pull()
    assert texts() == colleague.files()
    assert colleague.log()[0] == "Ann Lee|ann@example.org|Edit Flask"
    assert "- Flask: Shorter" in git(colleague.clone, "log", "-1", "--format=%b")
    assert git(colleague.clone, "diff", "--stat", "HEAD~").count("|") == 1


def test_commits_are_by_editor_and_change_set(colleague, repository, ann, django_user_model):
    bob = django_user_model.objects.create_user("bob")
    edit("Flask", "Sentence 3", "Line 3", ann)
    edit("Django", "Sentence 3", "Line 3", ann)
    edit("Flask", "Sentence 5", "Line 5", bob)
    edit("Flask", "Sentence 7", "Line 7", ann)
    result = sync(repository)
    colleague.pull()
    assert colleague.log()[:3] == [
        "Ann Lee|ann@example.org|Edit Flask",
        "bob|bob@users.noreply.127.0.0.1|Edit Flask",
        "Ann Lee|ann@example.org|Edit 2 terms: Flask, Django",
    ]
    assert texts() == colleague.files()
    assert result.sent == {"written": 2}


def test_edits_on_both_sides_are_merged(colleague, repository, ann):
    colleague.write("flask.md", colleague.read("flask.md").replace("Sentence 3", "Line 3"))
    colleague.push()
    edit("Flask", "Sentence 9", "Line 9", ann)
    sync(repository)
    colleague.pull()
    assert texts() == colleague.files()
    assert "Line 3" in colleague.read("flask.md")
    assert "Line 9" in colleague.read("flask.md")
    assert colleague.log()[0].startswith("Ann Lee|")


def test_conflict_holds_only_its_file_back(colleague, repository, ann):
    colleague.write("flask.md", colleague.read("flask.md").replace("Sentence 3", "Line 3"))
    colleague.push()
    edit("Flask", "Sentence 3", "Phrase 3", ann)
    edit("WSGI", "Sentence 3", "Phrase 3", ann)
    result = sync(repository)
    assert [(path, status) for path, status, _ in result.attention] == [("flask.md", "conflict")]
    colleague.pull()
    assert "Phrase 3" in colleague.read("wsgi.md")
    assert "Line 3" in colleague.read("flask.md")
    sync(repository, options=SyncOptions(sides={"flask.md": "glossary"}))
    colleague.pull()
    assert "Phrase 3" in colleague.read("flask.md")
    assert texts() == colleague.files()


def test_renames_and_removals_go_both_ways(colleague, repository, ann):
    git(colleague.clone, "mv", "flask.md", "micro.md")
    (colleague.folder / "wsgi.md").unlink()
    colleague.push()
    move(Term.objects.get(name="Django"), "frameworks/django.md", ann)
    sync(repository)
    colleague.pull()
    assert sorted(colleague.files()) == ["frameworks/django.md", "micro.md"]
    assert texts() == colleague.files()
    assert Term.with_trash.count() == 3
    trash(Term.objects.get(name="Flask"), ann)
    sync(repository)
    colleague.pull()
    assert sorted(colleague.files()) == ["frameworks/django.md"]
    assert colleague.log()[0] == "Ann Lee|ann@example.org|Remove Flask"


def test_renamed_and_rewritten_file_is_followed_by_git(colleague, repository):
    """Git pairs the only removed file with the only new one that is half alike."""
    text = colleague.read("flask.md")
    for n in range(5):
        text = text.replace(f"Sentence {n} of a text that is long", f"Another, {n}")
    (colleague.folder / "flask.md").unlink()
    colleague.write("sub/microframework.md", text)
    colleague.push()
    result = sync(repository)
    assert result.received == {"renamed": 1}
    assert Term.objects.get(path="sub/microframework.md").name == "Flask"


def test_published_term_that_is_removed_awaits_a_decision(colleague, repository):
    publish(default_glossary(), Term.objects.all())
    (colleague.folder / "flask.md").unlink()
    colleague.push()
    sync(repository)
    assert Removal.objects.open().get().term.name == "Flask"
    sync(repository)
    colleague.pull()
    assert "flask.md" not in colleague.files()


def test_many_removed_files_are_asked_about(colleague, repository):
    for n in range(6):
        colleague.write(f"word-{n}.md", text_of(f"Word {n}"))
    colleague.push()
    sync(repository)
    for path in list(colleague.files())[:6]:
        (colleague.folder / path).unlink()
    colleague.push()
    assert "no term was removed" in sync(repository).attention[0][2]
    assert Term.objects.count() == 9
    sync(repository, options=SyncOptions(removes_many=True))
    assert Term.objects.count() == 3
    colleague.pull()
    assert texts() == colleague.files()


def test_undone_sync_is_a_commit(colleague, repository, ann):
    before = colleague.read("flask.md")
    colleague.write("flask.md", before.replace("Sentence 3", "Line 3"))
    colleague.push()
    sync(repository)
    undo(ChangeSet.objects.get(title="Sync with words", revisions__number=2), ann)
    sync(repository)
    colleague.pull()
    assert colleague.read("flask.md") == before


def test_new_terms_and_an_empty_repository(tmp_path, ann):
    colleague = Colleague(tmp_path)
    save_new = text_of("Flask", body=LONG)
    make_term("Flask", path="flask.md", text=save_new)
    repository = add_repository(colleague)
    sync(repository)
    git(colleague.clone, "fetch", "-q", "origin")
    colleague.pull()
    assert colleague.files() == {"flask.md": save_new}
    assert colleague.log()[0].endswith("|Add Flask")


def test_push_that_is_refused_is_repeated_on_top(colleague, repository, ann, monkeypatch):
    edit("Flask", "Sentence 3", "Line 3", ann)
    from terms.files.git.mirror import Mirror

    pushed = Mirror.push
    races = iter(range(2))

    def push(self, commit, branch):
        if next(races, None) is not None:  # a colleague is faster
            colleague.pull()
            colleague.write("wsgi.md", colleague.read("wsgi.md") + "More.\n")
            colleague.push("Meanwhile")
        pushed(self, commit, branch)

    monkeypatch.setattr(Mirror, "push", push)
    sync(repository)
    colleague.pull()
    assert texts() == colleague.files()
    assert [line.rpartition("|")[2] for line in colleague.log()[:3]] == [
        "Edit Flask", "Meanwhile", "Meanwhile",
    ]  # fmt: skip


@pytest.mark.parametrize("how", ["squash", "rebase", "force"])
def test_rewritten_history_costs_nothing(colleague, repository, ann, how):
    edit("Flask", "Sentence 3", "Line 3", ann)
    sync(repository)
    colleague.pull()
    edit("WSGI", "Sentence 3", "Line 3", ann)
    colleague.write("django.md", colleague.read("django.md").replace("Sentence 5", "Line 5"))
    git(colleague.clone, "add", "-A")
    git(colleague.clone, "commit", "-q", "-m", "Django")
    if how == "squash":
        git(colleague.clone, "checkout", "-q", "--orphan", "other")
        git(colleague.clone, "commit", "-q", "-m", "All in one")
        git(colleague.clone, "branch", "-M", "main")
    elif how == "rebase":
        git(colleague.clone, "commit", "-q", "--amend", "-m", "Other words")
    else:
        git(colleague.clone, "reset", "-q", "--soft", "HEAD~2")
        git(colleague.clone, "commit", "-q", "-m", "Anew")
    colleague.push("Nothing", "--force")
    sync(repository)
    colleague.pull()
    assert texts() == colleague.files()
    assert Term.objects.count() == 3
    for path in ("flask.md", "wsgi.md"):
        assert "Line 3" in colleague.read(path)
    assert "Line 5" in colleague.read("django.md")


def test_branch_for_a_merge_request(colleague, repository, ann):
    Repository.objects.update(push="request", request_branch="words")
    edit("Flask", "Sentence 3", "Line 3", ann)
    sync(repository)
    colleague.pull()
    assert "Line 3" not in colleague.read("flask.md")
    assert "Line 3" in git(colleague.clone, "show", "origin/words:flask.md")
    sync(repository)  # nothing new
    colleague.write("django.md", colleague.read("django.md").replace("Sentence 5", "Line 5"))
    colleague.push("Main moves")
    edit("WSGI", "Sentence 3", "Line 3", ann)
    sync(repository)
    git(colleague.clone, "fetch", "-q")
    for path, line in (("flask.md", "Line 3"), ("wsgi.md", "Line 3"), ("django.md", "Line 5")):
        assert line in git(colleague.clone, "show", f"origin/words:{path}")
    git(colleague.clone, "merge", "-q", "origin/words")
    colleague.push("Merged")
    sync(repository)
    assert texts() == colleague.files()
    count = git(colleague.clone, "rev-list", "--count", "--all")
    sync(repository)
    git(colleague.clone, "fetch", "-q")
    assert git(colleague.clone, "rev-list", "--count", "--all") == count


def test_commits_of_others_on_the_branch_of_the_request_stay(colleague, repository, ann):
    Repository.objects.update(push="request", request_branch="words")
    edit("Flask", "Sentence 3", "Line 3", ann)
    sync(repository)
    git(colleague.clone, "fetch", "-q")
    git(colleague.clone, "checkout", "-q", "-b", "words", "origin/words")
    colleague.write("django.md", colleague.read("django.md").replace("Sentence 5", "Row 5"))
    git(colleague.clone, "commit", "-qam", "As the reviewer wants it")
    git(colleague.clone, "push", "-q", "origin", "words")
    git(colleague.clone, "checkout", "-q", "main")
    colleague.write("wsgi.md", colleague.read("wsgi.md").replace("Sentence 7", "Row 7"))
    colleague.push("Main moves")
    with pytest.raises(FolderError, match="Others committed to the branch “words”"):
        sync(repository)
    git(colleague.clone, "merge", "-q", "origin/words")
    git(colleague.clone, "push", "-q", "origin", "main")
    sync(repository)
    colleague.pull()
    assert texts() == colleague.files()
    assert "Row 5" in texts()["django.md"]


def test_recent_edits_wait(colleague, repository, ann):
    Repository.objects.update(wait=10)
    edit("Flask", "Sentence 3", "Line 3", ann)
    result = sync(repository)
    assert result.sent == {"skipped": 1}
    assert not result.commits
    Term.objects.update(changed_at="2024-01-01T00:00Z")
    Repository.objects.update(due_at="2024-01-01T00:00Z")
    assert sync(repository).sent == {"written": 1}


def test_published_texts_only(colleague, repository, ann):
    Repository.objects.update(texts="live")
    publish(default_glossary(), Term.objects.all())
    edit("Flask", "Sentence 3", "Line 3", ann)
    sync(repository)
    colleague.pull()
    assert "Line 3" not in colleague.read("flask.md")
    publish(default_glossary(), Term.objects.all())
    sync(repository)
    colleague.pull()
    assert "Line 3" in colleague.read("flask.md")


def test_published_text_with_crlf_waits_for_the_version_with_lf(colleague, repository):
    Repository.objects.update(texts="live")
    colleague.write(".gitattributes", "*.md text\n")
    colleague.push()
    text = text_of("New", body=LONG).replace("\n", "\r\n")
    make_term("New", path="new.md", text=text)
    publish(default_glossary(), Term.objects.all())
    for _ in range(2):
        sent = {file.path: file for file in sync(repository).export.files}
        assert "line ends of .gitattributes" in sent["new.md"].reason
    publish(default_glossary(), Term.objects.all())
    sync(repository)
    colleague.pull()
    assert (colleague.folder / "new.md").read_bytes() == text.replace("\r\n", "\n").encode()


def test_only_term_files_are_touched(tmp_path, ann):
    colleague = Colleague(tmp_path, "docs/words")
    colleague.folder.mkdir(parents=True, exist_ok=True)
    colleague.write("flask.md", text_of("Flask", body=LONG))
    (colleague.folder / "flask.md").chmod(0o755)
    (colleague.clone / "flask.md").symlink_to("docs/words/flask.md")
    (colleague.clone / "build.sh").write_text("echo\n")
    (colleague.clone / "build.sh").chmod(0o755)
    colleague.push()
    repository = add_repository(colleague, folder="docs/words")
    sync(repository)
    assert texts() == colleague.files()
    edit("Flask", "Sentence 3", "Line 3", ann)
    sync(repository)
    colleague.pull()
    changed = git(colleague.clone, "diff", "--raw", "--abbrev=1", "HEAD~").split()
    assert changed[0] == ":100755"
    assert changed[1] == "100755"
    assert changed[-1] == "docs/words/flask.md"
    assert len(changed) == 6


def test_sync_that_was_killed_after_its_push_goes_on(colleague, repository, ann, monkeypatch):
    from terms.files.exporting import Exporter

    edit("Flask", "Sentence 3", "Line 3", ann)
    with monkeypatch.context() as patch:
        patch.setattr(Exporter, "remember", lambda self: exit("killed"))
        with pytest.raises(SystemExit):
            sync(repository)
    edit("Flask", "Line 3", "Phrase 3", ann)
    result = sync(repository)
    assert not result.attention
    colleague.pull()
    assert "Phrase 3" in colleague.read("flask.md")
    assert [line.rpartition("|")[2] for line in colleague.log()[:3]] == [
        "Edit Flask", "Edit Flask", "Begin",
    ]  # fmt: skip


# Bad repositories


def test_missing_branch_and_repository(colleague, repository, tmp_path):
    Repository.objects.update(branch="nope")
    with pytest.raises(NoBranch, match="no branch “nope”"):
        sync(repository)
    Repository.objects.update(branch="main", url=str(tmp_path / "gone.git"))
    with pytest.raises(FolderError, match="no repository at this address"):
        sync(repository)
    assert Sync.objects.filter(state="failed").count() == 2
    assert Term.objects.count() == 3


def test_repository_that_is_emptied_removes_nothing(colleague, repository):
    git(colleague.clone, "rm", "-rq", ".")
    colleague.push("Empty")
    result = sync(repository)
    assert "no term was removed" in str(result.attention)
    assert not result.commits
    assert Term.objects.count() == 3


@pytest.mark.parametrize(
    "url",
    [
        "--upload-pack=touch x", "ext::sh -c 'touch x'", "file::/x", "http://example.org/x.git",
        "git://example.org/x", "https://me:secret@example.org/x.git", "-x", "ssh://-oProxy=x/y",
        "https:///x", "relative/path", "fd::17", "/etc", "file:///etc/x.git",
    ],
)  # fmt: skip
def test_hostile_addresses_are_refused(url, colleague):
    repository = add_repository(colleague, url=url)
    with pytest.raises(FolderError) as caught:
        sync(repository)
    assert "secret" not in str(caught.value)


def test_odd_files_are_reported_and_left_alone(colleague, repository, ann):
    colleague.write("lfs.md", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")
    colleague.write("large.md", "a" * 1_100_000)
    colleague.write("b\udce4r.md".encode("utf-8", "surrogateescape").decode("latin-1"), "x")
    (colleague.folder / "outside.md").symlink_to("/etc/passwd")
    (colleague.folder / "link.md").symlink_to("flask.md")
    colleague.push()
    edit("Flask", "Sentence 3", "Line 3", ann)
    problems = {path: reason for path, _status, reason in sync(repository).attention}
    assert "Git LFS" in problems["lfs.md"]
    assert "1,100,000 bytes" in problems["large.md"]
    assert "outside the folder" in problems["outside.md"]
    before = colleague.files()
    colleague.pull()
    assert "Line 3" in colleague.read("flask.md")
    assert {**colleague.files(), "flask.md": "", "link.md": ""} == {
        **before, "flask.md": "", "link.md": "",
    }  # fmt: skip


def test_two_syncs_at_once_take_turns(colleague, repository):
    from terms.interchange.repositories import Lease, SyncBusy

    other = Lease(repository)
    assert other.take()
    with pytest.raises(SyncBusy):
        sync(repository, options=SyncOptions(patience=0))
    other.give_back()
    sync(repository)


def test_pictures_and_sidecar_go_both_ways(colleague, repository, ann, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.ORIGINALS_ROOT = tmp_path / "originals"
    picture = add_picture(default_glossary(), png("red"), "chart.png")
    edit("Flask", "Sentence 3", f"![A]({picture.path}) Sentence 3", ann)
    sync(repository)
    colleague.pull()
    assert colleague.log()[0].endswith("Edit Flask")
    file = colleague.clone / "images" / "chart.png"
    assert file.is_file()

    replace_picture(Picture.objects.get(), png("blue"), ann)
    content_of_blue = exported_content(Picture.objects.get())
    Glossary.objects.update(keeps="sidecar")
    Term.objects.filter(name="Flask").update(owner=ann)
    sync(Repository.objects.get())
    colleague.pull()
    assert colleague.log()[0].endswith("|Update .glossary-cms.yaml, images/chart.png")
    sidecar = colleague.clone / ".glossary-cms.yaml"
    assert "owner: ann <ann@example.org>" in sidecar.read_text()
    assert sync(Repository.objects.get()).commits == []

    file.write_bytes(png("green"))
    sidecar.write_text(sidecar.read_text().replace("flask.md:\n", "flask.md:\n  linked: false\n"))
    colleague.push("Paint it green")
    sync(Repository.objects.get())
    assert exported_content(Picture.objects.get()) == png("green")
    assert not Term.objects.get(name="Flask").is_linked
    undo(Sync.objects.first().change_set)
    assert exported_content(Picture.objects.get()) == content_of_blue
    assert Term.objects.get(name="Flask").is_linked
    sync(Repository.objects.get())
    colleague.pull()
    assert file.read_bytes() == content_of_blue
    assert "linked" not in sidecar.read_text()


def test_picture_and_sidecar_changed_on_both_sides_are_reported(
    colleague, repository, ann, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.ORIGINALS_ROOT = tmp_path / "originals"
    Glossary.objects.update(keeps="sidecar")
    picture = add_picture(default_glossary(), png("red"), "chart.png")
    edit("Flask", "Sentence 3", f"![A]({picture.path}) Sentence 3", ann)
    Term.objects.filter(name="Flask").update(review_by="2027-01-01")
    sync(repository)
    colleague.pull()
    (colleague.clone / "images" / "chart.png").write_bytes(png("green"))
    sidecar = colleague.clone / ".glossary-cms.yaml"
    sidecar.write_text(sidecar.read_text().replace("2027-01-01", "2028-01-01"))
    colleague.push()
    replace_picture(Picture.objects.get(), png("blue"), ann)
    Term.objects.filter(name="Flask").update(review_by="2029-01-01")
    found = sync(Repository.objects.get())
    assert [(path, status) for path, status, _reason in found.attention] == [
        ("images/chart.png", "conflict"), (".glossary-cms.yaml", "conflict"),
        ("images/chart.png", "not sent"),
    ]  # fmt: skip
    sides = {"images/chart.png": "file", ".glossary-cms.yaml": "file"}
    sync(Repository.objects.get(), options=SyncOptions(sides=sides))
    assert exported_content(Picture.objects.get()) == png("green")
    assert str(Term.objects.get(name="Flask").review_by) == "2028-01-01"
    assert sync(Repository.objects.get()).attention == []


def png(color):
    out = io.BytesIO()
    Image.new("RGB", (3, 2), color).save(out, "PNG")
    return out.getvalue()


# What the reviewer of the commits sees


def test_picture_is_in_the_commit_of_the_text_that_shows_it(
    colleague, repository, ann, django_user_model, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path / "media"
    picture = add_picture(default_glossary(), png("red"), "chart.png")
    edit("Flask", "Sentence 3", f"![A]({picture.path}) Sentence 3", ann)
    edit("Django", "Sentence 3", "Line 3", django_user_model.objects.create_user("bob"))
    sync(repository)
    colleague.pull()
    assert git(colleague.clone, "show", "--format=%an", "--name-only", "HEAD~").split("\n") == [
        "Ann Lee", "", "flask.md", "images/chart.png", "",
    ]  # fmt: skip


def test_message_says_what_was_done_with_each_term(colleague, repository, ann):
    edit("Flask", "Sentence 3", "Line 3", ann)
    make_term("Kite", path="kite.md", author=ann)
    trash(Term.objects.get(name="WSGI"), ann)
    sync(repository)
    colleague.pull()
    assert colleague.log("-1", "--format=%an|%B") == [
        "Ann Lee|Change 3 terms: Flask, Kite, WSGI", "",
        "- Edit Flask", "- Add Kite: made", "- Remove WSGI", "",
    ]  # fmt: skip


def test_rename_is_one_commit_without_an_empty_one(colleague, repository, ann):
    move(Term.objects.get(name="Django"), "frameworks/django.md", ann)
    sync(repository)
    colleague.pull()
    assert colleague.log("--format=%an|%s")[:2] == [
        "Ann Lee|django.md renamed to frameworks/django.md", "Grace Hopper|Begin",
    ]  # fmt: skip


def test_merged_edit_is_named_after_its_term(colleague, repository, ann):
    colleague.write("flask.md", colleague.read("flask.md").replace("Sentence 3", "Line 3"))
    colleague.push()
    edit("Flask", "Sentence 9", "Line 9", ann, "Shorter")
    sync(repository)
    colleague.pull()
    assert colleague.log("-1", "--format=%an|%B") == [
        "Ann Lee|Edit Flask", "", "- Flask: Shorter", "",
    ]  # fmt: skip


def test_edit_that_is_kept_in_a_conflict_is_the_only_commit(colleague, repository, ann):
    edit("Flask", "Sentence 5", "Line 5", ann)
    sync(repository)
    colleague.pull()
    colleague.write("flask.md", colleague.read("flask.md").replace("Sentence 3", "Line 3"))
    colleague.push("Say line")
    edit("Flask", "Sentence 3", "Phrase 3", ann)
    sync(repository, options=SyncOptions(sides={"flask.md": "glossary"}))
    colleague.pull()
    assert "Phrase 3" in colleague.read("flask.md")
    assert [line.rpartition("|")[2] for line in colleague.log()] == [
        "Edit Flask", "Say line", "Edit Flask", "Begin",
    ]  # fmt: skip


def test_edits_that_are_undone_before_the_sync_are_no_commit(colleague, repository, ann):
    edit("Flask", "Sentence 3", "Line 3", ann)
    edit("Flask", "Line 3", "Sentence 3", ann)
    assert not sync(repository).commits


def test_message_is_plain_text(colleague, repository, ann):
    Repository.objects.update(signs_off=True)
    reason = "Shorter\x1b[31m\n\nSigned-off-by: The boss <boss@example.org>"
    edit("Flask", "Sentence 3", "Line 3", ann, reason)
    sync(repository)
    colleague.pull()
    message = git(colleague.clone, "log", "-1", "--format=%B")
    assert message == (
        "Edit Flask\n"
        "\n"
        "- Flask: Shorter [31m Signed-off-by: The boss <boss@example.org>\n"
        "\n"
        "Signed-off-by: Ann Lee <ann@example.org>\n\n"
    )  # git adds a line end


def test_author_whose_name_is_not_utf8(colleague, repository):
    colleague.write("flask.md", colleague.read("flask.md").replace("Sentence 3", "Line 3"))
    git(colleague.clone, "add", "-A")
    name = b"J\xfcrgen\x01".decode("utf-8", "surrogateescape")
    git(colleague.clone, "-c", "i18n.commitEncoding=bad", "commit", "-qm", "x",
        "--author", f"{name} <j@example.org>")  # fmt: skip
    git(colleague.clone, "push", "-q", "origin", "main")
    sync(repository)
    assert "J�rgen" in Term.objects.get(name="Flask").newest_revision().origin

"""Zip archives of unknown origin, among them hostile ones."""

import io
import stat
import struct
import zipfile

import pytest

from terms.files import archives
from terms.files.archives import MANIFEST, ArchiveProblem, ArchiveSource
from terms.files.folder import FolderError
from tests.factory import text_of

TEXT = text_of("Flask").encode()


def zipped(*entries, **options):
    """Return an archive of pairs of name (or ZipInfo) and content."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content, **options)
    file.seek(0)
    return file


def source(*entries, inside="", known=()):
    return ArchiveSource(zipped(*entries), "words.zip", inside, known)


def found(archive):
    """Return path → problem, empty for files that can be imported."""
    return {file.path: file.problem for file in archive.files()}


def with_mode(name, mode):
    info = zipfile.ZipInfo(name)
    info.create_system = 3  # Unix
    info.external_attr = mode << 16
    return info


def test_term_files_are_read_in_order():
    archive = source(("sub/b.md", b"B"), ("a.md", TEXT), ("picture.png", b"x"), ("sub/", b""))
    assert list(found(archive)) == ["a.md", "sub/b.md"]
    assert (archive.read("a.md"), archive.read("sub/b.md")) == (TEXT, b"B")
    assert archive.pictures == ["picture.png"]
    assert archive.read_picture("picture.png")[0] == b"x"
    with pytest.raises(FolderError, match="does not exist"):
        archive.read_picture("other.png")


def test_single_folder_around_everything_is_left_out():
    archive = source(("words-main/a.md", b"A"), ("words-main/sub/b.md", b"B"))
    assert list(found(archive)) == ["a.md", "sub/b.md"]


def test_folder_that_the_glossary_has_stays():
    archive = source(("web/a.md", b"A"), ("web/b.md", b"B"), known=["web/a.md"])
    assert list(found(archive)) == ["web/a.md", "web/b.md"]


def test_folder_inside_the_archive_can_be_chosen():
    entries = [("words-main/docs/a.md", b"A"), ("words-main/README.md", b"B")]
    assert list(found(source(*entries, inside="docs/"))) == ["a.md"]
    assert list(found(source(*entries, inside="words-main/docs"))) == ["a.md"]
    with pytest.raises(ArchiveProblem, match="no folder “none” in the archive"):
        source(*entries, inside="none")


def test_other_files_are_left_out_by_name():
    archive = source(
        ("a.md", b"A"), ("inner.zip", b"x"), ("tool.exe", b"x"), (".git/config", b"x"),
        (".git/HEAD", b"x"), ("__MACOSX/._a.md", b"x"), ("CON.md", b"x"), ("a?.md", b"x"),
    )  # fmt: skip
    problems = found(archive)
    assert problems.pop("a.md") == ""
    assert problems["inner.zip"] == "is an archive in the archive: unpack it first"
    assert problems["tool.exe"] == "is not a term file"
    assert problems[".git"] == problems["__MACOSX"] == "is hidden, and left out"
    assert "device on Windows" in problems["CON.md"]
    assert "cannot have" in problems["a?.md"]


def test_names_of_the_glossary_need_not_suit_windows():
    assert found(source(("what?.md", b"A"), known=["what?.md"])) == {"what?.md": ""}


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("/tmp/a.md", "absolute path"), ("../a.md", "leads out"), ("a/../../b.md", "leads out"),
        ("./a.md", "leads out"), ("a//b.md", "leads out"), ("C:a.md", "letter of a drive"),
        ("a\\b.md", "backslash"), ("d/" * 21 + "a.md", "more than 20 folders"),
        ("x" * 256 + ".md", "too long"), ("a\x07.md", "not text"),
    ],
)  # fmt: skip
def test_archive_with_dangerous_name_is_refused(name, problem):
    with pytest.raises(ArchiveProblem, match=problem):
        source(("ok.md", b"A"), (name, b"B"))


@pytest.mark.parametrize(
    ("mode", "problem"),
    [
        (stat.S_IFLNK | 0o777, "is a link"), (stat.S_IFIFO | 0o644, "special file"),
        (stat.S_IFREG | stat.S_ISUID | 0o755, "setuid"),
    ],
)  # fmt: skip
def test_archive_with_other_than_plain_files_is_refused(mode, problem):
    with pytest.raises(ArchiveProblem, match=f"“a.md” in the archive .*{problem}"):
        source((with_mode("a.md", mode), b"/etc/passwd"))


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("names", "problem"),
    [
        (("a.md", "a.md"), "there twice"), (("a.md", "A.md"), "case or composition"),
        (("caf\xe9.md", "cafe\u0301.md"), "case or composition"),
        (("a.md", "a.md/"), "there twice"),
    ],
)  # fmt: skip
def test_archive_with_names_for_the_same_file_is_refused(names, problem):
    with pytest.raises(ArchiveProblem, match=problem):
        source(*((name, b"A") for name in names))


def test_encrypted_archive_is_refused():
    content = bytearray(zipped(("a.md", TEXT)).getvalue())
    content[content.index(b"PK\x01\x02") + 8] |= 1  # the flag in the directory
    with pytest.raises(ArchiveProblem, match=r"“a\.md” in the archive is encrypted"):
        ArchiveSource(io.BytesIO(content), "words.zip")


def test_names_in_utf8_without_flag_are_read():
    content = zipped(("\u00fc.md", b"A")).getvalue()
    flags = struct.pack("<H", 0x800)
    content = content.replace(flags, b"\0\0")
    assert list(found(ArchiveSource(io.BytesIO(content), "words.zip"))) == ["\u00fc.md"]


def test_bounds_hold(monkeypatch):
    with pytest.raises(ArchiveProblem, match=r"“a\.md” .* more than 200 to 1"):
        source(("a.md", b"\0" * 1_000_000))
    monkeypatch.setattr(archives, "MAX_TOTAL", 100)
    with pytest.raises(ArchiveProblem, match="unpacked"):
        source(("a.md", b"x" * 60), ("b.md", b"y" * 60))
    monkeypatch.setattr(archives, "MAX_ENTRIES", 1)
    with pytest.raises(ArchiveProblem, match="more than 1 files"):
        source(("a.md", b"x"), ("b.md", b"y"))
    monkeypatch.setattr(archives, "MAX_ARCHIVE", 10)
    with pytest.raises(ArchiveProblem, match="The archive has more than"):
        source(("a.md", b"x"))


def test_list_of_entries_is_bounded_before_it_is_read(monkeypatch):
    archive = zipped(*((f"{number}.md", b"") for number in range(100)))
    sizes = [archives._directory_size(archive)]
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 10)  # writes zip64
    large = zipped(*((f"{number}.md", b"") for number in range(100)))
    sizes += [archives._directory_size(large)]
    with_comment = zipped(("a.md", b""))
    with zipfile.ZipFile(with_comment, "a") as opened:
        opened.comment = b"PK, for short" * 100
    sizes += [archives._directory_size(with_comment), archives._directory_size(io.BytesIO(b"PK"))]
    assert sizes == [100 * 51 - 10, 100 * 51 - 10, 50, 0]
    monkeypatch.setattr(archives, "MAX_DIRECTORY", 1000)
    for file in (archive, large):
        with pytest.raises(ArchiveProblem, match="or too long names"):
            ArchiveSource(file, "words.zip")


def test_archive_with_very_many_files_is_refused():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(50_001):
            archive.writestr(f"{number}.md", b"")
    with pytest.raises(ArchiveProblem, match="more than 50,000 files"):
        ArchiveSource(file, "words.zip")


def test_sizes_that_lie_are_found(monkeypatch):
    content = zipped(("a.md", TEXT)).getvalue()
    size = struct.pack("<I", len(TEXT))
    lying = ArchiveSource(io.BytesIO(content.replace(size, struct.pack("<I", 3))), "words.zip")
    with pytest.raises(ArchiveProblem, match="damaged"):
        lying.read("a.md")
    monkeypatch.setattr(archives, "MAX_TOTAL", 1000)
    reader = source(("a.md", TEXT))
    with pytest.raises(ArchiveProblem, match="unpacked"):
        [reader.read("a.md") for _ in range(10)]


@pytest.mark.parametrize("content", [b"", b"no archive", zipped(("a.md", TEXT)).getvalue()[:-30]])
def test_what_is_no_archive_is_refused(content):
    with pytest.raises(ArchiveProblem, match="not a zip archive, or it is damaged"):
        ArchiveSource(io.BytesIO(content), "words.zip")


def test_manifest_of_an_export_names_the_texts():
    assert source((MANIFEST, b'{"files": {"a.md": "f"}}'), ("a.md", b"A")).bases == {"a.md": "f"}
    for wrong in (b"", b"[]", b'{"files": 1}', b"[" * 50_000):
        assert source((MANIFEST, wrong), ("a.md", b"A")).bases == {}
    assert MANIFEST not in found(source((MANIFEST, b"{}"), ("a.md", b"A")))


def test_export_in_a_folder_is_recognised():
    archive = source((f"words/{MANIFEST}", b'{"files": {"a.md": "f"}}'), ("words/a.md", b"A"))
    assert (list(found(archive)), archive.bases) == (["a.md"], {"a.md": "f"})


ACCEPTED = {"ok.zip": {"a.md", "sub/b.md"}, "prefixed.zip": {"x.md"}}
# Archives of which some entries are left out by name: the entries that are imported.
IN_PART = {
    "dotfiles.zip": {"a.md"}, "not_md.zip": {"a.md"}, "nested.zip": set(),
}  # fmt: skip


def hostile(shared):
    return sorted((shared / "attacks" / "archives").glob("*.zip"))


def test_hostile_archives_are_refused(shared):
    """Each of them is refused as a whole, or its entries are left out by name."""
    tried = set()
    for path in hostile(shared):
        tried.add(path.name)
        expected = ACCEPTED.get(path.name, IN_PART.get(path.name))
        try:
            with path.open("rb") as file:
                archive = ArchiveSource(file, path.name)
                problems = found(archive)
                for name, problem in problems.items():
                    if not problem:
                        archive.read(name)
        except ArchiveProblem as error:
            assert expected is None, (path.name, error)
            assert "archive" in str(error)
            continue
        good = {name for name, problem in problems.items() if not problem}
        assert good == (expected or set()), (path.name, problems)
    assert tried.issuperset(ACCEPTED)

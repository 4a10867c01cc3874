"""The file next to a SQLite database that tells all processes that pages were written."""

import errno
import os

import pytest

from terms.pages.change_marks import MARK, Generation, is_settled


@pytest.fixture
def path(tmp_path):
    return tmp_path / "database-pages"


def test_other_processes_see_begin_and_end_of_writing(path):
    ours, theirs = Generation(path, 0o600), Generation(path, 0o600)
    before = theirs.marks()
    assert is_settled(before)
    mark = ours.begin()
    assert not is_settled(theirs.marks())
    ours.end(mark)
    assert is_settled(theirs.marks())
    assert theirs.marks() != before


@pytest.mark.parametrize("content", [b"", b"a", bytes(2 * MARK - 1), b"b" * 100])
def test_truncated_or_replaced_file_does_not_crash(path, content):
    """The file is overwritten or truncated while a process has it open."""
    generation = Generation(path, 0o600)
    path.write_bytes(content)
    assert is_settled(generation.marks()) == (len(content) == 100)
    generation.end(generation.begin())
    assert is_settled(generation.marks())


def test_full_disk_raises_os_error(path, monkeypatch):
    def full(*values):
        raise OSError(errno.ENOSPC, "No space left on device")

    generation = Generation(path, 0o600)
    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(OSError, match="No space left"):
        generation.begin()

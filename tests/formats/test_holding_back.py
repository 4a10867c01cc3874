"""The marks by which authors hold a page back from their sites."""

from datetime import UTC, datetime

import pytest

from terms.formats.document import changed, read_document

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)


def read(header):
    return read_document(f"---\nterm: Pod\n{header}\n---\nText.\n", "pod.md")


@pytest.mark.parametrize(
    "mark",
    [
        "draft: true", "Draft: True", "draft: yes", "draft: 'true'", "published: false",
        "published: no", "publish: false", "private: true", "hidden: true", "unlisted: true",
        "headless: true", "render: false", "permalink: false", "status: draft", "status: Draft",
        "status: private", "state: draft", "eleventyExcludeFromCollections: true",
        "routable: false", "publishDate: 2026-06-16", "publishdate: 2026-06-15T12:00:01Z",
        "publish_date: 2026-06-15 18:00", "expiryDate: 2026-06-15", "unpublish_date: 2020-01-01",
        "expiryDate: 2026-06-15T13:59:00+02:00",
    ],
)  # fmt: skip
def test_page_is_held_back(mark):
    key, _, value = mark.partition(": ")
    assert read(mark).why_held_back(NOW) == (
        f"{key}: {value.strip(chr(39))} in its header; take this out of the file to publish it."
    )


@pytest.mark.parametrize(
    ("header", "left"),
    [
        ("draft: true\n# why\ntags: [a]", "# why\ntags: [a]"),
        ("draft: true # soon\nstatus: Draft\nx: 1", "x: 1"),
        ("build:\n  render: never\n  list: local\nx: 1", "build:\n  list: local\nx: 1"),
        ("_build:\n  render: never\n  list: never\nx: 1", "x: 1"),
        ("status: [new, draft, Private]", "status: [new]"),
        ("status:\n  - draft\nx: 1", "x: 1"),
        ("publishDate: 2026-06-16\nexpiryDate: 2027-01-01", "expiryDate: 2027-01-01"),
        ("draft: false\nstatus:\nbuild: {}\nhidden: yes", "draft: false\nstatus:\nbuild: {}"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_marks_are_removed_and_nothing_else(header, left, end):
    text = "---\nterm:   Pod\n{}\n---\nText.\n".replace("\n", end)
    document = read_document(text.format(header.replace("\n", end)), "pod.md")
    assert changed(document, released_at=NOW) == text.format(left.replace("\n", end))


def test_text_without_marks_is_not_changed():
    document = read("draft: of a law\nstatus: [[draft]]")
    assert changed(document, released_at=NOW) == document.text


def test_date_of_appearing_is_no_reason_for_later():
    assert read("publishDate: 2026-06-16").why_held_back(NOW, even_later=True) == ""
    assert read("publishDate: 2026-06-16\ndraft: true").why_held_back(NOW, even_later=True)
    assert read("expiryDate: 2026-06-15").why_held_back(NOW, even_later=True)


@pytest.mark.parametrize(
    ("header", "shown"),
    [
        ("_build:\n  render: never", "_build: render: never"),
        ("build:\n  list: never\n  render: always", "build: list: never"),
        ("build: {render: false}", "build: render: false"),
        ("build: {render: link}", "build: render: link"),
        ("status: [new, draft]", "status: draft"),
        ("status:\n  - draft", "status: draft"),
    ],
)
def test_nested_mark_holds_page_back(header, shown):
    assert read(header).why_held_back(NOW).startswith(f"{shown} in its header")


@pytest.mark.parametrize(
    "header",
    [
        "draft: false", "draft:", "draft: null", "draft: ~", "draft: of a law", "published: true",
        "published: 2030-01-01", "private: false", "status: Completed", "status: [deprecated]",
        "status: deprecated", "permalink: /pod/", "build: always", "build: {list: local}",
        "publishDate: 2026-06-15", "publishDate: 2019-29-11", "publishDate: soon", "publishDate:",
        "expiryDate: 2026-06-16", "expiryDate: [2020-01-01]", "date: 2030-01-01", "listed: false",
        "title: draft", "draft: [a, b]", "unlisted: no",
    ],
)  # fmt: skip
def test_page_is_not_held_back(header):
    assert read(header).why_held_back(NOW) == ""

"""Null and keys without a value: absent for readers, and kept in the file."""

import pytest

from terms.formats.document import changed, read_document

NULLS = ["null", "Null", "NULL", "~", ""]


def read(header, path="pod.md"):
    return read_document(f"---\n{header}---\nText.\n", path)


@pytest.mark.parametrize("null", NULLS)
def test_null_is_absent(null):
    document = read(
        f"term: Pod\ndescription: {null}\ncategory: {null}\nvertical: {null} # none\nicon: {null}\n"
        f"aliases: {null}\ndetails: {null}\nstatus: {null}\nreplaced_by: {null}\n"
    )
    assert (document.description, document.category, document.vertical, document.icon) == ("",) * 4
    assert (document.aliases, document.rows, document.fixed) == ((), (), frozenset())
    assert (document.status, document.replaced_by) == ("", "")
    assert changed(document, {"category": ""}, rows=(), aliases=(), body="Text.\n") == document.text


@pytest.mark.parametrize("header", ["aliases: [{0}, B]\n", "aliases:\n  - {0}\n  - B\n"])
@pytest.mark.parametrize("null", ["null", "~"])
def test_null_in_list_is_no_name(header, null):
    assert read("term: A\n" + header.format(null)).aliases == ("B",)
    assert read("term: A\n" + header.format(f"'{null}'")).aliases == (null, "B")


@pytest.mark.parametrize("quoted", ["'null'", '"null"', "null.", "nulls", "nil", "nUll"])
def test_text_like_null_is_text(quoted):
    document = read(f"term: Pod\ncategory: {quoted}\ndescription: |-\n  null\n")
    assert document.category == quoted.strip("'\"")
    assert document.description == "null"


@pytest.mark.parametrize("word", ["null", "Null", "NULL", "~"])
def test_typed_null_is_quoted(word):
    for header in ("term: Pod\n", "term: Pod\ncategory: x\n", f"term: Pod\ncategory: {word}\n"):
        text = changed(read(header), {"category": word})
        assert f"category: '{word}'\n" in text
        assert read_document(text, "pod.md").category == word


@pytest.mark.parametrize("null", NULLS)
def test_term_without_name_has_that_of_its_file(null):
    document = read(f"term: {null}\n")
    assert document.name == "pod"
    assert document.why_no_term == "Its header has no name."


@pytest.mark.parametrize("path", ["null.md", "words/null/index.md"])
def test_term_null_needs_no_quotes_in_its_file(path):
    document = read("title: Null\n", path)
    assert (document.name, document.why_no_term) == ("Null", "")
    assert changed(document, {"name": "Null"}) == document.text
    assert "title: 'null'\n" in changed(document, {"name": "null"})


@pytest.mark.parametrize("null", NULLS)
def test_first_alias_makes_a_list(null):
    value = f" {null}".rstrip()
    text = changed(read(f"title: Pod\naka:{value}\nicon: x\n"), aliases=["Pods"])
    assert text == "---\ntitle: Pod\naka:\n  - Pods\nicon: x\n---\nText.\n"


def test_alias_without_list_stays_one():
    assert "aka: Pods\n" in changed(read("title: Pod\naka: P\n"), aliases=["Pods"])


@pytest.mark.parametrize("null", NULLS)
def test_first_row_replaces_null(null):
    value = f" {null}".rstrip()
    text = changed(read(f"term: Pod\ndetails:{value}\nicon: x\n"), related=["Node"])
    assert text == (
        "---\nterm: Pod\ndetails:\n  - title: Related Terms\n    value: Node\nicon: x\n---\nText.\n"
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("aliases:\n  - A\n", ""),
        ("aliases: [A]\n", ""),
        ("# Names\naliases:\n  # of old\n  - A\n", ""),
        ("aliases: # names\n  - A\n", "aliases: [] # names\n"),
        ("aliases: [A] # names\n", "aliases: [] # names\n"),
        ("aliases:\n  # General\n\n  - A\n", "aliases: []\n  # General\n\n"),
        ("aliases:\n  - A\n  # - B\n", "aliases: []\n  # - B\n"),
        ("aliases:\n- A\n# The icon\n", "# The icon\n"),
    ],
)
def test_last_alias_takes_its_own_comment_only(before, after):
    document = read(f"term: Pod\n{before}icon: x\n")
    text = changed(document, aliases=[])
    assert text == f"---\nterm: Pod\n{after}icon: x\n---\nText.\n"

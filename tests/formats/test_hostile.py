"""Hostile headers are read as text or refused with a line number."""

import contextlib
import json
import resource
import time

import pytest

from terms.formats.front_matter import MAX_FILE, decode, parse
from terms.formats.problems import FormatError, HeaderProblem
from terms.formats.splice import splice
from terms.formats.yaml_nodes import compose, to_data


def test_hostile_headers_are_kept_and_parsed_quickly(shared):
    cases = json.loads((shared / "attacks/yaml/hostile_frontmatter_own.json").read_text())["cases"]
    for case in cases:
        text = case["text"]
        if any(0xD800 <= ord(character) <= 0xDFFF for character in text):
            continue  # impossible in a UTF-8 file
        started = time.process_time()

        source = parse(text)

        assert source.text == text, case["id"]
        assert time.process_time() - started < 0.5, case["id"]
        if source.problem:
            assert source.problem.line >= 1
            assert source.problem.reason


@pytest.mark.parametrize("opening", ["[", "- ", "? ", "{a: "])
@pytest.mark.parametrize("depth", [300, 5_000, 30_000, 100_000])
def test_deep_nesting_is_refused(opening, depth):
    header = "x: " + opening * depth if opening in ("[", "{a: ") else opening * depth
    with pytest.raises(HeaderProblem):
        compose(header[:60_000])


def test_merge_key_bomb_is_refused():
    bomb = "a: &a {k: v}\n" + "".join(f"b{n}: &b{n}\n  <<: [*a, *a, *a]\n" for n in range(9))
    with pytest.raises(HeaderProblem, match="line 1, column 4: References"):
        compose(bomb)


@pytest.mark.parametrize(
    ("header", "line", "column", "words"),
    [
        ("term: A\nterm: B\n", 3, 1, "“term” is used a second time here"),
        ("term: a: b\n", 2, 8, "Put the value in quotes"),
        ("term: 'open\nicon: x\n", 2, 7, "This quote is not closed"),
        ("term: A\n\ticon: x\n", 3, 1, "Use spaces"),
        ("term: @x\n", 2, 7, "Put it in quotes"),
        ("- a\n- b\n", 2, 1, "not a list of"),
        ("just words\n", 2, 1, "not a list of"),
        ("term: !!python/name:os.system x\n", 2, 7, "Type tags"),
        ("term: &a x\nicon: *a\n", 2, 7, "References"),
        ("term: [a, b\nicon: x\n", 2, 7, "is not closed"),
        ('term: "\\q"\n', 2, 8, "double the backslash"),
        ("? [a, b]\n: c\n", 2, 3, "needs quotes"),
        ("term: A\n icon: x\n", 3, 6, "in quotes"),
        ("term: A\x01\n", 2, 8, "U+0001"),
        ('term: "\\0"\n', 2, 7, "U+0000"),
        ("%YAML 3.0\n", 2, 1, "version of YAML"),
        ("--- foo\n", 2, 1, "more than one"),
        ("\ufeffterm: x\n", 2, 1, "byte order mark"),
        ("title: {{ .Name }}\n", 2, 9, "needs quotes"),
        ("title: &amp; x\n", 2, 12, "quotes"),
        ("title: !important\n", 2, 8, "needs quotes"),
        ("up: [[A]], [[B]]\n", 2, 10, "in quotes"),
    ],
)
def test_problem_has_line_column_and_advice(header, line, column, words):
    problem = parse(f"---\n{header}---\nBody\n").problem
    assert problem is not None
    assert (problem.line, problem.column) == (line, column), str(problem)
    assert words in problem.reason


def test_unclosed_header_is_a_problem_and_text_is_kept():
    source = parse("---\nterm: A\n\nBody\n")
    assert "is not closed" in source.problem.reason
    assert source.text == "---\nterm: A\n\nBody\n"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"x" * (MAX_FILE + 1), "bytes; a term file has at most"),
        (b"---\nterm: caf\xe9\n---\n", "line 2: The byte 0xe9 is not UTF-8"),
        ("---\nterm: A\n".encode("utf-16"), "not UTF-8"),
        (b"---\nterm: A\n---\na\0b", "line 4, column 2: The file contains a NUL"),
    ],
)
def test_invalid_term_file_is_refused(content, words):
    with pytest.raises(FormatError, match=words):
        decode(content)


def test_header_after_byte_order_mark_is_read():
    source = parse(decode(b"\xef\xbb\xbf---\nterm: A\n---\nBody"))
    assert source.data == {"term": "A"}
    assert source.replaced({"term": "B"}) == "\ufeff---\nterm: B\n---\nBody"


def test_titles_with_yaml_syntax_survive_editing(shared):
    titles = json.loads((shared / "attacks/yaml/tricky_titles.json").read_text())["cases"]
    for title in titles:
        try:
            header = splice("term: A\nlast: z\n", {"term": title, "last": "z"})
        except Exception as error:
            assert not title.isprintable() or "\ud800" <= title[:1] <= "\udfff", (title, error)
            continue
        assert to_data(compose(header)) == {"term": title, "last": "z"}


def test_naughty_strings_survive_as_values(shared):
    for text in json.loads((shared / "attacks/strings/blns.json").read_text())["cases"]:
        source = parse("---\nterm: A\ntags: [a, b]\n---\n")
        try:
            again = parse(source.replaced({"term": text, "tags": [text, "b"]}, body=text))
        except ValueError as error:
            assert any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or ord(c) > 0xD7FF for c in text), error
            continue
        assert again.data == {"term": text, "tags": [text, "b"]}


def as_texts(value):
    """Return the suite's JSON with None for values other than strings, such as numbers."""
    if isinstance(value, dict):
        return {key: as_texts(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_texts(item) for item in value]
    return value if isinstance(value, str) else None


def agrees(found, wanted):
    if isinstance(wanted, dict) and isinstance(found, dict):
        return found.keys() == wanted.keys() and all(agrees(found[k], wanted[k]) for k in wanted)
    if isinstance(wanted, list) and isinstance(found, list):
        return len(found) == len(wanted) and all(map(agrees, found, wanted))
    return wanted is None or found == wanted


def test_yaml_test_suite_is_read_correctly_or_refused(shared):
    cases = json.loads((shared / "attacks/yaml/yaml_test_suite.json").read_text())["cases"]
    read = 0
    for case in cases:
        try:
            data = to_data(compose(case["yaml"].removesuffix("\n") + "\n"))
        except HeaderProblem:
            continue
        assert not case["fail"], case["id"]
        if case.get("json"):
            assert agrees(data, as_texts(json.loads(case["json"]))), case["id"]
            read += 1
    assert read > 40


def test_reading_needs_little_memory():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    parse("---\n" + "".join(f"k{n}: [{'a, ' * 8}a]\n" for n in range(1200)) + "---\n")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # kB


def seconds(act):
    started = time.process_time()
    act()
    return time.process_time() - started


@pytest.mark.parametrize(
    ("body", "edited"),
    [
        ("word one\r\n\r\n" * 10_000, lambda body: body + "new\n"),
        ("\r\n" * 30_000, lambda body: body + "\n"),
        (
            "".join(f"word {n}\r\n\r\n" for n in range(8_000)),
            lambda body: body.replace("word 4000\n", "word x\n"),
        ),
        ("a\r\nb\n" * 20_000, lambda body: "x\n" + body),
    ],
)
def test_long_body_is_edited_quickly(body, edited):
    source = parse("---\r\nterm: x\r\n---\r\n" + body)
    assert seconds(lambda: source.replaced(None, edited(body.replace("\r\n", "\n")))) < 2


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a\n\n" * 999, "\n" + "b\n\n" * 999),
        ("".join(f"a{n} b\n\n" for n in range(990)), "".join(f"c{n} b\n\n" for n in range(990))),
        ("x " * 1_000, "y " + "x " * 999),
        ("a b " * 400, "b a " * 400),
    ],
)
def test_differences_are_found_quickly(before, after):
    from terms.formats.differences import compare

    blocks = []
    assert seconds(lambda: blocks.extend(compare(before, after))) < 2
    pieces = [piece for block in blocks for piece in block.pieces]
    assert blocks
    assert any(piece.kind != "same" for piece in pieces)


@pytest.mark.parametrize(
    ("header", "data"),
    [
        ("".join(f"k{n}: v\n" for n in range(4_900)), lambda data: {**data, "k9": "x"}),
        (
            "term: x\naliases:\n" + "  - same\n" * 6_000,
            lambda data: {**data, "aliases": [*data["aliases"], "n"]},
        ),
        (
            "details:\n" + "  - title: a\n    value: b\n" * 900,
            lambda data: {"details": [{"title": "a", "value": str(n)} for n in range(900)]},
        ),
    ],
)
def test_large_header_is_edited_within_seconds(header, data):
    from terms.formats.problems import CannotSplice

    def edit():
        with contextlib.suppress(CannotSplice):
            splice(header, data(to_data(compose(header))))

    assert seconds(edit) < 10

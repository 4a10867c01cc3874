"""Properties of the header codec, on headers that PyYAML writes in all its styles."""

import os

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from terms.formats.front_matter import parse
from terms.formats.plain_headers import read_plain
from terms.formats.problems import CannotSplice, HeaderProblem
from terms.formats.splice import splice
from terms.formats.yaml_nodes import compose, to_data

lines = st.text(
    st.characters(exclude_categories=("Cc", "Cs", "Cn", "Co"), exclude_characters="\ufeff"),
    max_size=60,
)
WORDS = """a of term C# value: 'x' "y" No 0123 {b} [c] - # & résumé 用語 -- ? | >"""
words = st.lists(
    st.sampled_from(WORDS.split()),
    min_size=1,
    max_size=40,
).map(" ".join)
texts = st.one_of(
    words,
    lines,
    st.lists(words, min_size=2, max_size=4).map("\n".join),
    st.sampled_from(
        [
            "",
            " ",
            "No",
            "2024-01-02",
            "0123",
            "a: b",
            "~",
            "null",
            "1e3",
            "12:30",
            "- x",
            "a #b",
            "trail ",
            " lead",
            "tab\tx",
            "x\n",
            "x\n\n",
            "\nx",
            "---",
            "...",
            "'",
            '"',
            "\\",
            "=",
            "<<",
            "\u2028",
            "\x85",
            "a\u2029b",
            "\u00a0x",
            "x" * 200,
            "w " * 100 + "w",
            "!tag",
            "*a",
            "&a",
        ]
    ),
)
keys = st.sampled_from(["term", "icon", "a key", "no", "1", "content", "handler", "on", "é"])
rows = st.fixed_dictionaries({"title": texts, "value": texts})
values = st.one_of(texts, st.lists(texts, max_size=4), st.lists(rows, min_size=1, max_size=4))


def yaml_1_1_agrees(data):
    """Return whether ``data`` has no character that ends a line only in YAML 1.1 (PyYAML)."""
    return not any(separator in repr(data) for separator in (r"\x85", r"\u2028", r"\u2029"))


headers = st.dictionaries(keys, values, min_size=1, max_size=5)
written_headers = headers.filter(yaml_1_1_agrees)
styles = st.fixed_dictionaries(
    {
        "default_style": st.sampled_from([None, "'", '"', "|", ">"]),
        "default_flow_style": st.sampled_from([False, False, None, True]),
        "width": st.sampled_from([30, 80, 10_000]),
        "indent": st.sampled_from([2, 4]),
    }
)
# LAW_EXAMPLES=5000 tries more. On CI, the examples are the same in each run.
thorough = settings(
    max_examples=int(os.environ.get("LAW_EXAMPLES", "200")),
    derandomize="CI" in os.environ,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)


def dumped(data, style):
    return yaml.dump(data, allow_unicode=True, sort_keys=False, **style)


def chunks(header):
    """Return top-level key → its lines."""
    pairs = compose(header).pairs
    starts = [key.start for key, _ in pairs] + [len(header)]
    return {
        key.value: header[a:b] for (key, _), a, b in zip(pairs, starts, starts[1:], strict=False)
    }


@thorough
@given(written_headers, styles)
def test_header_of_another_program_is_read_correctly(data, style):
    assert to_data(compose(dumped(data, style))) == data


@thorough
@given(written_headers, styles, st.data())
def test_edit_of_one_value_changes_no_other_line(data, style, draw):
    header = dumped(data, style)
    key = draw.draw(st.sampled_from(list(data)))
    wanted = {**data, key: draw.draw(texts)}

    result = splice(header, wanted)

    assert to_data(compose(result)) == wanted
    if not style["default_flow_style"]:
        before, after = chunks(header), chunks(result)
        assert {k: v for k, v in after.items() if k != key} == {
            k: v for k, v in before.items() if k != key
        }


@thorough
@given(written_headers, styles, headers)
def test_any_edit_reads_back_or_is_refused(data, style, wanted):
    header = dumped(data, style)
    try:
        result = splice(header, wanted)
    except CannotSplice:
        return
    assert to_data(compose(result)) == wanted


# Characters with a meaning in [ ] or { }, and words of other types.
odd = st.lists(
    st.sampled_from(
        [*"?:,#[]{}-%@`'\"|>&*!~ a0.=<\n\t\\é", "null", "No", "1e3", "2024-01-02", "B"]
    ),
    max_size=6,
).map("".join)
in_brackets = st.one_of(odd, texts)


@thorough
@given(
    st.sampled_from(
        [
            ("a: [B, C]\n", lambda key, text: ["B", "C", text]),
            ("a: [B, C]\n", lambda key, text: [text, "B", "C"]),
            ("a: [B, C]\n", lambda key, text: [text, "C"]),
            ("a: [B, C D\n  E, F]\n", lambda key, text: ["B", text, "F"]),
            ("a: [B]\n", lambda key, text: [{key: text}, [text, key]]),
            ("a: [{b: C}]\n", lambda key, text: [{"b": text}, {key: text}]),
            ("a: {b: C}\n", lambda key, text: {"b": text}),
            ("a: {b: C}\n", lambda key, text: {"b": "C", key: text}),
            ("a: {b: C}\n", lambda key, text: {key: [text], "b": {key: text}}),
        ]
    ),
    odd.filter(lambda key: key != "b"),
    in_brackets.filter(yaml_1_1_agrees),
)
def test_other_programs_read_what_is_written_in_brackets(case, key, text):
    header, make = case
    wanted = {"a": make(key, text)}

    result = splice(header, wanted)

    assert to_data(compose(result)) == wanted
    for loader in (yaml.SafeLoader, yaml.CSafeLoader):
        assert yaml.load(result, loader) == wanted  # noqa: S506 — both are safe


@thorough
@given(st.lists(rows.filter(yaml_1_1_agrees), min_size=1, max_size=5), styles, st.data())
def test_rows_are_reordered_removed_and_added(old, style, draw):
    style["default_flow_style"] = False
    header = dumped({"term": "x", "details": old, "last": "y"}, style)
    new = draw.draw(st.permutations(old))[: draw.draw(st.integers(1, len(old)))]
    new += draw.draw(st.lists(rows, max_size=2))
    wanted = {"term": "x", "details": new, "last": "y"}

    result = splice(header, wanted)

    assert to_data(compose(result)) == wanted
    assert chunks(result)["term"] == chunks(header)["term"]
    assert chunks(result)["last"] == chunks(header)["last"]


titled = st.dictionaries(st.sampled_from("ABCDE"), st.sampled_from("pqr"), min_size=1)


@thorough
@given(titled, titled, st.booleans(), st.booleans(), st.data())
def test_comment_goes_with_its_row(old, edits, grows, apart, draw):
    """Rows are reordered and edited, and some are added or removed."""
    kept = old | edits if grows else {t: edits.get(t, old[t]) for t in old if t in edits or t < "C"}
    new = draw.draw(st.permutations(list(kept.items())))
    gap = "\n" if apart else ""
    lines = (
        f"  # about {title}\n  - title: {title}\n    value: {value}\n    # end of {title}\n"
        for title, value in old.items()
    )
    header = f"details:\n{gap.join(lines)}# last\nicon: z\n"
    wanted = [{"title": title, "value": value} for title, value in new]

    result = splice(header, {"details": wanted, "icon": "z"})

    shown = []
    for title, value in new:
        about = [f"# about {title}"] * (title in old)
        end = [f"# end of {title}"] * (title in old)
        shown += [*about, f"- title: {title}", f"value: {value}", *end]
    written = [line.strip() for line in result.splitlines() if line.strip()]
    assert written == [f"details:{'' if new else ' []'}", *shown, "# last", "icon: z"]


@thorough
@given(
    st.text(st.sampled_from("-. \n\r\ta:b'\"[]{}#|>&*!\ufeff\u2028é")),
    st.sampled_from(["---\n", "---\r\n", "--- \n", "\ufeff---\n", "", "---\r"]),
)
def test_any_text_is_kept(text, opening):
    text = opening + text
    assert parse(text).text == text


@thorough
@given(written_headers, styles, texts, texts, st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_body_and_value_are_edited_together(data, style, value, body, end, final):
    text = "---\n" + dumped(data, style) + "---\nBody\nwith lines" + ("\n" if final else "")
    text = text.replace("\n", end)
    source = parse(text)
    key = next(iter(data))

    again = parse(source.replaced({**data, key: value}, body))

    assert again.data == {**data, key: value}
    assert again.body.replace("\r\n", "\n") == body.replace("\r\n", "\n")


def read(header):
    try:
        return to_data(compose(header))
    except HeaderProblem as problem:
        return problem


margins = st.sampled_from(
    ["", "", "", " ", "  ", "  ", "    ", "      ", "- ", "- ", "  - ", "    - "]
)
pieces = st.sampled_from(
    [
        "", "a:", "b:", "a: ", "a:  x", "b: y z", "c: 'it''s'", "c: 'open", 'd: "x"', 'd: "\\x41"',
        "a: >-", "b: >", "c: |", "d: |-", "e: >2", "e: |+", "a: > # c", "some words", "x", "- x", "-",
        "a: b: c", "a: b:c", "a: x #c", "a: x#c", "a: x ", "a: x:", "a: 'x' ", "a: 'x' #c", 'a: "x"y',
        "a: [b, c]", "a: {b: c}", "a: - b", "a: -b", "a: ?", "? a", "a: &b c", "a: *b", "a: !b c",
        "a: |x", "a: >x", "a: @x", "a: `x", "a: %x", "%x", "---", "...", "#", "# x", "a: #x", "a: ,x",
        "a: é", "é: x", "a: \u00a0x", "a: x\u00a0", "a: \u2028x", "a: \u0085", "a: \ufeffx", "a: \tx",
        "a: x\ty", "a\t: x", "\ta: x", "a: No", "0: x", "a b: x", "<<: x", "a: =", "'a': x", '"a": x',
        "a: 'x", "y'", "a-b: x", "  a- b: x", "_: x", "a :x", "a:x", "A: 2024-01-02", "f: ''", 'g: ""', "h: '", "i: x, y",
    ]
)  # fmt: skip
heaps = st.lists(st.tuples(margins, pieces).map("".join), min_size=1, max_size=8).map("\n".join)
# Common mappings with arbitrary lines in between.
usual = st.sampled_from(
    [
        "term: x", "icon: 'a:b'", "text: >-\n  a b\n  c", "note: |\n    a\n    - b", "aliases:\n- a\n- 'b'",
        "rows:\n  - title: a\n    value: b\n  - title: c\n    url:", "empty:", 'said: "a b"',
    ]
)  # fmt: skip
nearly = st.tuples(st.lists(usual, max_size=3), heaps, st.lists(usual, max_size=3)).map(
    lambda parts: "\n".join([*parts[0], parts[1], *parts[2]])
)


PLAIN = """\
term: Flask
icon: 'mdi:file-code'
description: >-
  A framework for
  building things.
note: |
    one
    - two
aliases:
- a
- 'b'
details:
  - title: Category
    value: Software Engineering
  - title: Links
    url:
empty:
said: "a b"
"""
slips = st.lists(
    st.tuples(
        st.integers(0, len(PLAIN)),
        st.integers(0, 2),
        st.text(" \n:-#'\">|[]{}&*!?%@`,~=\t\\é\u00a0\u2028\x85\r\ufeffab0_.<", max_size=3),
    ),
    max_size=3,
)


@st.composite
def mistyped(draw):
    """Draw the plain header above with a few typing mistakes."""
    header = PLAIN
    for place, length, text in draw(slips):
        header = header[:place] + text + header[place + length :]
    return header


@thorough
@given(st.one_of(heaps, nearly, mistyped(), st.builds(dumped, headers, styles)), st.booleans())
def test_plain_reader_agrees_with_parser(header, ends):
    header = header.removesuffix("\n") + "\n" * ends
    found = read_plain(header)
    assert found is None or found == read(header)


def test_plain_header_is_read_without_parser():
    assert read_plain(PLAIN) == read(PLAIN)
    assert list(read_plain(PLAIN)) == list(read(PLAIN))
    for header in (PLAIN.replace("Flask", "Flask # a"), PLAIN[:-1], "a: b\na: c\n", ""):
        assert read_plain(header) is None

"""Examples of edits: a header, its new data and the resulting header."""

import pytest

from terms.formats.splice import splice
from terms.formats.yaml_nodes import compose, to_data


def edited(header, change):
    data = to_data(compose(header))
    change(data)
    return splice(header, data)


def setting(**values):
    return lambda data: data.update(values)


EXAMPLES = {
    "a comment behind a value stays": (
        "term: A  # name\nicon: x\n", setting(term="B"), "term: B  # name\nicon: x\n",
    ),
    "a number stays one": ("weight: 500\n", setting(weight="600"), "weight: 600\n"),
    "a text that YAML would take for a number is quoted": (
        "term: A\n", setting(term="0123"), "term: '0123'\n",
    ),
    "an empty value is filled": ("a:\nb: x\n", setting(a="new"), "a: new\nb: x\n"),
    "null is empty already": ("a: null\nb: x\n", setting(a=""), "a: null\nb: x\n"),
    "null is filled": ("a: null\nb: ~ # none\n", setting(a="x", b="z"), "a: x\nb: z # none\n"),
    "the word null is quoted": (
        "a: null\nb: ~\nc: x\nd:\n", setting(a="null", b="~", c="NULL", d="Null"),
        "a: 'null'\nb: '~'\nc: 'NULL'\nd: 'Null'\n",
    ),
    "a quoted null is text": ("a: 'null'\n", setting(a="Null"), "a: 'Null'\n"),
    "null gives way to a list": ("a: ~ # none\nb: x\n", setting(a=["c"]), "a: # none\n  - c\nb: x\n"),
    "the comment of an empty value stays with its key": (
        "a: # none\nb: x\n", setting(a=["c"]), "a: # none\n  - c\nb: x\n",
    ),
    "an empty value gives way to a list": ("a:\nb: x\n", setting(a=["c"]), "a:\n  - c\nb: x\n"),
    "a folded text stays folded at its width": (
        "d: >-\n  one two\n  three\n", setting(d="one two four three"),
        "d: >-\n  one two four three\n",
    ),
    "a folded text of two paragraphs stays folded at its width": (
        "d: >-\n  one two three four\n  five six\n\n  second\n",
        setting(d="one two three FOUR five six\nsecond"),
        "d: >-\n  one two three FOUR\n  five six\n\n  second\n",
    ),
    "a row that moves down two places keeps its comment": (
        "d:\n  # on a\n  - t: a\n  - t: b\n  - t: c\n  - t: e\n",
        setting(d=[{"t": "b"}, {"t": "c"}, {"t": "a"}, {"t": "e"}]),
        "d:\n  - t: b\n  - t: c\n  # on a\n  - t: a\n  - t: e\n",
    ),
    "a literal text keeps its indentation": (
        "d: |\n    one\n    two\n", setting(d="one\nTWO\n"), "d: |\n    one\n    TWO\n",
    ),
    "blank lines behind a block stay": (
        "d: >-\n  one\n\n\nb: x\n", setting(d="two"), "d: >-\n  two\n\n\nb: x\n",
    ),
    "a text that ends in a separator is edited": (
        "d: |\n  a\u2028\n", setting(d="b\n"), "d: |\n  b\n",
    ),
    "a list in brackets grows": ("t: [a, b]\n", setting(t=["a", "b", "c, d"]), "t: [a, b, 'c, d']\n"),
    "a question in brackets is quoted": (
        "t: [B]\n", setting(t=["B", "Who?"]), "t: [B, 'Who?']\n",
    ),
    "a question without brackets is plain": ("t:\n  - B\n", setting(t=["B", "Who?"]), "t:\n  - B\n  - Who?\n"),
    "a colon that begins a text in brackets is quoted": ("t: [B]\n", setting(t=[":a"]), "t: [':a']\n"),
    "a key in braces is quoted": ("t: {b: c}\n", setting(t={"b": "c", "d?": "e"}), "t: {b: c, 'd?': e}\n"),
    "a list in brackets over lines grows by a line": (
        "t: [\n  a, # one\n  b  # two\n]\n", setting(t=["a", "b", "c"]),
        "t: [\n  a, # one\n  b,  # two\n  c\n]\n",
    ),
    "a list in brackets over lines shrinks by a line": (
        "t: [\n  a, # one\n  b, # two\n  c  # three\n]\n", setting(t=["a", "b"]),
        "t: [\n  a, # one\n  b, # two\n]\n",
    ),
    "a wide dash stays wide": (
        "d:\n-   title: a\n    value: b\n", lambda data: data["d"].append({"title": "c", "value": "d"}),
        "d:\n-   title: a\n    value: b\n-   title: c\n    value: d\n",
    ),
    "the last row goes and the comment of its key stays": (
        "d: # rows\n  - title: a\n", setting(d=[]), "d: [] # rows\n",
    ),
    "the last row goes with the comment above it": (
        "d:\n  # rows\n  - title: a\nx: y\n", setting(d=[]), "d: []\nx: y\n",
    ),
    "a comment moves with the row below it": (
        "d:\n  # A\n  - a\n\n  # B\n  # b\n  - b\n  - c\n", setting(d=["b", "a", "c"]),
        "d:\n  # B\n  # b\n  - b\n\n  # A\n  - a\n  - c\n",
    ),
    "a comment goes with the row below it": (
        "d:\n- a\n# B\n- b\n# C\n- c\n", setting(d=["a", "c"]), "d:\n- a\n# C\n- c\n",
    ),
    "a comment above a blank line stays": (
        "d:\n- a\n# list\n\n# B\n- b\n", setting(d=["a"]), "d:\n- a\n# list\n\n",
    ),
    "a comment above a blank line stays without rows": (
        "d: # key\n  # list\n\n  # A\n  - a\n  # end\nb: x\n", setting(d=[]),
        "d: [] # key\n  # list\n\n  # end\nb: x\n",
    ),
    "a comment inside a row goes with it": (
        "d:\n  - t: a\n    # u: later\n  # B\n  - # b\n    t: b\n", lambda data: data["d"].reverse(),
        "d:\n  # B\n  - # b\n    t: b\n  - t: a\n    # u: later\n",
    ),
    "a new first row stands above the comment of the next": (
        "d:\n  # A\n  - a\n", setting(d=["b", "a"]), "d:\n  - b\n  # A\n  - a\n",
    ),
    "a new row stands below the comments of the one above": (
        "d:\n  - t: a\n    # u: later\n", lambda data: data["d"].append({"t": "b"}),
        "d:\n  - t: a\n    # u: later\n  - t: b\n",
    ),
    "a text is no comment": (
        "d:\n  - |\n    # a\n  - b\n", setting(d=["b", "# a\n"]), "d:\n  - b\n  - |\n    # a\n",
    ),
    "a comment in brackets goes with the item below it": (
        "t: [\n  # one\n  a,\n  # two\n  b,\n  c\n]\n", setting(t=["a", "c"]),
        "t: [\n  # one\n  a,\n  c\n]\n",
    ),
    "a comment goes with the key below it": ("a: 1\n# b\nb: 2\nc: 3\n", lambda data: data.pop("b"), "a: 1\nc: 3\n"),
    "a comment at the top stays": ("# file\na: 1\nb: 2\n", lambda data: data.pop("a"), "# file\nb: 2\n"),
    "a quoted key is kept": ("'a key': x\n", lambda data: data.update({"a key": "new"}), "'a key': new\n"),
    "a nested value": ("a:\n  b:\n    c: 1\n", lambda data: data["a"]["b"].update(c="2"), "a:\n  b:\n    c: 2\n"),
    "a key goes": ("a: 1\n# about b\nb: 2\n", lambda data: data.pop("a"), "# about b\nb: 2\n"),
    "an indented header grows": (" a: 1\n b: 2\n", setting(c="3"), " a: 1\n b: 2\n c: '3'\n"),
    "an empty header is filled": ("", setting(a="x"), "a: x\n"),
}  # fmt: skip


@pytest.mark.parametrize("name", EXAMPLES)
def test_header_is_edited(name):
    before, change, after = EXAMPLES[name]
    assert edited(before, change) == after

"""Texts that make parsers slow: each family that is known, at the size that is allowed."""

import json
import time

import pytest

from terms.rendering import CannotRender, Names, check, places, render
from terms.rendering.markdown import MAX_BODY

NAMES = Names([("a", 1), ("aa", 2), ("b", 3), ("C++", 4), ("Flask", 5)])
ALLOWED = MAX_BODY - 8  # for what a family puts around its repetitions
MOST = 50  # times the length of the text


def repeated(*pieces, end=""):
    return lambda size: [piece * (size // len(piece)) + end for piece in pieces]


def nested(before, middle, behind):
    def texts(size):
        times = size // (len(before) + len(behind)) - 1
        return [before * times + middle + behind * times]

    return texts


def lines(*shapes):
    """Line after line, each made of its number, as many as there is room for."""

    def texts(size):
        return [_filled(shape, size) for shape in shapes]

    return texts


def _filled(shape, size):
    found, length, number = [], 0, 0
    while length + len(line := shape(number)) <= size:
        found.append(line)
        length += len(line)
        number += 1
    return "".join(found)


def table(size):
    columns = size // 8
    return ["a|" * columns + "\n" + "-|" * columns + "\n" + "x\n" * (2 * columns)]


FAMILIES = {
    "nested strong emph": nested("*a **a ", "b", " a** a*"),
    "emph closers": repeated("a_ "),
    "emph openers": repeated("_a "),
    "star openers": repeated("*a "),
    "link closers": repeated("a]"),
    "link openers": repeated("[a"),
    "brackets only": repeated("["),
    "bare addresses": repeated("https://x.org/a).&amp; "),
    "definitions": repeated("- a\n  - : b\n"),
    "blocks of code": repeated("```js\na = '\n```\n"),
    "long block of code": repeated("```c\n" + "\n" * 2_900 + "\n```\n"),
    "mismatched openers and closers": repeated("*a_ "),
    "link openers and emph closers": repeated("[ a_"),
    "[ (](": repeated("[ (]("),
    "![[]()": repeated("![[]()"),
    "nested brackets": nested("[", "a", "]"),
    "nested block quotes": repeated("> ", end="a"),
    "deeply nested lists": lines(lambda i: "  " * i + "* a\n", lambda i: "    " * i + "* a\n"),
    "backticks": lines(lambda i: "e" + "`" * i),
    "unclosed links A": repeated("[a](<b"),
    "unclosed links B": repeated("[a](b"),
    "unclosed comment": lambda size: ["</" + "<!--" * (size // 4 - 1)],
    "declaration openers": repeated("<![", "<!a", "<?"),
    "tag openers": repeated("<a", '<a x="', "<div>", "<div>\n\n"),
    "autolink openers": repeated("<http://"),
    "entities": repeated("&#x", "&amp"),
    "reference definitions": lines(
        lambda i: f"[a{i}]: x\n\n[a{i}]\n\n", lambda i: "[a] " if i else "[a]: x\n\n",
        lambda i: "[a]: x\n",
    ),
    "table autocompletion": table,
    "footnotes": lines(
        lambda i: f"[^{i}]\n\n[^{i}]: x\n\n", lambda i: "[^a]" if i else "[^a]: x\n\n",
        lambda i: f"[^{i}]: [^{i}]\n\n",
    ),
    "blank lines in nested list": lambda size: ["- " * (size // 4) + "x" + "\n" * (size // 3)],
    "quote then star": lambda size: [">" * (size // 3) + "a*" * (size // 3)],
    "spaces": lambda size: ["a" + " " * (size - 2) + "b"],
    "setext": repeated("a\n=", "a\n=\n"),
    "abbreviations": lines(lambda i: f"*[a{i}]: x\na{i} "),
    "attr lists": repeated("{: .a", "[a](b){: "),
    "toc": repeated("## a\n\n", "a\n---\n\n"),
    "others": repeated("&", "\\", "a**b_c", "![", "~~a", "# a\n", "1. ", "\t- a\n", "](", "|a", "`a``"),
    "NUL": repeated("a\0", "`\0`", "[a](\0b)"),
}  # fmt: skip


def test_every_known_family_is_tried(shared):
    known = json.loads((shared / "attacks/markdown/pathological_generators.json").read_text())
    assert {case["name"] for case in known["cases"]} <= FAMILIES.keys()


def spent(text):
    """CPU seconds for all that is done with a body, and the size of what comes out; of two
    tries the better one, as a shared machine makes any single one slow."""
    return min(spent_once(text), spent_once(text))


def spent_once(text):
    start = time.process_time()
    try:
        check(text)
        size = len(render(text))
    except CannotRender:
        size = 0
    places(text, NAMES)
    return time.process_time() - start, size


ORDINARY = "A word with *emphasis*, `code` and [a link](https://example.org/a).\n\n- one\n- two\n\n"


@pytest.fixture(scope="module")
def ordinary():
    """CPU seconds for an ordinary text of the same length, on this machine."""
    return spent((ORDINARY * (ALLOWED // len(ORDINARY) + 1))[:ALLOWED])[0]


@pytest.mark.parametrize("family", FAMILIES)
def test_the_longest_allowed_text_is_bounded(family, ordinary):
    """In time beside an ordinary text, in growth of time, and in what comes out. Refusing is
    an answer, too."""
    for quarter, whole in zip(
        FAMILIES[family](ALLOWED // 4), FAMILIES[family](ALLOWED), strict=True
    ):
        assert len(whole) <= MAX_BODY
        less, _ = spent(quarter)
        more, size = spent(whole)
        assert more < 50 * ordinary  # the worst known one, a table of empty cells, takes 17
        assert more < max(8 * less, 5 * ordinary)  # below that, the clock says little
        assert size <= MOST * len(whole)

"""Texts that make parsers slow: each family that is known, at the size that is allowed."""

import json
import time

import pytest

from benchmarks.families import FAMILIES
from terms.rendering import MAX_BODY, CannotRender, Names, check_renderable, places, render

NAMES = Names([("a", 1), ("aa", 2), ("b", 3), ("C++", 4), ("Flask", 5)])
ALLOWED = MAX_BODY - 8  # for what a family puts around its repetitions
MOST = 50  # times the length of the text


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
        check_renderable(text)
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

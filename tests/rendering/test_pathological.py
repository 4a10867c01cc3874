"""Every known family of texts that make parsers slow, at the largest allowed size."""

import json
import time

import pytest

from benchmarks.families import FAMILIES
from terms.rendering import MAX_BODY, CannotRender, Names, check_renderable, places, render

NAMES = Names([("a", 1), ("aa", 2), ("b", 3), ("C++", 4), ("Flask", 5)])
ALLOWED = MAX_BODY - 8  # room for text around the repetitions of a family
MOST = 50  # times the length of the text


def test_every_known_family_is_tested(shared):
    known = json.loads((shared / "attacks/markdown/pathological_generators.json").read_text())
    assert {case["name"] for case in known["cases"]} <= FAMILIES.keys()


def spent(text):
    """Return CPU seconds for processing a body, and the size of its HTML.

    Of two runs the faster one counts, as other processes may slow down any single run.
    """
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
    """CPU seconds for an ordinary text of the same length on this machine."""
    return spent((ORDINARY * (ALLOWED // len(ORDINARY) + 1))[:ALLOWED])[0]


@pytest.mark.parametrize("family", FAMILIES)
def test_longest_allowed_text_has_bounded_time_and_size(family, ordinary):
    """Relative to an ordinary text, to a quarter of the text and to its length. The text may be
    refused."""
    for quarter, whole in zip(
        FAMILIES[family](ALLOWED // 4), FAMILIES[family](ALLOWED), strict=True
    ):
        assert len(whole) <= MAX_BODY
        less, _ = spent(quarter)
        more, size = spent(whole)
        assert more < 50 * ordinary  # the slowest family, a table of empty cells, takes 17
        assert more < max(8 * less, 5 * ordinary)  # shorter times are imprecise
        assert size <= MOST * len(whole)

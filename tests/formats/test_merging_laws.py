"""Laws of three-way merges, on generated edits and on real files."""

import random
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from terms.formats.front_matter import decode, parse
from terms.formats.line_ends import normalise
from terms.formats.merging import merge_texts
from terms.formats.problems import CannotSplice
from tests.formats.test_merging import BASE, assert_same_values

names = st.sampled_from(["A", "B", "No", "a: b", "C#", "it's", "two words"])
rows = st.fixed_dictionaries(
    {"title": st.sampled_from(["Link", "Category", "New"]), "value": names}
)
headers = st.fixed_dictionaries(
    {"term": names},
    optional={
        "description": names,
        "aliases": st.lists(names, max_size=4),
        "details": st.lists(rows, max_size=4),
        "seo": st.fixed_dictionaries({}, optional={"title": names, "tags": st.lists(names)}),
    },
)
bodies = st.lists(st.sampled_from(["a\n", "b\n", "\n", "- c\n", "# d\n", "e"]), max_size=8).map(
    "".join
)
layouts = st.sampled_from(
    [
        lambda text: text,
        lambda text: text.replace("term:", "# first remark\nterm:", 1),
        lambda text: text.replace("\ndescription:", "\n# other note\ndescription:", 1),
        lambda text: text.replace("\n", "\r\n"),
        lambda text: re.sub(r"term: (\w+)\n", r'term: "\1"\n', text, count=1),
        lambda text: text.replace("---\n", "---\nterm: [\n", 1),
    ]
)


@st.composite
def versions(draw):
    """A term file: other values, another body or another layout than BASE."""
    source = parse(BASE)
    data = {**source.data, **draw(headers)} if draw(st.booleans()) else source.data
    body = draw(bodies) if draw(st.booleans()) else source.body
    try:
        text = source.replaced(data, body)
    except CannotSplice:
        text = BASE
    return draw(layouts)(text)


def words(text):
    return set(re.findall(r"\w+", text))


@settings(max_examples=60, deadline=None)
@given(versions(), versions())
def test_change_of_one_side_is_the_result(base, changed):
    assert merge_texts(base, changed, base).text == changed
    assert merge_texts(base, base, changed).text == changed
    assert merge_texts(base, changed, changed).text == changed


@settings(max_examples=120, deadline=None)
@given(versions(), versions(), versions())
def test_merge_keeps_words_of_both_sides_or_collides(base, ours, theirs):
    found, mirrored = merge_texts(base, ours, theirs), merge_texts(base, theirs, ours)

    assert _without_numbers(found.collisions) == _without_numbers(mirrored.collisions)
    if found.text is None:
        assert found.left
        return
    assert words(found.text) >= (words(ours) | words(theirs)) - words(base)
    if not any(parse(text).problem for text in (base, ours, theirs)):
        assert_same_values(found, mirrored)


@settings(max_examples=50, deadline=None)
@given(
    st.one_of(st.none(), versions()), versions(), versions(), st.sampled_from(["ours", "theirs"])
)
def test_preferred_side_always_gives_a_text(base, ours, theirs, side):
    found = merge_texts(base, ours, theirs)
    chosen = merge_texts(base, ours, theirs, prefer=side)

    assert chosen.text is not None
    one_by_one = merge_texts(base, ours, theirs, prefer={c.key: side for c in chosen.resolved})
    assert one_by_one.text == chosen.text
    if found.text is not None:
        assert chosen.text == found.text


# Real files


def edited(source, keys, paragraphs, mark):
    """Return ``source`` with ``mark`` in the values of keys, and in some of the paragraphs."""
    data = {
        key: _marked(value, mark) if key in keys else value for key, value in source.data.items()
    }
    parts = normalise(source.body).split("\n\n")
    for number in paragraphs:
        parts[number] = f"{mark} {parts[number]}"
    return source.replaced(data, "\n\n".join(parts))


def _marked(value, mark):
    if isinstance(value, list):
        return [*value, {"title": mark, "value": mark} if _has_rows(value) else mark]
    return {**value, mark: mark} if isinstance(value, dict) else f"{value} {mark}"


def _has_rows(value):
    return bool(value) and isinstance(value[0], dict)


def edits_of(source, chance):
    """Return two edits without a value or paragraph in common; lists are in both."""
    lists = {key for key, value in source.data.items() if isinstance(value, list)}
    keys = [key for key in source.data if key not in lists]
    chance.shuffle(keys)
    parts = [n for n, part in enumerate(normalise(source.body).split("\n\n")) if part.strip()]
    ours = edited(source, {*keys[::2], *lists}, parts[::2], "oursmark")
    return ours, edited(source, {*keys[1::2], *lists}, parts[1::2], "theirsmark")


def test_edits_of_different_values_and_paragraphs_of_real_files_are_merged(real_files):
    chance = random.Random(5)
    merged = 0
    for path in chance.sample(real_files, 150):
        source = parse(decode(path.read_bytes()))
        try:
            ours, theirs = edits_of(source, chance)
        except CannotSplice:
            continue
        found, mirrored = (
            merge_texts(source.text, *sides) for sides in ((ours, theirs), (theirs, ours))
        )
        assert found.collisions == (), (path, found.left)
        assert found.text.count("oursmark") == ours.count("oursmark")
        assert found.text.count("theirsmark") == theirs.count("theirsmark")
        assert_same_values(found, mirrored)
        assert words(found.text) >= words(source.text)
        merged += 1
    assert merged > 120


def _without_numbers(names):
    """Return the names without the numbers of rows with equal titles."""
    return {re.sub(r" \(\d+\)", "", name) for name in names}

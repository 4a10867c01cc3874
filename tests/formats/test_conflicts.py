"""Conflict markers of git are found wherever they stand, and other lines are not mistaken."""

import time

import pytest

from terms.formats.conflicts import line_of_conflict
from terms.formats.document import read_document
from terms.formats.front_matter import decode
from terms.formats.problems import FormatError

HEADER = "---\nterm: Pod\n---\n"
CONFLICT = "<<<<<<< HEAD\none\n=======\ntwo\n>>>>>>> branch\n"
DIFF3 = "<<<<<<< ours\none\n||||||| 1a2b3c\nzero\n=======\ntwo\n>>>>>>> theirs\n"


@pytest.mark.parametrize("conflict", [CONFLICT, DIFF3])
@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        (HEADER + "Text.\n\n", "More.\n", 6),
        ("---\nterm: Pod\n", "---\nText.\n", 3),
        ("", "---\nText.\n", 1),
        (HEADER + "```\ncode\n```\n", "```\ncode\n```\n", 7),
        (HEADER + "```\nnot closed\n", "", 6),
        (HEADER + "~~~\n", "```\n", 5),
        (HEADER + "Heading\n=======\n\n", "", 7),
        (HEADER + "> quote\n\n- item\n", "", 7),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_conflict_is_found(conflict, before, after, line, end):
    text = (before + conflict + after).replace("\n", end)
    assert line_of_conflict(text) == line
    with pytest.raises(FormatError, match=f"^line {line}: .*conflict"):
        decode(text.encode())


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("<<<<<<< HEAD\none\n", 1),
        ("one\n=======\ntwo\n>>>>>>> branch\n", 2),
        ("<<<<<<< .mine\n=======\n>>>>>>> .r4", 1),
        ("<<<<<<<\none\n=======\ntwo\n>>>>>>>\n", 1),
        ("<<<<<<< HEAD\n```js\na\n=======\n```ts\nb\n>>>>>>> x\n```\n", 1),
        ("```\n<<<<<<< HEAD\na\n=======\nb\n```\n\n>>>>>>> x\n", 2),
        ("```\n<<<<<<< HEAD\na\n```\n=======\n```\n>>>>>>> x\n```\n", 2),
        (f"```\n{CONFLICT}```\n", 2),
        (f"~~~ git\n{DIFF3}~~~\n", 2),
        ("```\n=======\n>>>>>>> branch\n```\n", 2),
        ("<<<<<<< Conflict 1 of 1\n%%%%%%% Changes\n+++++++ Contents\n>>>>>>> Conflict 1 of 1 ends\n", 1),
    ],
)  # fmt: skip
def test_part_of_conflict_is_found(body, line):
    assert line_of_conflict(body) == line


@pytest.mark.parametrize(
    "body",
    [
        "Heading\n=======\n\nText.\n",
        "```\n" + "".join(f" {line}\n" for line in CONFLICT.splitlines()) + "```\n",
        "".join(f"    {line}\n" for line in CONFLICT.splitlines()),
        "".join(f"> {line}\n" for line in CONFLICT.splitlines()),
        "The markers are `<<<<<<< HEAD`, `=======` and `>>>>>>> branch`.\n",
        "<<<<<<<<\n========\n>>>>>>>>\n",
        "<<<<<< a\n======\n>>>>>> b\n",
        ">>>>>>> a quote in quotes\n",
        "| a | b |\n|||||||\n",
        "cat <<<<<<<x\n=======\n",
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_other_text_is_no_conflict(body, end):
    text = (HEADER + body).replace("\n", end)
    assert line_of_conflict(text) == 0
    assert decode(text.encode()) == text
    assert read_document(text, "pod.md").why_no_term == ""


def test_text_with_conflict_is_not_published():
    document = read_document(HEADER + CONFLICT, "pod.md")
    assert document.why_no_term.startswith("line 4: ")


def test_real_files_have_no_conflicts(real_files):
    assert not [path for path in real_files if line_of_conflict(path.read_text(errors="replace"))]


@pytest.mark.parametrize(
    "line", ["<<<<<<<\n", "=======\n", "```\n", "<<<<<<< " + " " * 60 + "\n", "=" * 7 + " " * 60 + "x\n"]
)  # fmt: skip
def test_markers_are_found_quickly(line):
    text = line * (600_000 // len(line)) + "\n>>>>>>>>"
    started = time.process_time()
    line_of_conflict(text)
    assert time.process_time() - started < 2

"""Texts that were renamed and edited are recognised."""

from terms.formats.similarity import most_similar, similarity

POEM = [f"The line with the number {n} says {n * n}." for n in range(40)]


def text(*parts):
    return "\n".join(line for part in parts for line in part)


def test_similarity_is_the_shared_part_of_the_larger_text():
    assert similarity("a\nb", "b\r\n  a") == 1
    assert similarity(text(POEM), text(POEM[:20])) == similarity(text(POEM[:20]), text(POEM))
    assert 0.4 < similarity(text(POEM), text(POEM[:20])) < 0.6
    assert similarity("one", "two") == 0
    assert similarity("", "") == 1


def test_each_text_is_paired_once_and_the_most_similar_first():
    old = {"whole": text(POEM), "half": text(POEM[:20]), "other": "Nothing of it."}
    new = {"a": text(POEM[:20], ["More."]), "b": text(POEM[1:])}
    assert dict(most_similar(new, old)) == {"a": "half", "b": "whole"}
    assert most_similar({"x": "Else."}, old) == []


def test_lines_that_all_texts_share_are_no_evidence():
    head = ["---", "category: Software", "details:", "---"]
    old = {n: text(head, [f"Old {n}."]) for n in range(60)}
    new = {n: text(head, [f"New {n}."]) for n in range(60)}
    assert most_similar(new, old) == []
    assert most_similar({"x": text(head, ["Old 7."])}, old) == [("x", 7)]

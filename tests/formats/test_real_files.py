"""Properties of the codec, on every file of the real glossaries."""

import difflib
import random

from terms.formats.document import TEXT_COLUMNS, DetailRow, changed, read_document
from terms.formats.front_matter import decode, parse
from terms.formats.line_ends import normalise
from terms.formats.plain_headers import read_plain
from terms.formats.yaml_nodes import compose, to_data

TEXTS = [
    "No", "2024-01-02", "0123", "a: b", "", "~", "Plain words", "x " * 90 + "end", "two\nlines",
    "it's “quoted”", "trailing ", "# hash", "- dash", "[list]", "{a: b}", "C#, SQL", "\ttab",
]  # fmt: skip


def documents(real_files):
    for path in real_files:
        yield read_document(decode(path.read_bytes()), path.name)


def changed_lines(before, after):
    matcher = difflib.SequenceMatcher(
        None, before.splitlines(keepends=True), after.splitlines(keepends=True), autojunk=False
    )
    return [code for code in matcher.get_opcodes() if code[0] != "equal"]


def lines_of(source, *keys):
    """Yield the first and last line of each key's value; the first line of the text is 0."""
    header = normalise(source.header)
    root = compose(header)
    starts = [key.start for key, _ in root.pairs] + [len(header)]
    for number, (key, _) in enumerate(root.pairs):
        if key.value in keys:
            yield (
                header.count("\n", 0, starts[number]) + 1,
                header.count("\n", 0, starts[number + 1]),
            )


def test_every_file_is_written_back_byte_for_byte(real_files):
    for path in real_files:
        content = path.read_bytes()
        source = parse(decode(content))

        assert source.text.encode() == content
        if not source.problem:
            saved = source.replaced(dict(source.data), normalise(source.body))
            assert saved.encode() == content


def test_edit_of_column_changes_only_its_lines(real_files):
    chance = random.Random(7)
    edits = 0
    for document in documents(real_files):
        if document.problem or not document.source.opening:
            continue
        for column in TEXT_COLUMNS:
            key = document.dialect.key_for(column, document.source.data)
            if column in document.fixed or key not in document.source.data:
                continue
            for value in chance.sample(TEXTS, 4):
                text = changed(document, {column: value})
                again = read_document(text, document.path)
                assert getattr(again, column) == value or (column == "name" and not value)
                spans = list(lines_of(document.source, key))
                if any(row.follows == column for row in document.rows):
                    spans += lines_of(document.source, "details")
                for _, start, end, *_ in changed_lines(document.text, text):
                    assert any(a <= start and end <= b + 1 for a, b in spans), (
                        document.text,
                        key,
                        value,
                        text,
                    )
                edits += 1
    assert edits > 4000


def test_edit_of_rows_changes_nothing_else(real_files):
    for document in documents(real_files):
        if not document.rows:
            continue
        rows = [*document.rows[::-1], DetailRow("Standard", "2024-01-02")]

        again = read_document(changed(document, rows=rows), document.path)

        assert [(row.title, row.value) for row in again.rows] == [
            (row.title, row.value) for row in rows
        ]
        assert again.body == document.body
        assert again.source.data | {"details": 0} == document.source.data | {"details": 0}


def test_column_and_row_that_repeats_it_change_together(real_files):
    for document in documents(real_files):
        if any(row.follows == "category" for row in document.rows):
            text = changed(document, {"category": "Data: Science"})
            again = read_document(text, document.path)
            assert again.category == "Data: Science"
            assert [r.value for r in again.rows if r.title == "Category"] == ["Data: Science"]
            assert len(changed_lines(document.text, text)) == 2


def test_edit_of_body_keeps_other_line_ends(real_files):
    for document in documents(real_files):
        body = normalise(document.body) + "One more line."
        text = changed(document, body=body)
        assert text.startswith(document.source.opening + document.source.header)
        before = text.removesuffix("One more line.")
        assert before == document.text or before.rstrip() == document.text  # "---" gains newline


def test_most_headers_are_plain(real_files):
    headers = [parse(decode(path.read_bytes())) for path in real_files]
    headers = [source for source in headers if source.closing and not source.problem]
    plain = [source for source in headers if read_plain(source.header) is not None]
    assert len(plain) > len(headers) / 2
    for source in plain:
        assert read_plain(source.header) == to_data(compose(source.header))

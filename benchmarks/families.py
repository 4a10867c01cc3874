"""Texts that slow parsers down: families by name, each from a length to texts of about it."""


def repeated(*pieces, end=""):
    return lambda size: [piece * (size // len(piece)) + end for piece in pieces]


def nested(before, middle, behind):
    def texts(size):
        times = size // (len(before) + len(behind)) - 1
        return [before * times + middle + behind * times]

    return texts


def lines(*shapes):
    """Return texts of numbered lines, as many as fit."""

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
    "others": repeated("&", "&\ue000", "a &", "\\", "a**b_c", "![", "~~a", "# a\n", "1. ", "\t- a\n", "](", "|a", "`a``"),
    "NUL": repeated("a\0", "`\0`", "[a](\0b)"),
}  # fmt: skip

_OPEN = ("[", "![", "[[", "<b>", "<b></p>", "<a href=x>", "*", "**", "_", "~~", "`", "> ", "- ", "1. ",
         "{{", "{{< ", "((", "\"", "'", "|", "$$", "<!--", "&", "&#", "\\", ":::", "[^", "\t", "\u0301", "﷽")  # fmt: skip
_CLOSE = (
    "]",
    "](",
    '](b "',
    "](b)",
    "](g)",
    "</b>",
    ">",
    "*",
    "`",
    "}}",
    "/>",
    "\n",
    "\n\n",
    " ",
    ";",
)

# The project's own: texts once found slow, and each opening combined with each closing.
FOUND = {
    "address with signs behind": lambda n: ["http://a.b/" + "!" * (n // 2) + "a" + ")" * (n // 2)],
    "addresses with signs behind": repeated("http://a.b/" + "!" * 1_900 + "a" + ")" * 60 + " "),
    "signs and a letter": repeated("!" * 1_980 + "a"),
    "signs behind addresses": repeated("http://a.b/" + "!" * 1_980 + "a "),
    "name before an address": lambda n: ["Flask a://b " + "a" * (n - 12)],
    "names before addresses": repeated("Flask a://b "),
    "names before macros": repeated("Flask {{x}} ", "Flask {{ ", "{{Glossary(\"Flask\")}} "),
    "closings that close nothing": repeated("<b></p>", "<b></i>", "<i></x>", "<svg></b>"),
    "names on lines": repeated("Flask\n", "aa \n", "数据\n", "\u200d\n"),
    "names without blanks": repeated("数据", "데이터"),
    "headings": repeated("# \n", "a\n=\n", "## a\n### b\n"),
    "nested pictures": nested("![a", "", "](b)"),
    "pictures with one text": nested("![", "a", "](b)"),
    "marks in disorder": repeated("\u0301\u0316", "\u0f73\u0316", "\uff9e\u0301", "\u0316", "x\u0301\u0316"),
    "two runs of marks": lambda n: ["\u0301" * (n // 2) + "\u0316" * (n // 2)],
    "unclosed blocks of code": repeated('<pre><code class="language-a"></b></b>'),
    "one quote and many lines": lambda n: ['[a](b "\n' + "|\n" * (n // 2), "[a](b (\n" + "b\n" * (n // 2)],
    "many quotes and lines": lambda n: ['[a](b "' * (n // 14) + "|\n" * (n // 4)],
    "containers and lazy lines": lambda n: ["- " * (n // 4) + "a" + "|\n" * (n // 4)],
    "blanks in code": repeated("```cpp\nx " + "\n" * 2_900 + "```\n", "```java\na::b " + " " * 2_900 + "\n```\n"),
    "delimiters before names": repeated("*Flask*", "***Flask~~~", "_Flask_a"),
    "entities and names": repeated("&lt;Flask&gt; ", "Flask&nbsp;"),
    "links that change the reading": lambda n: ["Flask " * (n // 6 - 30) + "`Flask <b " + "*Flask*a"],
    "words of one letter": repeated("a ", "é ", "a a a b "),
    "one long word": repeated("a", "é", "数", "ก"),
    "commas": repeated("a,", ", ", "a, b "),
}  # fmt: skip
PRODUCT = {
    **{f"{a!r} and {b!r}": repeated(a + b) for a in _OPEN for b in _CLOSE},
    **{f"{a!r} around": nested(a, "x", b) for a, b in zip(_OPEN, _CLOSE * 2, strict=False)},
}

import html as entities
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from terms.rendering import Link, Names, phrases, places, render, render_page, spellings, words
from terms.rendering.names import bucket, buckets

EVERY = [
    (name, name)
    for name in [
        "GraphQL", "GraphQL API", "REST", "REST API", "Lifetime Value (LTV)", "Policy", "Class",
        "Node.js", ".NET", "C++", "C#", "AT&T", "Café", "Go", "C", "Microservices", "Flask", "API", "e\u0301tude",
        "数据库", "データ", "กา", "플라스크", "strong", "amp", "title", '" onmouseover="x', "</script>",
    ]
]  # fmt: skip
NAMES = Names(EVERY)
FOR_MANY_TEXTS = Names(EVERY, texts=1_000)


def named(text):
    assert FOR_MANY_TEXTS.find(text) == NAMES.find(text)
    return [(text[found.start : found.end], *found.targets) for found in NAMES.find(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A GraphQL API uses GraphQL.", [("GraphQL API", "GraphQL API"), ("GraphQL", "GraphQL")]),
        ("graphql, GRAPHQL", [("graphql", "GraphQL"), ("GRAPHQL", "GraphQL")]),
        ("REST APIs rest; the REST’s", [("REST APIs", "REST API"), ("REST", "REST")]),
        ("LTVs, ltv, lifetime values", [("LTVs", "Lifetime Value (LTV)"), ("lifetime values", "Lifetime Value (LTV)")]),
        ("policies and policy's", [("policies", "Policy"), ("policy", "Policy")]),
        ("classes, subclass, class-based, e-class", [("classes", "Class"), ("class", "Class")]),
        ("a microservice", [("microservice", "Microservices")]),
        ("Node.js, Node", [("Node.js", "Node.js")]),
        ("ASP.NET or .NET", [(".NET", ".NET")]),
        ("C, C++ and C#", [("C++", "C++"), ("C#", "C#")]),
        ("AT&T", [("AT&T", "AT&T")]),
        ('{{glossary("Flask")}} Flask {{ x', [("Flask", "Flask")]),
        ("cafés, Cafe, Café", [("cafés", "Café"), ("Café", "Café")]),
        ("cafe\u0301s", [("cafe\u0301s", "Café")]),
        ("go Go Gopher Go!", [("Go", "Go"), ("Go", "Go")]),
        ("Flasks flaské flask_ #flask @flask my.flask flask.py", [("Flasks", "Flask")]),
        ("使用图形数据库来", [("数据库", "数据库")]),
        ("データベース データを", [("データ", "データ")]),
        ("การ กา", [("กา", "กา")]),
        ("플라스크는 새플라스크", [("플라스크", "플라스크")]),
        ("使用Flask框架", [("Flask", "Flask")]),
        ("Goes, go well; API는 APIs", [("API", "API"), ("APIs", "API")]),
        ("https://flask.io/flask?flask=1 me@flask.io flask@x.io Flask", [("Flask", "Flask")]),
        ("e\u0301tude étude", [("e\u0301tude", "e\u0301tude"), ("étude", "e\u0301tude")]),
        ("Straßen İstanbul Flask", [("Flask", "Flask")]),
        ("", []),
    ],
)  # fmt: skip
def test_names_are_found_as_whole_words(text, expected):
    assert named(text) == expected


def test_name_with_abbreviation_has_both_spellings():
    assert spellings("Lifetime Value (LTV)") == ("Lifetime Value (LTV)", "Lifetime Value", "LTV")
    assert spellings("Python (language)") == ("Python (language)",)


def test_name_of_two_terms_is_ambiguous():
    found = Names([("Mercury", 1), ("mercury", 2), ("Bank", 3), ("Bank", 4)])
    assert found.find("Bank")[0].targets == {3, 4}
    assert [f.targets for f in found.find("Mercury mercury MERCURY")] == [{1}, {2}, {1, 2}]


def labels(markdown):
    return [place.label for place in places(markdown, NAMES)]


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("# Flask\n\n`Flask` [Flask](x) ![Flask](y) <https://flask.example>\n\n    Flask\n", []),
        ("```\nFlask\n```\n\n<div>\nFlask\n</div>\n", []),
        ("<a href='x'>Flask</a> <code>Flask</code> <b>Flask</b>", ["Flask"]),
        ("**Flask** and *REST\nAPI*", ["Flask", "REST API"]),
        ("> REST\n> API", ["REST API"]),
        ("AT&amp;T \\Flask a*Flask*b **Flask**s", ["AT&T"]),
        ("| Flask |\n| - |\n| C++ |", ["Flask", "C++"]),
        ("[Flask] ![GraphQL] x[^1]\n\n[^1]: Flask", ["Flask", "GraphQL", "Flask"]),
        ("\\<a>Flask\\</a> é Flask 数据库", ["Flask", "Flask", "数据库"]),
    ],
)
def test_names_are_found_only_in_running_text(markdown, expected):
    assert labels(markdown) == expected


def linked(markdown):
    found = places(markdown, NAMES)
    return render_page(markdown, [Link(place.start, place.end, "x/?a=1&b") for place in found]).html


def test_links_are_inserted_into_rendered_text():
    assert linked("A *Flask* & C++.") == (
        '<p>A <em><a class="ref" href="x/?a=1&amp;b">Flask</a></em> &amp; '
        '<a class="ref" href="x/?a=1&amp;b">C++</a>.</p>\n'
    )


@pytest.mark.parametrize("text", [
    "strong <strong>strong</strong>", "&amp; amp", "<i title=title>title</i>", '" onmouseover="x',
    "</script> <script>alert(1)</script>", "**strong**", "<b title='amp'>",
])  # fmt: skip
def test_terms_named_like_html_do_not_break_html(text):
    assert without_links(linked(text)) == render(text)
    assert "<script" not in linked(text)
    assert not re.search(r"<[^>]*\sonmouseover", linked(text))


def without_links(html):
    return re.sub(r'<a class="ref" href="[^"]*">(.*?)</a>', r"\1", html, flags=re.DOTALL)


markup = st.lists(
    st.sampled_from([
        "Flask", "GraphQL", "API", "REST", "C++", "strong", "amp", " ", "\n", "\n\n", "*", "**", "_",
        "~~", "`", "[", "]", "(x)", "!", "\\", "# ", "> ", "- ", "|", "\n| - |\n", "<b>", "</b>", "<a>",
        "&", "&amp;", "é", "数据库", "<!--", "-->", "[^1]", "[^1]: ", "    ", "<", ">", "\t", "1. ", ":",
    ]),
    max_size=25,
).map("".join)  # fmt: skip


@given(markup)
@settings(max_examples=800, deadline=None)
def test_links_change_nothing_else(markdown):
    assert without_links(linked(markdown)) == without_links(render(markdown))


@given(st.text(st.sampled_from("abcés'’ -.#+&C数库ー데이\u0301"), max_size=30), st.data())
@settings(max_examples=500, deadline=None)
def test_found_names_match_the_index(text, data):
    """The database finds names by bucket and texts by phrase."""
    name = data.draw(st.text(st.sampled_from("abcés C+数데"), min_size=1, max_size=8))
    if Names([(name, 1)]).find(text):
        assert any(bucket((words(s) or [""])[0]) in buckets(text) for s in spellings(name))
        text_words = words(text)
        assert any(
            text_words[i : i + len(p) - 1] == p[:-1]
            and text_words[i + len(p) - 1].startswith(p[-1])
            for p in phrases(name)
            for i in range(len(text_words) - len(p) + 1)
        )


def test_ten_thousand_names_are_matched_quickly(shared):
    many = Names([(f"Name {n}", n) for n in range(10_000)] + [("a.*b(", 1)])
    text = "Name 77 and a word. " * 4_000
    start = time.process_time()
    assert len(places(text, many)) == 4_000
    assert time.process_time() - start < 2


def test_labels_keep_their_spelling():
    assert entities.unescape(linked("AT&amp;T")).count(">AT&T<") == 1


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Cross-site scripting (XSS)", 3), ("Kubernetes (K8s)", 3), ("Entrega Continua (CD)", 3),
        ("継続的 (CD)", 3), ("Boolean (JavaScript)", 1), ("Block (CSS)", 1), ("Descriptor (CSS)", 1),
        ("Baseline (typography)", 1),
    ],
)  # fmt: skip
def test_text_in_brackets_is_a_name_if_it_is_an_abbreviation(name, parts):
    assert len(spellings(name)) == parts


def test_overlong_names_are_not_found():
    """Names that are prefixes of each other would all match at each place."""
    words = [" ".join(["ab"] * number) for number in range(2, 60)]
    letters = ["c" * number for number in range(2, 120)]
    names = Names([(name, name) for name in [*words, *letters, "Flask"]])
    longest = {found.end - found.start for found in names.find("ab " * 100 + ("c" * 120 + " ") * 3)}
    assert longest == {3 * 16 - 1, 3 * 4 - 1}  # six matches of 16 words, and one of the remaining 4
    assert [f.key for f in names.find("c" * 80 + " Flask " + "c" * 81)] == ["c" * 80, "flask"]
    long = "x" * 30_000
    text = f"Flask {long} Flask-{long} {long}Flask ccc {long}"
    assert [text[f.start : f.end] for f in names.find(text)] == ["Flask", "Flask", "ccc"]

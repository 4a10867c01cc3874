import pytest

from terms.formats.document import changed
from terms.models import SearchMiss, Term
from terms.publishing.publish import publish, withdraw
from terms.search.readers import MISSES, find_terms, mark_matches, note_miss, suggest_names
from tests.factory import default_glossary, make_live, make_term, save_text, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def glossary():
    made = default_glossary()
    for name, body in {
        "Flask": "A microframework. Uses databases.",
        "Flask Extension": "Adds to it.",
        "C++": "A language.",
        "C#": "Another language.",
        "C": "The first.",
        ".NET": "A platform.",
        "Node.js": "Runs JavaScript.",
        "Café": "Where one reads.",
        "Database": "Keeps what Flask reads.",
        "Lifetime Value (LTV)": "A sum.",
        "数据库": "使用图形数据库来分析数据。",
        "Kubernetes": "An orchestrator of containers.",
        "🎉 Party": "A feast.",
        "Search & Rescue": "For those who are lost.",
        "Rescue": "Search and rescue, of people.",
        "GPU": "It draws.",
        "Data": "What a base of data holds.",
        "Front-End Framework": "Code that runs where it is seen.",
        "Bundler": "Packs a frontend.\n\n## In short\n\nIt makes parcels",
    }.items():
        make_term(name, path=f"{name.replace('/', '')}.md", body=body)
    term = Term.objects.get(name="Flask")
    save_text(term, changed(term.document(), aliases=["Pallets", "Flsk"]))
    Term.objects.get(name="Flask").aliases.filter(name="Flsk").update(kind="hidden")
    publish(made, Term.objects.all())
    return made


def names(glossary, query):
    return [hit.term.name for hit in find_terms(glossary, query).hits]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("flask", "Flask"),
        ("FLASK", "Flask"),
        ("flas", "Flask"),
        ("pallets", "Flask"),
        ("Flsk", "Flask"),
        ("microframework", "Flask"),
        ("what is flask?", "Flask"),
        ("what does LTV mean", "Lifetime Value (LTV)"),
        ("what does ltv mean", "Lifetime Value (LTV)"),
        ("🎉", "🎉 Party"),
        ("search and rescue", "Search & Rescue"),
        ("data base", "Database"),
        ("gpus", "GPU"),
        ("cafe", "Café"),
        ("CAFÉ", "Café"),
        ("C++", "C++"),
        ("c#", "C#"),
        ("c", "C"),
        (".net", ".NET"),
        ("node.js", "Node.js"),
        ("nodejs", "Node.js"),
        ("databases", "Database"),
        ("extension flask", "Flask Extension"),
        ("ltv", "Lifetime Value (LTV)"),
        ("lifetime values", "Lifetime Value (LTV)"),
        ("数据", "数据库"),
        ("图形", "数据库"),
        ("kubernets", "Kubernetes"),
        ("kuberentes", "Kubernetes"),
        ("orchestrators", "Kubernetes"),
    ],
)
def test_best_match_comes_first(glossary, query, first):
    assert names(glossary, query)[:1] == [first]


def test_name_matches_come_before_text_matches(glossary):
    assert names(glossary, "flask") == ["Flask", "Flask Extension", "Database"]


def test_misspelled_words_are_corrected(glossary):
    results = find_terms(glossary, "flsak databses")
    assert results.meant == "flask database"
    assert [hit.term.name for hit in results.hits] == ["Flask", "Database"]
    assert ("Flask", True) in results.hits[0].title
    assert names(glossary, "microframework kuberntes") == []  # no term has both
    assert find_terms(glossary, "containers kuberntes").meant == "containers kubernetes"
    assert find_terms(glossary, "flask qqqqqqqq").meant == ""


def test_similar_results_are_marked_as_such(glossary):
    assert find_terms(glossary, "kubernetis").are_alike
    assert not find_terms(glossary, "kubernetes").are_alike
    assert find_terms(glossary, "qqqqqqqq").hits == []


@pytest.mark.parametrize("query", [
    "", " ", "\0", '"', "'", "*", '" OR 1', "NEAR(a b)", "a AND", "(", "{name}:x", "%", "_" * 60_000,
    "a" * 60_000, "\udcff", "😀", "﷽" * 300, "٣", "-", "^a", "a:b", "\\", "' & | ! <->", "İ", "ß", "x " * 5000,
    "a\u0301" * 200, "\u202e", "数" * 500,
])  # fmt: skip
def test_hostile_query_raises_no_error(glossary, query):
    find_terms(glossary, query)
    suggest_names(glossary, query)
    note_miss(glossary, query.replace("\udcff", "?"))


def test_suggestions_match_typed_text(glossary):
    assert [name for name, *_ in suggest_names(glossary, "fl")] == ["Flask", "Flask Extension"]
    pallets = suggest_names(glossary, "pall")[0]
    assert (pallets.name, pallets.own) == ("Pallets", "Flask")
    assert pallets.path == "/glossary/software/full-stack/Flask/"
    assert [name for name, *_ in suggest_names(glossary, "exten")] == ["Flask Extension"]
    assert [name for name, *_ in suggest_names(glossary, "kubernts")] == ["Kubernetes"]
    assert suggest_names(glossary, "flsk")[0][0] == "Flask"  # not the misspelling


@pytest.mark.parametrize("name", ["!!!", "&&", "=>", "🦀"])
def test_name_without_letters_is_found(glossary, name):
    make_term("Sign", path="sign.md", text=text_of("X").replace("term: X", f"term: '{name}'"))
    publish(glossary, Term.objects.filter(path="sign.md"))
    assert names(glossary, name) == [name]
    assert not find_terms(glossary, name).are_alike


def test_matching_words_are_marked():
    assert mark_matches("Databases and a database", [("database",)]) == [
        ("Databases", True), (" and a ", False), ("database", True)
    ]  # fmt: skip
    assert mark_matches("<b>C++</b>", [("c++",)]) == [
        ("<b>", False),
        ("C++", True),
        ("</b>", False),
    ]
    assert mark_matches("Das Café", [("cafe",)])[-1] == ("Café", True)


def test_excerpt_shows_match_in_text(glossary):
    (hit,) = find_terms(glossary, "microframework").hits
    assert "".join(text for text, _ in hit.excerpt).startswith("A microframework.")
    assert ("microframework", True) in hit.excerpt


def test_drafts_and_withdrawn_terms_are_not_found(glossary):
    make_term("Secret", body="hush")
    flask = Term.objects.get(name="Flask")
    save_text(flask, text_of("Flask", body="hush"))
    assert names(glossary, "hush") == names(glossary, "secret") == []
    withdraw(glossary, Term.objects.filter(pk=flask.pk))
    assert "Flask" not in names(glossary, "flask")
    assert "Flask" not in [name for name, *_ in suggest_names(glossary, "flask")]


def test_failed_searches_are_counted_without_personal_data(glossary):
    for query in ("Rust", "rust", "ana@example.org", "+43 664 1234567", "x"):
        note_miss(glossary, query)
    assert list(SearchMiss.objects.values_list("key", "count")) == [("rust", 2)]


def test_number_of_counted_searches_is_limited(glossary, monkeypatch):
    monkeypatch.setattr("terms.search.readers.MISSES", 2)
    for number in range(5):
        note_miss(glossary, f"word {'abcde'[number]}")
    assert SearchMiss.objects.count() == 2
    assert MISSES == 10_000


def test_similar_names_are_added_to_text_matches(glossary):
    assert names(glossary, "frontend") == ["Bundler", "Front-End Framework"]
    assert names(glossary, "orchestrator") == ["Kubernetes"]


def test_excerpt_separates_headings_from_sentences(glossary):
    (hit,) = find_terms(glossary, "parcels").hits
    text = "".join(text for text, _ in hit.excerpt)
    assert text.endswith("Packs a frontend. In short · It makes parcels")


def test_text_without_spaces_is_searched_by_substring(db):
    make_live("コンテナ", path="container.md", body="アプリケーションとその依存関係。")
    make_live("計算機", path="computer.md", body="ナノコンピューターのテンプレート。")
    glossary = default_glossary()
    found = find_terms(glossary, "コンテナ")
    assert [hit.term.name for hit in found.hits] == ["コンテナ"]
    assert found.hits[0].title == [("コンテナ", True)]
    assert find_terms(glossary, "コンテネ").are_alike
    (hit,) = find_terms(glossary, "依存関係 アプリ").hits
    assert [text for text, is_word in hit.excerpt if is_word] == ["アプリ", "依存関係"]
    assert [name.name for name in suggest_names(glossary, "テナ")] == ["コンテナ"]

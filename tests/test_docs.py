"""The documentation covers all settings, commands, options and keys of term files."""

import re
from pathlib import Path

import pytest
from django.core.management import load_command_class

from terms.formats.dialects import GLOSSARY
from terms.models import Term
from tests.factory import default_glossary, make_term, text_of

ROOT = Path(__file__).parents[1]
DOCS = {path.stem: path.read_text() for path in (ROOT / "docs").glob("*.md")}
README = (ROOT / "README.md").read_text()
SETTINGS = (ROOT / "glossary_cms" / "settings.py").read_text()
# Django documents ``migrate``.
COMMANDS = sorted(
    path.stem
    for path in (ROOT / "terms" / "management" / "commands").glob("*.py")
    if path.stem not in ("__init__", "migrate")
)


@pytest.mark.parametrize(
    "name",
    sorted(
        set(
            re.findall(
                r'env\.(?:text|flag|words|secrets|number|read|database|mail)\(\s*"(\w+)"', SETTINGS
            )
        )
    ),
)
def test_every_setting_is_documented(name):
    assert f"`{name}`" in DOCS["settings"]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_documented_with_its_options(name):
    parser = load_command_class("terms", name).create_parser("manage.py", name)
    stock = load_command_class("django.core", "sendtestemail").create_parser("m", "x")
    own = set(parser._option_string_actions) - set(stock._option_string_actions)
    lines = [line for text in DOCS.values() for line in text.splitlines()]
    documented = " ".join(line for line in lines if f"manage.py {name}" in line)
    assert documented
    assert [option for option in sorted(own) if option not in documented] == []


def test_readme_lists_every_document_and_every_link_has_a_target():
    assert {f"docs/{name}.md" for name in DOCS} <= set(re.findall(r"\]\(([^)#]+)", README))
    for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")):
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", path.read_text()):
            assert (path.parent / target).exists(), (path.name, target)


@pytest.mark.django_db(transaction=True)
def test_scripting_examples_run(tmp_path, monkeypatch, capsys):
    make_term("Flask", text=text_of("Flask", category="Web", body="A small tool."))
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "kite.md").write_text(text_of("Kite"))
    monkeypatch.chdir(tmp_path)

    names = {}
    for example in re.findall(r"```python\n(.*?)```", DOCS["scripting"], re.DOTALL):
        exec(example, names)

    term = Term.objects.get(glossary=default_glossary(), name="Flask")
    assert (term.version, term.body) == (2, "A light tool.\n")
    assert term.live_fingerprint == term.fingerprint
    assert "'created': 1" in capsys.readouterr().out
    assert (tmp_path / "words" / "flask.md").exists()


@pytest.mark.parametrize("column", list(GLOSSARY.keys))
def test_every_header_key_is_documented(column):
    assert f"\n{GLOSSARY.keys[column][0]}:" in DOCS["files"]


def test_demo_glossary_is_large_and_varied():
    from terms.formats.document import read_document

    documents = [
        read_document(path.read_text(), path.name)
        for path in (ROOT / "fixtures" / "glossary").glob("*.md")
    ]
    names = {document.name for document in documents}
    assert len(documents) >= 40
    assert all(document.why_no_term == "" for document in documents)
    assert len({document.category for document in documents}) == 2
    assert len({document.vertical for document in documents}) == 4
    assert any(document.aliases for document in documents)
    related = {name for document in documents for name in document.related.split(", ")}
    assert related - names, "there are wanted terms"

"""What the README must not forget: settings, commands and their options, keys of a file."""

import re
from pathlib import Path

import pytest
from django.core.management import load_command_class

from terms.formats.dialects import GLOSSARY

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
SETTINGS = (ROOT / "glossary_cms" / "settings.py").read_text()


@pytest.mark.parametrize(
    "name",
    sorted(set(re.findall(r'env\.(?:text|flag|words|read|database|mail)\(\s*"(\w+)"', SETTINGS))),
)
def test_every_setting_is_in_the_readme(name):
    assert f"`{name}`" in README


@pytest.mark.parametrize("name", ["import_terms", "export_terms", "check_glossary"])
def test_every_option_is_in_the_readme(name):
    parser = load_command_class("terms", name).create_parser("manage.py", name)
    stock = load_command_class("django.core", "sendtestemail").create_parser("m", "x")
    own = set(parser._option_string_actions) - set(stock._option_string_actions)
    line = next(line for line in README.splitlines() if f"manage.py {name}" in line)
    for option in own:
        assert option in line


@pytest.mark.parametrize("column", list(GLOSSARY.keys))
def test_every_key_is_shown(column):
    assert f"\n{GLOSSARY.keys[column][0]}:" in README


def test_the_demo_glossary_is_what_the_readme_promises():
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

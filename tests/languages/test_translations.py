"""Readers' pages are in the language of their glossary, if it is translated."""

import io
import re
from datetime import date
from pathlib import Path

import pytest
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po
from jinja2 import nodes

from terms.languages.translations import ENGLISH, LOCALE, READERS, languages, wording
from terms.models import Glossary, Page, Term
from terms.pages import layout
from terms.publishing.publish import publish, withdraw
from terms.rendering import render_page
from tests.factory import default_glossary, make_live, save_text

ROOT = Path(__file__).parents[2]
CATALOGUES = sorted(LOCALE.rglob("readers.po"))
ALERTS = ["NOTE", "TIP", "IMPORTANT", "WARNING", "CAUTION"]
# Error messages of the suggestion form, which are translated when they are shown.
FORMS = [
    "Choose a term.", "Say what you suggest.", "Include no more than two links.",
    "This page was open for long: send it once more.",
    "That was quick. Read it over and send it once more.",
    "Too many suggestions from your network. Try again in an hour.",
    "Too many suggestions are waiting. Please come back later.",
]  # fmt: skip


def texts_of_templates():
    for file in (ROOT / "templates" / "site").iterdir():
        for found in layout.environment_for().parse(file.read_text()).find_all(nodes.Filter):
            if found.name == "t" and isinstance(found.node, nodes.Const):
                yield found.node.value
            elif found.name == "counted":
                yield tuple(form.value for form in found.args)


def texts_of_rendering():
    said = []
    for markdown in ("|a|\n|-|\n", "a[^1]\n\n[^1]: b", *(f"> [!{name}]\n> a" for name in ALERTS)):
        render_page(markdown, say=lambda text: said.append(text) or text)
    return said


def texts_of_scripts():
    for name in ("site.js", "offline.js"):
        script = (ROOT / "terms" / "static" / "terms" / name).read_text()
        yield from re.findall(r'\bsay\("([^"]*)"', script)


def test_scripts_receive_every_text_they_show():
    assert set(texts_of_scripts()) <= set(layout.OF_SCRIPTS)


def test_translated_form_messages_are_in_the_code():
    code = "".join(
        (ROOT / f"terms/{name}.py").read_text()
        for name in ("web/suggestions", "review/suggestions")
    )
    for text in FORMS:
        assert f'"{text}"' in code


@pytest.mark.parametrize("file", CATALOGUES, ids=lambda file: file.parts[-3])
def test_catalogue_has_all_texts_and_no_others(file):
    with file.open("rb") as source:
        catalogue = read_po(source, locale=file.parts[-3])
    wanted = {*texts_of_templates(), *texts_of_rendering(), *layout.OF_SCRIPTS, *FORMS}
    messages = [message for message in catalogue if message.id]
    assert {message.context for message in messages} == {READERS}
    assert {message.id for message in messages} == wanted
    for message in messages:
        one = message.id if isinstance(message.id, str) else message.id[0]
        forms = [message.string] if isinstance(message.string, str) else message.string
        for form in forms:
            assert form.strip() == form != ""
            assert form.count("%s") == form.count("%") == one.count("%s"), form
            assert not re.search(r"[<>&]", form)
    again = io.BytesIO()
    write_mo(again, catalogue)
    again.seek(0)
    with file.with_suffix(".mo").open("rb") as compiled:
        assert compiled_texts(compiled) == compiled_texts(again), "run: make texts"


def compiled_texts(file):
    return [(m.context, m.id, m.string) for m in read_mo(file) if m.id]


def test_at_least_sixteen_translations_exist():
    assert len(CATALOGUES) == len(languages()) - 1 >= 16


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("en", "en"), ("en-GB", "en"), ("de-AT", "de"), ("DE", "de"), ("pt-BR", "pt"), ("zh", "zh-hans"),
        ("zh-CN", "zh-hans"), ("zh-TW", "zh-hant"), ("zh-Hant-HK", "zh-hant"), ("zh-Hans-TW", "zh-hans"), ("zh-MO", "zh-hant"),
        ("eo", "en"), ("", "en"), ("x-private", "en"), ("../../etc", "en"), ("locale", "en"),
    ],
)  # fmt: skip
def test_language_tag_selects_translation(tag, language):
    assert wording(tag).language == language


def test_numbers_and_dates_are_formatted_by_language():
    day = date(2026, 11, 27)
    assert wording(ENGLISH).day(day) == "27 November 2026"
    assert wording("de").day(day) == "27. November 2026"
    assert wording("ja").day(day) == "2026年11月27日"
    assert wording(ENGLISH).counted(1234, "%s term", "%s terms") == "1,234 terms"
    assert wording("de").counted(1, "%s term", "%s terms") == "1 Begriff"
    assert [wording("pl").counted(n, "%s term", "%s terms") for n in (1, 3, 5)] == [
        "1 hasło", "3 hasła", "5 haseł",
    ]  # fmt: skip


def html(path):
    return Page.objects.get(path=path).content.decode()


@pytest.fixture
def german(db):
    glossary = default_glossary()
    Glossary.objects.filter(pk=glossary.pk).update(language="de", takes_suggestions=True)
    glossary.refresh_from_db()
    return glossary


def test_pages_are_in_language_of_glossary(german, client):
    make_live("Django", body="Nach Flask.\n\n## A\n\n## B\n\n> [!TIP]\n> x\n\n|a|\n|-|\n")
    flask = make_live("Flask")
    page = html("/glossary/software/full-stack/django/")
    assert '<html lang="de">' in page
    for text in (
        ">Suchen</button>", "Zum Text springen", "Auf dieser Seite", ">Alle Begriffe<", "<strong>Tipp</strong>",
        'aria-label="Tabelle"', "<span>Geändert am <time ", "Änderung vorschlagen",
        "&#34;Weiterlesen&#34;",
    ):  # fmt: skip
        assert text in page, text
    assert "Erwähnt in" in html("/glossary/software/full-stack/flask/")
    assert "2 Begriffe" in html("/glossary/")
    assert "Neu und geändert" in html("/glossary/changes/")
    assert "2 gefunden" in client.get("/glossary/search?q=flask").content.decode()
    assert (
        "Kein Begriff enthält „&lt;qqzz&gt;“."
        in client.get("/glossary/search?q=<qqzz>").content.decode()
    )
    assert "Diese Seite gibt es nicht" in client.get("/glossary/nirgends/").content.decode()
    form = client.post("/glossary/suggestion", {"name": "", "text": "x"}).content.decode()
    assert "Nennen Sie den Begriff." in form
    save_text(flask, "---\nterm: Flask\ncategory: Anders\nvertical: Welt\n---\n")
    publish(german, Term.objects.all())
    assert "Das ist umgezogen" in html("/glossary/software/full-stack/flask/")
    withdraw(german, Term.objects.filter(pk=flask.pk))
    (gone,) = Page.objects.filter(status=410, path__endswith="/anders/welt/flask/")
    assert "Die Redaktion hat es zurückgezogen." in gone.content.decode()


def test_english_page_has_no_texts_for_scripts(db):
    make_live("Flask")
    assert "data-words" not in html("/glossary/software/full-stack/flask/")

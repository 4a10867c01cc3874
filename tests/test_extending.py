"""The extension points, by the examples of docs/extending.md."""

import re
import sys
import types
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.core.management.base import SystemCheckError
from django.dispatch import Signal

from terms.editing.gate import Draft, save_one
from terms.files.file_formats import FileFormat, read_texts
from terms.files.folder import FolderError
from terms.formats.dialects import Dialect
from terms.formats.document import changed, read_document
from terms.models import Glossary, Grant, Term, TermFile
from terms.models import signals as terms_signals
from terms.people.permissions import may
from terms.publishing.publish import publish, withdraw
from terms.quality.checking import findings_of, rules
from tests.factory import default_glossary, make_term, text_of

TEXT = (Path(__file__).parents[1] / "docs" / "extending.md").read_text()
EXAMPLES = "\n".join(re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL))
SETTINGS = dict(
    line.split("=") for line in re.search(r"```sh\n(.*?)```", TEXT, re.DOTALL)[1].split()
)


@pytest.fixture
def house(settings, monkeypatch):
    """The examples as a module that the settings name."""
    signals = [one for one in vars(terms_signals).values() if isinstance(one, Signal)]
    receivers = [(signal, list(signal.receivers)) for signal in signals]
    module = types.ModuleType("house")
    monkeypatch.setitem(sys.modules, "house", module)
    exec(EXAMPLES, vars(module))
    for name in ("QUALITY_RULES", "DIALECTS", "FILE_FORMATS"):
        setattr(settings, name, [SETTINGS[name]])
    yield module
    for signal, before in receivers:
        signal.receivers[:] = before
        signal.sender_receivers_cache.clear()


@pytest.mark.django_db
def test_a_rule_from_outside_has_a_level_and_blocks(house, admin_client):
    term = make_term("Flask", text=text_of("Flask", body="It is fast!"))
    found = [(f.rule, f.where, f.message) for f in findings_of(Term.objects.get(pk=term.pk))]
    assert ("exclamation", "text, line 1", "End the sentence with a full stop.") in found
    page = admin_client.get(f"/admin/terms/glossary/{term.glossary_id}/change/")
    assert "A sentence shouts" in page.text
    Glossary.objects.update(rules={"exclamation": "block"})
    (refusal,) = publish(default_glossary(), Term.objects.all())
    assert refusal.reason == "text, line 1: End the sentence with a full stop."


def test_a_dialect_from_outside_is_read_and_written(house, settings):
    text = "---\nlemma: Zug\nmeaning: A train.\nvariants: [Bahn]\nextra: kept\n---\n\nText.\n"
    document = read_document(text, "zug.md")
    assert (document.name, document.description, document.aliases, document.why_no_term) == (
        "Zug", "A train.", ("Bahn",), "",
    )  # fmt: skip
    assert dict(document.extra) == {"extra": "kept"}
    edited = changed(document, {"description": "A fast train.", "category": "Travel"})
    assert edited == text.replace("A train.", "A fast train.").replace(
        "meaning:", "field: Travel\nmeaning:"
    )
    settings.DIALECTS = []
    assert read_document(text, "zug.md").why_no_term


@pytest.mark.django_db(transaction=True)
def test_a_format_from_outside_goes_there_and_back(house, tmp_path, capsys):
    file = tmp_path / "words.json"
    make_term("Flask", path="web/flask.md", text=text_of("Flask", body="One."))
    call_command("export_terms", file, "--format", "json")
    assert "1 written" in capsys.readouterr().out
    assert "One." in file.read_text()

    # Edited on both sides: merged, as with a folder.
    file.write_text(file.read_text().replace("One.", "Eins."))
    term = Term.objects.get()
    here = term.revisions.get(number=term.version).text
    draft = Draft(
        term.path, here.replace("in a sentence", "in a few words"), term, seen=term.version
    )
    save_one(term.glossary, draft)
    with pytest.raises(SystemExit):
        call_command("export_terms", file, "--format", "json")
    assert "web/flask.md: was edited in the file; import it first" in capsys.readouterr().out
    call_command("import_terms", file, "--format", "json")
    assert "with what was edited here" in capsys.readouterr().out
    merged = Term.objects.get()
    assert (merged.body, merged.description) == ("Eins.\n", "What Flask is, in a few words.")

    call_command("export_terms", file, "--format", "json")
    before = file.stat().st_mtime_ns
    call_command("export_terms", file, "--format", "json")
    assert "1 unchanged" in capsys.readouterr().out
    assert file.stat().st_mtime_ns == before
    call_command("import_terms", file, "--format", "json")
    assert "1 unchanged" in capsys.readouterr().out
    assert set(TermFile.objects.values_list("folder", flat=True)) == {str(file)}


@pytest.mark.django_db(transaction=True)
def test_a_format_that_is_checked_writes_nothing(house, tmp_path, capsys):
    make_term("Flask")
    with pytest.raises(SystemExit):
        call_command("export_terms", tmp_path / "x.json", "--format", "json", "--check")
    assert "1 missing" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "cannot be read as json"),
        ('{"../x.md": ""}', "is not a path inside the folder."),
        ('{"x.md": "\\ud800"}', "surrogates not allowed."),
    ],
)
def test_a_file_that_the_format_cannot_read_is_named(house, tmp_path, content, reason):
    (tmp_path / "words.json").write_text(content)
    with pytest.raises(CommandError, match=r"words\.json") as error:
        call_command("import_terms", tmp_path / "words.json", "--format", "json")
    assert reason in str(error.value)


@pytest.mark.django_db
def test_what_a_format_cannot_do_is_said(house, tmp_path):
    make_term("Flask")
    with pytest.raises(CommandError, match=r"no format “csv”. Known formats: json\."):
        call_command("export_terms", tmp_path / "x", "--format", "csv")
    with pytest.raises(CommandError, match="cannot be read: No such file"):
        call_command("import_terms", tmp_path / "x", "--format", "json")
    house.as_json = FileFormat("json", write=house.write)
    with pytest.raises(CommandError, match="can only be exported"):
        call_command("import_terms", tmp_path / "x", "--format", "json")
    house.as_json = FileFormat("json", read=house.read)
    with pytest.raises(CommandError, match="can only be imported"):
        call_command("export_terms", tmp_path / "x", "--format", "json")


def test_a_path_that_comes_twice_is_refused(tmp_path):
    twice = FileFormat("twice", read=lambda content: [("a.md", "1"), ("a.md", "2")])
    (tmp_path / "x").touch()
    with pytest.raises(FolderError, match=r"it has “a\.md” twice"):
        read_texts(tmp_path / "x", twice)


@pytest.mark.django_db(transaction=True)
def test_signals_are_sent_after_the_commit(house):
    term = make_term("Flask")
    publish(default_glossary(), Term.objects.all())
    withdraw(default_glossary(), Term.objects.all())
    assert house.seen == [
        ("saved", term.pk, 1), ("PublishedTerm", [term.pk]), ("Withdrawal", [term.pk]),
    ]  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_a_receiver_that_fails_stops_nothing(house, caplog):
    def fail(**values):
        raise RuntimeError("no")

    terms_signals.revision_saved.connect(fail)
    make_term("Flask")
    assert Term.objects.count() == 1
    assert "no" in caplog.text


@pytest.mark.django_db
def test_djangos_question_knows_roles(house, roles, django_user_model):
    term = make_term("Flask", text=text_of("Flask", category="Web"))
    other = make_term("Dough", text=text_of("Dough", category="Baking"))
    editor = django_user_model.objects.create_user("editor")
    role = Grant._meta.get_field("role").remote_field.model.objects.get(name="Author")
    Grant.objects.create(user=editor, role=role, glossary=term.glossary, category=term.category)
    editor = get_user_model().objects.get(pk=editor.pk)
    assert house.may_edit(editor, term)
    assert house.may_edit(editor, term) == may(editor, "change_term", term)
    assert not house.may_edit(editor, other)
    assert not editor.has_perm("terms.change_term")
    assert not editor.has_perm("auth.change_user", editor)


@pytest.mark.django_db  # checks of models ask the database what it can do
@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("QUALITY_RULES", ["nowhere.rule"], "cannot import “nowhere.rule”"),
        ("QUALITY_RULES", ["json.dumps"], "“json.dumps” is not a Rule."),
        ("FILE_FORMATS", ["json.dumps"], "“json.dumps” is not a FileFormat."),
        ("FILE_FORMATS", ["house.as_json", "house.as_json"], "two formats have the same name"),
        ("QUALITY_RULES", ["house.no_exclamation_marks"] * 2, "needs another name"),
    ],
)
def test_a_wrong_path_in_the_settings_is_reported_by_check(house, settings, name, value, message):
    setattr(settings, name, value)
    with pytest.raises(SystemCheckError, match=message):
        call_command("check")


def test_dialect_has_default_keys_and_refuses_unknown_columns(settings):
    assert Dialect({"name": ("x",)}).keys["icon"] == ("icon",)
    with pytest.raises(ValueError, match="Terms have no column: nmae"):
        Dialect({"nmae": ("x",)})
    with pytest.raises(ImproperlyConfigured, match=r"DIALECTS: “json\.dumps” is not a Dialect"):
        settings.DIALECTS = ["json.dumps"]
    settings.DIALECTS = []


def test_every_built_in_rule_has_a_title():
    assert all(rule.title and rule.name == name for name, rule in rules().items())

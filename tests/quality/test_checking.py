"""Quality rules: their findings, and texts without findings."""

import pytest
from django.core.management import call_command

from terms.changes.trash import trash
from terms.models import FormerPath, Glossary, Picture, PublishedTerm, Term, TermFile
from terms.publishing.publish import publish
from terms.quality.checking import findings_of
from terms.quality.rule import Repair
from tests.factory import default_glossary, make_live, make_term, publish_all, text_of

pytestmark = pytest.mark.django_db


def entry(name="Flask", description="", body="Text.", **values):
    text = text_of(name, body=body, **values)
    return text.replace(f"What {name} is, in a sentence.", description or "A thing.")


def found(term, rule):
    return [
        (f.where, f.message) for f in findings_of(Term.objects.get(pk=term.pk)) if f.rule == rule
    ]


@pytest.mark.parametrize(
    ("rule", "description", "body", "where"),
    [
        ("repeats", "A small framework that Flask is.", "", "definition"),
        ("long", "x" * 301, "", "definition"),
        ("heading", "", "## A\n\n#### B\n", "text, line 3"),
        ("heading", "", "x\n\n### A\n", "text, line 3"),
        ("heading", "", "# A\n", "text, line 1"),
        ("alternative", "", "a\n\n![](x.png)", "text, line 3"),
        ("link", "", "[x]()", "text, line 1"),
        ("link", "", "\n[x](/glossary/nowhere/)", "text, line 2"),
        ("link", "", "[x](nowhere.md#y)", "text, line 1"),
        ("picture", "", "a ![x](x.png) ![y](/media/y.png)", "text, line 1"),
        ("beside", "", "![x](x.png)\n\n![y](/media/y.png)", "text, line 3"),
        ("picture", "", "\n![x](https://x.org/x.png)", "text, line 2"),
        ("sentence", "word " * 41, "", "definition"),
        ("sentence", "", "Short. \n\n" + "word " * 41 + "end.", "text, line 3"),
        ("sentence", "", "> " + "word " * 41, "text, line 1"),
        ("twice", "", "a\n\nIt is in the the house.", "text, line 3"),
        ("linktext", "", "a\n[here](https://x.org/)", "text, line 2"),
        ("linktext", "", "[Cliquez ici…](https://x.org/)", "text, line 1"),
    ],
)
def test_rule_finds_problem(rule, description, body, where):
    term = make_term("Flask", text=entry(description=description, body=body))
    assert [place for place, _ in found(term, rule)] == [where]


def test_good_text_has_no_findings():
    Picture.objects.create(glossary=default_glossary(), path="y.png", file="terms/y.png")
    term = make_live(
        "Flask",
        text=entry(
            description="Flask is a framework.",
            body="## A\n\n### B\n\n![x](y.png) [z](/glossary/software/full-stack/flask/)",
        ),
    )
    assert findings_of(Term.objects.get(pk=term.pk)) == []


@pytest.mark.parametrize(
    ("rule", "body"),
    [
        ("sentence", "word " * 39 + "end. " + "word " * 39 + "end."),
        ("sentence", "```\n" + "word " * 50 + "\n```"),
        ("twice", "He had had that that. On and on. The Thet. I am in\nin"),
        ("linktext", "[here in Oslo](https://x.org/) and <https://x.org/>"),
    ],
)
def test_good_wording_has_no_findings(rule, body):
    assert found(make_term("Flask", text=entry(body=body)), rule) == []


def test_repeated_words_are_a_matter_of_english():
    default_glossary()
    Glossary.objects.update(language="de-AT")
    assert found(make_term("Flask", text=entry(body="von in in")), "twice") == []


def repairs(term):
    return [f.repair for f in findings_of(Term.objects.get(pk=term.pk)) if f.repair]


def test_repair_is_a_change_of_one_line():
    term = make_term("Flask", text=entry(body="x\n\n### A\n\nThe the end"))
    assert repairs(term) == [Repair(3, "###", "##"), Repair(5, "The the", "The")]
    underlined = make_term("Other", text=entry("Other", body="A\n=\n"))
    assert len(found(underlined, "heading")) == 1
    assert repairs(underlined) == []


def test_link_to_a_renamed_file_is_repaired():
    glossary = default_glossary()
    target = make_term("Quart", path="web/quart.md")
    FormerPath.objects.create(glossary=glossary, term=target, path="web/Flask 2.md")
    body = "[a](../web/Flask%202.md#use) and [b](nowhere.md)\n\n[c]()"
    term = make_term("Text", path="db/text.md", text=entry("Text", body=body))
    assert repairs(term) == [
        Repair(1, "../web/Flask%202.md", "../web/quart.md"),
        Repair(3, "[c]()", "c"),
    ]
    trash(target)
    assert repairs(term) == [Repair(3, "[c]()", "c")]


def test_missing_definition_is_found():
    term = make_term("Flask", path="flask.md", text="---\nterm: Flask\n---\nText.\n")
    assert found(term, "definition") == [("definition", "Add a definition of one sentence.")]


def test_circular_definitions_are_found():
    one = make_term("Client", path="a.md", text=entry("Client", "What asks a server."))
    other = make_term("Server", path="b.md", text=entry("Server", "What answers a client."))
    assert "defined by “server”" in found(one, "circular")[0][1]
    assert "defined by “client”" in found(other, "circular")[0][1]


def test_missing_common_section_is_found():
    for number in range(6):
        make_term(f"T{number}", text=entry(f"T{number}", body="## Use\n\nx"))
    term = make_term("Without", text=entry("Without", body="x"))
    assert found(term, "section") == [
        ("text", "Most terms have a section “Use”; this one has none.")
    ]
    assert found(Term.objects.get(name="T1"), "section") == []


def test_wanted_term_in_text_is_found():
    make_term("Django", related="Template Engine")
    term = make_term("Flask", text=entry(body="x\n\nIt has a template engine."))
    assert found(term, "jargon") == [
        ("text, line 3", "“template engine” is a wanted term. Write it.")
    ]


def test_file_with_another_version_is_found():
    term = make_term()
    TermFile.objects.create(
        glossary=term.glossary, term=term, folder="/somewhere", path=term.path, fingerprint="x"
    )
    assert found(term, "drift")[0][0] == "file"


def test_rule_can_be_off_or_block_publishing():
    term = make_term("Flask", text=entry(body="# A"))
    Glossary.objects.update(rules={"heading": "off"})
    assert found(term, "heading") == []
    Glossary.objects.update(rules={"heading": "block"})
    (refusal,) = publish(default_glossary(), Term.objects.all())
    assert refusal.reason == "text, line 1: “A” skips a level: write ##."
    assert not PublishedTerm.objects.exists()


def test_new_rule_does_not_block_published_text():
    make_live("Flask", text=entry(body="# A"))
    Glossary.objects.update(rules={"heading": "block"})
    publish_all()
    assert PublishedTerm.objects.exists()


def test_rules_accept_hostile_texts(shared):
    for number, text in enumerate(
        ("# " * 500, "[" * 5000, "![" * 3000, "<b>" * 2000, "\0x", "| a |\n" * 999)
    ):
        term = make_term(
            f"H{number}",
            path=f"h{number}.md",
            text=entry(f"H{number}", body=text.replace("\0", "")),
        )
        findings_of(Term.objects.get(pk=term.pk))


def test_command_reports_file_and_line(capsys):
    make_term("Flask", text=entry(body="x\n\n# A"))
    call_command("check_glossary", "--rules")
    output = capsys.readouterr().out
    assert "flask.md: text, line 3: “A” skips a level: write ##. (heading, warns)" in output
    assert "1 finding, 0 blocking" in output
    Glossary.objects.update(rules={"heading": "block"})
    with pytest.raises(SystemExit):
        call_command("check_glossary", "--rules")

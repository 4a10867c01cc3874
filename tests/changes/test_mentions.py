"""A new name in running texts."""

import pytest

from terms.changes.mentions import replace_name
from terms.changes.operation import apply, undo
from terms.changes.reword import rename
from terms.models import Term
from tests.factory import make_live, make_term, text_of

pytestmark = pytest.mark.django_db


def may_edit_all(term):
    return True


@pytest.mark.parametrize(
    ("text", "expected", "others"),
    [
        ("Flask and flask. FLASK!", "Quart and quart. FLASK!", ["FLASK"]),
        ("Flasks, Flask's", "Flasks, Quart's", ["Flasks"]),
        ("`Flask` and [Flask](x.md) and Flask", "`Flask` and [Flask](x.md) and Quart", []),
        ("```\nFlask\n```\n\n*Flask*", "```\nFlask\n```\n\n*Quart*", []),
        ('{{Glossary("Flask")}} see https://x.org/Flask/ – Flask', None, []),
        ("préflask 漢 Flask", "préflask 漢 Quart", []),
        ("# Flask\n\n| a | Flask |\n| - | - |\n", "# Flask\n\n| a | Quart |\n| - | - |\n", []),
    ],
)
def test_name_is_replaced_where_it_could_be_linked(text, expected, others):
    found = replace_name(text, "Flask", "Quart")
    expected = expected or text[: -len("Flask")] + "Quart"
    assert (found.text, found.others) == (expected, others)


@pytest.mark.parametrize(
    ("old", "new", "text", "expected"),
    [
        (
            "load balancer",
            "traffic router",
            "Load balancer, load balancer",
            "Traffic router, traffic router",
        ),
        (
            "Load Balancer",
            "API Gateway",
            "Load Balancer, load balancer",
            "API Gateway, load balancer",
        ),
        ("Load Balancer", "Traffic Router", "A load balancer", "A traffic router"),
    ],
)
def test_case_of_the_old_name_is_kept(old, new, text, expected):
    assert replace_name(text, old, new, is_markdown=False).text == expected


def test_rename_changes_texts_as_one_change_set(ann):
    flask = make_live(text=text_of(body="Flask is small.\nFlask is old.").replace("\n", "\r\n"))
    make_live("Django", related="Flask", body="Unlike Flask, big. Flasks")
    make_term("Secret", body="Flask too.")
    make_term("Other", body="Nothing.")
    before = {term.name: term.newest_revision().text for term in Term.objects.all()}
    operation = rename(flask, "Quart", lambda term: term.name != "Secret", in_texts=True)
    assert [
        (effect.term, effect.words) for effect in operation.effects if "text" in effect.words
    ] == [
        ("Django", "gets the new name in its text, in 1 place"),
        ("Django", "has “Flasks” in its text, which stays: check it"),
        ("Flask", "gets the new name in its text, in 3 places"),
        ("Secret", "mentions it in its text, and you may not edit it"),
    ]
    made = apply(operation, ann)
    texts = {term.name: term.newest_revision().text for term in Term.objects.all()}
    assert "\nQuart is small.\r\nQuart is old.\r\n" in texts["Quart"]
    assert "What Quart is, in a sentence." in texts["Quart"]
    assert "Unlike Quart, big. Flasks" in texts["Django"]
    assert texts["Secret"] == before["Secret"]
    undo(made, ann)
    assert {term.name: term.newest_revision().text for term in Term.objects.all()} == before


def test_texts_stay_without_the_wish(ann):
    flask = make_term("Flask", text=text_of("Flask"))
    make_term("Django", body="Unlike Flask.")
    apply(rename(flask, "Quart", may_edit_all), ann)
    assert "Unlike Flask." in Term.objects.get(name="Django").newest_revision().text

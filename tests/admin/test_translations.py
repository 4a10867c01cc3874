"""Every text of the admin's templates can be translated."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.template.base import Lexer, Token, TokenType

TEMPLATES = Path(__file__).parents[2] / "templates" / "admin"

# Attributes whose values are for machines; what all others say is shown or read out.
CODES = frozenset(
    [
        "accept",
        "aria-current",
        "aria-describedby",
        "aria-hidden",
        "aria-labelledby",
        "autocomplete",
        "class",
        "content",
        "data-act",
        "data-inline-type",
        "data-name",
        "data-pane",
        "data-people",
        "data-state",
        "data-tab",
        "enctype",
        "for",
        "formtarget",
        "href",
        "lang",
        "http-equiv",
        "id",
        "list",
        "method",
        "name",
        "rel",
        "role",
        "sandbox",
        "scope",
        "type",
        "value",
        "xlink:href",
    ]
)
BUTTONS = frozenset({"button", "reset", "submit"})
MARKED = frozenset({"blocktrans", "blocktranslate"})
PASSED_ON = frozenset({"include", "with"})
NO_TEXTS = frozenset({"prefix"})  # what templates of Django are passed

_STRING = r"""(?:"([^"]*)"|'([^']*)')"""
_FALLBACK = re.compile(rf"\|(?:add|default|default_if_none|yesno):{_STRING}")
_ARGUMENT = re.compile(rf"(\w+)={_STRING}")


class Page(HTMLParser):
    """The texts of a page, those of attributes among them."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.is_code = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.is_code = tag in ("script", "style")
        shown = {"value"} if tag == "input" and dict(attrs).get("type") in BUTTONS else set()
        self.texts += [value or "" for name, value in attrs if name not in CODES - shown]

    def handle_endtag(self, tag: str) -> None:
        self.is_code = False

    def handle_data(self, data: str) -> None:
        if not self.is_code:
            self.texts.append(data)


def untranslated(source: str) -> list[str]:
    """The texts of a template that no catalogue can replace."""
    found, markup, end = [], [], ""
    for token in Lexer(source).tokenize():
        word = token.contents.split()[0] if token.token_type == TokenType.BLOCK else ""
        if end:
            end = "" if word == end else end
        elif token.token_type == TokenType.TEXT:
            markup.append(token.contents)
        elif word == "comment":
            end = "endcomment"
        elif token.token_type != TokenType.COMMENT:
            found += in_tag(token, word)
            end = f"end{word}" if word in MARKED else ""
    page = Page()
    page.feed("".join(markup))
    page.close()
    return [text.strip() for text in found + page.texts if has_letters(text)]


def in_tag(token: Token, word: str) -> list[str]:
    """Strings that a variable or tag shows, and English plurals."""
    found = ["".join(strings) for strings in _FALLBACK.findall(token.contents)]
    if word in PASSED_ON:
        arguments = _ARGUMENT.findall(token.contents)
        found += ["".join(strings) for name, *strings in arguments if name not in NO_TEXTS]
    return found + re.findall(r"\|pluralize\b", token.contents)


def has_letters(text: str) -> bool:
    return any(letter.isalpha() for letter in text)


def test_the_texts_of_templates_are_marked():
    sources = {str(path.relative_to(TEMPLATES)): path for path in TEMPLATES.rglob("*.html")}
    found = {name: untranslated(path.read_text()) for name, path in sources.items()}
    assert "terms/term/review.html" in sources
    assert {name: texts for name, texts in found.items() if texts} == {}


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<p>Save</p>", "Save"),
        ("<p>{{ n }} terms</p>", "terms"),
        ("{% if a %}<b>Yes</b>{% endif %}", "Yes"),
        ('{% block page %}Trash{% endblock %}', "Trash"),
        ('{% translate "Save" %} it', "it"),
        ("{% blocktranslate %}Save{% endblocktranslate %} it", "it"),
        ("{% comment %}Not this{% endcomment %}but this", "but this"),
        ("<script>let a</script>shown", "shown"),
        ('<a href="{% url "x" %}" title="Go on">›</a>', "Go on"),
        ('<nav aria-label="Pages"></nav>', "Pages"),
        ('<input placeholder="Why not">', "Why not"),
        ('<img src="{{ x }}" alt="A picture">', "A picture"),
        ('<p data-zone="You are in"></p>', "You are in"),
        ('<input type="submit" value="Save">', "Save"),
        ('{{ author|default:"Someone" }}', "Someone"),
        ("{{ author|default_if_none:'Someone' }}", "Someone"),
        ('{% blocktranslate with a=b|default:"Someone" %}{{ a }}{% endblocktranslate %}', "Someone"),
        ('{% include "a.html" with verb="Rename" %}', "Rename"),
        ("{{ n }}{{ n|pluralize }}", "|pluralize"),
    ],
)  # fmt: skip
def test_a_text_that_is_not_marked_is_found(source, text):
    assert untranslated(source) == [text]


@pytest.mark.parametrize(
    "source",
    [
        '{% load i18n %}{% translate "Save" %} › {{ term }}',
        "{% blocktranslate count n=x %}{{ n }} term{% plural %}{{ n }} terms{% endblocktranslate %}",
        '<p class="a" id="b" title="{% translate "Go on" %}">1 · &rsaquo; &nbsp;</p>',
        '<button type="submit" name="do" value="save">{% translate "Save" %}</button>',
        '<input type="hidden" value="again">',
        "{# a remark #}<!-- another -->{% comment %}a third{% endcomment %}",
        "<script>let a</script><style>p { color: red }</style>",
        '{{ author|default:_("Someone") }} {{ day|date:"j F Y" }} {{ x|default:"–" }}',
        '{% include "a.html" with verb=_("Rename") prefix="fieldset" rows=rows %}',
    ],
)
def test_a_text_that_is_marked_is_not_found(source):
    assert untranslated(source) == []

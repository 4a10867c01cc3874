"""Rules about the wording of texts: long sentences, repeated words, texts of links."""

import re
from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from terms.rendering import MAX_BODY, shortened

from .context import GlossaryContext
from .rule import CheckedTerm, Found, Repair, Rule

MOST_WORDS = 40  # in a sentence; readers lose the thread of longer ones
MOST_LINK = 20  # characters of a text that only says “here”
BEGINNING = 60  # characters of a sentence in a message
_END = re.compile(r"[.!?…][\"'”’)]*\s+|[。！？]")
# Words that are not repeated in English; “that that” and “had had” can be right.
_TWICE = re.compile(r"\b(an?|and|as|at|by|for|from|in|is|of|on|or|the|to|with)[ \t]++(\1)\b", re.I)
# Texts of links that say nothing without the words around them.
_EMPTY = frozenset(
    [
        *("here", "click here", "this", "this link", "link", "more", "read more", "learn more"),
        *("see here", "this page", "this article"),
        *("hier", "klicke hier", "dieser link", "mehr", "weiterlesen"),
        *("ici", "cliquez ici", "ce lien", "lire la suite", "en savoir plus"),
        *("aquí", "haz clic aquí", "este enlace", "leer más", "más"),
    ]
)


def has_long_sentence(entry: CheckedTerm, context: GlossaryContext) -> Iterator[Found]:
    texts = [(_("definition"), entry.document.description)]
    line = _("text, line {line}")
    texts += [(line.format(line=one.line), one.text) for one in entry.outline.paragraphs]
    message = _("A sentence has {count} words: “{beginning}”. Split it.")
    for where, text in texts:
        for sentence in _END.split(text):
            count = len(sentence.split())
            if count > MOST_WORDS:
                beginning = shortened(sentence.strip(), BEGINNING)
                yield where, message.format(count=count, beginning=beginning)


def repeats_a_word(entry: CheckedTerm, context: GlossaryContext) -> Iterator[Found]:
    if context.glossary.language.partition("-")[0].lower() != "en":
        return
    for number, line in enumerate(entry.document.body[:MAX_BODY].splitlines(), 1):
        for found in _TWICE.finditer(line):
            where = _("text, line {line}").format(line=number)
            message = _("“{words}” repeats a word.").format(words=found[0])
            yield where, message, Repair(number, found[0], found[1])


def has_empty_link_text(entry: CheckedTerm, context: GlossaryContext) -> Iterator[Found]:
    for link in entry.outline.links:
        if len(link.text) <= MOST_LINK and link.text.strip(" .…:»→").casefold() in _EMPTY:
            where = _("text, line {line}").format(line=link.line)
            message = _("The link “{text}” does not say where it goes. Name its target.")
            yield where, message.format(text=link.text)


RULES = (
    Rule("sentence", _lazy("A sentence is long"), has_long_sentence),
    Rule("twice", _lazy("A word is repeated"), repeats_a_word),
    Rule("linktext", _lazy("The text of a link does not name its target"), has_empty_link_text),
)

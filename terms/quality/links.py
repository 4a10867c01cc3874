"""Rules about links, and about names that could be links."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from terms.rendering import MAX_BODY

from .context import GlossaryContext
from .rule import CheckedTerm, Rule

MOST_JARGON = 20  # wanted names reported per text


def uses_jargon(entry: CheckedTerm, context: GlossaryContext) -> Iterator[tuple[str, str]]:
    reported: set[str] = set()
    for line, text in enumerate(entry.document.body[:MAX_BODY].splitlines(), 1):
        for found in context.wanted.find(text):
            if found.key not in reported and len(reported) < MOST_JARGON:
                reported.add(found.key)
                name = text[found.start : found.end]
                message = _("“{name}” is a wanted term. Write it.").format(name=name)
                yield _("text, line {line}").format(line=line), message


def has_broken_link(entry: CheckedTerm, context: GlossaryContext) -> Iterator[tuple[str, str]]:
    home = f"/{context.glossary.slug}/"
    for link in entry.outline.links:
        where = _("text, line {line}").format(line=link.line)
        path = link.target.partition("#")[0].partition("?")[0]
        if not link.target:
            yield where, _("The link “{link}” is broken.").format(link=link.text)
        elif path.endswith(".md") and not context.has_file(path):
            message = _("No term has the file {path}; fix the link “{link}”.")
            yield where, message.format(path=path, link=link.text)
        elif path.startswith(home) and not context.has_page(path):
            message = _("There is no page {path}; fix the link “{link}”.")
            yield where, message.format(path=path, link=link.text)


RULES = (
    Rule("jargon", _lazy("A wanted term is used"), uses_jargon),
    Rule("link", _lazy("A link is broken"), has_broken_link),
)

"""Rules about links, and about names that could be links."""

from collections.abc import Iterator

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
                yield f"text, line {line}", f"“{name}” is a wanted term. Write it."


def has_broken_link(entry: CheckedTerm, context: GlossaryContext) -> Iterator[tuple[str, str]]:
    home = f"/{context.glossary.slug}/"
    for link in entry.outline.links:
        where = f"text, line {link.line}"
        path = link.target.partition("#")[0].partition("?")[0]
        if not link.target:
            yield where, f"The link “{link.text}” is broken."
        elif path.endswith(".md") and not context.has_file(path):
            yield where, f"No term has the file {path}; fix the link “{link.text}”."
        elif path.startswith(home) and not context.has_page(path):
            yield where, f"There is no page {path}; fix the link “{link.text}”."


RULES = (
    Rule("jargon", "A wanted term is used", uses_jargon),
    Rule("link", "A link is broken", has_broken_link),
)

"""Rules about links, and about names that could be links."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from terms.media.uploads import link_between
from terms.rendering import MAX_BODY

from .context import GlossaryContext
from .rule import CheckedTerm, Found, Repair, Rule

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


def has_broken_link(entry: CheckedTerm, context: GlossaryContext) -> Iterator[Found]:
    home = f"/{context.glossary.slug}/"
    path_of_text = entry.term.path if entry.term else ""
    for link in entry.outline.links:
        where = _("text, line {line}").format(line=link.line)
        path = link.target.partition("#")[0].partition("?")[0]
        if not link.target:
            # Without its brackets, a name is linked like any other mention.
            repair = Repair(link.line, f"[{link.text}]()", link.text)
            yield where, _("The link “{link}” is broken.").format(link=link.text), repair
        elif path.endswith(".md") and not context.has_file(path):
            message = _("No term has the file {path}; fix the link “{link}”.")
            moved = context.file_after_rename(path)
            new = link_between(path_of_text, moved) if moved else ""
            repairs = (Repair(link.line, path, new),) if new else ()
            yield (where, message.format(path=path, link=link.text), *repairs)
        elif path.startswith(home) and not context.has_page(path):
            message = _("There is no page {path}; fix the link “{link}”.")
            yield where, message.format(path=path, link=link.text)


RULES = (
    Rule("jargon", _lazy("A wanted term is used"), uses_jargon),
    Rule("link", _lazy("A link is broken"), has_broken_link),
)

"""The quality rules, and the findings of a glossary.

Each glossary sets each rule to off, warning or blocking. The setting QUALITY_RULES adds rules by
dotted paths.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db.models import F

from terms.formats.document import read_document
from terms.models import Glossary, Revision, Term
from terms.models.extensions import extensions_in

from . import definitions, files, links, pictures, structure, wording
from .context import GlossaryContext
from .rule import CheckedTerm, Finding, Rule

OFF, WARN, BLOCK = "off", "warn", "block"

# In the order of the admin.
BUILT_IN = (
    *definitions.RULES,
    *structure.RULES,
    *wording.RULES,
    *links.RULES,
    *pictures.RULES,
    *files.RULES,
)


def rules() -> Mapping[str, Rule]:
    """Return all rules by name. Raises ImproperlyConfigured for invalid QUALITY_RULES."""
    return _with_added(tuple(settings.QUALITY_RULES))


@cache
def _with_added(paths: tuple[str, ...]) -> Mapping[str, Rule]:
    found = {rule.name: rule for rule in BUILT_IN}
    for rule in extensions_in("QUALITY_RULES", Rule):
        if rule.name in found or not rule.name.isidentifier():
            raise ImproperlyConfigured(
                f"QUALITY_RULES: the rule “{rule.title}” needs another name than “{rule.name}”."
            )
        found[rule.name] = rule
    return found


def level_of(glossary: Glossary, rule: str) -> str:
    return glossary.rules.get(rule, WARN)


def findings(
    glossary: Glossary, entries: Iterable[CheckedTerm], levels: Iterable[str] = (WARN, BLOCK)
) -> Iterator[tuple[CheckedTerm, Finding]]:
    """Yield the findings of the rules at these levels, entry by entry."""
    context = GlossaryContext(glossary)
    levels = set(levels)
    checks = [rule for rule in rules().values() if level_of(glossary, rule.name) in levels]
    for entry in entries:
        if entry.document.problem:
            continue
        for rule in checks:
            for found in rule.check(entry, context):
                yield entry, Finding(rule.name, *found)


def findings_of(term: Term) -> list[Finding]:
    return [found for _, found in findings(term.glossary, [CheckedTerm(term, term.document())])]


def all_findings(glossary: Glossary) -> Iterator[tuple[CheckedTerm, Finding]]:
    """Yield the findings of a whole glossary, file by file."""
    newest = Revision.objects.filter(
        term__glossary=glossary, term__trashed_at=None, number=F("term__version")
    )
    rows = newest.select_related("term").order_by("term__path").iterator(chunk_size=500)
    entries = (CheckedTerm(row.term, read_document(row.text, row.term.path)) for row in rows)
    return findings(glossary, entries)


def blocks_publishing(glossary: Glossary) -> bool:
    """Whether any rule prevents publication."""
    return BLOCK in glossary.rules.values()


def why_blocked(glossary: Glossary, entries: Iterable[CheckedTerm]) -> dict[int, str]:
    """Return term id → the first problem that prevents its publication."""
    if not blocks_publishing(glossary):
        return {}
    blocked: dict[int, str] = {}
    for entry, found in findings(glossary, entries, [BLOCK]):
        if entry.term:
            blocked.setdefault(entry.term.pk, f"{found.where}: {found.message}")
    return blocked

"""Columns that are derived from published texts. They are rebuilt after an upgrade, or if the
glossary gets another language."""

from collections.abc import Collection

from terms.languages.collation import letter_of, section_of, sort_key
from terms.models import Glossary, PublishedTerm
from terms.models.bulk import batches
from terms.rendering import first_sentence, plain_text

from .links import rebuild_links


def derived(
    glossary: Glossary, name: str, slug: str, body: str, description: str | None
) -> dict[str, str]:
    """Return the derived columns of a published term.

    ``description`` is the file's own, or None.
    """
    return {
        "description": first_sentence(body) if description is None else description,
        "plain": plain_text(body),
        "letter": letter_of(name, glossary.language),
        "section": section_of(name, glossary.language),
        "sort_key": sort_key(name, glossary.language, slug),
    }


def rebuild_derived(glossary: Glossary, pks: Collection[int]) -> None:
    """Rebuild the derived columns and links of the published terms ``pks``."""
    for some in batches(pks):
        changed = []
        for term in PublishedTerm.objects.filter(pk__in=some).order_by("pk"):
            own = term.description if term.is_defined else None
            values = derived(glossary, term.name, term.slug, term.body, own)
            if any(getattr(term, name) != value for name, value in values.items()):
                for name, value in values.items():
                    setattr(term, name, value)
                changed.append(term)
        if changed:
            PublishedTerm.objects.bulk_update(changed, list(values), batch_size=100)
    rebuild_links(glossary, pks)

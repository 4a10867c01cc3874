"""What follows from the texts that are published, made anew: after an upgrade, or where the
glossary has another language."""

from collections.abc import Collection

from .alphabet import letter_of, section_of, sort_key
from .models import Glossary, PublishedTerm
from .published_links import relink_files
from .rendering import first_sentence, plain_text
from .site.facts import batches

_DERIVED = ("plain", "description", "letter", "section", "sort_key")


def derive_anew(glossary: Glossary, pks: Collection[int]) -> None:
    """Words, first sentences, places in lists and links of the published terms ``pks``."""
    for some in batches(pks):
        others = []
        for term in PublishedTerm.objects.filter(pk__in=some).order_by("pk"):
            before = [getattr(term, name) for name in _DERIVED]
            term.plain = plain_text(term.body)
            if not term.is_defined:
                term.description = first_sentence(term.body)
            term.letter = letter_of(term.name, glossary.language)
            term.section = section_of(term.name, glossary.language)
            term.sort_key = sort_key(term.name, glossary.language, term.slug)
            if before != [getattr(term, name) for name in _DERIVED]:
                others.append(term)
        PublishedTerm.objects.bulk_update(others, _DERIVED, batch_size=100)
    relink_files(glossary, pks)

"""What links to a term: relations and mentions in other texts, drafts included."""

from dataclasses import dataclass

from terms.models import Mention, Relation, Term
from terms.models.term import TermQuerySet
from terms.rendering import Names, plain_text

MOST_DRAFTS = 500  # unpublished texts that are read for mentions


@dataclass(frozen=True)
class Incoming:
    """Terms whose newest text is related to a term, and terms whose texts mention it, by name."""

    relating: list[Term]
    mentioning: list[Term]

    def __bool__(self) -> bool:
        return bool(self.relating or self.mentioning)


def incoming(term: Term, terms: TermQuerySet, most: int | None = None) -> Incoming:
    """Return what links to ``term`` among ``terms``, at most ``most`` of each kind.

    Mentions are those of published texts, which are indexed.
    """
    others = terms.exclude(pk=term.pk).order_by("name_key").defer("body", "extra")
    related = Relation.objects.filter(target=term.pk).values("term")
    mentions = Mention.objects.filter(target_uid=term.uid).values("source__uid")
    return Incoming(
        list(others.filter(pk__in=related)[:most]), list(others.filter(uid__in=mentions)[:most])
    )


def drafts_mentioning(term: Term, terms: TermQuerySet) -> list[Term]:
    """Return the ``terms`` whose unpublished newest text mentions ``term``, by name."""
    names = [term.name, *term.aliases.values_list("name", flat=True)]
    known = Names((name, "own") for name in names)
    found: dict[int, Term] = {}
    for name in names:
        texts = terms.waiting().exclude(pk=term.pk).filter(body__icontains=name)
        found |= {draft.pk: draft for draft in texts.order_by("name_key")[:MOST_DRAFTS]}
    drafts = [draft for draft in found.values() if known.find(plain_text(draft.body))]
    return sorted(drafts, key=lambda draft: draft.name_key)

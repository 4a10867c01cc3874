"""Rebuilding what is derived from published texts, also after work that was killed."""

import logging
from collections.abc import Collection, Iterator
from datetime import datetime
from functools import partial

from django.db import DatabaseError
from django.db.models import Min
from django.utils import timezone

from terms.models import Glossary, PublishedTerm, Term, Unfinished
from terms.models.bulk import Progress, batches
from terms.pages.rebuilding import rebuilding
from terms.pages.steps import Step, alone, in_parts
from terms.pages.store import Store
from terms.search import index as search_index

from .derived import rebuild_derived
from .mentions import relinking
from .names import search_rows
from .publish import A_STEP, Refusal, publish_again

log = logging.getLogger(__name__)


def rebuild(
    glossary: Glossary, progress: Progress = iter, instead_of: Collection[int] = ()
) -> list[Refusal]:
    """Rebuild everything that is derived from published texts, and add missing rows.

    The pages of a deleted glossary are removed; its published texts stay until it is restored.
    It uses many short transactions, so that others can publish meanwhile. If it is killed, its
    work is unfinished like any other. Its ``Unfinished`` row replaces those with the ids
    ``instead_of`` and abandoned ones.
    """
    published = PublishedTerm.objects.of(glossary)
    lacking = Term.objects.filter(glossary=glossary).exclude(uid__in=published.values("uid"))
    refusals = publish_again(glossary, lacking)
    left = Unfinished.objects.abandoned().filter(glossary=glossary)
    instead_of = {*instead_of, *left.values_list("pk", flat=True)}
    in_parts(glossary, _rebuilding(glossary, progress), instead_of)
    return refusals


def _rebuilding(glossary: Glossary, progress: Progress) -> Iterator[Step | None]:
    if glossary.deleted_at:
        yield from rebuilding(glossary, progress)
        return
    pks = PublishedTerm.objects.of(glossary).order_by("pk").values_list("pk", flat=True)
    for some in batches(pks, A_STEP):
        yield partial(_derive, glossary, some)
    yield None
    yield from relinking(glossary, pks, (), set())
    yield None
    yield from rebuilding(glossary, progress)


def _derive(glossary: Glossary, pks: list[int], store: Store) -> None:
    store.begin()
    rebuild_derived(glossary, pks)
    search_index.index_rows(search_rows(pks))


def next_abandoned() -> datetime | None:
    """Return when the oldest unfinished work counts as abandoned, perhaps in the past."""
    seen_at = Unfinished.objects.aggregate(at=Min("seen_at"))["at"]
    return seen_at and seen_at + Unfinished.PATIENCE


def finish_abandoned() -> int:
    """Rebuild the glossaries whose publishing or rebuilding was killed. Return their number.

    Terms whose publication had not begun must be published again.
    """
    done = 0
    abandoned = set(Unfinished.objects.abandoned().values_list("glossary", flat=True))
    for glossary in Glossary.with_deleted.filter(pk__in=abandoned):
        if taken := _take_abandoned(glossary):
            try:
                rebuild(glossary, instead_of=taken)
                done += 1
            except DatabaseError:
                raise
            except Exception:  # continue with the other glossaries
                log.exception("the pages of %s could not be made again", glossary)
    return done


def _take_abandoned(glossary: Glossary) -> list[int]:
    """Claim abandoned work and return its ids; an empty list if another process was first."""
    with alone(glossary):
        rows = Unfinished.objects.abandoned().filter(glossary=glossary)
        taken = list(rows.values_list("pk", flat=True))
        Unfinished.objects.filter(pk__in=taken).update(seen_at=timezone.now())
    return taken

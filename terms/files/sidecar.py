"""Import of the sidecar: alias kinds, link decisions, owners and review dates.

Each item is compared three ways, like the values of a term file. The base are the items that the
glossary and a place last had in common. Items that cannot be applied here stay in the file.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db import transaction

from terms.editing.metadata import apply_items, items_of
from terms.formats.paths import SIDECAR
from terms.formats.sidecar import Item, Items, SidecarText
from terms.models import ChangeSet, Glossary, ItemChange

from .beside import FilesBeside
from .folder import FolderError, Stamp
from .plan import FILE, GLOSSARY, Sides, side_for
from .sidecar_files import StoredSidecar, read_sidecar

BOTH_CHANGED_ITEM = "was changed in the folder and here"


@dataclass
class TakenSidecar:
    """The result of an import. ``terms`` are the ids of terms whose pages change."""

    count: int = 0
    terms: set[int] = field(default_factory=set)
    problems: list[tuple[str, str]] = field(default_factory=list)
    conflicts: list[tuple[str, str]] = field(default_factory=list)


def take_sidecar(
    glossary: Glossary,
    source: FilesBeside,
    begin: Callable[[], ChangeSet],
    sides: Sides | None = None,
) -> TakenSidecar:
    """Store what the sidecar of ``source`` says about the terms of the glossary.

    ``begin`` returns the change set that this belongs to. A file that is gone says nothing. Never
    raises for a broken file; see ``problems``.
    """
    taken = TakenSidecar()
    stored = StoredSidecar(glossary, source.place)
    found = _read(source, stored, taken)
    if found is None:
        return taken
    sidecar, stamp = found
    with transaction.atomic():
        Glossary.objects.lock(glossary.pk)
        base, done = _take_items(glossary, stored.base, sidecar, sides or {}, taken)
        if done:
            change_set = begin()
            ItemChange.objects.bulk_create(ItemChange(change_set=change_set, **one) for one in done)
        is_settled = not (taken.problems or taken.conflicts)
        stored.remember(base, stamp.trusted() if is_settled else "")
    return taken


def foresee_sidecar(
    glossary: Glossary, source: FilesBeside, sides: Sides | None = None
) -> TakenSidecar:
    """Return what ``take_sidecar`` would do. New terms are left out."""
    taken = TakenSidecar()
    stored = StoredSidecar(glossary, source.place)
    found = _read(source, stored, taken)
    if found:
        ours = items_of(glossary)
        compared = _compare(ours, stored.base, found[0], sides or {}, taken)
        taken.count = len(compared.changes)
    return taken


def _read(
    source: FilesBeside, stored: StoredSidecar, taken: TakenSidecar
) -> tuple[SidecarText, Stamp] | None:
    """Return the sidecar and its stamp, or None if there is nothing new in it."""
    try:
        stamp = source.stamp(SIDECAR)
        if stamp is None or (stored.row and stored.row.stamp == stamp.text):
            return None
        sidecar, stamp = read_sidecar(source)
    except FolderError as error:
        taken.problems.append((SIDECAR, str(error)))
        return None
    for problem in sidecar.problems:
        taken.problems.append((SIDECAR, f"line {problem.line}: {problem.reason}"))
    return sidecar, stamp


class _Compared(NamedTuple):
    """Items that are in common once ``changes``, those of the file, are applied."""

    common: dict[Item, str | None]
    changes: dict[Item, str | None]


def _compare(
    ours: Items, base: Items, sidecar: SidecarText, sides: Sides, taken: TakenSidecar
) -> _Compared:
    """Compare items three ways, and note conflicts. A side for the sidecar is one for all."""
    theirs = sidecar.items
    if sidecar.problems:  # items may be in an entry that cannot be read
        theirs = base | theirs
    common: dict[Item, str | None] = {}
    changes: dict[Item, str | None] = {}
    for item in ours.keys() | theirs.keys() | base.keys():
        before, here, there = base.get(item), ours.get(item), theirs.get(item)
        side = side_for(sides, SIDECAR) or side_for(sides, item.path)
        common[item] = before
        if here == there or (side == GLOSSARY and here != before):
            common[item] = there
        elif there != before and (here == before or side == FILE):
            changes[item] = there
        elif there != before:
            taken.conflicts.append((item.path, f"{SIDECAR}: {_named(item)} {BOTH_CHANGED_ITEM}"))
    taken.conflicts.sort()
    return _Compared(common, changes)


def _take_items(
    glossary: Glossary,
    base: Items,
    sidecar: SidecarText,
    sides: Sides,
    taken: TakenSidecar,
) -> tuple[Items, list[dict[str, Any]]]:
    """Apply what was changed in the file.

    Return the items in common from now on, and the changes as values of ``ItemChange``.
    """
    ours = items_of(glossary)
    common, changes = _compare(ours, base, sidecar, sides, taken)
    applied = apply_items(glossary, changes)
    common |= {item: changes[item] for item in changes.keys() - applied.problems.keys()}
    taken.count, taken.terms = len(applied.done), applied.terms
    taken.problems += _told(applied.problems)
    done = [
        {
            "term_id": term, "key": item.key, "name": item.name,
            "before": ours.get(item), "after": changes[item],
        }
        for item, term in applied.done.items()
    ]  # fmt: skip
    return {item: value for item, value in common.items() if value is not None}, done


def _named(item: Item) -> str:
    return f"{item.key} “{item.name}”" if item.name else item.key


def _told(problems: dict[Item, str]) -> Iterator[tuple[str, str]]:
    """Yield each reason once, with the first entry that it concerns."""
    entries: dict[str, list[str]] = {}
    for item, reason in problems.items():
        entries.setdefault(reason, []).append(item.path)
    for reason, paths in entries.items():
        more = f" and {len(paths) - 1:,} more" if len(paths) > 1 else ""
        yield SIDECAR, f"{reason} (entry “{paths[0]}”{more})"

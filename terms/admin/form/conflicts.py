"""Edit conflicts: the saved version and the submitted form, merged field by field."""

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any

from django.utils.translation import gettext as _

from terms.formats.differences import DiffPiece, readable_changes
from terms.formats.document import DetailRow
from terms.formats.three_way import Passage, joined
from terms.models import Term

from .form import COLUMNS
from .passages import passages_of
from .redisplay import as_shown, form_page, keep_initial
from .values import TEXT_FIELDS, is_as_before
from .widgets import RelatedName, TypedAlias


@dataclass(frozen=True)
class Field:
    """One field that differs. ``collides`` if both changed it differently."""

    name: str
    label: str
    pieces: list[DiffPiece]  # changes by the other person
    mine: list[DiffPiece]
    changed_by_them: bool
    collides: bool
    passages: tuple[tuple[int, list[DiffPiece], list[DiffPiece]], ...] = ()  # number, theirs, mine
    sides: tuple[str, str] = ("", "")  # theirs, mine, for a field of one text


def conflict_page(model_admin, request, pk, extra_context):
    """Show the form again, with their values if only they changed them, and all others as typed."""
    term = Term.objects.get(pk=pk)
    form_class = model_admin.get_form(request, term, change=True)
    typed = form_class(request.POST, instance=Term.objects.get(pk=pk))
    typed.is_valid()
    newest = form_class(instance=term)
    fields, values = [], {name: request.POST.get(name, "") for name in ("reason", "released")}
    for name in COLUMNS:
        if name not in typed.fields:
            continue
        base, theirs = typed.initial.get(name), newest.initial.get(name)
        mine = as_shown(name, typed)
        they_changed = _text(base) != _text(theirs)
        i_changed = _text(mine) != _text(base)
        values[name] = mine if i_changed else theirs
        if name == "detail_rows" and i_changed:
            values[name] = rows_on_top(base, mine, theirs)
        if name == "body" and i_changed and they_changed:
            found = passages_of(base, mine, theirs)
            values[name] = joined(found, {})
            fields.append(_body(typed, base, mine, theirs, found))
            continue
        if they_changed or i_changed:
            fields.append(_field(name, typed, base, mine, theirs))
    for name in ("owner", "review_by"):
        if name in typed.changed_data:
            values[name] = typed.cleaned_data.get(name)
    form = keep_initial(form_class(instance=term, initial=values), request.POST)
    conflict = {
        "revision": term.newest_revision(),
        "fields": fields,
        "first": next((field.name for field in fields if field.collides), ""),
        "base": typed.seen_version,
        "mine": request.POST.get("body", ""),
    }
    title = _("{term} was changed by someone else").format(term=term)
    context = {**extra_context, "title": title, "conflict": conflict}
    return form_page(model_admin, request, term, form, context, status=409)


def _field(name: str, form: Any, base: Any, mine: Any, theirs: Any) -> Field:
    base, mine, theirs = _text(base), _text(mine), _text(theirs)
    return Field(
        name,
        str(form.fields[name].label or name.capitalize()),
        readable_changes(base, theirs),
        readable_changes(base, mine),
        base != theirs,
        base not in (mine, theirs) and mine != theirs,
        sides=(theirs, mine) if name in TEXT_FIELDS else ("", ""),
    )


def _body(typed: Any, base: str, mine: str, theirs: str, found: list[Passage]) -> Field:
    """Compare the text, whose passages are merged or chosen one by one."""
    clashes = tuple(
        (number, readable_changes(p.base, p.theirs), readable_changes(p.base, p.ours))
        for number, p in enumerate(found)
        if p.collides
    )
    field = _field("body", typed, base, mine, theirs)
    return replace(field, collides=bool(clashes), passages=clashes)


def rows_on_top(
    base: Sequence[DetailRow], mine: Sequence[DetailRow], theirs: Sequence[DetailRow]
) -> list[DetailRow]:
    """Apply ``mine``, edited from ``base``, to a text that has the rows ``theirs``.

    Rows that only they changed or removed are as in ``theirs``. Rows that they added come last.
    """
    places = _places(base, theirs)
    known = set(places.values())
    added = [place for place in range(len(theirs)) if place not in known]
    rows = []
    for row in mine:
        if row.origin is None:
            place = next((one for one in added if theirs[one].title == row.title), None)
            if place is not None:
                added.remove(place)
        else:
            place = places.get(row.origin)
        if row.origin is not None and (row.follows or is_as_before(base[row.origin], row)):
            rows += [theirs[place]] if place is not None else []
        else:
            rows.append(replace(row, origin=place))
    return [*rows, *(theirs[place] for place in added)]


def _places(base: Sequence[DetailRow], theirs: Sequence[DetailRow]) -> dict[int, int]:
    """Return the place of each row of ``base`` in ``theirs``.

    Several rows may have the same title: equal rows are matched first, the others in their order.
    """
    places: dict[int, int] = {}
    for key in (attrgetter("title", "value", "url"), attrgetter("title")):
        waiting: dict[object, deque[int]] = defaultdict(deque)
        taken = set(places.values())
        for place, row in enumerate(theirs):
            if place not in taken:
                waiting[key(row)].append(place)
        for number, row in enumerate(base):
            if number not in places and waiting[key(row)]:
                places[number] = waiting[key(row)].popleft()
    return places


def _text(value: Any) -> str:
    """Return a value as lines of text, for comparison and display."""
    if not isinstance(value, list):
        return "" if value is None else str(value).replace("\r\n", "\n")
    return "\n".join(line for line in map(_line, value) if line)


def _line(item: RelatedName | TypedAlias | DetailRow) -> str:
    if isinstance(item, RelatedName):
        return item.label
    if isinstance(item, TypedAlias):
        return f"{item.name} ({item.kind})"
    if item.follows:
        return f"[{item.title}]"
    return f"{item.title}: {item.value} {item.url}".replace("\r\n", "\n").strip()

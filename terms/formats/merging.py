"""Three-way merge of term files: values, rows, names, passages, and the layout of the header."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from .collisions import OURS, Choices, Collision, Prefer
from .front_matter import FrontMatter, parse
from .line_ends import like_original, normalise, usual_end
from .problems import CannotSplice, HeaderProblem
from .three_way import joined, passages
from .value_merge import MergedPlace, ValueMerge
from .yaml_nodes import Data, Mapping, Node, Scalar, Sequence, compose

BODY = "body"
LAYOUT = "the layout of the file"
WHOLE = "the whole file"

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Merge:
    """``text`` has the changes of both sides, or is None if collisions are left.

    ``left`` are the collisions without a chosen side, ``resolved`` those with one.
    """

    text: str | None
    left: tuple[Collision, ...] = ()
    resolved: tuple[Collision, ...] = ()
    reason: str = ""

    @property
    def collisions(self) -> tuple[str, ...]:
        """The names of what collides, for people."""
        return tuple(dict.fromkeys(collision.name for collision in self.left))


def _no_name(key: str) -> bool:
    return False


def merge_texts(
    base: str | None,
    ours: str,
    theirs: str,
    *,
    prefer: Prefer = None,
    is_known: Callable[[str], bool] = _no_name,
) -> Merge:
    """Merge the changes from ``base`` to ``ours`` into ``theirs``.

    Without a common ``base``, equal values are merged and others collide. ``prefer`` resolves
    collisions: ``ours`` or ``theirs`` for all, or a mapping from keys or names of collisions
    to sides; passages of texts may also be ``both``. It decides nothing that does not collide.
    ``is_known`` is that of ``read_names``.
    """
    base = base or ""
    if ours in (base, theirs):
        return Merge(theirs)
    if theirs == base:
        return Merge(ours)
    choices = Choices(prefer)
    values = ValueMerge(choices, is_known)
    sides = [parse(side) for side in (base, ours, theirs)]
    if any(side.problem for side in sides):
        text, reason = _merged_lines(values, *sides), ""
    else:
        text, reason = _merged_values(values, *sides)
    left, resolved = tuple(choices.left), tuple(choices.resolved)
    return Merge(None if left else text, left, resolved, reason)


def _merged_lines(
    values: ValueMerge, base: FrontMatter, ours: FrontMatter, theirs: FrontMatter
) -> str:
    """Merge whole files, one of which has a header that cannot be read."""
    before, here, there = (normalise(side.text) for side in (base, ours, theirs))
    text = values.text(before, here, there, MergedPlace(WHOLE, WHOLE))
    host = ours if _changes_line_ends(base, ours) else theirs
    merged = like_original(text, host.text)
    if ours.problem or theirs.problem or not parse(merged).problem:
        return merged
    return _one_side(values.choices, base, ours, theirs)


def _merged_values(
    values: ValueMerge, base: FrontMatter, ours: FrontMatter, theirs: FrontMatter
) -> tuple[str, str]:
    """Return the merged text, and the reason if its values cannot be written."""
    data = values.mapping(base.data, ours.data, theirs.data)
    before, here, there = (normalise(side.body) for side in (base, ours, theirs))
    body = values.text(before, here, there, MergedPlace(BODY, BODY))
    if values.choices.left:
        return "", ""
    try:
        return _Layouts(base, ours, theirs, data).chosen(values.choices, body), ""
    except CannotSplice as error:
        return _one_side(values.choices, base, ours, theirs), str(error)


def _one_side(choices: Choices, *sides: FrontMatter) -> str:
    base, ours, theirs = (side.text for side in sides)
    side = choices.side_of(Collision(WHOLE, WHOLE, base, ours, theirs))
    return ours if side == OURS else theirs


def _changes_line_ends(base: FrontMatter, side: FrontMatter) -> bool:
    return usual_end(base.text) != usual_end(side.text) if base.text else False


# Layout


@dataclass(frozen=True)
class _Layouts:
    """The texts in which both sides' comments, quotes and key order may be kept."""

    base: FrontMatter
    ours: FrontMatter
    theirs: FrontMatter
    data: dict[str, Data]  # merged

    def chosen(self, choices: Choices, body: str) -> str:
        """Return the merged text. Raises CannotSplice."""
        for header in self._candidates():
            if header is not None and self._keeps_remarks(header):
                return header.replaced(None, body)
        if self.here is None or self.there is None:
            raise CannotSplice("The merged values cannot be written into the text of one side.")
        headers = (side.header for side in (self.base, self.ours, self.theirs))
        side = choices.side_of(Collision(LAYOUT, LAYOUT, *headers))
        return (self.here if side == OURS else self.there).replaced(None, body)

    def _candidates(self) -> Iterator[FrontMatter | None]:
        """Yield files with the merged header, best first."""
        if not _changes_layout(self.base, self.ours):
            yield self.there
        if not _changes_layout(self.base, self.theirs):
            yield self.here
        yield self._by_lines(self.base, self.ours, self.theirs)
        if self.here and self.there and (before := _with_values(self.base, self.data)):
            yield self._by_lines(before, self.here, self.there)
        yield self.there
        yield self.here

    @cached_property
    def here(self) -> FrontMatter | None:
        """Our text with the merged values."""
        return _with_values(self.ours, self.data)

    @cached_property
    def there(self) -> FrontMatter | None:
        """Their text with the merged values."""
        return _with_values(self.theirs, self.data)

    def _by_lines(
        self, base: FrontMatter, ours: FrontMatter, theirs: FrontMatter
    ) -> FrontMatter | None:
        """Merge headers line by line; None if lines collide or values are not the merged ones."""
        host = ours if _changes_line_ends(base, ours) else theirs
        end = usual_end(host.text)
        parts = []
        for name in ("opening", "header", "closing"):
            found = passages(*(normalise(getattr(side, name)) for side in (base, ours, theirs)))
            if any(passage.collides for passage in found):
                return None
            parts.append(like_original(joined(found, {}), getattr(host, name), end))
        merged = parse("".join(parts) + host.body)
        return merged if not merged.problem and merged.data == self.data else None

    def _keeps_remarks(self, merged: FrontMatter) -> bool:
        """Return whether no comment that a side added is lost."""
        before, here, there, now = map(_remarks, (self.base, self.ours, self.theirs, merged))
        return all(
            now[word] >= side[word] - max(0, before[word] - other[word])
            for side, other in ((here, there), (there, here))
            for word in side
            if side[word] > before[word]
        )


def _with_values(side: FrontMatter, data: dict[str, Data]) -> FrontMatter | None:
    try:
        return parse(side.replaced(data))
    except CannotSplice:
        return None


def _changes_layout(base: FrontMatter, side: FrontMatter) -> bool:
    """Return whether ``side`` changes more than values: comments, quotes, key order, line ends."""
    try:
        return base.replaced(side.data, side.body) != side.text
    except CannotSplice:
        return True


def _remarks(side: FrontMatter) -> Counter[str]:
    """Return the words of the header that are not in keys and values: those of its comments."""
    header = normalise(side.header)
    if "#" not in header:
        return Counter()
    try:
        root = compose(header)
    except HeaderProblem:
        return Counter()
    words: Counter[str] = Counter()
    at = 0
    for scalar in _scalars(root):
        words.update(_WORD.findall(header, at, scalar.start))
        at = scalar.end
    words.update(_WORD.findall(header, at))
    return words


def _scalars(node: Node) -> Iterator[Scalar]:
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from _scalars(item)
    elif isinstance(node, Mapping):
        for key, value in node.pairs:
            yield key
            yield from _scalars(value)

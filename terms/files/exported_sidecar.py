"""Export of the sidecar. Items that were changed in the folder stay until the next import."""

from functools import cached_property

from terms.editing.metadata import items_of
from terms.formats.paths import SIDECAR
from terms.formats.sidecar import MAX_SIDECAR, Items, SidecarText
from terms.models import Glossary

from .folder import FolderError, Stamp
from .sidecar_files import StoredSidecar, read_sidecar
from .target import CONFLICT, DIFFERS, MISSING, UNCHANGED, WRITTEN, Exported, Target, write_file


class SidecarExporter:
    """Writes the sidecar. Items that were changed in the folder stay until the next import."""

    def __init__(self, glossary: Glossary, target: Target, check: bool = False):
        self.glossary = glossary
        self.target = target
        self.check = check
        self.common: tuple[Items, str] | None = None

    @cached_property
    def _stored(self) -> StoredSidecar:
        return StoredSidecar(self.glossary, self.target.place)

    def export(self, paths: set[str]) -> list[Exported]:
        """Write the items of the terms at ``paths``. Raises FolderError if the disk is full."""
        if self.glossary.keeps != Glossary.Keeps.SIDECAR:
            return []
        ours = {
            item: value for item, value in items_of(self.glossary).items() if item.path in paths
        }
        try:
            stamp = self.target.stamp(SIDECAR)
            if stamp is None:
                return self._write(ours, SidecarText(""), ours, {}, MISSING) if ours else []
            if ours == self._stored.base and self._is_unchanged(stamp):
                return [Exported(SIDECAR, UNCHANGED)]
            sidecar, stamp = read_sidecar(self.target)
        except FolderError as error:
            return [Exported(SIDECAR, CONFLICT, str(error))]
        if sidecar.problems:
            line, reason = sidecar.problems[0]
            return [Exported(SIDECAR, CONFLICT, f"line {line}: {reason}")]
        result = self._merged(ours, sidecar.items)
        if result == sidecar.items:
            self._agree(ours, result, stamp)
            return [Exported(SIDECAR, UNCHANGED)]
        return self._write(result, sidecar, ours, self._stored.base, DIFFERS)

    def _is_unchanged(self, stamp: Stamp) -> bool:
        row = self._stored.row
        return bool(row and row.stamp == stamp.text)

    def _merged(self, ours: Items, theirs: Items) -> Items:
        """Return the items to write: ours, and those that were changed in the folder."""
        base = self._stored.base
        found = {}
        for item in ours.keys() | theirs.keys():
            is_same = theirs.get(item) == base.get(item)
            value = (ours if is_same else theirs).get(item)
            if value is not None:
                found[item] = value
        return found

    def _write(
        self, result: Items, sidecar: SidecarText, ours: Items, base: Items, difference: str
    ) -> list[Exported]:
        if self.check:
            return [Exported(SIDECAR, difference)]
        content = sidecar.changed(result).encode()
        if len(content) > MAX_SIDECAR:
            reason = f"would have more than {MAX_SIDECAR // 1024**2} MB"
            return [Exported(SIDECAR, CONFLICT, reason)]
        stamp = write_file(self.target, SIDECAR, content, difference == DIFFERS)
        self._agree(ours, result, stamp, base)
        return [Exported(SIDECAR, WRITTEN)]

    def _agree(self, ours: Items, result: Items, stamp: Stamp, base: Items | None = None) -> None:
        before = self._stored.base if base is None else base
        common: Items = {}
        for item in before.keys() | ours.keys():
            is_same = ours.get(item) == result.get(item)
            value = (ours if is_same else before).get(item)
            if value is not None:
                common[item] = value
        self.common = common, stamp.trusted() if result == common else ""

    def remember(self) -> None:
        """Store what the target and the glossary have in common now."""
        if self.common and not self.check:
            self._stored.remember(*self.common)

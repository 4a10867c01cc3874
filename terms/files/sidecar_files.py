"""The sidecar of a place, and what the glossary and the place last had in common."""

from terms.formats.paths import SIDECAR
from terms.formats.sidecar import MAX_SIDECAR, Items, SidecarText, flat, nested
from terms.models import Glossary, SidecarFile

from .beside import FilesBeside
from .folder import FolderError, Stamp


class StoredSidecar:
    """The row of a place, and the items that it last had in common with the glossary."""

    def __init__(self, glossary: Glossary, place: str):
        self.glossary = glossary
        self.place = place
        self.row = SidecarFile.objects.filter(glossary=glossary, folder=place).first()
        self.base: Items = flat(self.row.items) if self.row else {}

    def remember(self, base: Items, stamp: str) -> None:
        SidecarFile.objects.update_or_create(
            glossary=self.glossary,
            folder=self.place,
            defaults={"items": nested(base), "stamp": stamp},
        )


def read_sidecar(source: FilesBeside) -> tuple[SidecarText, Stamp]:
    """Return the sidecar and its stamp. Raises FolderError."""
    content, stamp = source.read_picture(SIDECAR, MAX_SIDECAR + 1)
    if len(content) > MAX_SIDECAR:
        raise FolderError(f"The file has more than {MAX_SIDECAR // 1024**2} MB.")
    try:
        return SidecarText(content.decode()), stamp
    except UnicodeDecodeError:
        raise FolderError("The file is not UTF-8.") from None


def has_sidecar(source: FilesBeside) -> bool:
    try:
        return source.stamp(SIDECAR) is not None
    except FolderError:
        return False

"""The pictures that a glossary and a place last had in common."""

from functools import cached_property
from typing import NamedTuple

from terms.models import Glossary, PictureFile
from terms.models.files import AgreedFile

from .folder import Stamp


class LastPicture(NamedTuple):
    """A row of ``PictureFile``."""

    path: str
    fingerprint: str
    stamp: str
    is_missing: bool
    is_deleted: bool


class PicturePlace:
    """What is stored about the pictures of a glossary and of the place of its files."""

    def __init__(self, glossary: Glossary, place: str):
        self.glossary = glossary
        self.place = place
        self.files = PictureFile.objects.of(glossary, place)
        self.agreed: list[AgreedFile] = []

    @cached_property
    def rows(self) -> dict[str, LastPicture]:
        columns = ("path", "fingerprint", "stamp", "missing_since", "is_deleted")
        return {
            path: LastPicture(path, fingerprint, stamp, missing is not None, is_deleted)
            for path, fingerprint, stamp, missing, is_deleted in self.files.values_list(*columns)
        }

    @cached_property
    def elsewhere(self) -> dict[str, str]:
        """The last common content in other places: path → fingerprint."""
        rows = PictureFile.objects.filter(glossary=self.glossary.pk).exclude(folder=self.place)
        return dict(rows.order_by("pk").values_list("path", "fingerprint"))

    def base(self, path: str) -> str:
        """Return the fingerprint of the content that both sides last had, or an empty string."""
        row = self.rows.get(path)
        return row.fingerprint if row else self.elsewhere.get(path, "")

    def agree(self, path: str, fingerprint: str, stamp: Stamp) -> None:
        row = self.rows.get(path)
        trusted = stamp.trusted()
        if row != LastPicture(path, fingerprint, trusted, False, False):
            self.agreed.append(AgreedFile(path, fingerprint, trusted))

    def remember(self) -> None:
        if self.agreed:
            PictureFile.objects.remember(self.glossary, self.place, self.agreed)

"""Import of pictures that are stored beside term files, with the rules of the term files.

A picture that was replaced only in the folder, or only here, is taken or kept. The bytes in the
folder are compared, not the copies for readers, which are re-encoded.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from terms.media.originals import StoredPicture, fingerprint_of_picture, store_imported
from terms.media.pictures import MAX_BYTES, BadPicture, file_beside
from terms.models import ChangeSet, Glossary, Picture, PictureChange, Term
from terms.models.bulk import batches
from terms.models.term import PATH_LENGTH
from terms.rendering import picture_addresses

from .beside import FilesBeside
from .folder import FolderError, Stamp
from .picture_files import LastPicture, PicturePlace
from .plan import FILE, GLOSSARY, Sides, side_for

TOO_LONG = "The picture's name is too long."
BOTH_CHANGED = "was replaced in the folder and here"
REMOVED_BUT_SHOWN = "was removed from the folder, and texts show it; an export writes it"


@dataclass
class TakenPictures:
    """The result of an import. ``terms`` are the ids of terms with a new or changed picture."""

    count: int = 0
    terms: set[int] = field(default_factory=set)
    problems: list[tuple[str, str]] = field(default_factory=list)
    conflicts: list[tuple[str, str]] = field(default_factory=list)


def take(
    glossary: Glossary,
    source: FilesBeside,
    begin: Callable[[], ChangeSet],
    sides: Sides | None = None,
) -> TakenPictures:
    """Store the pictures of ``source`` that the newest texts of its terms show.

    ``begin`` returns the change set that the pictures belong to. A picture that was replaced on
    both sides is a conflict, unless ``sides`` decides it.
    """
    taking = _Taking(glossary, source, begin, sides or {})
    try:
        return taking.take()
    finally:
        taking.place.remember()


class _Taking:
    def __init__(
        self,
        glossary: Glossary,
        source: FilesBeside,
        begin: Callable[[], ChangeSet],
        sides: Sides,
    ):
        self.glossary = glossary
        self.source = source
        self.begin = begin
        self.sides = sides
        self.place = PicturePlace(glossary, source.place)
        self.taken = TakenPictures()

    def take(self) -> TakenPictures:
        wanted: dict[str, set[int]] = {}
        for pk, file in _wanted(self.glossary, self.source.place):
            wanted.setdefault(file, set()).add(pk)
        known: dict[str, Picture] = {}
        for some in batches(sorted(wanted)):
            rows = Picture.objects.filter(glossary=self.glossary, path__in=some)
            known |= {picture.path: picture for picture in rows}
        for path in sorted(wanted):
            try:
                self._compare(path, known.get(path), wanted[path])
            except (OSError, BadPicture) as error:
                self.taken.problems.append((path, str(error)))
        return self.taken

    def _compare(self, path: str, picture: Picture | None, terms: set[int]) -> None:
        if len(path) > PATH_LENGTH:
            raise FolderError(TOO_LONG)
        stamp, row = self.source.stamp(path), self.place.rows.get(path)
        if stamp is None and picture:
            return self._note_missing(row)
        if picture and picture.fingerprint and row and stamp and row.stamp == stamp.text:
            return None
        content, stamp = self.source.read_picture(path, MAX_BYTES + 1)
        found = fingerprint_of_picture(content)
        if picture and self._keeps(path, picture, found, stamp):
            return None
        stored = store_imported(content)
        self.place.agree(path, stored.fingerprint, stamp)
        self._store(path, picture, stored)
        if picture is None or picture.file != stored.file:
            self.taken.count += 1
            self.taken.terms |= terms
        return None

    def _store(self, path: str, picture: Picture | None, stored: StoredPicture) -> None:
        before = {name: getattr(picture, name) for name in stored._fields} if picture else {}
        after = stored._asdict()
        with transaction.atomic():
            Picture.objects.update_or_create(glossary=self.glossary, path=path, defaults=after)
            if before != after:
                PictureChange.objects.create(
                    change_set=self.begin(), path=path, before=before, after=after
                )

    def _keeps(self, path: str, picture: Picture, found: str, stamp: Stamp) -> bool:
        """Whether the picture of the glossary stays as it is."""
        if not picture.fingerprint:  # of an older version, which did not store it
            return False
        base = self.place.base(path)
        if found == picture.fingerprint or found == base:
            self.place.agree(path, found, stamp)  # replaced here, or nowhere
            return True
        side = side_for(self.sides, path)
        if picture.fingerprint == base or side == FILE:
            return False
        if side == GLOSSARY:
            self.place.agree(path, found, stamp)
        else:
            self.taken.conflicts.append((path, BOTH_CHANGED))
        return True

    def _note_missing(self, row: LastPicture | None) -> None:
        if row and not row.is_missing:
            self.place.files.filter(path=row.path).update(missing_since=timezone.now())
            self.taken.problems.append((row.path, REMOVED_BUT_SHOWN))


def _wanted(glossary: Glossary, place: str) -> Iterator[tuple[int, str]]:
    """Yield the id of a term and the path of a picture that it shows, for all pictures."""
    terms = Term.objects.order_by("path").filter(glossary=glossary, files__folder=place)
    terms = terms.filter(Q(body__contains="![") | Q(body__icontains="<img")).distinct()
    for pk, path, body in terms.values_list("pk", "path", "body").iterator():
        for address in picture_addresses(body):
            if file := file_beside(path, address):
                yield pk, file

"""Import of pictures that are stored beside term files, with the rules of the term files.

A picture that was replaced only in the folder, or only here, is taken or kept. The bytes in the
folder are compared, not the copies for readers, which are re-encoded.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from terms.media.originals import fingerprint_of_picture, store_imported
from terms.media.pictures import MAX_BYTES, BadPicture, file_beside
from terms.models import ChangeSet, Glossary, Picture, PictureChange, Term
from terms.models.bulk import batches
from terms.models.term import PATH_LENGTH
from terms.rendering import picture_addresses

from .beside import FilesBeside
from .folder import FolderError, Stamp
from .picture_files import LastPicture, PicturePlace
from .plan import CREATED, FILE, GLOSSARY, UPDATED, Plan, Sides, side_for

TOO_LONG = "The picture's name is too long."
BOTH_CHANGED = "was replaced in the folder and here"
REMOVED_BUT_SHOWN = "was removed from the folder, and texts show it; an export writes it"


@dataclass
class TakenPictures:
    """What an import does with pictures.

    ``changes``: path → CREATED or UPDATED. ``terms`` are the ids of terms whose pages change.
    """

    changes: dict[str, str] = field(default_factory=dict)
    terms: set[int] = field(default_factory=set)
    problems: list[tuple[str, str]] = field(default_factory=list)
    conflicts: list[tuple[str, str]] = field(default_factory=list)

    @property
    def count(self) -> int:
        return len(self.changes)


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


def foresee_pictures(plan: Plan, source: FilesBeside) -> TakenPictures:
    """Return what ``take`` would do after the texts of ``plan`` are saved."""
    taking = _Taking(plan.glossary, source, None, plan.sides)
    texts = {entry.term_path or entry.path: entry.document for entry in plan.entries}
    return taking.take({path: document.body for path, document in texts.items() if document})


class _Taking:
    """Without ``begin``, nothing is stored."""

    def __init__(
        self,
        glossary: Glossary,
        source: FilesBeside,
        begin: Callable[[], ChangeSet] | None,
        sides: Sides,
    ):
        self.glossary = glossary
        self.source = source
        self.begin = begin
        self.sides = sides
        self.place = PicturePlace(glossary, source.place)
        self.taken = TakenPictures()

    def take(self, texts: Mapping[str, str] = MappingProxyType({})) -> TakenPictures:
        """Take the pictures of the newest bodies, except that ``texts`` has them by path."""
        wanted: dict[str, set[int]] = {}
        for pk, path, body in _bodies(self.glossary, self.source.place):
            if path not in texts:
                for file in _shown_by(path, body):
                    wanted.setdefault(file, set()).add(pk)
        for path, body in texts.items():
            for file in _shown_by(path, body):
                wanted.setdefault(file, set())
        known: dict[str, Picture] = {}
        for some in batches(sorted(wanted)):
            rows = Picture.objects.filter(glossary=self.glossary.pk, path__in=some)
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
        if not (stamp or self.begin):
            return None  # the folder lacks it, which the quality rules report
        content, stamp = self.source.read_picture(path, MAX_BYTES + 1)
        found = fingerprint_of_picture(content)
        if picture and self._keeps(path, picture, found, stamp):
            return None
        if self.begin is None or self._store(path, picture, content, stamp, self.begin):
            self.taken.changes[path] = UPDATED if picture else CREATED
            self.taken.terms |= terms
        return None

    def _store(
        self,
        path: str,
        picture: Picture | None,
        content: bytes,
        stamp: Stamp,
        begin: Callable[[], ChangeSet],
    ) -> bool:
        """Store a picture, and return whether readers see another one."""
        stored = store_imported(content)
        self.place.agree(path, stored.fingerprint, stamp)
        before = {name: getattr(picture, name) for name in stored._fields} if picture else {}
        after = stored._asdict()
        with transaction.atomic():
            Picture.objects.update_or_create(glossary=self.glossary, path=path, defaults=after)
            if before != after:
                PictureChange.objects.create(
                    change_set=begin(), path=path, before=before, after=after
                )
        return before.get("file") != stored.file

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
        if row and not row.is_missing and self.begin:
            self.place.files.filter(path=row.path).update(missing_since=timezone.now())
            self.taken.problems.append((row.path, REMOVED_BUT_SHOWN))


def _bodies(glossary: Glossary, place: str) -> Iterator[tuple[int, str, str]]:
    """Yield id, path and body of the terms with files in ``place`` that may show pictures."""
    terms = Term.objects.order_by("path").filter(glossary=glossary.pk, files__folder=place)
    terms = terms.filter(Q(body__contains="![") | Q(body__icontains="<img")).distinct()
    yield from terms.values_list("pk", "path", "body").iterator()


def _shown_by(path: str, body: str) -> Iterator[str]:
    for address in picture_addresses(body):
        if file := file_beside(path, address):
            yield file

"""Import of pictures that are stored beside term files."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db.models import Q

from terms.media.pictures import MAX_BYTES, BadPicture, file_beside, store_picture
from terms.models import Glossary, Picture, Term
from terms.models.term import PATH_LENGTH
from terms.rendering import picture_addresses

from .beside import FilesBeside
from .folder import FolderError


@dataclass
class TakenPictures:
    """The result of an import. ``terms`` are the ids of terms with a new or changed picture."""

    count: int = 0
    terms: set[int] = field(default_factory=set)
    problems: list[tuple[str, str]] = field(default_factory=list)


def take(glossary: Glossary, source: FilesBeside) -> TakenPictures:
    """Store the pictures of ``source`` that the newest texts of its terms show."""
    taken = TakenPictures()
    wanted: dict[str, set[int]] = {}
    for pk, file in _wanted(glossary, source.place):
        wanted.setdefault(file, set()).add(pk)
    paths = sorted(wanted)
    known = {
        picture.path: picture
        for start in range(0, len(paths), 500)
        for picture in Picture.objects.filter(
            glossary=glossary, path__in=paths[start : start + 500]
        )
    }
    for path in paths:
        before = known.get(path)
        try:
            found = _newer(source, path, before)
        except (OSError, BadPicture) as error:
            taken.problems.append((path, str(error)))
            continue
        if found is None:
            continue
        file, stamp = found
        Picture.objects.update_or_create(
            glossary=glossary, path=path, defaults={"file": file, "stamp": stamp}
        )
        if before is None or before.file != file:
            taken.count += 1
            taken.terms |= wanted[path]
    return taken


def _wanted(glossary: Glossary, place: str) -> Iterator[tuple[int, str]]:
    """Yield the id of a term and the path of a picture that it shows, for all pictures."""
    terms = Term.objects.order_by("path").filter(glossary=glossary, files__folder=place)
    terms = terms.filter(Q(body__contains="![") | Q(body__icontains="<img")).distinct()
    for pk, path, body in terms.values_list("pk", "path", "body").iterator():
        for address in picture_addresses(body):
            if file := file_beside(path, address):
                yield pk, file


def _newer(source: FilesBeside, path: str, before: Picture | None) -> tuple[str, str] | None:
    """Store a picture, and return its file and stamp, or None if it is unchanged."""
    if len(path) > PATH_LENGTH:
        raise FolderError("The picture's name is too long.")
    if before is not None and before.stamp:
        stamp = source.stamp(path)
        if stamp and stamp.text == before.stamp:
            return None
    content, stamp = source.read_picture(path, MAX_BYTES + 1)
    return store_picture(content), stamp.trusted()

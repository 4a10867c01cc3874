"""Export of the pictures that texts show, beside the term files."""

from collections.abc import Iterable, Iterator
from functools import cached_property

from terms.media.originals import (
    exported_content,
    fingerprint_of_picture,
    is_whole_original,
    store_imported,
)
from terms.media.pictures import MAX_BYTES, BadPicture, store_picture
from terms.media.uses import files_referred_to, former_paths, may_show, pictures_referred_to
from terms.models import Glossary, Picture, TermFile
from terms.models.bulk import batches

from .folder import FolderError, Stamp
from .picture_files import PicturePlace
from .target import (
    CONFLICT,
    DIFFERS,
    EDITED,
    MISSING,
    REMOVED,
    REMOVED_THERE,
    SURPLUS,
    UNCHANGED,
    WRITTEN,
    Exported,
    Target,
    write_file,
)

LINK = "is a link, and is not replaced"


def export_pictures(
    glossary: Glossary,
    target: Target,
    texts: Iterable[tuple[int, str, str]],
    check: bool = False,
    prune: bool = False,
) -> list[Exported]:
    """Write the pictures of ``texts`` to ``target``. Raises FolderError.

    Each text is the id of its term, its path and the text. ``export`` writes texts and pictures.
    """
    exporter = PictureExporter(glossary, target, check)
    for text in texts:
        exporter.see(*text)
    try:
        return exporter.export(prune)
    finally:
        exporter.remember()


class PictureExporter:
    """Writes the pictures that texts show; ``see`` each text first.

    A picture that was replaced or removed in the folder since the last import is not written. A
    file is removed only if the folder has it from here, or an import has read it, no text refers
    to it, and ``prune`` or a deletion in the admin asks for it.
    """

    def __init__(self, glossary: Glossary, target: Target, check: bool = False):
        self.glossary = glossary
        self.target = target
        self.check = check
        self.place = PicturePlace(glossary, target.place)
        self.wanted: set[str] = set()
        self.gone: list[str] = []

    @cached_property
    def _pictures(self) -> set[str]:
        return set(Picture.objects.filter(glossary=self.glossary).values_list("path", flat=True))

    @cached_property
    def _former(self) -> dict[int, list[str]]:
        return former_paths(self.glossary)

    def see(self, term: int, path: str, text: str) -> None:
        """Note the pictures to which a text refers."""
        if not self._pictures:
            return
        _ = self._is_empty  # before the first file is written
        if may_show(text):
            found = files_referred_to(text, [path, *self._former.get(term, ())])
            self.wanted |= found & self._pictures

    def export(self, prune: bool = False) -> list[Exported]:
        """Write the pictures. Raises FolderError."""
        found = []
        for some in batches(sorted(self.wanted)):
            pictures = Picture.objects.filter(glossary=self.glossary, path__in=some)
            found += [self._file(picture) for picture in pictures.order_by("path")]
        return [*found, *self._surplus(prune)]

    def remember(self) -> None:
        """Store what the target and the glossary have in common now."""
        self.place.remember()
        for some in batches(self.gone):
            self.place.files.filter(path__in=some).delete()

    def _file(self, picture: Picture) -> Exported:
        path, row = picture.path, self.place.rows.get(picture.path)
        try:
            stamp, found = self._found(path)
        except FolderError as error:
            return Exported(path, CONFLICT, str(error))
        if found is None:
            if row and not (row.is_missing or self.check or self._is_empty):
                return Exported(path, CONFLICT, REMOVED_THERE)
            return self._write(picture, MISSING)
        if not picture.fingerprint and not self._adopt(picture):
            return Exported(path, CONFLICT, EDITED)
        if found == picture.fingerprint:
            if stamp and not self.check:
                self.place.agree(path, found, stamp)
            return Exported(path, UNCHANGED)
        # Another checkout may have a former picture, as files may have a former text.
        is_former = row is None and is_whole_original(found)
        if found != self.place.base(path) and not is_former:
            return Exported(path, CONFLICT, EDITED)
        if stamp is None:
            return Exported(path, CONFLICT, LINK)
        return self._write(picture, DIFFERS)

    def _found(self, path: str) -> tuple[Stamp | None, str | None]:
        """Return the stamp and the fingerprint of a file, or None if there is none."""
        row = self.place.rows.get(path)
        try:
            stamp = self.target.stamp(path)
        except FolderError:
            stamp = None  # a link inside the folder can be read, and is not replaced
            content, _stamp = self.target.read_picture(path, MAX_BYTES + 1)
            return None, fingerprint_of_picture(content)
        if stamp is None:
            return None, None
        if row and row.stamp == stamp.text:
            return stamp, row.fingerprint
        content, stamp = self.target.read_picture(path, MAX_BYTES + 1)
        return stamp, fingerprint_of_picture(content)

    def _adopt(self, picture: Picture) -> bool:
        """Store the original of a picture of an older version, if the target has it."""
        try:
            content, _stamp = self.target.read_picture(picture.path, MAX_BYTES + 1)
            if store_picture(content) != picture.file:
                return False
            stored = store_imported(content)
        except (OSError, BadPicture):
            return False
        picture.original, picture.fingerprint = stored.original, stored.fingerprint
        if not self.check:
            picture.save(update_fields=["original", "fingerprint"])
        return True

    def _write(self, picture: Picture, difference: str) -> Exported:
        if self.check:
            return Exported(picture.path, difference)
        try:
            content = exported_content(picture)
        except OSError:
            reason = "is not stored here any more; import a folder that has it"
            return Exported(picture.path, CONFLICT, reason)
        try:
            stamp = write_file(self.target, picture.path, content, difference == DIFFERS)
        except FolderError as error:
            if error.__cause__ is not None:  # a full disk ends the export
                raise
            return Exported(picture.path, CONFLICT, str(error))
        self.place.agree(picture.path, fingerprint_of_picture(content), stamp)
        return Exported(picture.path, WRITTEN)

    @cached_property
    def _is_empty(self) -> bool:
        """Whether the target has none of the files of the last import or export."""
        terms = TermFile.objects.of(self.glossary, self.target.place)
        paths = (*self.place.rows, *terms.values_list("path", flat=True))
        return not self.target.has_any(paths)

    def _surplus(self, prune: bool) -> Iterator[Exported]:
        """Yield files of earlier imports and exports that no text refers to any more."""
        rows = [row for path, row in self.place.rows.items() if path not in self.wanted]
        if not (prune or self.check):
            rows = [row for row in rows if row.is_deleted]
        if not rows:
            return
        used = pictures_referred_to(self.glossary)
        for row in sorted(rows):
            if row.path in used:
                continue
            try:
                _stamp, found = self._found(row.path)
            except FolderError as error:
                yield Exported(row.path, CONFLICT, str(error))
                continue
            if found is None:
                self.gone.append(row.path)
            elif found != row.fingerprint:
                yield Exported(row.path, CONFLICT, EDITED)
            elif self.check or not (prune or row.is_deleted):
                yield Exported(row.path, SURPLUS)
            else:
                self.target.remove(row.path)
                self.gone.append(row.path)
                yield Exported(row.path, REMOVED)

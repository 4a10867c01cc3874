"""Comparison of the text of a file with that of its term, and their merge."""

from collections.abc import Callable, Collection

from terms.formats.collisions import Collision
from terms.formats.document import line_of_name, read_document
from terms.formats.merging import Merge, merge_texts
from terms.formats.paths import name_key
from terms.models import Revision

from .known import KnownFiles
from .matching import Known
from .plan import (
    CONFLICT,
    EDITED_HERE,
    FILE,
    GLOSSARY,
    INVALID,
    MERGED,
    UPDATED,
    PlannedFile,
    Sides,
    side_for,
)

PREFERRED = {FILE: "ours", GLOSSARY: "theirs"}  # the sides of ``merge_texts``


class TextComparison:
    """Compares texts. ``read`` returns the text of a file, or raises FormatError, FolderError."""

    def __init__(self, known: KnownFiles, sides: Sides, read: Callable[[str], str]):
        self.known = known
        self.sides = sides
        self.read = read

    def compared(self, entry: PlannedFile, term: Known) -> PlannedFile:
        fingerprint = entry.fingerprint
        if fingerprint == term.fingerprint:
            if term.problem:
                return entry._replace(status=INVALID, reason=_kept(term.problem))
            return entry
        last = self.known.files.get(entry.before)
        base = last.fingerprint if last and last.term == term.pk else ""
        if fingerprint == base or (not base and self.known.is_former(term, fingerprint)):
            return entry._replace(reason=EDITED_HERE)
        base = base or self.known.bases.get(term.pk, "")
        text = self.read(entry.path)
        if base == term.fingerprint:
            return self.read_as(entry._replace(status=UPDATED), text)
        if self.known.is_newer(term, fingerprint, base):
            return entry._replace(reason=EDITED_HERE)
        return self._merged(entry, term, base, text)

    def read_as(self, entry: PlannedFile, text: str) -> PlannedFile:
        """Plan to save ``text`` as it is."""
        path = entry.term_path or entry.path
        document = read_document(text, path)
        entry = entry._replace(document=document)
        if document.problem:
            return entry._replace(status=INVALID, reason=_kept(str(document.problem)))
        other = self.known.names.setdefault(name_key(document.name), path)
        if other not in (path, entry.renamed_from):
            line = line_of_name(document)
            reason = f"line {line}: “{document.name}” is also the name of “{other}”"
            return entry._replace(reason=reason)
        return entry

    def _merged(self, entry: PlannedFile, term: Known, base: str, text: str) -> PlannedFile:
        texts = Revision.objects.filter(term=term.pk)
        common = texts.filter(fingerprint=base).values_list("text", flat=True).first()
        here = texts.get(number=term.version).text
        side = side_for(self.sides, entry.path)
        merged = self._merge(common, text, here, PREFERRED.get(side))
        if merged.left and self._is_decided(entry, term, common, text, here, merged.left):
            merged = self._merge(common, text, here, PREFERRED[FILE])
        if merged.text is None:
            words = "changed in the file and here" if common else "created in the file and here"
            reason = f"{words}: {', '.join(merged.collisions)}"
            return self._conflict(entry, term, text, reason)
        return entry._replace(
            status=MERGED,
            reason="with what was edited here",
            document=read_document(merged.text, entry.term_path),
            in_file=read_document(text, entry.term_path),
        )

    def _merge(self, common: str | None, text: str, here: str, prefer: str | None) -> Merge:
        return merge_texts(
            common, ours=text, theirs=here, prefer=prefer, is_known=self.known.names.__contains__
        )

    def _conflict(self, entry: PlannedFile, term: Known, text: str, reason: str) -> PlannedFile:
        entry = entry._replace(status=CONFLICT, reason=reason)
        last = self.known.conflict_of(entry.path)
        if last == (text, term.version):
            return entry
        return entry._replace(conflict_text=text, conflict_version=term.version)

    def _is_decided(
        self,
        entry: PlannedFile,
        term: Known,
        common: str | None,
        text: str,
        here: str,
        left: Collection[Collision],
    ) -> bool:
        """Whether the file was edited, after the last conflict, at all places that collide."""
        before, version = self.known.conflict_of(entry.path)
        if version != term.version or before == text:
            return False
        former = self._merge(common, before, here, None)
        undecided = {(one.name, one.ours, one.theirs) for one in former.left}
        return not any((one.name, one.ours, one.theirs) in undecided for one in left)


def _kept(problem: str) -> str:
    return f"{problem} (kept as text)"

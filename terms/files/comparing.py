"""Comparison of the text of a file with that of its term, and their merge."""

from collections.abc import Callable, Collection

from terms.formats.collisions import OURS, Collision, Prefer
from terms.formats.document import line_of_name, read_document
from terms.formats.merging import Merge, merge_texts
from terms.formats.paths import name_key
from terms.formats.similarity import count_shared_lines
from terms.models import Revision

from .known import KnownFiles
from .matching import Known
from .plan import (
    CONFLICT,
    EDITED_HERE,
    INVALID,
    MERGED,
    UPDATED,
    PlannedFile,
    Sides,
    Upload,
    preferred,
)

TRIED = 50  # newest texts of a term, any of which an uploaded file may be made from


class TextComparison:
    """Compares texts. ``read`` returns the text of a file, or raises FormatError, FolderError."""

    def __init__(
        self,
        known: KnownFiles,
        sides: Sides,
        read: Callable[[str], str],
        upload: Upload | None = None,
    ):
        self.known = known
        self.upload = upload
        self.sides = sides
        self.read = read

    def compared(self, entry: PlannedFile, term: Known) -> PlannedFile:
        fingerprint = entry.fingerprint
        if fingerprint == term.fingerprint:
            if term.problem:
                return entry._replace(status=INVALID, reason=_kept(term.problem))
            return entry
        base = self._agreed(entry, term)
        if fingerprint == base or (not base and self.known.is_former(term, fingerprint)):
            return entry._replace(reason=EDITED_HERE)
        text = self.read(entry.path)
        base = base or self._probable(term, text)
        if base == term.fingerprint:
            return self.read_as(entry._replace(status=UPDATED), text)
        if self.known.is_newer(term, fingerprint, base):
            return entry._replace(reason=EDITED_HERE)
        return self._merged(entry, term, base, text)

    def _agreed(self, entry: PlannedFile, term: Known) -> str:
        """Return the fingerprint of the last text that both sides had, or an empty string."""
        if self.upload is None:
            last = self.known.files.get(entry.before)
            return last.fingerprint if last and last.term == term.pk else ""
        base = self.upload.bases.get(entry.path, "")
        texts = self.known.histories.get(term.pk, [])[::-1]
        if base not in texts:
            return ""
        # An import that was killed has saved the text of the file already.
        is_saved = entry.fingerprint in texts[: texts.index(base)]
        return entry.fingerprint if is_saved else base

    def _probable(self, term: Known, text: str) -> str:
        """Return the fingerprint of the text that ``text`` was probably made from.

        An uploaded file may be made from any version: the one that shares most lines with it. Of
        several, it is the oldest, so that later edits are merged or collide, and are not undone.
        """
        if self.upload is None:
            return self.known.bases.get(term.pk, "")
        if len(self.known.histories.get(term.pk, ())) == 1:
            return term.fingerprint
        texts = Revision.objects.filter(term=term.pk).order_by("-number")[:TRIED]
        scored = [
            (count_shared_lines(text, former), age, fingerprint)
            for age, (former, fingerprint) in enumerate(texts.values_list("text", "fingerprint"))
        ]
        return max(scored)[2] if scored else ""

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
        merged = self._merge(common, text, here, preferred(self.sides, entry.path))
        if merged.left and self._is_decided(entry, term, common, text, here, merged.left):
            merged = self._merge(common, text, here, OURS)
        if merged.text is None:
            words = "changed in the file and here" if common else "created in the file and here"
            reason = f"{words}: {', '.join(merged.collisions)}"
            return self._conflict(entry._replace(collisions=merged.left), term, text, reason)
        return entry._replace(
            status=MERGED,
            reason="with what was edited here",
            document=read_document(merged.text, entry.term_path),
            in_file=read_document(text, entry.term_path),
        )

    def _merge(self, common: str | None, text: str, here: str, prefer: Prefer) -> Merge:
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

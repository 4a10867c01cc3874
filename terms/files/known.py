"""What is stored about the terms and files of a glossary, loaded when a plan needs it."""

from collections.abc import Collection, Iterable, Iterator
from functools import cached_property

from django.db.models import F, Q

from terms.models import Glossary, Revision, Term, TermFile
from terms.models.bulk import batches
from terms.models.review import terms_to_delete

from .matching import Known, LastFile, loose


class KnownFiles:
    """The files of ``place`` as of the last import or export, and the terms of the glossary."""

    def __init__(self, glossary: Glossary, place: str):
        self.glossary = glossary
        self.rows = TermFile.objects.of(glossary, place)
        self.histories: dict[int, list[str]] = {}

    @cached_property
    def settled(self) -> dict[str, tuple[str, str, int]]:
        """Files that need no comparison with an unchanged stamp: stamp, fingerprint and term."""
        rows = self.rows.agreeing().filter(term__path=F("path"), term__trashed_at=None)
        rows = rows.filter(missing_since=None).exclude(stamp="")
        found = rows.values_list("stamp", "fingerprint", "term", "path")
        return {row[3]: row[:3] for row in found}

    @cached_property
    def expected(self) -> int:
        """The number of files that a plan has something to say about."""
        return self.rows.filter(Q(missing_since=None) | Q(term__trashed_at=None)).count()

    @cached_property
    def files(self) -> dict[str, LastFile]:
        """The files as of the last import or export, by path."""
        columns = ("path", "stamp", "fingerprint", "term", "missing_since", "conflict_version")
        return {
            path: LastFile(path, stamp, fingerprint, term, missing is not None, version)
            for path, stamp, fingerprint, term, missing, version in self.rows.values_list(*columns)
        }

    @cached_property
    def terms(self) -> dict[int, Known]:
        terms = Term.objects.filter(glossary=self.glossary.pk).order_by()
        return {row[0]: Known(*row) for row in terms.values_list(*Known._fields)}

    def trashed_terms(self, files: Iterable[LastFile]) -> dict[int, Known]:
        found: dict[int, Known] = {}
        for some in batches({file.term for file in files if file.term} - self.terms.keys()):
            rows = Term.with_trash.filter(pk__in=some).order_by().values_list(*Known._fields)
            found |= {row[0]: Known(*row) for row in rows}
        return found

    @cached_property
    def trashed(self) -> dict[int, tuple[str, set[str]]]:
        """The path and the fingerprints of all texts of each term in the trash."""
        rows = Revision.objects.filter(term__glossary=self.glossary.pk)
        found: dict[int, tuple[str, set[str]]] = {}
        for pk, path, fingerprint in rows.exclude(term__trashed_at=None).values_list(
            "term", "term__path", "fingerprint"
        ):
            found.setdefault(pk, (path, set()))[1].add(fingerprint)
        return found

    @cached_property
    def trashed_texts(self) -> set[tuple[str, str]]:
        return {(path, one) for path, texts in self.trashed.values() for one in texts}

    @cached_property
    def paths(self) -> dict[str, str]:
        return {loose(term.path): term.path for term in self.terms.values()}

    @cached_property
    def names(self) -> dict[str, str]:
        newest_first = sorted(self.terms.values(), reverse=True)
        return {term.name_key: term.path for term in newest_first}

    @cached_property
    def bases(self) -> dict[int, str]:
        """The last common text of each term in any folder: fingerprints."""
        files = TermFile.objects.filter(glossary=self.glossary.pk).exclude(fingerprint="")
        rows = files.exclude(term=None).order_by("pk").values_list("term", "fingerprint")
        return dict(rows)

    @cached_property
    def asked(self) -> set[int]:
        return terms_to_delete(self.glossary)

    def files_elsewhere(self, present: Collection[str]) -> dict[str, LastFile]:
        """Return the files of another folder, if this one seems to be a copy of it."""
        rows = TermFile.objects.filter(glossary=self.glossary.pk, missing_since=None)
        places: dict[str, dict[str, LastFile]] = {}
        for folder, path, fingerprint, term in rows.values_list(
            "folder", "path", "fingerprint", "term"
        ):
            last = LastFile(path, "", fingerprint, term, False, 0)
            places.setdefault(folder, {})[path] = last
        shared = [(sum(path in present for path in files), files) for files in places.values()]
        count, files = max(shared, key=lambda pair: pair[0], default=(0, {}))
        return files if 2 * count >= len(files) else {}

    def load_histories(self, terms: Collection[int]) -> None:
        """Load the fingerprints of all texts of some terms at once, oldest first.

        Texts of a change set that was undone are left out, so that they can be imported again.
        """
        for some in batches(terms):
            rows = Revision.objects.filter(term__in=some).order_by("term", "number")
            rows = rows.exclude(change_set__undone_at__isnull=False)
            for term, fingerprint in rows.values_list("term", "fingerprint"):
                self.histories.setdefault(term, []).append(fingerprint)

    def is_former(self, term: Known, fingerprint: str) -> bool:
        """Whether a text of ``term`` has this fingerprint."""
        if term.pk in self.histories:
            return fingerprint in self.histories[term.pk]
        return Revision.objects.filter(term=term.pk, fingerprint=fingerprint).exists()

    def is_newer(self, term: Known, fingerprint: str, base: str) -> bool:
        """Whether a text of ``term`` later than ``base`` has this fingerprint.

        It was written to the file by an export or a push that was killed.
        """
        texts = Revision.objects.filter(term=term.pk, fingerprint__in=[fingerprint, base])
        numbers = dict(texts.order_by("number").values_list("fingerprint", "number"))
        return numbers.get(fingerprint, 0) > numbers.get(base, 0)

    def conflict_of(self, path: str) -> tuple[str, int]:
        """Return the text of the file and the version of the term at the last conflict."""
        last = self.files.get(path)
        if not last or not last.conflict_version:
            return "", 0
        rows = self.rows.filter(path=path)
        return rows.values_list("conflict_text", "conflict_version")[0]


def texts_of(terms: Iterable[int]) -> Iterator[tuple[int, str]]:
    """Yield all texts of the terms with these ids, oldest first: id and text."""
    for some in batches(terms):
        rows = Revision.objects.filter(term__in=some).order_by("term", "number")
        yield from rows.values_list("term", "text")

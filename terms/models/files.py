from collections.abc import Iterable
from pathlib import Path
from typing import Self

from django.db import models
from django.db.models import F

from .bulk import insert_rows
from .glossary import Glossary
from .term import PATH_LENGTH, Term

FEW = 500  # paths in one query; with more, the paths of all terms are read


class TermFileQuerySet(models.QuerySet["TermFile"]):
    def of(self, glossary: Glossary, folder: str) -> Self:
        return self.filter(glossary=glossary.pk, folder=folder)

    def agreeing(self) -> Self:
        """Match files with the current text of their term, if the term is readable."""
        return self.filter(fingerprint=F("term__fingerprint"), term__problem="")

    def stamps(self) -> dict[str, tuple[str, str]]:
        """Return path → stamp and fingerprint."""
        rows = self.values_list("path", "stamp", "fingerprint")
        return {path: (stamp, fingerprint) for path, stamp, fingerprint in rows}

    def remember(
        self, glossary: Glossary, folder: str, files: Iterable[tuple[str, str, str]]
    ) -> None:
        """Store the texts that the glossary and the files of a folder have in common.

        ``files`` are paths, fingerprints and stamps. Rows of folders that no longer exist are
        deleted.
        """
        files = list(files)
        terms = Term.objects.filter(glossary=glossary)
        if len(files) <= FEW:
            terms = terms.filter(path__in=[path for path, *_ in files])
        ids = dict(terms.order_by().values_list("path", "pk"))
        insert_rows(
            self.model,
            ("glossary", "folder", "path", "term", "fingerprint", "stamp"),
            (
                (glossary.pk, folder, path, ids.get(path), fingerprint, stamp)
                for path, fingerprint, stamp in files
            ),
            replacing=("glossary", "folder", "path"),
        )
        places = self.filter(glossary=glossary).order_by().values_list("folder", flat=True)
        gone = [place for place in places.distinct() if not Path(place).exists()]
        self.filter(glossary=glossary, folder__in=gone).delete()


class TermFile(models.Model):
    """The file of a term as last read from or written to a folder.

    ``fingerprint`` identifies the last text that both sides had: the base of a three-way
    import. While size, times and inode are the same, the file has not changed and is not read.
    """

    glossary = models.ForeignKey(Glossary, models.CASCADE, db_index=False)
    term = models.ForeignKey(Term, models.SET_NULL, null=True, related_name="files")
    folder = models.TextField()
    path = models.CharField(max_length=500)
    fingerprint = models.CharField(max_length=64)
    stamp = models.TextField(
        blank=True, help_text="Size, times and inode; empty: not to be trusted."
    )

    objects = TermFileQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["glossary", "folder", "path"], name="file_path")
        ]

    def __str__(self) -> str:
        return self.path


class Picture(models.Model):
    """A picture beside the files of a glossary: its path there, and the stored copy."""

    glossary = models.ForeignKey(Glossary, models.CASCADE, db_index=False)
    path = models.CharField(max_length=PATH_LENGTH)
    file = models.CharField(max_length=100)
    stamp = models.TextField(
        blank=True, help_text="Size, times and inode; empty: not to be trusted."
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["glossary", "path"], name="picture_path")]

    def __str__(self) -> str:
        return self.path

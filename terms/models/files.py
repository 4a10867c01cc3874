from collections.abc import Iterable
from pathlib import Path

from django.db import models
from django.db.models import F

from .bulk import insert_rows
from .glossary import Glossary
from .term import PATH_LENGTH, Term

FEW = 500  # paths that are asked for one by one


class TermFileQuerySet(models.QuerySet):
    def of(self, glossary: Glossary, folder: str):
        return self.filter(glossary=glossary.pk, folder=folder)

    def agreeing(self):
        """Files whose text was the term's own, which can be read."""
        return self.filter(fingerprint=F("term__fingerprint"), term__problem="")

    def stamps(self) -> dict[str, tuple[str, str]]:
        """Stamp and fingerprint by path."""
        rows = self.values_list("path", "stamp", "fingerprint")
        return {path: (stamp, fingerprint) for path, stamp, fingerprint in rows}

    def remember(
        self, glossary: Glossary, folder: str, files: Iterable[tuple[str, str, str]]
    ) -> None:
        """Note the texts that the glossary and a folder's files have in common.

        ``files`` are paths, fingerprints and stamps. Folders that no longer exist are forgotten.
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
    """A term's file as it was last seen or written in a folder.

    ``fingerprint`` is what both sides last agreed on: the base of a three-way import. As
    long as size, times and inode stand, the file need not be read again to know that it
    has not changed.
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
    """A picture that lies with the files of a glossary: its path among them, and where it is
    kept, made anew."""

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

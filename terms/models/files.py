from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple, Self

from django.db import models
from django.db.models import F
from django.utils.translation import gettext_lazy as _lazy

from .bulk import insert_rows
from .glossary import Glossary
from .revision import ChangeSet
from .term import PATH_LENGTH, Term

FEW = 500  # paths in one query; with more, the paths of all terms are read


class AgreedFile(NamedTuple):
    """A file with a text that both sides have: its path, the fingerprint and the stamp.

    ``term`` is the id of its term; if it is None, the term has the path of the file.
    """

    path: str
    fingerprint: str
    stamp: str
    term: int | None = None


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

    def remember(self, glossary: Glossary, folder: str, files: Iterable[AgreedFile]) -> None:
        """Store the texts that the glossary and the files of a folder have in common.

        Rows of folders that no longer exist are deleted.
        """
        files = list(files)
        new = [file.path for file in files if file.term is None]
        terms = Term.objects.filter(glossary=glossary)
        if len(new) <= FEW:
            terms = terms.at_path(*new)
        ids = dict(terms.order_by().values_list("path", "pk"))
        insert_rows(
            self.model,
            (
                "glossary", "folder", "path", "term", "fingerprint", "stamp",
                "missing_since", "conflict_text", "conflict_version",
            ),
            (
                (
                    glossary.pk, folder, file.path, file.term or ids.get(file.path),
                    file.fingerprint, file.stamp, None, "", 0,
                )
                for file in files
            ),
            replacing=("glossary", "folder", "path"),
        )  # fmt: skip
        self._forget_places(glossary)

    def remember_conflicts(
        self, glossary: Glossary, folder: str, files: Iterable[tuple[str, int | None, str, int]]
    ) -> None:
        """Store the texts of files that collide: path, term, text, and version of the term."""
        for path, term, text, version in files:
            self.update_or_create(
                glossary=glossary,
                folder=folder,
                path=path,
                defaults={"term_id": term, "conflict_text": text, "conflict_version": version},
            )

    def _forget_places(self, glossary: Glossary) -> None:
        places = self.filter(glossary=glossary).order_by().values_list("folder", flat=True)
        # Others, such as repositories, are no folders.
        gone = [
            place
            for place in places.distinct()
            if place.startswith("/") and not Path(place).exists()
        ]
        self.filter(glossary=glossary, folder__in=gone).delete()


class TermFile(models.Model):
    """The file of a term as last read from or written to a folder.

    ``path`` is the path in the folder; the term may have another one now. ``fingerprint``
    identifies the last text that both sides had: the base of a three-way import. While size,
    times and inode are the same, the file has not changed and is not read.
    """

    glossary = models.ForeignKey(Glossary, models.CASCADE, db_index=False)
    term = models.ForeignKey(Term, models.SET_NULL, null=True, related_name="files")
    folder = models.TextField()
    path = models.CharField(max_length=500)
    fingerprint = models.CharField(max_length=64)
    stamp = models.TextField(
        blank=True, help_text="Size, times and inode; empty: not to be trusted."
    )
    missing_since = models.DateTimeField(
        null=True, help_text="When an import found that the folder no longer has the file."
    )
    conflict_text = models.TextField(
        blank=True, help_text="The text of the file when both sides had changed the same."
    )
    conflict_version = models.PositiveIntegerField(
        default=0, help_text="The version of the term at that time."
    )

    objects = TermFileQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["glossary", "folder", "path"], name="file_path")
        ]

    def __str__(self) -> str:
        return self.path


class FormerPath(models.Model):
    """A path that the file of a term had before it was renamed."""

    glossary = models.ForeignKey(Glossary, models.CASCADE, db_index=False)
    term = models.ForeignKey(Term, models.CASCADE, related_name="former_paths")
    path = models.CharField(max_length=PATH_LENGTH)
    change_set = models.ForeignKey(
        ChangeSet, models.SET_NULL, null=True, related_name="former_paths"
    )

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["glossary", "path"], name="former_path")]

    def __str__(self) -> str:
        return self.path


class Picture(models.Model):
    """A picture beside the files of a glossary: its path there, and the stored copies.

    ``file`` is the copy for readers, in MEDIA_ROOT. ``original`` names the bytes of an imported
    file, in ORIGINALS_ROOT; a picture that an editor uploaded has none. ``fingerprint`` is the
    SHA-256 of the bytes that an export writes; pictures of older versions have none.
    """

    glossary = models.ForeignKey(Glossary, models.CASCADE, db_index=False)
    path = models.CharField(_lazy("path"), max_length=PATH_LENGTH)
    file = models.CharField(max_length=100)
    original = models.CharField(max_length=100, blank=True, editable=False)
    fingerprint = models.CharField(max_length=64, blank=True, editable=False)

    class Meta:
        verbose_name = _lazy("picture")
        verbose_name_plural = _lazy("pictures")
        constraints = [models.UniqueConstraint(fields=["glossary", "path"], name="picture_path")]

    def __str__(self) -> str:
        return self.path


class PictureFileQuerySet(models.QuerySet["PictureFile"]):
    def of(self, glossary: Glossary, folder: str) -> Self:
        return self.filter(glossary=glossary.pk, folder=folder)

    def remember(self, glossary: Glossary, folder: str, files: Iterable[AgreedFile]) -> None:
        """Store the pictures that the glossary and a folder have in common.

        Rows of folders without term files are deleted.
        """
        insert_rows(
            self.model,
            ("glossary", "folder", "path", "fingerprint", "stamp", "missing_since", "is_deleted"),
            (
                (glossary.pk, folder, file.path, file.fingerprint, file.stamp, None, False)
                for file in files
            ),
            replacing=("glossary", "folder", "path"),
        )
        places = TermFile.objects.filter(glossary=glossary.pk).values("folder")
        others = self.filter(glossary=glossary.pk).exclude(folder=folder)
        others.exclude(folder__in=places).delete()


class SidecarFile(models.Model):
    """The sidecar of a folder: the items that it and the glossary last had in common.

    The stamp is empty if the file has more than these items, so that it is read again.
    """

    glossary = models.ForeignKey(Glossary, models.CASCADE, db_index=False)
    folder = models.TextField()
    items = models.JSONField(default=dict)
    stamp = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["glossary", "folder"], name="sidecar_place")]

    def __str__(self) -> str:
        return self.folder


class PictureFile(models.Model):
    """The file of a picture as last read from or written to a folder, like ``TermFile``."""

    glossary = models.ForeignKey(Glossary, models.CASCADE, db_index=False)
    folder = models.TextField()
    path = models.CharField(max_length=PATH_LENGTH)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of the content.")
    stamp = models.TextField(blank=True, help_text="As of TermFile; empty: not to be trusted.")
    missing_since = models.DateTimeField(
        null=True, help_text="When an import found that the folder no longer has the file."
    )
    is_deleted = models.BooleanField(
        default=False, help_text="Deleted in the admin: the next export removes the file."
    )

    objects = PictureFileQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["glossary", "folder", "path"], name="picture_file_path")
        ]

    def __str__(self) -> str:
        return self.path

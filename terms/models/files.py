from django.db import models

from .glossary import Glossary
from .term import Term


class TermFile(models.Model):
    """A term's file as it was last seen or written in a folder.

    ``fingerprint`` is what both sides last agreed on: the base of a three-way import. As
    long as size, times and inode stand, the file need not be read again to know that it
    has not changed.
    """

    glossary = models.ForeignKey(Glossary, models.CASCADE, db_index=False)
    term = models.ForeignKey(Term, models.SET_NULL, null=True, related_name="files", db_index=False)
    folder = models.TextField()
    path = models.CharField(max_length=500)
    fingerprint = models.CharField(max_length=64)
    stamp = models.TextField(
        blank=True, help_text="Size, times and inode; empty: not to be trusted."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["glossary", "folder", "path"], name="file_path")
        ]

    def __str__(self) -> str:
        return self.path

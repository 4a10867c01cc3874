from django.conf import settings
from django.db import models
from django.db.models import Q

from .term import Term

PERSON = settings.AUTH_USER_MODEL


class Unsaved(models.Model):
    """The unsaved form of a term, or of a new term if ``term`` is None.

    It is kept until it is saved or discarded. ``data`` is the submitted form. ``slot``
    distinguishes the forms of several new terms of one person.
    """

    person = models.ForeignKey(PERSON, models.CASCADE, related_name="+", db_index=False)
    term = models.ForeignKey(Term, models.CASCADE, null=True, related_name="unsaved")
    slot = models.CharField(max_length=16, blank=True)
    data = models.TextField()
    kept_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "term"], name="unsaved_once"),
            models.UniqueConstraint(
                fields=["person", "slot"], condition=Q(term=None), name="unsaved_new_once"
            ),
        ]

    def __str__(self) -> str:
        return f"What {self.person} has not saved of {self.term or 'a new term'}"


class Presence(models.Model):
    """A person who had the form of a term open at ``seen_at``."""

    term = models.ForeignKey(Term, models.CASCADE, related_name="presences", db_index=False)
    person = models.ForeignKey(PERSON, models.CASCADE, related_name="+")
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["term", "person"], name="present_once")]

    def __str__(self) -> str:
        return f"{self.person} at {self.term}"

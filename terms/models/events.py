"""The audit log, and notices for people."""

from django.conf import settings
from django.db import models

from .glossary import Glossary
from .term import NAME_LENGTH, Term

PERSON = settings.AUTH_USER_MODEL


class Event(models.Model):
    """An entry of the audit log: who did what to which term, and when.

    ``name`` is the name of the term at that time. ``person`` is None for management commands,
    guests and deleted accounts.
    """

    class Kind(models.TextChoices):
        SAVED = "saved", "saved"
        PUBLISHED = "published", "published"
        WITHDRAWN = "withdrawn", "withdrawn"
        SUBMITTED = "submitted", "asked for review"
        TAKEN_BACK = "taken back", "took the review back"
        APPROVED = "approved", "approved"
        CHANGES = "changes", "requested changes"
        TRASHED = "trashed", "moved to the trash"
        RESTORED = "restored", "took out of the trash"
        SCHEDULED = "scheduled", "scheduled"
        UNSCHEDULED = "unscheduled", "took from the schedule"
        COMMENTED = "commented", "commented"
        RESOLVED = "resolved", "resolved a comment"
        SHARED = "shared", "made a guest link"
        SUGGESTION_DONE = "suggestion done", "did what a reader suggested"
        DECLINED = "declined", "declined a suggestion"
        ASSIGNED = "assigned", "changed owner or review date"
        MOVED = "moved", "renamed its file"
        UNSHARED = "unshared", "revoked guest links"
        REMOVAL_ASKED = "removal asked", "asked to take it from readers"

    at = models.DateTimeField()
    person = models.ForeignKey(PERSON, models.SET_NULL, null=True, related_name="+")
    glossary = models.ForeignKey(Glossary, models.CASCADE, db_index=False)
    term = models.ForeignKey(Term, models.SET_NULL, null=True, related_name="events")
    name = models.CharField(max_length=NAME_LENGTH)
    kind = models.CharField(max_length=20, choices=Kind)
    detail = models.TextField(blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "line of the log"
        verbose_name_plural = "log"
        indexes = [models.Index(fields=["glossary", "-at"], name="event_time")]

    def __str__(self) -> str:
        return f"{self.name}: {self.get_kind_display()}"


class Notice(models.Model):
    """A message to a person. ``mailed_at`` is the time when it was sent or given up.

    It is sent at ``retry_at``, or with the person's daily mail if that is None.
    """

    person = models.ForeignKey(PERSON, models.CASCADE, related_name="notices")
    term = models.ForeignKey(Term, models.CASCADE, related_name="+")
    text = models.TextField()
    created_at = models.DateTimeField()
    mailed_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    retry_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(
                fields=["person"], condition=models.Q(mailed_at=None), name="notice_waiting"
            )
        ]

    def __str__(self) -> str:
        return self.text

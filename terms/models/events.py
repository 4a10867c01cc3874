"""The audit log, and notices for people."""

from datetime import timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .classification import Category
from .glossary import Glossary
from .term import NAME_LENGTH, Term

PERSON = settings.AUTH_USER_MODEL


class Event(models.Model):
    """An entry of the audit log: who did what to which term, and when.

    ``name`` is the name of the term at that time, or of what was set. ``person`` is None for
    management commands, guests and deleted accounts; ``glossary`` for accounts and groups.
    """

    class Kind(models.TextChoices):
        SAVED = "saved", _("saved")
        PUBLISHED = "published", _("published")
        WITHDRAWN = "withdrawn", _("withdrew")
        SUBMITTED = "submitted", _("asked for review")
        TAKEN_BACK = "taken back", _("took the review back")
        APPROVED = "approved", _("approved")
        CHANGES = "changes", _("requested changes")
        TRASHED = "trashed", _("moved to the trash")
        RESTORED = "restored", _("took out of the trash")
        SCHEDULED = "scheduled", _("scheduled")
        UNSCHEDULED = "unscheduled", _("took from the schedule")
        COMMENTED = "commented", _("commented")
        RESOLVED = "resolved", _("resolved a comment")
        SHARED = "shared", _("made a guest link")
        SUGGESTION_DONE = "suggestion done", _("did what a reader suggested")
        DECLINED = "declined", _("declined a suggestion")
        REOPENED = "reopened", _("took a decision about a suggestion back")
        ASSIGNED = "assigned", _("changed owner or review date")
        MOVED = "moved", _("renamed its file")
        UNSHARED = "unshared", _("revoked guest links")
        PICTURE_REPLACED = "picture replaced", _("replaced a picture")
        PICTURE_DELETED = "picture deleted", _("deleted a picture")
        REMOVAL_ASKED = "removal asked", _("asked to take it from readers")
        SETTING = "setting", _("changed settings")

    at = models.DateTimeField(pgettext_lazy("moment", "at"))
    person = models.ForeignKey(
        PERSON, models.SET_NULL, verbose_name=_("person"), null=True, related_name="+"
    )
    glossary = models.ForeignKey(
        Glossary, models.CASCADE, verbose_name=_("glossary"), null=True, db_index=False
    )
    term = models.ForeignKey(Term, models.SET_NULL, null=True, related_name="events")
    name = models.CharField(max_length=NAME_LENGTH)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    detail = models.TextField(blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("line of the log")
        verbose_name_plural = _("log")
        indexes = [models.Index(fields=["glossary", "-at"], name="event_time")]

    def __str__(self) -> str:
        return f"{self.name}: {self.get_kind_display()}"


class NoticeQuerySet(models.QuerySet["Notice"]):
    def unread(self) -> Self:
        return self.filter(read_at=None)

    def sweep(self) -> None:
        """Delete notices that were read and mailed more than ``KEPT`` ago."""
        long_ago = timezone.now() - Notice.KEPT
        self.filter(read_at__lt=long_ago, mailed_at__isnull=False).delete()


class Notice(models.Model):
    """A message to a person, in the admin and perhaps by mail.

    ``term`` is what it is about; others have the ``address`` of a page of the admin. ``mailed_at``
    is the time when it was sent, given up, or found to be not wanted by mail. It is sent at
    ``retry_at``, or with the person's daily mail if that is None.
    """

    KEPT = timedelta(days=90)

    person = models.ForeignKey(PERSON, models.CASCADE, related_name="notices", db_index=False)
    term = models.ForeignKey(Term, models.CASCADE, related_name="+", null=True)
    address = models.CharField(max_length=200, blank=True)
    text = models.TextField()
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    retry_at = models.DateTimeField(null=True)
    due_on = models.DateField(null=True, help_text="Of a reminder: the review date.")

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["person", "read_at"], name="notice_unread"),
            models.Index(
                fields=["person"], condition=models.Q(mailed_at=None), name="notice_waiting"
            ),
        ]

    def __str__(self) -> str:
        return self.text


class Watching(models.Model):
    """What a person wants to hear of: a term, a category, or else a whole glossary."""

    person = models.ForeignKey(PERSON, models.CASCADE, related_name="watches", db_index=False)
    glossary = models.ForeignKey(Glossary, models.CASCADE, related_name="+")
    category = models.ForeignKey(Category, models.CASCADE, null=True, related_name="+")
    term = models.ForeignKey(Term, models.CASCADE, null=True, related_name="+")

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["person", "term"], condition=models.Q(term__isnull=False), name="watch_term"
            ),
            models.UniqueConstraint(
                fields=["person", "category"],
                condition=models.Q(term=None, category__isnull=False),
                name="watch_category",
            ),
            models.UniqueConstraint(
                fields=["person", "glossary"],
                condition=models.Q(term=None, category=None),
                name="watch_glossary",
            ),
        ]

    def __str__(self) -> str:
        return str(self.term or self.category or self.glossary)

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _lazy

from .term import Term

PERSON = settings.AUTH_USER_MODEL


class ScheduleQuerySet(models.QuerySet["Schedule"]):
    def waiting(self) -> Self:
        return self.filter(state=Schedule.State.WAITING)


class Schedule(models.Model):
    """A publication or withdrawal of a term that is due at a given time.

    Only the text with this ``fingerprint`` is published, not a later one.
    """

    class Action(models.TextChoices):
        PUBLISH = "publish", _lazy("Publish")
        WITHDRAW = "withdraw", _lazy("Withdraw")

    class State(models.TextChoices):
        WAITING = "waiting"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled", "taken from the schedule"

    term = models.ForeignKey(Term, models.CASCADE, related_name="schedule", db_index=False)
    action = models.CharField(max_length=10, choices=Action)
    at = models.DateTimeField()
    fingerprint = models.CharField(max_length=64, blank=True)
    person = models.ForeignKey(PERSON, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    ran_at = models.DateTimeField(null=True)
    problem = models.TextField(blank=True)

    objects = ScheduleQuerySet.as_manager()

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["term", "action"], condition=Q(state="waiting"), name="scheduled_once"
            )
        ]
        indexes = [models.Index(fields=["at"], condition=Q(state="waiting"), name="schedule_due")]

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.term} at {self.at:%Y-%m-%d %H:%M}"

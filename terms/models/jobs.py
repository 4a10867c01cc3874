"""Work that takes long: it runs in a worker process, and its row says how far it is."""

from datetime import timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .glossary import Glossary


class JobQuerySet(models.QuerySet["Job"]):
    def active(self) -> Self:
        """Those that wait or run."""
        return self.filter(state__in=Job.ACTIVE)

    def silent(self) -> Self:
        """Active jobs of which no worker has been heard for ``PATIENCE``."""
        return self.active().filter(heartbeat_at__lt=timezone.now() - Job.PATIENCE)

    def sweep(self) -> None:
        """Delete jobs that ended more than ``KEPT`` ago."""
        self.filter(finished_at__lt=timezone.now() - Job.KEPT).delete()


class Job(models.Model):
    """A piece of work that a person started.

    ``arguments`` are those of the function of its kind. ``result`` is what the function returned:
    counts, notes and links. ``attempt`` grows each time that the job is queued or begun, so that a
    worker that was thought dead notices that another one has its job.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    ACTIVE = (State.WAITING, State.RUNNING)
    KEPT = timedelta(days=90)
    PATIENCE = timedelta(seconds=60)
    HEARTBEAT_EVERY = timedelta(seconds=5)
    MOST_INTERRUPTIONS = 3  # a job that ends its worker each time is not started for ever

    kind = models.CharField(max_length=40)
    title = models.CharField(_("title"), max_length=300)
    glossary = models.ForeignKey(
        Glossary, models.CASCADE, verbose_name=_("glossary"), null=True, blank=True
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=_("person"),
        null=True,
        related_name="+",
    )
    arguments = models.JSONField(default=dict)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0, help_text="0: not known.")
    doing = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(_("started"), default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)
    heartbeat_at = models.DateTimeField(default=timezone.now)
    task = models.UUIDField(null=True, help_text="The row of the queue.")
    attempt = models.PositiveIntegerField(default=0)
    interruptions = models.PositiveSmallIntegerField(default=0)
    cancel_requested = models.BooleanField(default=False)
    result = models.JSONField(default=dict)
    problem = models.TextField(blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        default_permissions = ("view", "change")
        indexes = [
            models.Index(
                fields=["heartbeat_at"],
                condition=Q(state__in=["waiting", "running"]),
                name="job_active",
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_active(self) -> bool:
        return self.state in self.ACTIVE

    def as_told(self) -> dict[str, Any]:
        """Return what a page that shows the job needs to update itself."""
        return {
            "state": self.state,
            "words": self.doing,
            "done": self.done,
            "total": self.total,
            "is_active": self.is_active,
            "is_cancelling": self.is_active and self.cancel_requested,
        }

"""Imports that are planned in the admin, and decided file by file."""

from datetime import timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .glossary import Glossary
from .jobs import Job
from .revision import ChangeSet
from .term import Term


class ImportPlanQuerySet(models.QuerySet["ImportPlan"]):
    def open(self) -> Self:
        """Those that wait for decisions, or are being worked on."""
        return self.filter(state__in=ImportPlan.OPEN)

    def sweep(self) -> None:
        """Delete plans without a change for ``KEPT``."""
        self.filter(changed_at__lt=timezone.now() - ImportPlan.KEPT).delete()


class ImportPlan(models.Model):
    """An import that a person plans: its source, what was chosen, and in the end what was done.

    ``source`` is a kind of source, and ``data`` what that kind needs to open it.
    """

    class State(models.TextChoices):
        PLANNING = "planning", _("being compared")
        READY = "ready", _("to be decided")
        APPLYING = "applying", _("being applied")
        APPLIED = "applied", _("applied")
        DISCARDED = "discarded", _("discarded")
        FAILED = "failed", _("failed")

    OPEN = (State.PLANNING, State.READY, State.APPLYING, State.FAILED)
    WORKING = (State.PLANNING, State.APPLYING)
    KEPT = timedelta(days=30)
    PATIENCE = timedelta(minutes=10)  # work of which nothing was heard for longer has ended

    glossary = models.ForeignKey(Glossary, models.CASCADE, verbose_name=_("glossary"))
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=_("person"),
        null=True,
        related_name="+",
    )
    applied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    title = models.CharField(_("title"), max_length=200)
    source = models.CharField(max_length=20)
    data = models.JSONField(default=dict)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PLANNING)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    publishes = models.BooleanField(default=False)
    removes_many = models.BooleanField(default=False)
    known_files = models.PositiveIntegerField(
        default=0, help_text="Files that the source had at the last import or export."
    )
    problem = models.TextField(blank=True)
    job = models.ForeignKey(Job, models.SET_NULL, null=True, related_name="+")
    change_set = models.ForeignKey(ChangeSet, models.SET_NULL, null=True, related_name="+")
    result = models.JSONField(default=dict, help_text="Pictures, and messages about no file.")

    objects = ImportPlanQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        default_permissions = ()
        indexes = [models.Index(fields=["changed_at"], name="import_changed")]

    def __str__(self) -> str:
        return self.title

    @property
    def is_stuck(self) -> bool:
        """Whether the job or process that worked on it has ended without a result."""
        if self.job and self.state in self.WORKING:
            return not self.job.is_active
        return self.state in self.WORKING and self.changed_at < timezone.now() - self.PATIENCE

    def become(self, state: str, *before: str, **values: object) -> bool:
        """Set the state if it is one of ``before``, and return whether it was."""
        values |= {"state": state, "changed_at": timezone.now()}
        rows = ImportPlan.objects.filter(pk=self.pk, state__in=before)
        if not rows.update(**values):
            return False
        self.refresh_from_db()
        return True


class ImportFileQuerySet(models.QuerySet["ImportFile"]):
    def undecided(self) -> Self:
        return self.filter(status="conflict")

    def decided(self) -> Self:
        """Those whose conflict was decided."""
        return self.exclude(choices={})

    def to_apply(self) -> Self:
        """Those that change something when the plan is applied."""
        return self.filter(decision=ImportFile.ACCEPTED)

    def counts(self) -> dict[str, int]:
        """Return status → number of files."""
        rows = self.order_by().values_list("status").annotate(count=Count("pk"))
        return dict(rows)


class ImportFile(models.Model):
    """One file of a planned import. Its texts are read again from the source when needed.

    ``digest`` identifies what would be done: if it changes, the plan has changed. ``choices`` are
    the sides chosen for a conflict, as in ``terms.files.plan.Sides``.
    """

    ACCEPTED, REFUSED = "accepted", "refused"

    plan = models.ForeignKey(ImportPlan, models.CASCADE, related_name="files", db_index=False)
    path = models.TextField()
    status = models.CharField(max_length=10)
    reason = models.TextField(blank=True)
    decision = models.CharField(max_length=8, blank=True)
    choices = models.JSONField(default=dict)
    term = models.ForeignKey(Term, models.SET_NULL, null=True, related_name="+")
    term_path = models.TextField(blank=True)
    before = models.TextField(blank=True)
    renamed_from = models.TextField(blank=True)
    has_file = models.BooleanField(default=True)
    digest = models.CharField(max_length=64, blank=True)
    goes_live = models.BooleanField(default=False)
    hindrance = models.TextField(blank=True, help_text="Why the text would not be published.")
    is_changed = models.BooleanField(default=False, help_text="Since a person saw the plan.")
    outcome = models.TextField(blank=True)

    objects = ImportFileQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        default_permissions = ()
        indexes = [models.Index(fields=["plan", "status"], name="import_file_status")]

    def __str__(self) -> str:
        return self.path


class ImportUpload(models.Model):
    """A file that a person uploaded, until the plan is applied or discarded.

    The hosts of a site share the database and the public folder of pictures. Uploads are not
    public, so they are rows.
    """

    plan = models.ForeignKey(ImportPlan, models.CASCADE, related_name="uploads", db_index=False)
    path = models.CharField(max_length=500)
    content = models.BinaryField(help_text="Compressed by zlib.")

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["plan", "path"], name="import_upload_path")]

    def __str__(self) -> str:
        return self.path

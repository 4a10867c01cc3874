"""Git repositories with the files of glossaries, and the log of their syncs."""

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from .glossary import Glossary
from .revision import ChangeSet

LONGEST_WAIT = 7 * 24 * 60  # minutes


class Repository(models.Model):
    """The git repository of a glossary, and the state of the last sync.

    Credentials are not stored: they come from the environment, or are ssh keys.
    """

    class Push(models.TextChoices):
        NO = "no", _("nothing")
        BRANCH = "branch", _("to the branch")
        REQUEST = "request", _("to a branch for a merge request")

    class Texts(models.TextChoices):
        NEWEST = "newest", _("the newest texts")
        LIVE = "live", _("the published texts")

    glossary = models.OneToOneField(
        Glossary, models.CASCADE, verbose_name=_("glossary"), related_name="repository"
    )
    url = models.CharField(
        _("address"),
        max_length=500,
        help_text=_(
            "https://example.org/team/words.git, git@example.org:team/words.git, or a path."
        ),
    )
    branch = models.CharField(_("branch"), max_length=200, default="main")
    folder = models.CharField(
        _("folder"),
        max_length=300,
        blank=True,
        help_text=_("The folder of the term files in the repository; empty: all of it."),
    )
    push = models.CharField(_("push"), max_length=10, choices=Push, default=Push.BRANCH)
    request_branch = models.CharField(
        _("branch for the merge request"), max_length=200, default="glossary-cms"
    )
    texts = models.CharField(_("commit"), max_length=10, choices=Texts, default=Texts.NEWEST)
    wait = models.PositiveSmallIntegerField(
        _("wait before committing"),
        default=10,
        validators=[MaxValueValidator(LONGEST_WAIT)],
        help_text=_("Minutes without a further edit of the term."),
    )
    signs_off = models.BooleanField(
        _("sign off commits"), default=False, help_text=_("Adds Signed-off-by with the editor.")
    )
    publishes = models.BooleanField(
        _("publish what is received"),
        default=False,
        help_text=_("Only what needs no further approval."),
    )
    is_active = models.BooleanField(
        _("sync by itself"),
        default=True,
        help_text=_("When terms were edited here, and when the server reports a push."),
    )

    # State
    commit = models.CharField(max_length=64, blank=True, editable=False)
    place = models.TextField(blank=True, editable=False)
    event = models.BigIntegerField(default=0, editable=False)
    due_at = models.DateTimeField(null=True, editable=False)
    checked_at = models.DateTimeField(null=True, editable=False)
    sides = models.JSONField(default=dict, editable=False)
    removes_many = models.BooleanField(default=False, editable=False)
    locked_by = models.CharField(max_length=40, blank=True, editable=False)
    locked_until = models.DateTimeField(null=True, editable=False)
    hook_number = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("repository")
        verbose_name_plural = _("repositories")
        permissions = [("sync_repository", "Can sync with a repository")]

    def __str__(self) -> str:
        return self.url

    @property
    def current_place(self) -> str:
        """The name of the folder of the branch, as term files are stored by it."""
        return f"git:{self.url}#{self.branch}:{self.folder}"


class Sync(models.Model):
    """A sync that received or sent something, or failed."""

    class State(models.TextChoices):
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="syncs")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    problem = models.TextField(blank=True)
    before = models.CharField(max_length=64, blank=True)
    after = models.CharField(max_length=64, blank=True, help_text="The commit that was received.")
    pushed = models.CharField(max_length=64, blank=True, help_text="The newest commit made here.")
    change_set = models.ForeignKey(ChangeSet, models.SET_NULL, null=True, related_name="+")
    received = models.JSONField(default=dict, help_text="Status → number of files.")
    sent = models.JSONField(default=dict, help_text="Status → number of files.")
    commits = models.JSONField(default=list, help_text="Subjects of the commits made here.")
    attention = models.JSONField(
        default=list, help_text="Files that need attention: path, status, reason."
    )

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.repository} {self.started_at:%Y-%m-%d %H:%M}"

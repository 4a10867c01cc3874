"""Reviews, approvals, removal requests and comments."""

from typing import Self, TypeVar

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from .classification import Category
from .glossary import MOST_APPROVALS, Glossary
from .term import PATH_LENGTH, Term

PERSON = settings.AUTH_USER_MODEL


_Row = TypeVar("_Row", bound=models.Model, covariant=True)


class ReviewQuerySet(models.QuerySet[_Row]):
    def open(self) -> Self:
        return self.filter(closed_at=None)


class Review(models.Model):
    """A review, from its request until the change is published, sent back or cancelled."""

    class Outcome(models.TextChoices):
        PUBLISHED = "published"
        CHANGES = "changes", "changes requested"
        TAKEN_BACK = "taken back"

    term = models.ForeignKey(Term, models.CASCADE, related_name="reviews")
    opened_by = models.ForeignKey(PERSON, models.SET_NULL, null=True, related_name="+")
    opened_at = models.DateTimeField()
    note = models.TextField(blank=True)
    closed_by = models.ForeignKey(PERSON, models.SET_NULL, null=True, related_name="+")
    closed_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=20, choices=Outcome, blank=True)
    reason = models.TextField(blank=True)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["term"], condition=Q(closed_at=None), name="one_open_review"
            )
        ]

    def __str__(self) -> str:
        return f"Review of {self.term}"


class ReviewStep(models.Model):
    """A named step of reviews: approvals by members of a group.

    A category with steps, or with its own number of approvals, does not follow the steps of its
    glossary. A step opens when those before it are complete.
    """

    glossary = models.ForeignKey(Glossary, models.CASCADE, related_name="steps")
    category = models.ForeignKey(
        Category,
        models.CASCADE,
        verbose_name=_lazy("category"),
        null=True,
        blank=True,
        related_name="steps",
        help_text=_lazy("Empty: the categories without steps of their own."),
    )
    name = models.CharField(
        _lazy("step"), max_length=100, help_text=_lazy("Such as Subject expert, or Language.")
    )
    group = models.ForeignKey(
        Group, models.PROTECT, verbose_name=_lazy("approved by"), related_name="+"
    )
    approvals_needed = models.PositiveSmallIntegerField(
        _lazy("approvals needed"),
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_APPROVALS)],
    )
    order = models.PositiveSmallIntegerField(_lazy("place"), default=0)

    class Meta:
        ordering = ["order", "pk"]
        default_permissions = ()
        verbose_name = _lazy("review step")
        verbose_name_plural = _lazy("review steps")

    def __str__(self) -> str:
        return self.name


class Approval(models.Model):
    """A person's approval of the exact text with this fingerprint, perhaps in a review step."""

    term = models.ForeignKey(Term, models.CASCADE, related_name="approvals", db_index=False)
    fingerprint = models.CharField(max_length=64)
    person = models.ForeignKey(PERSON, models.CASCADE, related_name="+", db_index=False)
    step = models.ForeignKey(ReviewStep, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["term", "fingerprint", "person"], name="approval_once")
        ]

    def __str__(self) -> str:
        return f"{self.person} approved {self.term}"


class Removal(models.Model):
    """A request to remove a published term; open until done, refused or cancelled.

    Approvals refer to ``fingerprint``. ``detail`` is the new path of the file, or the uid of the
    successor.
    """

    class Action(models.TextChoices):
        WITHDRAW = "withdraw", _lazy("withdraw")
        DELETE = "delete", _lazy("delete")
        MOVE = "move", _lazy("rename the file of")

    class Outcome(models.TextChoices):
        DONE = "done"
        REFUSED = "refused"
        TAKEN_BACK = "taken back"

    term = models.ForeignKey(Term, models.CASCADE, related_name="removals")
    action = models.CharField(max_length=10, choices=Action)
    detail = models.CharField(max_length=PATH_LENGTH, blank=True)
    fingerprint = models.CharField(max_length=64)
    note = models.TextField(blank=True)
    person = models.ForeignKey(PERSON, models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField()
    closed_by = models.ForeignKey(PERSON, models.SET_NULL, null=True, related_name="+")
    closed_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=20, choices=Outcome, blank=True)
    reason = models.TextField(blank=True)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["term"], condition=Q(closed_at=None), name="one_open_removal"
            )
        ]

    def __str__(self) -> str:
        return _("{action} {term}").format(action=self.get_action_display(), term=self.term)


def terms_to_delete(glossary: Glossary) -> set[int]:
    """Return the ids of terms with an open request to delete them."""
    requests = Removal.objects.open().filter(term__glossary=glossary.pk)
    deleting = requests.filter(action=Removal.Action.DELETE)
    return set(deleting.values_list("term", flat=True))


class Comment(models.Model):
    """A comment on a term, or on the passage ``start`` to ``end`` of a revision's text.

    ``quote`` is the original passage. Its current position is computed from the texts.
    """

    term = models.ForeignKey(Term, models.CASCADE, related_name="comments")
    parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="replies")
    author = models.ForeignKey(PERSON, models.SET_NULL, null=True, related_name="+")
    guest = models.CharField(
        max_length=100, blank=True, help_text="The name of a commenter without an account."
    )
    text = models.TextField()
    created_at = models.DateTimeField()
    revision = models.PositiveIntegerField(help_text="The number of the text that it was made on.")
    start = models.PositiveIntegerField(null=True)
    end = models.PositiveIntegerField(null=True)
    quote = models.TextField(blank=True)
    wording = models.TextField(blank=True, help_text="Suggested for the passage.")
    is_used = models.BooleanField(default=False, help_text="The suggested wording was used.")
    resolved_by = models.ForeignKey(PERSON, models.SET_NULL, null=True, related_name="+")
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return (self.text or self.wording)[:200]

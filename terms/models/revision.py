from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .glossary import Glossary
from .term import PATH_LENGTH, Term


class ChangeSet(models.Model):
    """A group of revisions: an import, a renamed category, a selection to publish together."""

    glossary = models.ForeignKey(Glossary, models.CASCADE, verbose_name=_("glossary"))
    title = models.CharField(_("title"), max_length=300)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=_("author"),
        null=True,
        blank=True,
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    terms = models.ManyToManyField(
        Term, blank=True, related_name="change_sets", help_text="Those that were collected."
    )
    renamed = models.JSONField(
        default=dict, editable=False, help_text="A category or vertical: model, pk, from, to."
    )
    undone_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("change set")
        verbose_name_plural = _("change sets")

    def __str__(self) -> str:
        return self.title

    def members(self, with_trash: bool = False):
        """Return the terms that it changed, or that were collected into it."""
        inside = Q(revisions__change_set=self) | Q(change_sets=self)
        terms = Term.with_trash if with_trash else Term.objects
        return terms.filter(inside).distinct()

    @property
    def changes_beside(self) -> bool:
        """Whether it changed pictures, or what is stored about terms beside their files."""
        return self.pictures.exists() or self.items.exists()

    def restorable(self):
        """Return the terms that it moved to the trash and that are still there."""
        at = F("trashed_at")
        return Term.with_trash.filter(trashings__change_set=self, trashings__at=at).distinct()


class TrashedTerm(models.Model):
    """A term that a change set moved to the trash. ``at`` is its ``trashed_at`` at that time."""

    change_set = models.ForeignKey(ChangeSet, models.CASCADE, related_name="trashed")
    term = models.ForeignKey(Term, models.CASCADE, related_name="trashings")
    at = models.DateTimeField()

    class Meta:
        ordering = ["term__name_key", "pk"]

    def __str__(self) -> str:
        return str(self.term)


class PictureChange(models.Model):
    """A picture that a change set added, replaced or deleted.

    ``before`` and ``after`` are the columns of the ``Picture``; empty if there is none.
    """

    change_set = models.ForeignKey(ChangeSet, models.CASCADE, related_name="pictures")
    path = models.CharField(max_length=PATH_LENGTH)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)

    class Meta:
        ordering = ["path", "pk"]
        default_permissions = ()

    def __str__(self) -> str:
        return self.path


class ItemChange(models.Model):
    """What a change set changed of a term beside its file: an owner, a kind of alias, and so on.

    ``key`` and ``name`` are those of the sidecar. A value is None for a default.
    """

    change_set = models.ForeignKey(ChangeSet, models.CASCADE, related_name="items")
    term = models.ForeignKey(Term, models.CASCADE, related_name="+")
    key = models.CharField(max_length=20)
    name = models.TextField(blank=True)
    before = models.TextField(null=True)  # noqa: DJ001 — an empty text is a value
    after = models.TextField(null=True)  # noqa: DJ001

    class Meta:
        ordering = ["term__name_key", "key", "name", "pk"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.key} {self.name}".strip()


class Revision(models.Model):
    """A version of a term's whole file. ``fingerprint`` is the SHA-256 of its UTF-8 text."""

    term = models.ForeignKey(Term, models.CASCADE, related_name="revisions", db_index=False)
    number = models.PositiveIntegerField()
    text = models.TextField(blank=True)
    fingerprint = models.CharField(max_length=64)
    based_on = models.PositiveIntegerField(null=True, help_text="The number it was made from.")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField()
    reason = models.CharField(max_length=300, blank=True)
    origin = models.CharField(
        max_length=300,
        blank=True,
        help_text="The commit that it comes from, and its author.",
    )
    change_set = models.ForeignKey(
        ChangeSet, models.SET_NULL, null=True, blank=True, related_name="revisions"
    )

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["term", "number"], name="revision_number")]

    def __str__(self) -> str:
        return f"Revision {self.number} of {self.term}"

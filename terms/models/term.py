from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from terms.formats.document import TermDocument, read_document

from .classification import Category, Vertical
from .fields import UidField, new_uid
from .glossary import Glossary

PATH_LENGTH = 500  # characters
NAME_LENGTH = 300  # characters; longer names are cut in indexes, but not in the file


class TermQuerySet(models.QuerySet["Term"]):
    def live(self) -> Self:
        return self.exclude(live_fingerprint="")

    def never_published(self) -> Self:
        return self.filter(live_fingerprint="")

    def changed_since_published(self) -> Self:
        return self.live().exclude(live_fingerprint=F("fingerprint"))

    def as_published(self) -> Self:
        return self.live().filter(live_fingerprint=F("fingerprint"))

    def waiting(self) -> Self:
        """Terms with unpublished changes."""
        return self.exclude(live_fingerprint=F("fingerprint"))

    def in_hand(self) -> Self:
        """Terms with unpublished changes whose review was not requested, or is over."""
        reviews: Any = self.model._meta.get_field("reviews").related_model
        return self.waiting().exclude(pk__in=reviews.objects.open().values("term"))

    def in_review(self) -> Self:
        # Starting from the reviews: for a join, SQLite scans all terms.
        reviews: Any = self.model._meta.get_field("reviews").related_model
        return self.filter(pk__in=reviews.objects.open().values("term"))

    def unreadable(self) -> Self:
        return self.exclude(problem="")

    def at_path(self, *paths: str) -> Self:
        """Terms with files at ``paths``, in any case, by the index of paths. LIKE would not use it.

        Others may differ in the case of letters beyond ASCII.
        """
        found = self.annotate(lower_path=Lower("path"))
        return found.filter(lower_path__in=[Lower(Value(path)) for path in paths])

    def wanting(self) -> Self:
        """Terms with wanted relations."""
        wanted = Relation.objects.wanted().values("term")
        return self.filter(pk__in=wanted)


class TermManager(models.Manager):
    """Exclude terms in the trash."""

    def get_queryset(self):
        return super().get_queryset().filter(trashed_at=None)


class Term(models.Model):
    """A term as editors see it: the index of the text of its newest revision.

    Foreign keys that are the first column of a constraint have no index of their own.

    ``version`` is the number of the newest revision. All fields below it are read from that text
    and written only by ``terms.editing.gate``.
    """

    uid = UidField(default=new_uid, unique=True, editable=False)
    glossary = models.ForeignKey(
        Glossary, models.PROTECT, verbose_name=_("glossary"), db_index=False
    )
    path = models.CharField(
        _("path"), max_length=PATH_LENGTH, help_text=_("The file, below the glossary's folder.")
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, verbose_name=_("owner"), null=True, blank=True
    )
    review_by = models.DateField(_("review by"), null=True, blank=True)
    live_fingerprint = models.CharField(max_length=64, blank=True, editable=False)
    is_linked = models.BooleanField(
        _("linked where other terms mention it"),
        default=True,
        help_text=_("Turn off for a name that is also an everyday word."),
    )
    created_at = models.DateTimeField(auto_now_add=True)
    trashed_at = models.DateTimeField(null=True, editable=False)
    trashed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+"
    )

    version = models.PositiveIntegerField(default=0, editable=False)
    fingerprint = models.CharField(max_length=64, editable=False)
    changed_at = models.DateTimeField(editable=False)
    slug = models.CharField(max_length=255, editable=False)
    name = models.CharField(_("name"), max_length=NAME_LENGTH)
    name_key = models.CharField(max_length=NAME_LENGTH, editable=False)
    icon = models.CharField(_("icon"), max_length=NAME_LENGTH, blank=True)
    category = models.ForeignKey(
        Category, models.PROTECT, verbose_name=_("category"), null=True, blank=True
    )
    vertical = models.ForeignKey(
        Vertical, models.PROTECT, verbose_name=_("vertical"), null=True, blank=True
    )
    description = models.TextField(_("definition"), blank=True)
    body = models.TextField(_("body"), blank=True)
    related = models.TextField(blank=True, editable=False)
    extra = models.JSONField(default=dict, editable=False)
    problem = models.TextField(blank=True, editable=False)

    objects = TermManager.from_queryset(TermQuerySet)()
    with_trash = TermQuerySet.as_manager()

    class Meta:
        ordering = ["name_key", "pk"]
        verbose_name = _("term")
        verbose_name_plural = _("terms")
        base_manager_name = "with_trash"
        constraints = [
            # Case-insensitive file systems would store two such paths in one file.
            models.UniqueConstraint(
                "glossary", Lower("path"), condition=Q(trashed_at=None), name="term_path"
            ),
            models.CheckConstraint(condition=Q(version__gt=0), name="term_has_revision"),
        ]
        indexes = [
            models.Index(fields=["name_key"], condition=Q(trashed_at=None), name="term_name_key"),
            models.Index(fields=["glossary", "slug"], name="term_slug"),
            models.Index(
                fields=["name_key"],
                condition=~Q(live_fingerprint=F("fingerprint")),
                name="term_waiting",
            ),
        ]
        permissions = [
            ("approve_term", "Can approve changes of terms"),
            ("publish_term", "Can publish, withdraw, rename and merge terms"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def status(self) -> str:
        """``draft``, ``live``, or ``changed`` if the newest text differs from the live one."""
        if not self.live_fingerprint:
            return "draft"
        return "live" if self.live_fingerprint == self.fingerprint else "changed"

    def newest_revision(self):
        return self.revisions.get(number=self.version)

    def document(self) -> TermDocument:
        return read_document(self.newest_revision().text, self.path)

    def body_of(self, text: str) -> str:
        """Return the body of ``text``, a version of this term's file."""
        return read_document(text, self.path).body


class Detail(models.Model):
    """A row of a term's details."""

    term = models.ForeignKey(Term, models.CASCADE, related_name="details", db_index=False)
    position = models.PositiveIntegerField()
    title = models.TextField()
    value = models.TextField(blank=True)
    url = models.TextField(blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["term", "position"], name="detail_position")]

    def __str__(self) -> str:
        return f"{self.title}: {self.value}"


class Alias(models.Model):
    """Another name of a term. The file lists the names only; the kind is stored here."""

    class Kind(models.TextChoices):
        ALTERNATIVE = "alternative", _("Alternative")
        ABBREVIATION = "abbreviation", _("Abbreviation")
        FORMER = "former", _("Former")
        HIDDEN = "hidden", _("hidden (misspelling)")

    term = models.ForeignKey(Term, models.CASCADE, related_name="aliases", db_index=False)
    position = models.PositiveIntegerField()
    name = models.TextField()
    key = models.CharField(max_length=NAME_LENGTH)
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.ALTERNATIVE)

    class Meta:
        ordering = ["position"]
        verbose_name_plural = "aliases"
        constraints = [
            models.UniqueConstraint(fields=["term", "position"], name="alias_position"),
            models.CheckConstraint(
                condition=Q(kind__in=["alternative", "abbreviation", "former", "hidden"]),
                name="alias_kind",
            ),
        ]
        indexes = [models.Index(fields=["key"], name="alias_key")]

    def __str__(self) -> str:
        return self.name


class MentionDecision(models.Model):
    """An editor's decision about all occurrences of a name (``key``) in a term's body.

    If ``target`` is None, the name is never linked there.
    """

    term = models.ForeignKey(Term, models.CASCADE, related_name="decisions", db_index=False)
    key = models.CharField(max_length=NAME_LENGTH)
    target = models.ForeignKey(Term, models.CASCADE, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["term", "key"], name="decision_key")]

    def __str__(self) -> str:
        return self.key


class RelationQuerySet(models.QuerySet["Relation"]):
    def wanted(self) -> Self:
        return self.filter(target=None)


class Relation(models.Model):
    """A relation from a term to another. ``target`` is None while the other term is wanted."""

    term = models.ForeignKey(Term, models.CASCADE, related_name="relations", db_index=False)
    position = models.PositiveIntegerField()
    label = models.TextField(help_text="As written in the file.")
    key = models.CharField(max_length=NAME_LENGTH)
    target = models.ForeignKey(
        Term, models.SET_NULL, null=True, blank=True, related_name="referring", db_index=False
    )

    objects = RelationQuerySet.as_manager()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["term", "position"], name="relation_position")
        ]
        # Serves both the terms that refer to a term and the relations that wait for a name.
        indexes = [models.Index(fields=["target", "key"], name="relation_target")]

    def __str__(self) -> str:
        return self.label

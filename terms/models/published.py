"""Published content. Only ``terms.publishing`` writes it. It does not use Term or Revision."""

from typing import Self
from urllib.parse import quote
from uuid import UUID

from django.db import models
from django.urls import get_script_prefix

from .fields import UidField
from .glossary import Glossary


class PublishedTermQuerySet(models.QuerySet["PublishedTerm"]):
    def of(self, glossary: Glossary) -> Self:
        return self.filter(glossary=glossary)

    def listed(self) -> Self:
        """Load the columns that an index page needs, without the texts."""
        return self.defer("text", "plain", "details", "aliases", "pictures", "decisions")


class PublishedTerm(models.Model):
    """The published version of a term.

    ``text`` is the published file; its body begins at character ``body_start``. ``decisions``
    are the editors' decisions on names in the body: key → uid of the term that is meant, or an
    empty string if the name is never linked.
    """

    glossary = models.ForeignKey(Glossary, models.CASCADE, db_index=False)
    uid = UidField(unique=True)
    fingerprint = models.CharField(max_length=64)
    path = models.TextField(unique=True, help_text="The page's address, below the site's root.")
    slug = models.CharField(max_length=255)
    file = models.CharField(
        max_length=500, db_default="", help_text="The path of the term's file, below its folder."
    )
    name = models.CharField(max_length=300)
    letter = models.CharField(max_length=10)
    section = models.CharField(max_length=20, help_text="The letter with those that follow.")
    sort_key = models.CharField(max_length=600)
    icon = models.CharField(max_length=300, blank=True)
    category = models.CharField(max_length=300, blank=True)
    category_slug = models.CharField(max_length=100, blank=True)
    vertical = models.CharField(max_length=300, blank=True)
    vertical_slug = models.CharField(max_length=100, blank=True)
    description = models.TextField(blank=True)
    is_defined = models.BooleanField(
        db_default=True, help_text="The description is the file's own, not the text's beginning."
    )
    text = models.TextField(blank=True)
    body_start = models.PositiveIntegerField(default=0)
    plain = models.TextField(blank=True, help_text="The body's words, without markup.")
    details = models.JSONField(default=list, help_text="Rows: title, value, url, follows.")
    aliases = models.JSONField(default=list, help_text="Other names that are shown.")
    pictures = models.JSONField(
        default=dict, help_text="Those beside its file, as the text has them → their addresses."
    )
    is_deprecated = models.BooleanField(default=False)
    is_linked = models.BooleanField(default=True, help_text="Where other terms name it.")
    decisions = models.JSONField(default=dict)
    published_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    objects = PublishedTermQuerySet.as_manager()

    class Meta:
        ordering = ["sort_key", "slug"]
        indexes = [
            models.Index(fields=["glossary", "slug"], name="published_slug"),
            models.Index(
                fields=["glossary", "letter", "section", "sort_key"], name="published_order"
            ),
            models.Index(
                fields=["glossary", "category_slug", "vertical_slug", "letter", "section"],
                name="published_classes",
            ),
            models.Index(fields=["glossary", "-changed_at", "sort_key"], name="published_changes"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return get_script_prefix() + quote(self.path[1:])

    @property
    def urn(self) -> str:
        """The permanent URN of the term, independent of its address (RFC 9562, section 4)."""
        return UUID(self.uid).urn

    @property
    def body(self) -> str:
        return self.text[self.body_start :]


class PublishedClass(models.Model):
    """The published name of a category, or with ``vertical_slug`` of a vertical in it."""

    glossary = models.ForeignKey(Glossary, models.CASCADE, db_index=False)
    category_slug = models.CharField(max_length=100)
    vertical_slug = models.CharField(max_length=100, blank=True)
    name = models.CharField(max_length=300)

    class Meta:
        verbose_name_plural = "published classes"
        constraints = [
            models.UniqueConstraint(
                fields=["glossary", "category_slug", "vertical_slug"], name="published_class"
            )
        ]

    def __str__(self) -> str:
        return self.name


class PublishedName(models.Model):
    """A name or alias of a published term.

    ``key`` is the normalised name. ``bucket`` is the stem that all forms of its first word
    share, by which the names that a text may contain are found.
    """

    term = models.ForeignKey(PublishedTerm, models.CASCADE, related_name="names")
    glossary = models.ForeignKey(Glossary, models.CASCADE, db_index=False)
    name = models.TextField()
    key = models.CharField(max_length=300)
    bucket = models.CharField(max_length=300)
    is_alias = models.BooleanField(default=False)
    is_hidden = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["glossary", "key"], name="published_name_key"),
            models.Index(fields=["glossary", "bucket"], name="published_name_bucket"),
        ]

    def __str__(self) -> str:
        return self.name


class PublishedRelation(models.Model):
    """A related name on a published page; a link once its target is published.

    The ``label`` of a link that an author wrote is the file name, or NAMED and the name for a
    link by name. ``Block (CSS)`` is a meaning of ``Block``, its target.
    """

    class Kind(models.TextChoices):
        RELATED = "related"
        SUCCESSOR = "successor"
        LINK = "link"
        MEANING = "meaning"

    term = models.ForeignKey(PublishedTerm, models.CASCADE, related_name="relations")
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.RELATED)
    label = models.TextField()
    key = models.CharField(max_length=300)
    target_uid = UidField(null=True)

    class Meta:
        ordering = ["position"]
        # Serves both the terms that refer to a term and the relations that wait for a name.
        indexes = [models.Index(fields=["target_uid", "key"], name="published_target")]

    def __str__(self) -> str:
        return self.label


class Mention(models.Model):
    """An occurrence of another term's name in a published body: bytes ``start`` to ``end``.

    ``target_uid`` is None if the name is ambiguous and no editor has decided.
    """

    source = models.ForeignKey(PublishedTerm, models.CASCADE, related_name="mentions")
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    label = models.TextField()
    key = models.CharField(max_length=300)
    target_uid = UidField(null=True, db_index=True)

    class Meta:
        ordering = ["start"]

    def __str__(self) -> str:
        return self.label

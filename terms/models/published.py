"""The readers' side. Written by ``terms.publishing`` alone; knows no Term and no Revision."""

from django.db import models
from django.urls import reverse

from .glossary import Glossary


class PublishedTermQuerySet(models.QuerySet):
    def of(self, glossary: Glossary):
        return self.filter(glossary=glossary)

    def listed(self):
        """What an index shows, without the texts of the pages."""
        return self.select_related("glossary").defer("html", "contents", "details", "aliases")


class PublishedTerm(models.Model):
    """What readers may know of a term."""

    glossary = models.ForeignKey(Glossary, models.CASCADE, db_index=False)
    uid = models.UUIDField(unique=True)
    fingerprint = models.CharField(max_length=64)
    slug = models.CharField(max_length=255)
    name = models.CharField(max_length=300)
    letter = models.CharField(max_length=10)
    sort_key = models.CharField(max_length=300)
    icon = models.CharField(max_length=300, blank=True)
    category = models.CharField(max_length=300, blank=True)
    category_slug = models.CharField(max_length=100, blank=True)
    vertical = models.CharField(max_length=300, blank=True)
    vertical_slug = models.CharField(max_length=100, blank=True)
    description = models.TextField(blank=True)
    html = models.TextField(blank=True, help_text="Safe: the renderer has sanitised it.")
    contents = models.JSONField(default=list, help_text="Headings: level, id and text.")
    details = models.JSONField(default=list, help_text="Rows: title, value and url.")
    aliases = models.JSONField(default=list, help_text="Other names that are shown.")
    published_at = models.DateTimeField()

    objects = PublishedTermQuerySet.as_manager()

    class Meta:
        ordering = ["sort_key", "slug"]
        constraints = [models.UniqueConstraint(fields=["glossary", "slug"], name="published_slug")]
        indexes = [
            models.Index(fields=["glossary", "sort_key", "slug"], name="published_order"),
            models.Index(
                fields=["glossary", "category_slug", "vertical_slug"], name="published_classes"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        if self.category_slug and self.vertical_slug:
            return reverse(
                "term",
                args=[self.glossary.slug, self.category_slug, self.vertical_slug, self.slug],
            )
        return reverse("short", args=[self.glossary.slug, self.slug])


class PublishedName(models.Model):
    """A name or alias that readers may find a published term by."""

    term = models.ForeignKey(PublishedTerm, models.CASCADE, related_name="names")
    name = models.TextField()
    key = models.CharField(max_length=300, db_index=True)

    def __str__(self) -> str:
        return self.name


class PublishedRelation(models.Model):
    """A related name on a published page; a link once its target is published."""

    term = models.ForeignKey(PublishedTerm, models.CASCADE, related_name="relations")
    position = models.PositiveIntegerField()
    label = models.TextField()
    key = models.CharField(max_length=300, db_index=True)
    target_uid = models.UUIDField(null=True, db_index=True)

    class Meta:
        ordering = ["position"]

    def __str__(self) -> str:
        return self.label

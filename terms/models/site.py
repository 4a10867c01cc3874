"""Pages that readers get, and the history of all addresses. Does not use Term or Revision."""

from datetime import timedelta
from typing import Self

from django.db import models
from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from isal import isal_zlib

from .fields import UidField
from .glossary import Glossary

GZIP = 31  # window bits of the gzip format (RFC 1952) in zlib


class PageQuerySet(models.QuerySet["Page"]):
    def moved(self) -> Self:
        """Match redirects, and pages that report a removed term."""
        # Without parameters: SQLite would not use the partial index.
        return self.filter(RawSQL("NOT (status IN (200, 404))", [], models.BooleanField()))


class UnfinishedQuerySet(models.QuerySet["Unfinished"]):
    def abandoned(self) -> Self:
        return self.filter(seen_at__lt=timezone.now() - Unfinished.PATIENCE)


class Page(models.Model):
    """The response for a path. A removed page keeps its row, with the status 404.

    The content is stored once: compressed in ``gzip``, or in ``body`` if compression does not
    help. ``sequence`` is the number of the site change that wrote it. ``location`` is the new
    address of a moved page, relative to the path.
    """

    path = models.TextField(primary_key=True)
    glossary = models.ForeignKey(Glossary, models.CASCADE, null=True, db_index=False)
    status = models.PositiveSmallIntegerField(default=200)
    type = models.CharField(max_length=100)
    etag = models.CharField(max_length=40)
    location = models.TextField(blank=True)
    changed_at = models.DateTimeField()
    sequence = models.PositiveBigIntegerField(db_index=True)
    body = models.BinaryField(help_text="Empty where the page is kept compressed.")
    gzip = models.BinaryField(help_text="Empty where it would not be smaller.")

    objects = PageQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["path"], condition=~Q(status__in=[200, 404]), name="page_moved")
        ]

    def __str__(self) -> str:
        return self.path

    @property
    def content(self) -> bytes:
        return isal_zlib.decompress(self.gzip, GZIP) if self.gzip else bytes(self.body)


class Address(models.Model):
    """A path that was once public. ``term_uid`` is the last term that had it."""

    path = models.TextField(primary_key=True)
    glossary = models.ForeignKey(Glossary, models.CASCADE)
    term_uid = UidField(null=True, db_index=True)

    class Meta:
        verbose_name_plural = "addresses"

    def __str__(self) -> str:
        return self.path


class Withdrawal(models.Model):
    """A term that was once public, and the terms to read instead."""

    term_uid = UidField(primary_key=True)
    glossary = models.ForeignKey(Glossary, models.CASCADE)
    successor_uid = UidField(null=True)
    is_merged = models.BooleanField(
        db_default=False, help_text="It is a part of the successor: its addresses lead there."
    )
    instead = models.JSONField(default=list, help_text="The uids of the terms it was related to.")

    def __str__(self) -> str:
        return self.term_uid


class Site(models.Model):
    """The state of the site (one row): number and mark of its latest change.

    ``chrome`` is the fingerprint of the templates, static files and settings that all pages were
    rendered with, or an empty string if pages differ in it.
    """

    sequence = models.PositiveBigIntegerField(default=0)
    mark = models.CharField(max_length=32, blank=True)
    chrome = models.CharField(max_length=64, blank=True)
    uid = models.UUIDField()

    def __str__(self) -> str:
        return f"change {self.sequence}"


class PageWrite(models.Model):
    """A change of the stored pages: its number, and a unique mark.

    Numbers repeat after an older copy of the database is restored. Holders of pages (a process,
    a built site) therefore identify changes by mark: an unknown mark is from another history.
    """

    sequence = models.PositiveBigIntegerField(primary_key=True)
    mark = models.CharField(max_length=32, unique=True)

    def __str__(self) -> str:
        return self.mark


class Unfinished(models.Model):
    """Unfinished work on the pages of a glossary, in several transactions.

    The process updates ``seen_at`` every few seconds. Without an update for ``PATIENCE``, it was
    killed or has failed, and the pages are rebuilt.
    """

    PATIENCE = timedelta(seconds=60)
    NOTED_EVERY = timedelta(seconds=5)

    glossary = models.ForeignKey(Glossary, models.CASCADE)
    seen_at = models.DateTimeField(default=timezone.now)

    objects = UnfinishedQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "unfinished"

    def __str__(self) -> str:
        return f"pages of {self.glossary}"

    def go_on(self) -> None:
        now = timezone.now()
        if now - self.seen_at >= self.NOTED_EVERY:
            self.seen_at = now
            Unfinished.objects.filter(pk=self.pk).update(seen_at=now)


class SearchMiss(models.Model):
    """A search without results: the words, count and latest date, but not the reader."""

    glossary = models.ForeignKey(
        Glossary, models.CASCADE, verbose_name=_("glossary"), db_index=False
    )
    key = models.CharField(pgettext_lazy("searched words", "key"), max_length=100)
    count = models.PositiveIntegerField(_("count"), default=1)
    last_on = models.DateField(_("last on"))

    class Meta:
        ordering = ["-count", "key"]
        verbose_name = _("search miss")
        verbose_name_plural = _("searches without result")
        constraints = [models.UniqueConstraint(fields=["glossary", "key"], name="miss_key")]

    def __str__(self) -> str:
        return self.key

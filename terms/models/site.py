"""What readers are sent, and what became of every address. Knows no Term and no Revision."""

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

GZIP = 31  # the format (RFC 1952), as zlib numbers them


class PageQuerySet(models.QuerySet):
    def moved(self) -> Self:
        """Those that lead elsewhere, or say that a term is gone."""
        # Without parameters, since SQLite would not see that its index has them all.
        return self.filter(RawSQL("NOT (status IN (200, 404))", [], models.BooleanField()))


class UnfinishedQuerySet(models.QuerySet):
    def abandoned(self) -> Self:
        return self.filter(seen_at__lt=timezone.now() - Unfinished.PATIENCE)


class Page(models.Model):
    """What is sent for a path. A row is kept when its page is gone, with the status 404.

    Its bytes are kept once: compressed in ``gzip``, or in ``body`` where that would not help.
    ``sequence`` is the number of the change of the site that wrote it; ``location`` is where
    a moved page is now, relative to the path.
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
    """A path that was public once; ``term_uid`` is the term that it belonged to last."""

    path = models.TextField(primary_key=True)
    glossary = models.ForeignKey(Glossary, models.CASCADE)
    term_uid = UidField(null=True, db_index=True)

    class Meta:
        verbose_name_plural = "addresses"

    def __str__(self) -> str:
        return self.path


class Withdrawal(models.Model):
    """A term that readers could see once, and what they may read instead."""

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
    """One row: ``sequence`` numbers the changes of the readers' side, ``mark`` names the last one.

    ``chrome`` tells by which templates, static files and settings the pages were made;
    nothing where it was in several ways.
    """

    sequence = models.PositiveBigIntegerField(default=0)
    mark = models.CharField(max_length=32, blank=True)
    chrome = models.CharField(max_length=64, blank=True)
    uid = models.UUIDField()

    def __str__(self) -> str:
        return f"change {self.sequence}"


class PageWrite(models.Model):
    """A change of the stored pages: its number, and a mark that no other change ever has.

    Numbers repeat once an older copy of the database is restored. Who holds pages of a change
    (a process, a built site) knows it by its mark: one that is not here is of another history.
    """

    sequence = models.PositiveBigIntegerField(primary_key=True)
    mark = models.CharField(max_length=32, unique=True)

    def __str__(self) -> str:
        return self.mark


class Unfinished(models.Model):
    """Work on a glossary's pages in several transactions that has not ended.

    The process updates ``seen_at`` every few seconds. Without an update for ``PATIENCE`` it was
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
    """Words that readers looked for in vain: how often, and when last. Not who."""

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

"""Addresses of other programs that receive events, and what was sent to them."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from .glossary import Glossary

ADDRESS_LENGTH = 1_000


class WebhookQuerySet(models.QuerySet["Webhook"]):
    def active_in(self, glossary: int) -> Self:
        inside = Q(glossary=None) | Q(glossary=glossary)
        return self.filter(inside, is_active=True)


class Webhook(models.Model):
    """An address that receives the ``events`` of a glossary, or of all.

    The secret is derived from SECRET_KEY, so the database does not have it. A higher
    ``secret_number`` gives another one.
    """

    class Event(models.TextChoices):
        PUBLISHED = "published", _("Terms were published")
        WITHDRAWN = "withdrawn", _("Terms were withdrawn")
        RENAMED = "renamed", _("Published terms got another name or address")
        SYNCED = "synced", _("A repository was synchronised")

    glossary = models.ForeignKey(
        Glossary,
        models.CASCADE,
        verbose_name=_("glossary"),
        null=True,
        blank=True,
        help_text=_("Empty: all glossaries."),
    )
    address = models.CharField(
        _("address"),
        max_length=ADDRESS_LENGTH,
        help_text=_("https://…; it receives a POST request for each delivery."),
    )
    events = models.JSONField(_("events"), default=list)
    is_active = models.BooleanField(_("active"), default=True)
    secret_number = models.PositiveIntegerField(default=1, editable=False)

    objects = WebhookQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")

    def __str__(self) -> str:
        return self.address

    @property
    def secret(self) -> str:
        """The key of signatures, 64 hexadecimal digits."""
        value = f"{self.pk}.{self.secret_number}"
        return salted_hmac("terms.webhook", value, algorithm="sha256").hexdigest()


class Announcement(models.Model):
    """An event that is not yet a delivery, written in the transaction of the change it reports."""

    glossary = models.ForeignKey(Glossary, models.CASCADE)
    event = models.CharField(max_length=20)
    at = models.DateTimeField(default=timezone.now)
    items = models.JSONField(default=list)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.event} in {self.glossary}"


class Delivery(models.Model):
    """A request to a webhook. It is sent at ``next_at``, until it is accepted or given up.

    ``payload`` is the exact body. ``response`` is the beginning of the answer, or why there is
    none.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        DELIVERED = "delivered", _("delivered")
        FAILED = "failed", _("failed")

    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries")
    event = models.CharField(max_length=20)
    payload = models.TextField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    next_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)
    status = models.PositiveSmallIntegerField(null=True)
    response = models.TextField(blank=True)
    duration = models.PositiveIntegerField(null=True, help_text="Milliseconds.")

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        indexes = [
            models.Index(fields=["next_at"], condition=Q(state="waiting"), name="delivery_due")
        ]

    def __str__(self) -> str:
        return f"{self.event} to {self.webhook}"
